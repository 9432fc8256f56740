// gzip and deflate of bodies (RFC 9110, 8.4.1), bounded.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace kizashi {

/// Decodes a body of Content-Encoding `coding`, of gzip all members. ResourceExhausted when it
/// grows beyond `bytes_max`, InvalidArgument when it is damaged, NotFound when the coding is
/// unknown.
StatusOr<std::string> DecodeBody(std::string_view coding, std::string_view body, size_t bytes_max);

std::string Gzip(std::string_view text);

}  // namespace kizashi
