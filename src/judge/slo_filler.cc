#include "judge/slo_filler.h"

#include <algorithm>
#include <cmath>

namespace kizashi {
namespace {

/// True when every series of `b` is one of `a`.
bool Holds(const Selector& a, const Selector& b) {
  return std::all_of(a.matchers.begin(), a.matchers.end(), [&](const LabelMatcher& matcher) {
    return std::find(b.matchers.begin(), b.matchers.end(), matcher) != b.matchers.end();
  });
}

std::vector<std::string> LeastSelectors(const std::vector<Selector>& all) {
  std::vector<std::string> least;
  for (size_t i = 0; i < all.size(); ++i) {
    bool is_held = false;
    for (size_t j = 0; j < all.size() && !is_held; ++j) {
      is_held = i != j && Holds(all[j], all[i]) && (j < i || !Holds(all[i], all[j]));
    }
    if (!is_held) least.push_back(FormatSelector(all[i]));
  }
  return least;
}

/// The SLO for its slices alone: a few days of them, no budget.
SloSpec MeasuredOnly(SloSpec spec) {
  spec.window = BudgetWindow::Rolling(std::chrono::days(2));
  spec.budgeting = {};
  spec.alerting.pairs.clear();
  spec.policy.clear();
  return spec;
}

}  // namespace

SloFiller::SloFiller(const SloSpec& spec, SliMatcher matcher)
    : spec_(std::make_unique<SloSpec>(MeasuredOnly(spec))),
      matcher_(std::move(matcher)),
      selectors_(LeastSelectors(matcher_.selectors())),
      tracker_(*spec_) {}

StatusOr<SloFiller> SloFiller::Create(const std::string& service, const SloSpec& spec) {
  const Indicator::Kind kind = spec.indicator.kind;
  if (kind == Indicator::Kind::kComposite || kind == Indicator::Kind::kJourney) {
    return InvalidArgument("a {} is made of other SLOs and has no series of its own",
                           IndicatorKindName(kind));
  }
  KZ_ASSIGN_OR_RETURN(SliMatcher matcher, SliMatcher::Compile(service, spec));
  SloFiller filler(spec, std::move(matcher));
  filler.measure_.Set(kMetricName, kSloMeasureName);
  filler.measure_.Set("service", service);
  filler.measure_.Set("slo", spec.name);
  return filler;
}

SloFiller::Series* SloFiller::Find(const Labels& labels) {
  const auto [found, is_new] = series_.try_emplace(labels);
  Series* const series = &found->second;
  if (is_new) {
    series->number = series_.size();
    series->roles = matcher_.Match(labels);
    series->source = fmt::format("{}\n{}", labels.Get("job"), labels.Get("instance"));
  }
  return series;
}

// As Judge::ApplySample and Judge::IncreaseOf: a counter that fell began anew at zero, and one that
// is born where others of its source were seen before began at zero too.
void SloFiller::Apply(Time at, double value, bool source_known, Series* series) {
  for (const SliRole& role : series->roles) {
    if (!role.counts_increase()) tracker_.Measure(role, series->number, at, value);
  }
  if (!std::isfinite(value)) return;
  double increase = source_known ? value : 0;
  if (series->seen) increase = value >= series->last ? value - series->last : value;
  series->last = value;
  series->seen = true;
  for (const SliRole& role : series->roles) {
    if (role.counts_increase()) tracker_.Count(role, at, increase);
  }
}

void SloFiller::Feed(const std::vector<promql::ResultSeries>& raw,
                     const std::vector<Measured>& measured) {
  std::vector<Cursor> cursors;
  std::set<const Series*> taken;
  for (const auto& points : raw) {
    Series* const series = Find(points.labels);
    if (taken.insert(series).second) cursors.push_back({series, &points});
  }
  // What several series answer to one expression is not one number: it measures nothing then.
  std::vector<promql::ResultSeries> singles;
  singles.reserve(measured.size());
  for (const Measured& one : measured) {
    std::map<int64_t, std::pair<int, double>> values;
    for (const auto& series : one.series) {
      for (size_t i = 0; i < series.times_ms.size(); ++i) {
        auto& [count, value] = values[series.times_ms[i]];
        ++count;
        value = series.values[i];
      }
    }
    promql::ResultSeries& single = singles.emplace_back();
    single.labels = measure_;
    single.labels.Set("part", one.part);
    for (const auto& [time, value] : values) {
      if (value.first != 1) continue;
      single.times_ms.push_back(time);
      single.values.push_back(value.second);
    }
    cursors.push_back({Find(single.labels), &single});
  }
  std::vector<const std::string*> seen;
  while (true) {
    int64_t time = INT64_MAX;
    for (const Cursor& cursor : cursors) {
      const auto& times = cursor.points->times_ms;
      if (cursor.next < times.size()) time = std::min(time, times[cursor.next]);
    }
    if (time == INT64_MAX) break;
    seen.clear();
    tracker_.Advance(TimeFromMs(time));
    for (Cursor& cursor : cursors) {
      const auto& [labels, times, values] = *cursor.points;
      if (cursor.next == times.size() || times[cursor.next] != time) continue;
      const bool known = sources_.count(cursor.series->source) > 0;
      if (!known) seen.push_back(&cursor.series->source);
      Apply(TimeFromMs(time), values[cursor.next++], known, cursor.series);
    }
    for (const std::string* source : seen) sources_.insert(*source);
  }
}

std::vector<SliceBatch::Slice> SloFiller::Take(Time from, Time until) {
  tracker_.Advance(until + Duration(1));
  // A deadline is looked at a while after it: its slice may be one that was taken before.
  if (spec_->indicator.kind == Indicator::Kind::kDeadline) from -= 2 * SloTracker::kGapMax;
  const double seconds = ToSeconds(spec_->interval);
  std::vector<SliceBatch::Slice> slices;
  tracker_.slices().log().ForEach(from, until, [&](Time end, const SliceSum& sum) {
    double good = sum.good + ahead_;
    ahead_ = std::max(0.0, good - sum.total);
    good = std::min(good, sum.total);
    slices.push_back({end, good, sum.total, std::min(sum.covered_seconds, seconds)});
  });
  return slices;
}

}  // namespace kizashi
