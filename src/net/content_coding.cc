#include "net/content_coding.h"

#include <libdeflate.h>
#include <snappy.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
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

// What the stream says of its own size at its end (RFC 1952, 2.3.1), within what so many bytes can
// become: DEFLATE makes at most 1032 of one.
size_t ExpectedBytes(std::string_view body, bool is_gzip, size_t bytes_max) {
  constexpr size_t kLeast = 4 << 10;
  size_t expected = 4 * body.size();
  if (is_gzip && body.size() >= sizeof(uint32_t)) {
    uint32_t size = 0;
    std::memcpy(&size, body.data() + body.size() - sizeof(size), sizeof(size));
    expected = std::min<size_t>(size, 1032 * body.size());
  }
  return std::min(std::max(expected, kLeast), bytes_max);
}

// By libdeflate, which takes a quarter of the time of zlib for bodies that are there as a whole.
Status Inflate(std::string_view coding, std::string_view body, size_t bytes_max, std::string* out) {
  const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> inflater(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  if (!inflater) return Internal("libdeflate cannot start");
  const bool is_gzip = body.starts_with("\x1f\x8b");
  const auto decompress = is_gzip ? libdeflate_gzip_decompress_ex : libdeflate_zlib_decompress_ex;
  out->resize(ExpectedBytes(body, is_gzip, bytes_max));
  size_t done = 0;
  // A gzip file may have several members, one after the other (RFC 1952, 2.2).
  do {
    size_t read = 0;
    size_t written = 0;
    const libdeflate_result result =
        decompress(inflater.get(), body.data(), body.size(), out->data() + done, out->size() - done,
                   &read, &written);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
      if (out->size() >= bytes_max) return TooLarge(bytes_max);
      out->resize(std::min(2 * out->size(), bytes_max));
      continue;
    }
    if (result != LIBDEFLATE_SUCCESS) return Damaged(coding);
    done += written;
    body.remove_prefix(read);
  } while (!body.empty());
  out->resize(done);
  return OkStatus();
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

Status DecodeBody(std::string_view coding, std::string_view body, size_t bytes_max,
                  std::string* out) {
  if (coding == "gzip" || coding == "x-gzip" || coding == "deflate") {
    return Inflate(coding, body, bytes_max, out);
  }
  if (coding.empty() || coding == "identity") {
    out->assign(body);
  } else if (coding == "zstd") {
    KZ_ASSIGN_OR_RETURN(*out, DecodeZstd(body, bytes_max));
  } else if (coding == "snappy") {
    KZ_ASSIGN_OR_RETURN(*out, DecodeSnappy(body, bytes_max));
  } else {
    return NotFound(
        "content encoding '{}' is not known here: use gzip, deflate, zstd, snappy or none", coding);
  }
  return OkStatus();
}

StatusOr<std::string> DecodeBody(std::string_view coding, std::string_view body, size_t bytes_max) {
  std::string out;
  KZ_RETURN_IF_ERROR(DecodeBody(coding, body, bytes_max, &out));
  return out;
}

std::string Gzip(std::string_view text) {
  constexpr int kLevel = 5;
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> deflater(
      libdeflate_alloc_compressor(kLevel), libdeflate_free_compressor);
  KZ_CHECK(deflater != nullptr);
  std::string out(libdeflate_gzip_compress_bound(deflater.get(), text.size()), '\0');
  out.resize(
      libdeflate_gzip_compress(deflater.get(), text.data(), text.size(), out.data(), out.size()));
  KZ_CHECK(!out.empty());
  return out;
}

std::string Snappy(std::string_view text) {
  std::string out;
  snappy::Compress(text.data(), text.size(), &out);
  return out;
}

}  // namespace kizashi
