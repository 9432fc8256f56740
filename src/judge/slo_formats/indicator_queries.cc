#include "judge/slo_formats/indicator_queries.h"

#include <fmt/format.h>

#include "judge/slo_formats/expression.h"
#include "query/promql/go_text.h"

namespace kizashi {
namespace {

using Kind = Indicator::Kind;

std::string_view Opposite(Comparison is) {
  switch (is) {
    case Comparison::kBelow: return ">=";
    case Comparison::kAtMost: return ">";
    case Comparison::kAbove: return "<=";
    case Comparison::kAtLeast: return "<";
    case Comparison::kEqual: return "!=";
    case Comparison::kNotEqual: return "==";
  }
  return "";
}

std::string Sum(const EventCount& count, std::string_view before, std::string_view after) {
  std::string out;
  for (const Selector& one : count.counters) {
    out += fmt::format("{}{}{}{}", out.empty() ? "" : " + ", before, FormatSelector(one), after);
  }
  for (const Selector& one : count.less) {
    out += fmt::format(" - {}{}{}", before, FormatSelector(one), after);
  }
  return out;
}

std::string AnyOf(const std::vector<Selector>& selectors) {
  std::string out;
  for (const Selector& one : selectors) {
    out += fmt::format("{}{}", out.empty() ? "" : " or ", FormatSelector(one));
  }
  return out;
}

/// Steps of the interval: those where `value` is not as it should be, and all.
IndicatorQueries Steps(const SloSpec& slo, std::string_view value, std::string_view opposite,
                       double bound) {
  const std::string step = FormatDuration(slo.interval);
  IndicatorQueries out;
  out.bad = fmt::format("sum(sum_over_time((({}) {} bool {})[$window:{}]))", value, opposite,
                        promql::FormatFloat(bound, promql::FloatStyle::kShortest), step);
  out.total = fmt::format("sum(count_over_time(({})[$window:{}]))", value, step);
  out.approximate = true;
  return out;
}

IndicatorQueries EventQueries(const Indicator& sli) {
  IndicatorQueries out;
  if (sli.good.present()) out.good = CountQuery(sli.good);
  if (sli.bad.present()) out.bad = CountQuery(sli.bad);
  if (sli.total.present()) out.total = CountQuery(sli.total);
  return out;
}

IndicatorQueries LatencyQueries(const Indicator& sli) {
  IndicatorQueries out;
  out.good = fmt::format("sum(rate({}[$window]))", FormatSelector(BucketOf(sli)));
  out.total = fmt::format("sum(rate({}[$window]))", FormatSelector(CountOf(sli)));
  out.bad = fmt::format("{} - {}", out.total, out.good);
  return out;
}

Selector WithEnding(const Selector& histogram, std::string_view ending) {
  Selector out = histogram;
  for (LabelMatcher& matcher : out.matchers) {
    if (matcher.name == kMetricName) matcher.value += ending;
  }
  return out;
}

}  // namespace

Selector BucketOf(const Indicator& latency) {
  Selector out = WithEnding(latency.histogram, "_bucket");
  out.matchers.push_back({"le", LabelMatcher::Op::kEqual,
                          promql::FormatFloat(latency.bound, promql::FloatStyle::kShortest)});
  return out;
}

Selector CountOf(const Indicator& latency) { return WithEnding(latency.histogram, "_count"); }

std::string CountQuery(const EventCount& count) {
  return count.promql.empty() ? Sum(count, "sum(rate(", "[$window]))") : count.promql;
}

std::string BareCountQuery(const EventCount& count) {
  return count.promql.empty() ? Sum(count, "sum(", ")") : count.promql;
}

StatusOr<IndicatorQueries> QueriesOf(const SloSpec& slo) {
  const Indicator& sli = slo.indicator;
  switch (sli.kind) {
    case Kind::kEvents: return EventQueries(sli);
    case Kind::kLatency: return LatencyQueries(sli);
    case Kind::kSamples: return Steps(slo, AnyOf(sli.gauges), Opposite(sli.is), sli.bound);
    case Kind::kTimeSlice:
      return Steps(slo,
                   sli.promql.empty() ? AnyOf(sli.gauges)
                                      : FillWindow(sli.promql, FormatDuration(slo.interval)),
                   Opposite(sli.is), sli.bound);
    case Kind::kRatio: {
      IndicatorQueries out;
      out.bad_ratio = sli.promql_is_bad ? sli.promql : fmt::format("1 - ({})", sli.promql);
      return out;
    }
    case Kind::kFreshness:
      return Steps(slo, fmt::format("time() - max({})", AnyOf(sli.gauges)), ">", sli.bound);
    case Kind::kDeadline:
    case Kind::kComposite:
    case Kind::kJourney: break;
  }
  return InvalidArgument("{} cannot be said in one PromQL expression", IndicatorKindName(sli.kind));
}

std::string BadRatio(const IndicatorQueries& queries, std::string_view range) {
  std::string ratio;
  if (!queries.bad_ratio.empty()) {
    ratio = fmt::format("({})", queries.bad_ratio);
  } else if (!queries.bad.empty() && !queries.total.empty()) {
    ratio = fmt::format("({})\n/\n({})", queries.bad, queries.total);
  } else if (!queries.total.empty()) {
    ratio = fmt::format("1 - (\n({})\n/\n({})\n)", queries.good, queries.total);
  } else {
    ratio = fmt::format("({})\n/\n(({}) + ({}))", queries.bad, queries.good, queries.bad);
  }
  return FillWindow(ratio, range);
}

}  // namespace kizashi
