// The handshake of Fluent Forward v1: the server's HELO with a nonce, the client's PING that proves
// the shared key, the server's PONG that proves it back. Any thread.
//
// A digest is the hexadecimal SHA-512 of salt + host name + nonce + shared key. User names and
// passwords are not offered.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"

namespace kizashi {

inline constexpr size_t kForwardPingBytesMax = 8 << 10;

std::string ForwardHelo(std::string_view nonce);

/// What both sides have to agree on.
struct ForwardServer {
  std::string nonce;
  std::string shared_key;
  std::string host;  // the server's own name
};

struct ForwardPong {
  bool accepted = false;
  std::string client;  // its host name
  std::string reason;  // when it is not accepted
  std::string bytes;   // the answer to send
};
/// Answers a whole PING. InvalidArgument when the message is none: there is no answer then.
StatusOr<ForwardPong> AnswerPing(std::string_view message, const ForwardServer& server);

std::string ForwardDigest(std::string_view salt, std::string_view host, std::string_view nonce,
                          std::string_view shared_key);

}  // namespace kizashi
