#include "judge/slo_formats/openslo_metric.h"

#include <algorithm>

#include "judge/slo_formats/expression.h"
#include "judge/slo_formats/format_reader.h"

namespace kizashi {
namespace {

class MetricReader {
 public:
  MetricReader(const OpenSloThreshold& threshold, const OpenSloSources& sources, SloFormat format)
      : threshold_(threshold), sources_(sources), format_(format) {}

  std::optional<Indicator> Ratio(const Field& ratio) {
    if (!CheckMapping(ratio, "good or bad, and total; or raw")) return std::nullopt;
    WarnOfKeys(ratio, {"counter", "incremental", "good", "bad", "total", "raw", "rawType"});
    if (ratio.Key("raw").present()) return Raw(ratio);
    Indicator sli;
    bool ok = true;
    counter_ = ReadTruth(ratio.Key("counter")).value_or(false) ||
               ReadTruth(ratio.Key("incremental")).value_or(false);
    if (!ratio.Key("total").present()) {
      ratio.Key("total").Wrong("a metric");
      ok = false;
    }
    if (ratio.Key("good").present() == ratio.Key("bad").present()) {
      ratio.Wrong("one of good and bad beside total");
      ok = false;
    }
    ok &= Count(ratio.Key("good"), &sli.good);
    ok &= Count(ratio.Key("bad"), &sli.bad);
    ok &= Count(ratio.Key("total"), &sli.total);
    if (!ok) return std::nullopt;
    RecognizeLatency(&sli);
    return sli;
  }

  std::optional<Indicator> Threshold(const Field& metric) {
    auto query = Query(metric);
    const auto bound = ReadNumber(threshold_.value, -1e300, 1e300);
    if (!threshold_.value.present()) threshold_.value.Wrong("the number to compare with");
    if (!threshold_.op.present()) threshold_.op.Wrong("lte, gte, lt or gt");
    const auto op = ReadOneOf(threshold_.op, {"lte", "gte", "lt", "gt"});
    if (!query || !bound || !op) return std::nullopt;
    Indicator sli;
    sli.bound = *bound;
    sli.is = *op == "lte"   ? Comparison::kAtMost
             : *op == "gte" ? Comparison::kAtLeast
             : *op == "lt"  ? Comparison::kBelow
                            : Comparison::kAbove;
    const auto selector = FindSelector(*query);
    if (selector && threshold_.samples) {
      sli.kind = Indicator::Kind::kSamples;
      sli.gauges = {*selector};
      return sli;
    }
    sli.kind = Indicator::Kind::kTimeSlice;
    sli.promql = *std::move(query);
    return sli;
  }

 private:
  std::optional<Indicator> Raw(const Field& ratio) {
    const Field type = ratio.Key("rawType");
    if (!type.present()) type.Wrong("success or failure");
    const auto raw_type = ReadOneOf(type, {"success", "failure"});
    auto query = Query(ratio.Key("raw"));
    if (!raw_type || !query) return std::nullopt;
    Indicator sli;
    sli.kind = Indicator::Kind::kRatio;
    sli.promql_is_bad = *raw_type == "failure";
    sli.promql = *std::move(query);
    return sli;
  }

  bool Count(const Field& metric, EventCount* count) {
    if (!metric.present()) return true;
    auto query = Query(metric);
    if (!query) return false;
    // A counter is one with or without rate(); of what is none, rate() shows that it is one.
    if (auto found = FindCounters(*query, {counter_, true})) {
      if (found->grouped && !counter_) {
        metric.Warn("groups are counted as one SLO, not one for each");
      }
      *count = std::move(found->count);
      return true;
    }
    metric.Warn(
        "not a sum of counters: it is evaluated once for each slice, and read as events a second");
    count->promql = *std::move(query);
    return true;
  }

  /// The type of a metric's data source; "" when nothing says it.
  std::string TypeOfSource(const Field& metric) {
    if (format_ == SloFormat::kOpenSloV1Alpha) return ReadText(metric.Key("source")).value_or("");
    if (format_ == SloFormat::kOpenSloV1) {
      const Field source = metric.Key("metricSource");
      if (auto type = ReadText(source.Key("type"))) return *type;
      return NamedSource(source.Key("metricSourceRef"));
    }
    if (auto type = ReadText(metric.Key("dataSourceSpec").Key("type"))) return *type;
    return NamedSource(metric.Key("dataSourceRef"));
  }

  std::string NamedSource(const Field& reference) {
    const auto name = ReadText(reference);
    if (!name) return "";
    const auto at = sources_.find(*name);
    if (at != sources_.end()) return at->second;
    reference.Warn("no such DataSource in these files: its query is read as PromQL");
    return "";
  }

  std::optional<std::string> Query(const Field& metric) {
    if (!CheckMapping(metric, "a metric with its query")) return std::nullopt;
    std::string type = TypeOfSource(metric);
    std::transform(type.begin(), type.end(), type.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    const bool prometheus = type.empty() || type == "prometheus" || type == "promql" ||
                            type == "thanos" || type == "mimir" || type == "cortex";
    if (!prometheus) {
      metric.Error(metric.place(), fmt::format("a metric of {}", Quoted(type)),
                   "one of Prometheus, with a query in PromQL");
      return std::nullopt;
    }
    const Field spec = format_ == SloFormat::kOpenSloV1Alpha ? metric
                       : format_ == SloFormat::kOpenSloV1 ? metric.Key("metricSource").Key("spec")
                                                          : metric.Key("spec");
    const Field query = spec.Key("promql").present() ? spec.Key("promql") : spec.Key("query");
    if (!query.present()) {
      query.Wrong("a query in PromQL");
      return std::nullopt;
    }
    return ReadQuery(query);
  }

  const OpenSloThreshold& threshold_;
  const OpenSloSources& sources_;
  const SloFormat format_;
  bool counter_ = false;
};

}  // namespace

std::optional<Indicator> ReadOpenSloMetric(const Field& spec, const OpenSloThreshold& threshold,
                                           const OpenSloSources& sources, SloFormat format) {
  MetricReader reader(threshold, sources, format);
  const Field ratio =
      spec.Key(format == SloFormat::kOpenSloV1Alpha ? "ratioMetrics" : "ratioMetric");
  const Field metric = spec.Key("thresholdMetric");
  if (ratio.present() == metric.present()) {
    spec.Wrong("an SLI with either a ratio metric or a threshold metric");
    return std::nullopt;
  }
  return ratio.present() ? reader.Ratio(ratio) : reader.Threshold(metric);
}

}  // namespace kizashi
