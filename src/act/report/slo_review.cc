#include "act/report/slo_review.h"

#include <algorithm>

#include "act/format.h"
#include "act/message.h"
#include "judge/slo/slice_point.h"

namespace kizashi {
namespace {

constexpr Duration kSlice = std::chrono::seconds(10);
constexpr Duration kQuarterHour = std::chrono::minutes(15);
constexpr int kSlicesBetweenLooks = 4096;
/// A period that ends so shortly ago ends now.
constexpr Duration kNow = std::chrono::minutes(5);

std::optional<double> RemainingAt(const SloSnapshot& slo, const SloPeriod& period) {
  if (period.until >= period.now - kNow) return slo.budget.remaining_share;
  std::optional<double> found;
  if (slo.curve == nullptr) return found;
  for (const SloCurve::Point& point : slo.curve->points) {
    if (point.time <= period.until) found = point.remaining_share;
  }
  return found;
}

}  // namespace

int SloReview::Count(Severity severity) const {
  return static_cast<int>(
      std::count_if(alerts.begin(), alerts.end(), [severity](const AlertRecord& alert) {
        return alert.severity == severity && AlertCode(alert) == "burn";
      }));
}

SloPeriodSums::SloPeriodSums(const SloSpec& slo, const SloPeriod& period)
    : slo_(slo), period_(period), excluded_(ExcludedRanges(slo, period.since, period.until)) {}

const std::string& SloPeriodSums::Day(Time time) {
  const Time quarter = FloorTo(time, kQuarterHour);
  if (day_.empty() || quarter != day_of_) {
    day_of_ = quarter;
    day_ = FormatDay(quarter, period_.time_zone);
  }
  return day_;
}

void SloPeriodSums::Take(Time end, const SliceSum& sum) {
  all_ += sum;
  const bool excluded =
      std::any_of(excluded_.begin(), excluded_.end(),
                  [end](const TimeRange& range) { return range.begin < end && end <= range.end; });
  if (excluded) return;
  counted_ += sum;
  by_day_[Day(end - kSlice)] += sum;
}

void SloPeriodSums::Add(Time begin, const SliceSum& slice) {
  if (slo_.budgeting.method == Budgeting::Method::kOccurrences) {
    return Take(begin + kSlice, slice);
  }
  const Time end = FloorTo(begin, slo_.budgeting.every) + slo_.budgeting.every;
  if (end != whole_end_) End();
  whole_end_ = end;
  whole_ += slice;
}

// As SloTracker does: less than half measured is neither good nor bad.
void SloPeriodSums::End() {
  const SliceSum sum = std::exchange(whole_, SliceSum{});
  const Budgeting& budgeting = slo_.budgeting;
  if (sum.covered_seconds < ToSeconds(budgeting.every) / 2) return;
  const double share = sum.total > 0 ? std::clamp(sum.good / sum.total, 0.0, 1.0) : 1;
  const bool whole = budgeting.method == Budgeting::Method::kTimeslices;
  const double good = whole ? (share >= budgeting.target ? 1 : 0) : share;
  Take(whole_end_, {good, 1, ToSeconds(budgeting.every)});
}

StatusOr<SloReview> ReviewSlo(const ServiceSnapshot& service, const SloSnapshot& slo,
                              TelemetryStore& telemetry, const SloPeriod& period,
                              const std::function<bool()>& goes_on) {
  const SloSpec& spec = *slo.spec;
  SloReview review;
  review.service = &service;
  review.slo = &slo;
  review.remaining_share = slo.first ? RemainingAt(slo, period) : std::nullopt;
  SloPeriodSums sums(spec, period);
  int slices = 0;
  bool late = false;
  KZ_RETURN_IF_ERROR(
      telemetry.ScanPoints('s', fmt::format("{}/{}", service.name, spec.name), period.since,
                           period.until - Duration(1), [&](Time begin, std::string_view value) {
                             sums.Add(begin, ReadSlicePoint(value));
                             late = ++slices % kSlicesBetweenLooks == 0 && goes_on && !goes_on();
                             return !late;
                           }));
  if (late) return Unavailable("there are too many SLOs for one report: ask for one team");
  sums.End();
  review.counted = sums.counted();
  review.all = sums.all();
  review.measured_share =
      std::min(1.0, review.all.covered_seconds / ToSeconds(period.until - period.since));
  review.adjusted_minutes = AdjustedMinutes(spec, period.since, period.until);
  const Time begin = slo.first ? std::max(*slo.first, period.since) : period.until;
  review.allowance_minutes = std::max(0.0, ToMinutes(period.until - begin)) * (1 - spec.target);
  if (review.counted.total > 0) {
    const double spent = review.counted.bad() / review.counted.total / (1 - spec.target);
    review.spent_minutes = spent * review.allowance_minutes - review.adjusted_minutes;
  }
  double bad = 0;
  double most = 0;
  for (const auto& [day, of_day] : sums.by_day()) {
    bad += of_day.bad();
    if (of_day.bad() <= most) continue;
    most = of_day.bad();
    review.worst_day = day;
  }
  review.worst_day_share = bad > 0 ? most / bad : 0;
  return review;
}

}  // namespace kizashi
