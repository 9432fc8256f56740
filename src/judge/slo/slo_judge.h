// Everything the judge holds about one SLO: its slices, which of its pairs fire, the alerts that
// were told, its policy, and who burns the budget.
//
// Part of the judge's state. One thread. It is told what its series did and what time it is, and
// puts what it decides into a JudgeOutput.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "judge/output.h"
#include "judge/slo/budget.h"
#include "judge/slo/contributors.h"
#include "judge/slo/policy.h"
#include "judge/slo/slo_alerts.h"
#include "judge/slo/slo_snapshot.h"
#include "judge/slo/slo_tracker.h"

namespace kizashi {

class SloJudge {
 public:
  /// An alert is resolved when its condition has been false for so long.
  static constexpr Duration kResolveHold = std::chrono::seconds(60);
  /// Nothing measured for longer than SloTracker::gap_max() is told after so long.
  static constexpr Duration kNoDataHold = std::chrono::minutes(5);
  /// How often the curve of the past is drawn anew.
  static constexpr Duration kCurveEvery = std::chrono::minutes(5);
  static constexpr int kCurvePoints = 120;

  SloJudge() = default;
  SloJudge(const Service& service, const SloSpec& spec);
  /// Both outlive this, or the next Use.
  void Use(const Service& service, const SloSpec& spec);
  bool HasMeaning(const SloSpec& spec) const;
  /// Tells what is another in `next`, which comes into force: a new meaning, whose history begins
  /// anew (the slices of the old stay in the store), or other exclusions, adjustments, overrides;
  /// and what of the budget was left.
  void TellChange(const SloSpec& next, Time now, JudgeOutput* out) const;

  void Count(const SliRole& role, SeriesId series, Time at, double increase);
  void Measure(const SliRole& role, SeriesId series, Time at, double value);
  void Advance(Time now) { tracker_.Advance(now); }
  /// Of a composite: the end of the first slice that was not set yet, at most an hour ago; and what
  /// a slice came to.
  Time NextCompositeSlice(Time now);
  void SetSlice(Time end, std::optional<double> good_share);
  /// Slices of the past for where nothing was measured: see SloTracker::Fill.
  void Fill(std::span<const SliceLog::Slice> slices, Time now);
  /// Evaluates pairs and policy; alerts begin and end.
  void Tick(Time now, const SeriesDirectory& directory, JudgeOutput* out);
  /// Evaluates the pairs at `now`, beyond the last tick; tells nobody.
  const std::vector<SloAlerts::Pair>& EvaluateNow(Time now) {
    return alerts_.Evaluate(*spec_, tracker_, now);
  }
  /// Puts the slice that began then, and those before it of which more was measured since, as
  /// points.
  void EndSlice(Time slice, JudgeOutput* out);
  /// The SLO left the catalog: what is open ends.
  void Retire(Time now, JudgeOutput* out);

  const SloSpec& spec() const { return *spec_; }
  SloTracker& tracker() { return tracker_; }
  const SloTracker& tracker() const { return tracker_; }
  /// Whether somebody is being paged for it.
  bool pages() const { return page_.firing.has_value(); }
  SloSnapshot MakeSnapshot(Time now) const;

  template <typename A>
  void Fields(A& a) {
    a(meaning_, tracker_, alerts_, page_, ticket_, no_data_, no_data_since_, paged_, policy_,
      contributors_, composite_end_, points_covered_);
  }

 private:
  struct Told {
    std::optional<AlertRecord> firing;
    std::optional<Time> false_since;
    template <typename A>
    void Fields(A& a) {
      a(firing, false_since);
    }
  };

  void TickAlert(Severity severity, Told* told, Time now, JudgeOutput* out);
  void TickNoData(Time now, JudgeOutput* out);
  void TickPolicy(Time now, JudgeOutput* out);
  AlertRecord MakeAlert(std::string_view code, Severity severity, Time now) const;
  static void Fire(AlertRecord alert, Time now, Told* told, JudgeOutput* out);
  static void Resolve(Told* told, Time now, JudgeOutput* out);
  double BurnOver(Duration span, Time now) const;
  void DrawCurve(Time now);

  const Service* service_ = nullptr;  // owned by the catalog in force
  const SloSpec* spec_ = nullptr;     // one of the service's
  std::string meaning_;               // what is measured and over what: a change of it begins anew
  SloTracker tracker_;
  SloAlerts alerts_;
  Told page_;
  Told ticket_;
  Told no_data_;
  std::optional<Time> no_data_since_;
  std::optional<Time> paged_;  // when a page last fired
  Policy policy_;
  Contributors contributors_;
  std::optional<Time> composite_end_;  // of the newest slice that was set
  Time points_covered_{};              // how far was measured when points were last put
  std::vector<Contributor> top_;       // at the last tick, while anything burns
  std::shared_ptr<const SloCurve> curve_;
  bool draws_curve_ = false;  // the past has changed
};

}  // namespace kizashi
