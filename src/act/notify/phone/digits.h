// Keys that were pressed, out of what the other side of a SIP call sends: events in RTP (RFC 4733)
// and INFO requests. Total: any bytes are a key or none.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kizashi::phone {

/// Every packet of an event has the timestamp of its beginning, and the last one is sent three
/// times: one key a timestamp, told at its first packet that arrives. A value.
class TelephoneEvents {
 public:
  /// `payload` is that of an RTP packet of type telephone-event. Nothing for a packet of an event
  /// that was told, and for what is no key.
  std::optional<char> Take(uint32_t timestamp, std::string_view payload);

 private:
  std::optional<uint32_t> told_;
};

/// The key of an INFO request: "Signal=4\r\nDuration=160" of application/dtmf-relay (Cisco's form,
/// which PBXs send) or "4" of application/dtmf; in both 10 is '*' and 11 is '#'.
std::optional<char> DigitOfInfo(std::string_view content_type, std::string_view body);

}  // namespace kizashi::phone
