#include "address.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <array>

namespace kizashi {

StatusOr<Address> ParseAddress(std::string_view option, const std::string& text) {
  const size_t colon = text.rfind(':');
  const Status wrong = InvalidArgument("{} '{}' is not HOST:PORT", option, text);
  if (colon == text.npos || colon + 1 == text.size()) return wrong;
  Address address;
  address.host = text.substr(0, colon);
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  if (address.host.empty()) address.host = "0.0.0.0";
  if (address.host == "localhost") address.host = "127.0.0.1";
  const std::string port = text.substr(colon + 1);
  if (port.size() > 5 || port.find_first_not_of("0123456789") != port.npos ||
      std::stoi(port) > 65535) {
    return wrong;
  }
  address.port = static_cast<uint16_t>(std::stoi(port));
  return address;
}

std::string FormatAddress(const std::string& host, uint16_t port) {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

std::string UrlOf(const Address& address, std::string_view scheme) {
  std::string host = address.host;
  if (host == "0.0.0.0" || host == "::") {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return "";
    host = name.data();
  }
  return fmt::format("{}://{}", scheme, FormatAddress(host, address.port));
}

bool IsLoopback(const std::string& host) {
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  in6_addr six{};
  return inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

}  // namespace kizashi
