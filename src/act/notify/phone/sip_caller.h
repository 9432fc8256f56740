// Calls people over SIP (RFC 3261), through a trunk or PBX, or directly.
//
// One thread of its own for all calls (`sip_thread.h`), two that make speech. Metrics:
// kizashi_phone_calls_total{way="sip",end}, kizashi_phone_ringing_seconds.
#pragma once

#include <memory>

#include "act/notify/phone/phone.h"
#include "act/notify/phone/sip_route.h"
#include "act/notify/phone/speech.h"
#include "base/metrics.h"

namespace kizashi::phone {

/// `clock`, `speaker` and `registry`, which may be null, outlive the caller. The end of the caller
/// ends its calls with kStopped and waits up to 3 s for the other sides.
StatusOr<std::unique_ptr<PhoneCaller>> MakeSipCaller(SipOptions options, PhoneLimits limits,
                                                     const Speaker* speaker, const Clock* clock,
                                                     Registry* registry);

}  // namespace kizashi::phone
