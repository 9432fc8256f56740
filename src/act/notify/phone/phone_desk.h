// The telephone of a running server: calls that tell of alerts, and calls that people ask for.
//
// Calls of alerts are the receivers that MakeReceiver gives; a key pressed in one is done to its
// group. `Tel` rings somebody now, tries once and remembers what came of it. Any thread; nothing is
// called back under its lock.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "act/alert/alert_config.h"
#include "act/alert/alert_events.h"
#include "act/alert/receiver.h"
#include "act/notify/phone/phone.h"
#include "act/notify/phone/phone_config.h"
#include "net/handler_pool.h"

namespace kizashi::phone {

/// A call that somebody asked for.
struct TelRequest {
  std::string person;  // for people: a name of the catalog, or the number
  std::string to;      // PhoneCall::to
  std::string by;      // who asks
  std::string reason;
  Language language = Language::kEnglish;
};

/// How far it is.
struct TelCall {
  std::string id;  // "tel-1"
  TelRequest request;
  Time asked{};
  Time at{};                                       // of `last`
  PhoneEventKind last = PhoneEventKind::kRinging;  // when `is_told`
  bool is_told = false;                            // an event came
  PhoneEnd end = PhoneEnd::kNone;
  std::string detail;
};

class PhoneDesk : public alerts::AlertListener {
 public:
  static constexpr size_t kCallsKept = 256;

  struct Parts {
    Fetch fetch;  // of Twilio's requests
    const Clock* clock = nullptr;
    Registry* registry = nullptr;
    /// A key was pressed, or its end: what becomes of a group. Called on a thread of its own.
    std::function<Status(uint64_t group, const alerts::GroupAction& action)> act;
    /// Each event of a call about a group of alerts; `person` is who was called.
    std::function<void(const alerts::Notification&, const std::string& person, const PhoneEvent&)>
        on_event;
  };
  static StatusOr<std::unique_ptr<PhoneDesk>> Make(const PhoneConfig& config, Parts parts);
  /// Ends every call.
  ~PhoneDesk() override;
  PhoneDesk(const PhoneDesk&) = delete;
  PhoneDesk& operator=(const PhoneDesk&) = delete;

  /// Of a `phone_configs` entry; the person is the receiver's name without "person ".
  StatusOr<std::shared_ptr<alerts::Receiver>> MakeReceiver(const alerts::ReceiverConfig& of,
                                                           const alerts::Integration& to);

  /// Ends the calls about a group that somebody takes care of, or that is over.
  void OnAlertEvent(const alerts::AlertEvent& event) override;

  using OnTel = std::function<void(const TelCall&)>;
  /// Rings now. The call's id; `on_end` is told how it ended. InvalidArgument for what cannot be
  /// called, ResourceExhausted when too many calls are under way.
  StatusOr<std::string> Tel(TelRequest request, OnTel on_end);
  /// NotFound for one that is forgotten.
  StatusOr<TelCall> FindTel(std::string_view id) const;

  /// The path at which the provider calls back; "" for SIP.
  const std::string& callback_path() const { return callback_path_; }
  /// Requires callback_path() not "".
  HttpResponse HandleCallback(const HttpRequest& request);

 private:
  explicit PhoneDesk(Parts parts) : parts_(std::move(parts)) {}
  void OnTelEvent(const std::string& id, const PhoneEvent& event, const OnTel& on_end);
  void OnAlertCall(const alerts::Notification& notification, const std::string& person,
                   const PhoneEvent& event);

  const Parts parts_;
  std::string callback_path_;
  mutable std::mutex mutex_;
  std::map<std::string, uint64_t> alert_calls_;  // under way, nothing pressed: the group of each
  std::map<std::string, TelCall, std::less<>> tels_;
  std::deque<std::string> tel_order_;
  uint64_t last_tel_ = 0;
  HandlerPool acts_{1, 256};  // waits for the disk, which a call does not
  PhoneSetup setup_;          // last: its end tells of every call
};

/// What is said by a call that `request` asks for.
std::string TelText(const TelRequest& request);
/// "calling", "ringing", "answered" or "ended".
std::string_view TelStateName(const TelCall& call);
/// How it came out, for the channel: "hanako pressed 4: acknowledged".
std::string DescribeTel(const TelCall& call, Language language);

}  // namespace kizashi::phone
