#include "net/content_coding.h"

#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <memory>

#include "base/check.h"

namespace kizashi {

namespace {

constexpr size_t kBufferBytes = 64 << 10;
constexpr int kZstdWindowLogMax = 27;  // 128 MiB: what `zstd -19` and its friends use at most

Status TooLarge(size_t bytes_max) {
  return ResourceExhausted("the decoded body is larger than {} bytes", bytes_max);
}
Status Damaged(std::string_view coding) {
  return InvalidArgument("the body is no whole {} stream", coding);
}

StatusOr<std::string> Inflate(std::string_view coding, std::string_view body, size_t bytes_max) {
  z_stream stream{};
  // 32: the header says whether it is gzip or zlib.
  if (inflateInit2(&stream, 32 + MAX_WBITS) != Z_OK) return Internal("zlib cannot start");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  std::string out;
  char buffer[kBufferBytes];
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
  if (out.size() > bytes_max) return TooLarge(bytes_max);
  if (result != Z_STREAM_END) return Damaged(coding);
  return out;
}

StatusOr<std::string> DecodeZstd(std::string_view body, size_t bytes_max) {
  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                   ZSTD_freeDCtx);
  if (!context) return Internal("zstd cannot start");
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kZstdWindowLogMax);
  ZSTD_inBuffer in{body.data(), body.size(), 0};
  std::string out;
  char buffer[kBufferBytes];
  size_t result = 1;
  while (out.size() <= bytes_max) {
    ZSTD_outBuffer part{buffer, sizeof(buffer), 0};
    result = ZSTD_decompressStream(context.get(), &part, &in);
    if (ZSTD_isError(result)) return Damaged("zstd");
    out.append(buffer, part.pos);
    // 0: a frame ended. Nothing came out of all that is there: the rest is missing.
    if (in.pos == in.size && (result == 0 || part.pos < part.size)) break;
  }
  if (out.size() > bytes_max) return TooLarge(bytes_max);
  if (result != 0) return Damaged("zstd");
  return out;
}

StatusOr<std::string> DecodeSnappy(std::string_view body, size_t bytes_max) {
  size_t size = 0;
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &size)) return Damaged("snappy");
  if (size > bytes_max) return TooLarge(bytes_max);
  // Damage is found before there is room for what the body claims to be.
  std::string out;
  if (!snappy::IsValidCompressedBuffer(body.data(), body.size()) ||
      !snappy::Uncompress(body.data(), body.size(), &out)) {
    return Damaged("snappy");
  }
  return out;
}

}  // namespace

StatusOr<std::string> DecodeBody(std::string_view coding, std::string_view body, size_t bytes_max) {
  if (coding.empty() || coding == "identity") return std::string(body);
  if (coding == "gzip" || coding == "x-gzip" || coding == "deflate") {
    return Inflate(coding, body, bytes_max);
  }
  if (coding == "zstd") return DecodeZstd(body, bytes_max);
  if (coding == "snappy") return DecodeSnappy(body, bytes_max);
  return NotFound(
      "content encoding '{}' is not known here: use gzip, deflate, zstd, snappy or none", coding);
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

std::string Snappy(std::string_view text) {
  std::string out;
  snappy::Compress(text.data(), text.size(), &out);
  return out;
}

}  // namespace kizashi
