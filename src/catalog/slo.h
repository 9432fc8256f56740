// What a team promises: an SLO with its indicator, window, alerts, policy and agreement.
//
// Plain values, written in a service's file (docs/use/slo.md) or read from OpenSLO, Sloth and Pyrra
// (src/judge/slo_formats). What they come to is computed in judge/slo.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "catalog/selector.h"

namespace kizashi {

/// How many events there were: the increases of counters, or what a PromQL expression says.
struct EventCount {
  /// Increases of the series that any of them matches are added.
  std::vector<Selector> counters;
  /// Increases of the series that any of them matches are taken off: `total - bad`.
  std::vector<Selector> less;
  /// Else: events a second, as an expression in which $window stands for the range that it looks
  /// back; measured once for each slice.
  std::string promql;
  bool present() const { return !counters.empty() || !promql.empty(); }
  bool operator==(const EventCount&) const = default;
};

enum class Comparison { kBelow, kAtMost, kAbove, kAtLeast, kEqual, kNotEqual };
std::string_view ComparisonSign(Comparison comparison);  // "<", "<=", ...
bool Holds(double value, Comparison comparison, double bound);

/// A day of the week by the number of ISO 8601: Monday is 1.
using Weekday = int;

/// One member of a composite or journey.
struct SloMember {
  std::string service;  // "": the service of the SLO itself
  std::string slo;      // "": the first SLO of that service
  double weight = 1;
  bool operator==(const SloMember&) const = default;
};

/// What is measured. Which fields mean something depends on the kind.
struct Indicator {
  enum class Kind {
    kEvents,     // any two of good, bad and total
    kLatency,    // requests no slower than `bound` seconds, from a classic histogram
    kSamples,    // each sample of `gauge` is an event, good when it `is` `bound`
    kTimeSlice,  // each slice is an event, good when the value of `gauge` or `promql` `is` `bound`
    kRatio,      // each slice is an event, `promql` is the part of it that is good (or bad)
    kFreshness,  // each slice is an event, good when the newest time in `gauge` is young enough
    kDeadline,   // each day of `days` is an event: a run that ended in time, by the time in `gauge`
    kComposite,  // each slice is an event: the weighted mean of the members' good shares
    kJourney,    // the same of the service and what it depends on
  };
  Kind kind = Kind::kEvents;

  EventCount good;
  EventCount bad;
  EventCount total;

  Selector histogram;  // without _bucket, _count or _sum at its name

  std::vector<Selector> gauges;
  std::string promql;
  bool promql_is_bad = false;  // kRatio: `promql` is the share of what is bad
  Comparison is = Comparison::kAtLeast;
  double bound = 1;  // kLatency and kFreshness: seconds

  Duration by{};      // kDeadline: the time of day at which the run must have ended
  Duration within{};  // kDeadline: and not ended earlier than so long before
  std::vector<Weekday> days;
  std::string time_zone = "UTC";

  std::vector<SloMember> members;
  enum class Missing { kIgnore, kGood, kBad };
  Missing missing = Missing::kIgnore;  // what a member counts as that was not measured

  /// The outside partner whose calls these are, as seen by us.
  std::string dependency;
  bool operator==(const Indicator&) const = default;
};
std::string_view IndicatorKindName(Indicator::Kind kind);  // "events", "latency", ...

/// How good and bad add up. OpenSLO v1, "budgetingMethod".
struct Budgeting {
  enum class Method {
    kOccurrences,      // events
    kTimeslices,       // a slice of `every` is good when at least `target` of its events are
    kRatioTimeslices,  // the mean of the good shares of slices of `every`
  };
  Method method = Method::kOccurrences;
  double target = 0;  // kTimeslices: a share in (0, 1]
  Duration every{std::chrono::minutes(5)};
  bool operator==(const Budgeting&) const = default;
};
std::string_view BudgetingName(Budgeting::Method method);  // "occurrences", "timeslices", ...

/// Over which time the promise is kept.
struct BudgetWindow {
  enum class Unit { kRolling, kDay, kWeek, kMonth, kQuarter, kYear };
  Unit unit = Unit::kRolling;
  Duration length{std::chrono::days(30)};  // of a rolling window, 1 h to 1 year
  int count = 1;                           // of calendar units
  std::string time_zone = "UTC";           // of a calendar window
  /// From where calendar windows of more than one unit are counted.
  std::optional<Time> start;
  bool operator==(const BudgetWindow&) const = default;

