// gzip, deflate (RFC 9110, 8.4.1), zstd (RFC 8878) and snappy of bodies, bounded.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace kizashi {

/// Decodes a body of Content-Encoding `coding`: gzip (all its members), deflate, zstd (all its
/// frames), or snappy (one block, as Prometheus and Loki send it; not the framing format).
/// ResourceExhausted when it grows beyond `bytes_max`, InvalidArgument when it is damaged, NotFound
/// when the coding is unknown.
StatusOr<std::string> DecodeBody(std::string_view coding, std::string_view body, size_t bytes_max);
/// The same into *out, whose memory is used again; its contents are of no use after an error.
Status DecodeBody(std::string_view coding, std::string_view body, size_t bytes_max,
                  std::string* out);

std::string Gzip(std::string_view text);
/// One block.
std::string Snappy(std::string_view text);

}  // namespace kizashi
