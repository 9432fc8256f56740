#include "act/notify/phone/sip_route.h"

#include <algorithm>
#include <charconv>

namespace kizashi::phone {
namespace {

constexpr size_t kHostBytesMax = 255;

std::string_view WithoutScheme(std::string_view uri) {
  for (const std::string_view scheme : {"sips:", "sip:"}) {
    if (uri.starts_with(scheme)) return uri.substr(scheme.size());
  }
  return uri;
}

// HOST[:PORT] of "sip:user@HOST:PORT;parameters?headers".
std::string_view HostPort(std::string_view uri) {
  uri = WithoutScheme(uri);
  const size_t at = uri.find('@');
  if (at != uri.npos) uri.remove_prefix(at + 1);
  return uri.substr(0, uri.find_first_of(";?"));
}

std::string_view Host(std::string_view host_port) {
  if (host_port.starts_with('[')) {
    const size_t end = host_port.find(']');
    return end == host_port.npos ? std::string_view() : host_port.substr(1, end - 1);
  }
  return host_port.substr(0, host_port.find(':'));
}

bool IsHostPort(std::string_view text) {
  const std::string_view host = Host(text);
  const size_t host_end = text.starts_with('[') ? host.size() + 2 : host.size();
  if (host.empty() || host.size() > kHostBytesMax || host_end > text.size()) return false;
  const bool fits = std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == ':';
  });
  if (!fits) return false;
  std::string_view port = text.substr(host_end);
  if (port.empty()) return true;
  port.remove_prefix(1);
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return text[host_end] == ':' && error == std::errc() && end == port.data() + port.size() &&
         number > 0;
}

// What may stand before the '@' of an address, or between the quotes of a name, unescaped.
bool IsPlain(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return std::isalnum(c) != 0 || extra.find(static_cast<char>(c)) != extra.npos;
  });
}

// libre asks the DNS alone, which need not know this name.
std::string KnownHost(std::string_view host_port) {
  std::string known(host_port);
  if (Host(host_port) == "localhost") known.replace(0, 9, "127.0.0.1");
  return known;
}

std::string Bracketed(const std::string& host) {
  return host.find(':') == host.npos ? host : '[' + host + ']';
}

}  // namespace

StatusOr<SipTransport> ParseSipTransport(std::string_view text) {
  for (const auto transport : {SipTransport::kUdp, SipTransport::kTcp, SipTransport::kTls}) {
    if (text == SipTransportName(transport)) return transport;
  }
  return InvalidArgument("the transport of SIP is udp, tcp or tls, not '{}'", text);
}

std::string_view SipTransportName(SipTransport transport) {
  switch (transport) {
    case SipTransport::kUdp: return "udp";
    case SipTransport::kTcp: return "tcp";
    case SipTransport::kTls: break;
  }
  return "tls";
}

Status CheckSipOptions(const SipOptions& options) {
  if (!options.trunk.empty() && !IsHostPort(WithoutScheme(options.trunk))) {
    return InvalidArgument("trunk is HOST, HOST:PORT or sip:HOST:PORT");
  }
  constexpr std::string_view kUserExtra = "-_.!~*'()&=+$,/";
  if (!IsPlain(options.user, kUserExtra)) {
    return InvalidArgument("user has a character that a SIP user name cannot have");
  }
  if (!IsPlain(options.caller, kUserExtra)) {
    return InvalidArgument("caller has a character that a SIP user name cannot have");
  }
  if (!IsPlain(options.caller_name, " -_.!~*'()&=+$,/")) {
    return InvalidArgument("caller_name has letters of the Latin alphabet, digits and blanks");
  }
  if (options.user.empty() != options.secret.empty()) {
    return InvalidArgument("user and its secret are given together");
  }
  if (!options.domain.empty() && !IsHostPort(options.domain)) {
    return InvalidArgument("domain is the name of a host");
  }
  if (options.rtp_port_min < 1024 || options.rtp_port_max < options.rtp_port_min + 2) {
    return InvalidArgument("rtp_port_min is 1024 or more, and rtp_port_max larger by 2 or more");
  }
  return OkStatus();
}

std::string NextSipHost(const SipOptions& options, std::string_view to) {
  const std::string_view uri = options.trunk.empty() ? to : std::string_view(options.trunk);
  return std::string(Host(KnownHost(HostPort(uri))));
}

StatusOr<SipRoute> MakeSipRoute(const SipOptions& options, const std::string& to,
                                const std::string& local_host) {
  const bool is_uri = to.starts_with("sip:") || to.starts_with("sips:");
  if (!is_uri && options.trunk.empty()) {
    return InvalidArgument("a number can be called through a trunk only; there is none");
  }
  if (is_uri && !IsHostPort(HostPort(to))) {
    return InvalidArgument("'{}' is no SIP URI; write sip:USER@HOST", to);
  }
  const std::string trunk = KnownHost(HostPort(options.trunk));
  const std::string transport = fmt::format(";transport={}", SipTransportName(options.transport));
  SipRoute route;
  route.next_host = NextSipHost(options, to);
  if (is_uri) {
    const auto host_at = static_cast<size_t>(HostPort(to).data() - to.data());
    const std::string host = KnownHost(HostPort(to));
    route.to = to.substr(0, host_at) + host + to.substr(host_at + HostPort(to).size());
    const bool names_transport = to.find("transport=") != to.npos;
    if (!names_transport && options.trunk.empty()) route.to += transport;
    if (!options.trunk.empty()) route.via = "sip:" + trunk + transport;
  } else {
    // '#' would begin a fragment.
    std::string number;
    for (const char c : to) number += c == '#' ? std::string("%23") : std::string(1, c);
    route.to = "sip:" + number + "@" + trunk + transport;
  }
  const std::string& user = options.user.empty() ? std::string("kizashi") : options.user;
  std::string domain = options.domain;
  if (domain.empty())
    domain = options.trunk.empty() ? Bracketed(local_host) : Bracketed(route.next_host);
  route.contact_user = user;
  route.from = "sip:" + (options.caller.empty() ? user : options.caller) + "@" + domain;
  return route;
}

PhoneEnd EndOfSipCode(uint16_t code) {
  switch (code) {
    case 486:
    case 600: return PhoneEnd::kBusy;
    case 408:
    case 480:
    case 487: return PhoneEnd::kNoAnswer;
    case 401:
    case 402:
    case 403:
    case 407:
    case 415:
    case 488:
    case 606: return PhoneEnd::kRefused;
    case 404:
    case 410:
    case 416:
    case 484:
    case 485:
    case 604: return PhoneEnd::kNotFound;
    default: break;
  }
  if (code >= 600) return PhoneEnd::kDeclined;
  return code >= 500 ? PhoneEnd::kUnreachable : PhoneEnd::kFailed;
}

}  // namespace kizashi::phone
