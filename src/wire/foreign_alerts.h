// Alerts of other programs, as their webhooks send them: Alertmanager, Datadog, Sentry, CloudWatch
// by SNS, and a form of our own for everything else.
//
// Pure and total; any thread. Sources: Alertmanager's webhook_config (version 4); Datadog's
// webhook, its default payload and the one that docs/use/foreign-alerts.md asks for; Sentry's
// integration platform (resources event_alert, issue, metric_alert); the messages of CloudWatch
// alarms inside Amazon SNS' envelopes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi {

enum class AlertSource : uint8_t { kAlertmanager, kDatadog, kSentry, kCloudWatch, kGeneric };
/// "alertmanager", "datadog", "sentry", "cloudwatch", "generic"; nothing when it is none of these.
std::string_view AlertSourceName(AlertSource source);
std::optional<AlertSource> AlertSourceOf(std::string_view name);

struct ForeignAlert {
  std::string id;        // within its source: the same when it fires and when it is resolved
  std::string name;      // of the rule or monitor: what it is a kind of
  std::string text;      // for people; may be empty
  std::string url;       // begins with http:// or https://, or is empty
  std::string severity;  // as it was sent, in small letters; may be empty
  bool resolved = false;
  Time time{};    // since when it fires, or when it was resolved; that of receipt when unsaid
  Labels labels;  // says whose it is
  bool operator==(const ForeignAlert&) const = default;
};

/// Severities that somebody should be woken for: critical, page, fatal, emergency, alert, p1, p2.
bool IsUrgent(std::string_view severity);

inline constexpr size_t kForeignAlertsMax = 1000;     // a request
inline constexpr size_t kForeignTextBytesMax = 4096;  // longer texts are cut there
inline constexpr size_t kForeignNameBytesMax = 512;   // of id, name and severity
inline constexpr size_t kForeignLabelsMax = 64;       // further ones are dropped
inline constexpr size_t kForeignBodyBytesMax = 4 << 20;

struct ForeignAlerts {
  struct Error {
    std::string item;  // "alerts[2].status", "" for the whole
    std::string reason;
  };
  std::vector<ForeignAlert> alerts;
  std::vector<Error> errors;  // items that are left out, the first hundred
  size_t error_count = 0;
  std::string confirm_url;  // of SNS: somebody should open it once to subscribe this receiver
  bool nothing = false;     // a message that is no alert: understood, and of no interest
};

/// Reads a webhook's body. `resource` is the header Sentry-Hook-Resource; others send none.
ForeignAlerts ReadForeignAlerts(AlertSource source, std::string_view body,
                                std::string_view resource, Time received);

}  // namespace kizashi
