// Telephone calls as a kind of receiver of the alert server: a group that fires is told by a call.
//
//   receivers:
//     - name: night
//       phone_configs:
//         - to: "+81312345678"     # or sip:USER@HOST
//           language: ja           # en when not given
//
// A page is rung once: what changes in its group meanwhile, and what somebody takes care of, is no
// reason to ring again. What a key says, the caller of MakePhoneReceiver is told: it knows who may
// acknowledge what.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "act/alert/receiver.h"
#include "act/notify/phone/phone.h"

namespace kizashi::phone {

struct PhoneReceiverOptions {
  std::string to;
  Language language = Language::kEnglish;
};

/// Of a `phone_configs` entry. InvalidArgument, "line:column: what", for what it cannot be.
StatusOr<PhoneReceiverOptions> ReadPhoneReceiver(const alerts::Integration& integration);

/// What is said of a group: its gravest firing alert, and how many more there are.
/// Behind it, why the one called is.
std::string PhoneTextOf(const alerts::Notification& notification, Language language);

/// What a call that ended means for the notification: told once somebody or something answered;
/// refused when there is no such number; else to be tried again.
alerts::SendResult ResultOfCall(const PhoneEvent& end);

/// `event` of the call that told of `notification`. Any thread; must be short.
using OnPhoneEvent =
    std::function<void(const alerts::Notification& notification, const PhoneEvent& event)>;

/// `caller` outlives the receiver. Groups that no longer fire, or that somebody acknowledged, and
/// pages that were rung are delivered without a call.
std::shared_ptr<alerts::Receiver> MakePhoneReceiver(PhoneReceiverOptions options,
                                                    PhoneCaller* caller, OnPhoneEvent on_event);

}  // namespace kizashi::phone
