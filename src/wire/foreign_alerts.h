// Alerts of other programs, as their webhooks send them: Alertmanager, Datadog, Sentry, CloudWatch
// by SNS, a form of our own for everything else, and forms of others that a mapping describes.
//
// Pure and total; any thread. Sources: Alertmanager's webhook_config (version 4); Datadog's
// webhook, its default payload and the one that docs/use/foreign-alerts.md asks for; Sentry's
// integration platform (resources event_alert, issue, metric_alert); the messages of CloudWatch
// alarms inside Amazon SNS' envelopes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
  Time time{};          // since when it fires, or when it was resolved; that of receipt when unsaid
  Labels labels;        // says whose it is
  bool urgent = false;  // somebody is to be told at once; of a firing one
  bool operator==(const ForeignAlert&) const = default;
};

/// Severities (in small letters) that somebody is told of at once: critical, page, fatal,
/// emergency, disaster, alert, alarm, error, high, major, p1, p2, sev1, sev2. All others, and none,
/// are low. Of a Sentry issue that is not of an alert rule fatal alone is urgent: every exception
/// is an error. Of Datadog what only warns is not, whatever the monitor's priority.
bool IsUrgent(std::string_view severity);

/// Where a foreign payload has what an alert is made of: JSON pointers (RFC 6901) from each alert.
/// An empty one: it is not there.
struct AlertMapping {
  std::string list;  // from the whole body: one alert or a list of them; "": the body itself
  std::string id;    // when empty, name and labels are
  std::string name;
  std::string text;
  std::string url;
  std::string severity;
  std::string time;
  std::string status;                 // when empty, everything fires
  std::vector<std::string> resolved;  // of status, in small letters: it is over
  std::vector<std::string> firing;    // empty: everything else fires
  std::string labels;                 // an object of them
  std::vector<std::pair<std::string, std::string>> label;  // name, pointer
};

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
  std::string confirm_url;  // of SNS: to be opened once to subscribe this receiver
  bool nothing = false;     // a message that is no alert: understood, and of no interest
};

/// Reads the body of a source of one's own. Places in it are JSON pointers: "/events/2/title".
ForeignAlerts ReadMappedAlerts(const AlertMapping& mapping, std::string_view body, Time received);

/// Reads a webhook's body. `resource` is the header Sentry-Hook-Resource; others send none.
ForeignAlerts ReadForeignAlerts(AlertSource source, std::string_view body,
                                std::string_view resource, Time received);

}  // namespace kizashi
