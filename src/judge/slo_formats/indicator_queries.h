// What an indicator measures, as PromQL that other programs can run. Pure functions; any thread.
#pragma once

#include <string>

#include "base/status.h"
#include "catalog/slo.h"

namespace kizashi {

/// Expressions with $window; those that are empty do not follow from the indicator.
struct IndicatorQueries {
  std::string good;
  std::string bad;
  std::string total;
  std::string bad_ratio;  // of ratios, which have no counts
  /// It measures at steps what Kizashi measures in slices or sample by sample.
  bool approximate = false;
};

/// InvalidArgument for kinds that one expression cannot say: deadline, composite, journey.
StatusOr<IndicatorQueries> QueriesOf(const SloSpec& slo);

/// The share of bad events over a range, in Sloth's arrangement.
std::string BadRatio(const IndicatorQueries& queries, std::string_view range);

/// Events a second: "sum(rate(a[$window])) - sum(rate(b[$window]))".
std::string CountQuery(const EventCount& count);
/// The counters as they are: "sum(a) - sum(b)".
std::string BareCountQuery(const EventCount& count);

/// The histogram's part: `_bucket` with le, or `_count`.
Selector BucketOf(const Indicator& latency);
Selector CountOf(const Indicator& latency);

}  // namespace kizashi
