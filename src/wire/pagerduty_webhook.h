// What PagerDuty sends when something happens to an incident (webhooks version 3), and the proof
// that PagerDuty sent it.
//
// Pure and total; any thread. Sources: developer.pagerduty.com, "Webhooks Overview" and "Verifying
// Webhook Signatures".
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"

namespace kizashi {

inline constexpr size_t kPagerDutyBodyBytesMax = 1 << 20;

/// Checks the header X-PagerDuty-Signature: a list of "v1=" and hexadecimal digits, one of which is
/// HMAC-SHA256 of the body with the subscription's secret. PermissionDenied when none is.
Status CheckPagerDutySignature(std::string_view secret, std::string_view body,
                               std::string_view header);

struct PagerDutyEvent {
  std::string id;            // the same when it is delivered again
  std::string type;          // "incident.acknowledged", "incident.resolved", "pagey.ping", ...
  std::string incident_key;  // dedup_key of what opened it; may be empty
  std::string incident_url;
  std::string by;  // the person's name; empty when it was an integration
  Time at{};       // occurred_at; zero when it is not said
};

/// InvalidArgument when it is no event of version 3.
StatusOr<PagerDutyEvent> ReadPagerDutyEvent(std::string_view body);

}  // namespace kizashi
