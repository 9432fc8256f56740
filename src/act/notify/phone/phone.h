// A telephone call that tells somebody something, and what becomes of it.
//
// The two ways to call, over SIP (`sip_caller.h`) and over a provider's REST interface
// (`twilio_caller.h`), are PhoneCallers; `phone_config.h` makes the one that is configured. Plain
// values, but for the interface.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "act/texts.h"
#include "base/clock.h"
#include "base/status.h"

namespace kizashi::phone {

/// What the keys mean, as they are said at the end of every call. Any other key: once more.
constexpr char kAcknowledgeDigit = '4';
constexpr char kEscalateDigit = '6';

/// A call to make.
struct PhoneCall {
  static constexpr size_t kTextBytesMax = 2000;
  static constexpr size_t kIdBytesMax = 64;
  /// The caller's own, of letters, digits, '-' and '_'; no two calls under way have the same.
  std::string id;
  /// "+81312345678" (E.164; spaces, dots, hyphens and parentheses are left out) or
  /// "sip:ann@pbx.example".
  std::string to;
  /// What is said, UTF-8. What the keys do is said after it.
  std::string text;
  Language language = Language::kEnglish;
};

enum class PhoneEventKind {
  kRinging,   // the other side said so: 180 or 183; once
  kAnswered,  // somebody, or a machine, took it: nothing is acknowledged by that
  kDigit,     // a key was pressed
  kEnded,     // the last one
};

enum class PhoneEnd {
  kNone,          // of events that are no end
  kAcknowledged,  // a key said so; the caller hung up
  kEscalated,
  kNoDigit,      // answered and all was said, or the other side hung up, without either key
  kBusy,         // 486, 600
  kNoAnswer,     // rang for `ring_max`, or 408, 480, 487
  kDeclined,     // 603, 607, 608
  kNotFound,     // no such number or user: 404, 410, 484, 604
  kUnreachable,  // no connection, no such host, nothing answered, 5xx
  kRefused,      // the trunk or provider took neither our name nor our secret, or our offer
  kFailed,       // something else, that `detail` tells
  kStopped,      // HangUp, or the end of the caller
};

struct PhoneEvent {
  std::string call_id;
  PhoneEventKind kind = PhoneEventKind::kEnded;
  Time at{};
  Duration since_call{0};  // since Call
  char digit = 0;          // '0' to '9', '*', '#', 'A' to 'D'
  PhoneEnd end = PhoneEnd::kNone;
  /// For people, e.g. "486 Busy Here"; without secrets, at most 200 bytes of printable text.
  std::string detail;

  bool acknowledges() const { return digit == kAcknowledgeDigit; }
  bool escalates() const { return digit == kEscalateDigit; }
};

/// Limits of every way to call.
struct PhoneLimits {
  size_t calls_max = 4;        // at once; one more is ResourceExhausted
  Duration ring_max{45'000};   // then it is given up
  Duration call_max{120'000};  // after the answer
  int repeats = 3;             // how often the text is said
};

/// "ringing", "answered", "digit", "ended"; "busy", "no_answer", ... For logs and the API.
std::string_view PhoneEventName(PhoneEventKind kind);
std::string_view PhoneEndName(PhoneEnd end);
/// One line of a timeline, in the reader's language: "rang after 120 ms", "pressed 4:
/// acknowledged".
std::string DescribePhoneEvent(const PhoneEvent& event, Language language);

/// InvalidArgument when a field is outside its form or limits. Leaves `to` in its short form.
Status CheckPhoneCall(PhoneCall* call);

/// What is said: the call's text and what the keys do.
std::string SpokenText(const PhoneCall& call);
/// What is said once a key was pressed.
std::string SpokenFarewell(char digit, Language language);

/// Calls people. Any thread.
class PhoneCaller {
 public:
  using Tell = std::function<void(const PhoneEvent&)>;
  virtual ~PhoneCaller() = default;
  /// Begins to call and returns at once. `tell` is called on a thread of the caller, one event at a
  /// time and in their order, until kEnded, which comes exactly once and not later than ring_max +
  /// call_max + 10 s; it must be short, and may call Call and HangUp. When the status is not OK,
  /// `tell` is never called: InvalidArgument, or ResourceExhausted when calls_max are under way.
  virtual Status Call(PhoneCall call, Tell tell) = 0;
  /// Ends a call that is no longer wanted; one that is not under way is left alone.
  virtual void HangUp(const std::string& call_id) = 0;
};

}  // namespace kizashi::phone
