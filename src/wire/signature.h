// Signatures of requests that other services send: HMAC-SHA256 in hexadecimal, base64, and when a
// request is a copy of one that was taken already.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace kizashi {

/// HMAC-SHA256 (RFC 2104) of `text`, 64 lower-case hexadecimal digits.
std::string HmacSha256Hex(std::string_view key, std::string_view text);

/// The bytes that base64 with its padding stands for; "" for what is none, or longer than 4 KiB.
std::string DecodeBase64(std::string_view text);

/// Whether both are the same; takes the same time for all texts of one length.
bool SameSecret(std::string_view a, std::string_view b);

/// Remembers what was seen, for so long: a request that is repeated within is a replay. Any thread.
class SeenOnce {
 public:
  /// Beyond `most`, which stand for signed requests of one window, the oldest are forgotten.
  explicit SeenOnce(Duration window, size_t most = 100'000) : window_(window), most_(most) {}
  /// False when `what` was seen within the window.
  bool Add(std::string_view what, Time now);

 private:
  const Duration window_;
  const size_t most_;
  std::mutex mutex_;
  std::map<std::string, Time, std::less<>> seen_;
  std::multimap<Time, std::string> by_time_;
};

}  // namespace kizashi
