// Requests as Slack signs them, for tests.
#pragma once

#include <string>

#include "base/clock.h"
#include "net/http.h"
#include "wire/signature.h"

namespace kizashi {

inline HttpHeaders SlackHeaders(const std::string& secret, const std::string& body, Time at) {
  const std::string stamp = std::to_string(ToMs(at) / 1000);
  return {{"X-Slack-Request-Timestamp", stamp},
          {"X-Slack-Signature", "v0=" + HmacSha256Hex(secret, "v0:" + stamp + ":" + body)}};
}

}  // namespace kizashi
