// Addresses as the options of `kizashi serve` give them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace kizashi {

struct Address {
  std::string host;  // an IP address
  uint16_t port = 0;
};

/// Reads "host:port", "[::1]:port" or ":port" (all addresses); an error names `option`.
StatusOr<Address> ParseAddress(std::string_view option, const std::string& text);

/// "127.0.0.1:514", "[::1]:514"
std::string FormatAddress(const std::string& host, uint16_t port);

/// "http://127.0.0.1:7600"; of all addresses the machine's name, "" when it has none.
std::string UrlOf(const Address& address, std::string_view scheme);

bool IsLoopback(const std::string& host);

}  // namespace kizashi
