// Who is called by which SIP addresses, and what a SIP answer means. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "act/notify/phone/phone.h"
#include "base/status.h"

namespace kizashi::phone {

enum class SipTransport { kUdp, kTcp, kTls };

/// "udp", "tcp" or "tls".
StatusOr<SipTransport> ParseSipTransport(std::string_view text);
std::string_view SipTransportName(SipTransport transport);

struct SipOptions {
  /// HOST[:PORT] of the trunk or PBX that every call goes through, or "sip:HOST[:PORT]". Empty:
  /// SIP URIs are called directly, and numbers cannot be.
  std::string trunk;
  SipTransport transport = SipTransport::kUdp;
  std::string user;    // of the digest authentication; empty: none
  std::string secret;  // its password
  std::string caller;  // the number that is shown to the one called; that of `user` when empty
  std::string caller_name = "Kizashi";
  std::string domain;  // of our own address; the trunk's host when empty
  std::string tls_ca_file = "/etc/ssl/certs/ca-certificates.crt";
  std::string local_address;  // an IP address of this machine; the one nearest the trunk when empty
  uint16_t rtp_port_min = 16384;
  uint16_t rtp_port_max = 32766;
  Duration reach_max{10'000};  // for the first answer, of any kind
};

/// InvalidArgument with the field's name.
Status CheckSipOptions(const SipOptions& options);

/// The addresses of one call.
struct SipRoute {
  std::string to;  // request URI
  std::string from;
  std::string via;  // the trunk's URI, for a Route header of it; empty: none
  std::string contact_user;
  std::string next_host;  // who the request is sent to: a name, or an IP address without brackets
};

/// `to` passed CheckPhoneCall. `local_host` stands for our domain when there is no other.
StatusOr<SipRoute> MakeSipRoute(const SipOptions& options, const std::string& to,
                                const std::string& local_host);
/// The host of the trunk, or of `to` when there is none; a name, or an IP address without brackets.
std::string NextSipHost(const SipOptions& options, std::string_view to);

/// What a final answer of 300 to 699 to our INVITE means (RFC 3261, 21).
PhoneEnd EndOfSipCode(uint16_t code);

}  // namespace kizashi::phone
