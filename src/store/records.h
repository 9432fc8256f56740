// The records of judging and acting: anomalies (the ledger) and who edited them, alerts,
// deliveries, verdicts, daily reports.
//
// Plain values. Ids are hashes of content, so the same verdict reached twice is the same record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "catalog/slo.h"

namespace kizashi {

/// Values that a text for people is made of, by name, in order of insertion.
using FieldValue = std::variant<double, std::string>;
using Fields = std::vector<std::pair<std::string, FieldValue>>;

const FieldValue* FindField(const Fields& fields, std::string_view name);
std::string FieldText(const Fields& fields, std::string_view name);  // "" when absent
double FieldNumber(const Fields& fields, std::string_view name);     // 0 when absent
/// A JSON object; numbers in the shortest form that reads back the same. NaN and infinities become
/// null, which is read back as NaN.
std::string FieldsToJson(const Fields& fields);
StatusOr<Fields> FieldsFromJson(std::string_view json);

/// What an anomaly puts at risk, in error-budget minutes, with a 90 % interval.
struct Price {
  double mean_minutes = 0;
  double low_minutes = 0;   // 5 % quantile
  double high_minutes = 0;  // 95 % quantile
  std::string basis;        // "prior_redundancy", "prior_novelty", "evidence", "evidence_pooled",
                            // "together"
  Fields fields;            // what it was computed from
};

struct Evidence {
  Time time{};
  std::string code;  // "sample", "line", "threshold", "learnt", "surprise", "companion"
  Fields fields;
};

/// [{"time": ms, "code": "...", "fields": {...}}, ...]
std::string EvidenceToJson(const std::vector<Evidence>& evidence);
StatusOr<std::vector<Evidence>> EvidenceFromJson(std::string_view json);

/// What people decided about an episode, and what its kind did before.
struct EpisodeLedger {
  std::optional<Time> acknowledged;
  std::string acknowledged_by;
  /// Its kind is expected until then: it spends nothing and is not ranked.
  std::optional<Time> expected_until;
  std::string expected_because;
  /// What fixed it, told after it began.
  std::optional<Time> fixed;
  std::string fixed_by;
  /// "fixed" when its kind had been marked so before it began, "absent" when its kind had not been
  /// seen for long; else "".
  std::string came_back;
  std::optional<Time> last_seen;  // of its kind before it; nothing when it is the first
  bool operator==(const EpisodeLedger&) const = default;
};

/// An episode: something that normally does not happen and hurts nobody yet.
struct AnomalyRecord {
  std::string id;
  std::string service;
  std::string owner;   // the team's name when it began
  std::string kind;    // stable fingerprint: service + source + what
  std::string source;  // "redundancy", "logs", "signals", "alerts"
  std::string code;    // "member_down", "pattern_new", "pattern_up", "pattern_down",
                       // "pattern_gone", "patterns_new_many", "parameter_value",
                       // "parameter_range", "release_changed", "signals_moved",
                       // "traffic_up", "traffic_down", "foreign_alert", "growth_limit"
  Fields fields;
  Time begin{};
  std::optional<Time> end;
  Price price;
  std::vector<Evidence> evidence;
  EpisodeLedger ledger;
};
/// What is shown of it first: "fixed", "expected", "acknowledged", "came_back", "open", "ended".
std::string_view EpisodeState(const AnomalyRecord& anomaly);

/// Who edited what of the ledger, with what it was before and is after; never changed or deleted.
struct LedgerEditRecord {
  std::string id;
  Time time{};
  std::string actor;  // a token's name, or "page", "cli", "api"
  std::string what;   // "acknowledge", "expect", "unexpect", "fixed", "reopen"
  std::string service;
  std::string kind;
  std::string anomaly;  // of "acknowledge", else ""
  std::optional<Time> until;
  std::string reason;
  /// Of acknowledged_by, expected_until (RFC 3339), expected_because, fixed, fixed_by those that
  /// are set.
  Fields before;
  Fields after;
};

/// A burn-rate alert of one SLO and one severity, from firing to resolved.
struct AlertRecord {
  std::string id;
  std::string service;
  std::string owner;
  std::string slo;
  Severity severity = Severity::kPage;
  Time begin{};
  std::optional<Time> end;
  /// long_seconds, short_seconds, factor, long_burn, short_burn, spent_share, hours_to_empty,
  /// target
  Fields fields;
};

/// One line of the judge's log. Replaying the same journal gives the same verdicts.
struct Verdict {
  Time time{};
  std::string type;     // "anomaly_begin", "anomaly_end", "alert_firing", "alert_resolved"
  std::string subject;  // id of the anomaly or alert
  std::string service;
  std::string text;  // code and fields on one line
  bool operator==(const Verdict&) const = default;
};

/// A price that an episode was told to have from `time` on; never changed or deleted.
struct PriceTold {
  std::string anomaly;
  Time time{};
  Price price;
};

/// Everything that one step of the judge decided; kept in one transaction.
struct VerdictBatch {
  std::vector<AnomalyRecord> anomalies;  // new or changed, whole
  std::vector<AlertRecord> alerts;       // new or changed, whole
  std::vector<Verdict> verdicts;
  std::vector<LedgerEditRecord> edits{};
  std::vector<PriceTold> prices{};  // of `anomalies`, where theirs are new
  bool empty() const {
    return anomalies.empty() && alerts.empty() && verdicts.empty() && edits.empty() &&
           prices.empty();
  }
};

/// One message to one destination, and what became of it.
struct DeliveryRecord {
  enum class State { kWaiting, kDelivered, kGivenUp };
  int64_t id = 0;    // given by the store
  std::string kind;  // "slack", "webhook", ...
  std::string url;   // secret: never shown, never logged
  State state = State::kWaiting;
  int attempts = 0;
  std::string last_error;
  Time created{};
  Time next_attempt{};
  Time last_attempt{};
};
/// The daily report of one team for one day of its own; one of each.
struct ReportRecord {
  std::string team;
  std::string day;  // "2026-11-27", in the team's time zone
  Time created{};
  Time since{};
  Time until{};
  std::string language;
  std::string markdown;  // "": the day on which the team was first seen, which has no report
};

/// One daily report to one place: the kind is "slack", "email" or "file", the url a URL (secret),
/// an address or a folder.
struct ReportDelivery {
  std::string team;
  std::string day;
  DeliveryRecord message;
};
std::string_view DeliveryStateName(DeliveryRecord::State state);
/// "slack hooks.slack.com": what may be shown of a destination. Kind, host and port; never the
/// user, the path or the query, which are secrets.
std::string DestinationName(std::string_view kind, std::string_view url);

}  // namespace kizashi
