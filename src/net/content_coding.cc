#include "net/content_coding.h"

#include <zlib.h>

#include <algorithm>

#include "base/check.h"

namespace kizashi {

StatusOr<std::string> DecodeBody(std::string_view coding, std::string_view body, size_t bytes_max) {
  if (coding.empty() || coding == "identity") return std::string(body);
  if (coding != "gzip" && coding != "x-gzip" && coding != "deflate") {
    return NotFound("content encoding '{}' is not known here: use gzip, deflate or none", coding);
  }
  z_stream stream{};
  // 32: the header says whether it is gzip or zlib.
  if (inflateInit2(&stream, 32 + MAX_WBITS) != Z_OK) return Internal("zlib cannot start");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  std::string out;
  char buffer[65536];
  int result = Z_OK;
  while (result == Z_OK && out.size() <= bytes_max) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof(buffer);
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer, sizeof(buffer) - stream.avail_out);
    // A gzip file may have several members, one after the other (RFC 1952, 2.2).
    if (result == Z_STREAM_END && stream.avail_in > 0) result = inflateReset(&stream);
  }
  inflateEnd(&stream);
  if (out.size() > bytes_max) {
    return ResourceExhausted("the decoded body is larger than {} bytes", bytes_max);
  }
  if (result != Z_STREAM_END) return InvalidArgument("the body is no whole {} stream", coding);
  return out;
}

std::string Gzip(std::string_view text) {
  z_stream stream{};
  KZ_CHECK(deflateInit2(&stream, 5, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  KZ_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace kizashi