  static BudgetWindow Rolling(Duration length) {
    BudgetWindow window;
    window.length = length;
    return window;
  }
};
std::string_view WindowUnitName(BudgetWindow::Unit unit);  // "rolling", "day", "week", ...

enum class Severity { kPage, kTicket };
std::string_view SeverityName(Severity severity);  // "page", "ticket"

/// One pair of windows: it burns when both burn at `factor` or faster.
struct BurnPair {
  std::string name;  // "" is named by its windows
  Severity severity = Severity::kPage;
  Duration long_window{};
  Duration short_window{};
  double factor = 0;
  Duration hold{};  // `for`: it fires once it has burned for so long
  bool operator==(const BurnPair&) const = default;
};

struct SloAlerting {
  enum class Pairs {
    kWorkbook,  // the three of the Site Reliability Workbook, scaled to the window
    kOwn,       // those listed
    kNone,
  };
  Pairs kind = Pairs::kWorkbook;
  std::vector<BurnPair> pairs;
  /// Fires only when so many failures are no chance of a healthy service (judge/slo/evidence.h).
  bool evidence = true;
  bool operator==(const SloAlerting&) const = default;
};

/// One step of the policy beside an SLO: what follows when so much is spent.
struct PolicyStep {
  enum class Action { kTell, kTicket, kHold };
  Action action = Action::kTell;
  double spent = 0;  // a share of the budget; or:
  double burn = 0;   // this burn rate,
  Duration over{};   // over this long
  std::string text;  // what the team agreed to do
  bool operator==(const PolicyStep&) const = default;
};
std::string_view PolicyActionName(PolicyStep::Action action);  // "tell", "ticket", "hold"

/// Somebody lets go on in spite of a hold, until a time.
struct PolicyOverride {
  Time until{};
  std::string reason;
  std::string author;
  bool operator==(const PolicyOverride&) const = default;
};

/// Time, or minutes, that are not to count.
struct BudgetChange {
  enum class Kind {
    kExclude,  // what happened between is left out
    kAdjust,   // `minutes` are given back (or, below zero, taken)
  };
  Kind kind = Kind::kExclude;
  Time begin{};
  Time end{};              // kExclude: after begin
  std::string recurrence;  // RFC 5545's RRULE, in `time_zone`; "": once
  std::string time_zone = "UTC";
  double minutes = 0;
  std::string reason;
  std::string author;
  bool operator==(const BudgetChange&) const = default;
};

/// Who stands behind the promise.
struct Agreement {
  std::string owner;     // a team; "": the service's
  std::string approver;  // a person, usually the product manager
  std::string approved;  // day of the approval, YYYY-MM-DD; "": not approved
  std::string review;    // day by which it is looked at again; "": never
  bool operator==(const Agreement&) const = default;
};

struct SloSpec {
  static constexpr Duration kWindowMin = std::chrono::hours(1);
  static constexpr Duration kWindowMax = std::chrono::days(366);
  static constexpr Duration kIntervalMin = std::chrono::seconds(10);
  static constexpr Duration kIntervalMax = std::chrono::hours(1);

  std::string name = "availability";
  std::string title;        // for people; "": the name
  std::string description;  // "" when not given
  double target = 0.999;    // a share, in (0, 1)
  Indicator indicator;
  Budgeting budgeting;
  BudgetWindow window;
  /// Of a slice, the finest time that budgets are exact to.
  Duration interval{std::chrono::minutes(1)};
  SloAlerting alerting;
  std::vector<PolicyStep> policy;
  std::vector<PolicyOverride> overrides;
  std::vector<BudgetChange> changes;
  Agreement agreement;
  /// Labels and annotations of other formats, kept for the way back.
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<std::pair<std::string, std::string>> annotations;
  bool operator==(const SloSpec&) const = default;
};

/// The longest a window can be: its length, or 31 days and an hour for a month, and so on.
Duration WindowLengthMax(const BudgetWindow& window);

/// Everything that the numbers of the past depend on, as text: a change of it begins anew.
std::string SloMeaning(const SloSpec& slo);
/// XXH3 of it.
uint64_t SloMeaningHash(const SloSpec& slo);

}  // namespace kizashi
