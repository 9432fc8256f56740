// Slices of an SLO's past from series as a range query gives them: what the judge would have made
// of the same samples.
//
// Points are fed in order of time, part by part; what is known of a series (its last value, that it
// was there before) goes on from part to part. Owned by one thread. Memory: the series' labels and
// two to three days of slices.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "catalog/slo.h"
#include "judge/slo/slo_tracker.h"
#include "query/promql/engine.h"
#include "store/journal.h"

namespace kizashi {

class SloFiller {
 public:
  /// InvalidArgument for a composite or journey: its slices are those of its members.
  static StatusOr<SloFiller> Create(const std::string& service, const SloSpec& spec);

  /// What has to be asked for: the raw series, once each (a selector that another one holds in it
  /// is left out), as PromQL.
  const std::vector<std::string>& selectors() const { return selectors_; }
  /// The same of expressions, each asked at every interval of the SLO.
  const std::vector<SliExpression>& expressions() const { return matcher_.expressions(); }

  /// Series of one expression, by its part.
  struct Measured {
    std::string part;
    std::vector<promql::ResultSeries> series;
  };
  /// Takes what lies behind everything that was fed before; times of all series ascend. A series
  /// of several in `raw` counts once.
  void Feed(const std::vector<promql::ResultSeries>& raw, const std::vector<Measured>& measured);
  /// Slices that end in (from, until] and hold something. Everything up to `until` was fed. Good
  /// events that came in before their total are moved to the next slice that has room for them.
  std::vector<SliceBatch::Slice> Take(Time from, Time until);

 private:
  struct Series {
    uint64_t number = 0;
    std::vector<SliRole> roles;
    std::string source;  // job and instance: who tells of it
    double last = 0;
    bool seen = false;
  };
  struct Cursor {
    Series* series;
    const promql::ResultSeries* points;
    size_t next = 0;
  };

  SloFiller(const SloSpec& spec, SliMatcher matcher);
  Series* Find(const Labels& labels);
  void Apply(Time at, double value, bool source_known, Series* series);

  std::unique_ptr<SloSpec> spec_;  // as measured here, where the tracker finds it
  SliMatcher matcher_;
  std::vector<std::string> selectors_;
  Labels measure_;  // of expressions, without the part
  SloTracker tracker_;
  std::map<Labels, Series> series_;
  std::set<std::string> sources_;
  double ahead_ = 0;  // good events whose total has not come yet
};

}  // namespace kizashi
