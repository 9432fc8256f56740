// What one SLO came to over a period: summed from its stored slices, in the currency of its budget.
//
// Any thread. Reading a slice of ten seconds costs about a microsecond, so a quarter of one SLO
// takes up to a second.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "judge/slo/changes.h"
#include "judge/snapshot.h"
#include "store/records.h"
#include "store/telemetry_store.h"

namespace kizashi {

struct SloReview {
  const ServiceSnapshot* service = nullptr;
  const SloSnapshot* slo = nullptr;
  SliceSum counted;           // events, or slices of the budgeting method
  SliceSum all;               // as if nothing were excluded
  double measured_share = 0;  // of the period: slices are dropped by the store's retention, too
  double adjusted_minutes = 0;
  double allowance_minutes = 0;           // of the period, since the SLO is measured
  double spent_minutes = 0;               // of it, less what was adjusted
  std::optional<double> remaining_share;  // of the SLO's own window, at the period's end
  std::string worst_day;                  // YYYY-MM-DD; empty when nothing was bad
  double worst_day_share = 0;             // of all that was bad
  std::vector<AlertRecord> alerts;        // that began in the period

  std::optional<double> attained() const { return ShareOf(counted); }
  std::optional<double> attained_without() const { return ShareOf(all); }
  double spent_share() const {
    return allowance_minutes > 0 ? spent_minutes / allowance_minutes : 0;
  }
  int Count(Severity severity) const;  // alerts about burning

 private:
  static std::optional<double> ShareOf(const SliceSum& sum) {
    if (sum.total <= 0) return std::nullopt;
    return 1 - sum.bad() / sum.total;
  }
};

struct SloPeriod {
  Time since{};
  Time until{};
  Time now{};             // of the snapshot
  std::string time_zone;  // of days
};

/// Sums slices in order of time.
class SloPeriodSums {
 public:
  SloPeriodSums(const SloSpec& slo, const SloPeriod& period);
  void Add(Time begin, const SliceSum& slice);
  /// Ends the slice of the budgeting method that is under way.
  void End();

  const SliceSum& counted() const { return counted_; }
  const SliceSum& all() const { return all_; }
  const std::map<std::string, SliceSum>& by_day() const { return by_day_; }

 private:
  void Take(Time end, const SliceSum& sum);
  const std::string& Day(Time time);

  const SloSpec& slo_;
  const SloPeriod& period_;
  std::vector<TimeRange> excluded_;
  SliceSum counted_;
  SliceSum all_;
  std::map<std::string, SliceSum> by_day_;
  Time whole_end_{};  // of the slice under way; none: 1970
  SliceSum whole_;
  Time day_of_{};  // a quarter of an hour: zones differ by multiples of one
  std::string day_;
};

/// `goes_on` is asked now and then; Unavailable once it says no.
StatusOr<SloReview> ReviewSlo(const ServiceSnapshot& service, const SloSnapshot& slo,
                              TelemetryStore& telemetry, const SloPeriod& period,
                              const std::function<bool()>& goes_on);

}  // namespace kizashi
