// Pyrra's ServiceLevelObjective.
#include <algorithm>
#include <optional>

#include "catalog/slo_alerts.h"
#include "judge/slo_formats/format_reader.h"
#include "judge/slo_formats/format_writer.h"
#include "judge/slo_formats/indicator_queries.h"
#include "judge/slo_formats/pyrra.h"

namespace kizashi {
namespace {

constexpr std::string_view kPrefix = "pyrra/";

YamlNode Metric(const Selector& selector) {
  YamlMapping out;
  return out.Add("metric", FormatSelector(selector)).Take();
}

void AddGrouping(const SloSpec& slo, YamlMapping* out) {
  const std::string* grouping = FindText(slo.annotations, kPyrraGrouping);
  if (grouping == nullptr) return;
  std::vector<YamlNode> labels;
  std::string_view rest = *grouping;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    labels.push_back(YamlText(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  out->Add("grouping", YamlList(std::move(labels)));
}

bool SamePairs(std::vector<BurnPair> a, const std::vector<BurnPair>& b) {
  // Names are not Pyrra's.
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) a[i].name = b[i].name;
  return a == b;
}

YamlNode Alerting(const SloToExport& one, FormatOutput* out) {
  YamlMapping alerting;
  SloSpec pyrra = one.slo;
  pyrra.alerting.kind = SloAlerting::Pairs::kOwn;
  pyrra.alerting.pairs = PyrraPairs(NominalLength(one.slo.window));
  if (one.slo.alerting.kind == SloAlerting::Pairs::kNone) {
    alerting.Add("disabled", YamlBool(true));
  } else if (!SamePairs(ReachablePairs(one.slo), ReachablePairs(pyrra))) {
    out->Warn(one, "Pyrra's pairs follow from the window alone: its own four are taken");
  }
  if (const std::string* name = FindText(one.slo.annotations, kPyrraAlertName)) {
    alerting.Add("name", *name);
  }
  if (FindText(one.slo.annotations, kPyrraAbsent) != nullptr) {
    alerting.Add("absent", YamlBool(false));
  }
  return alerting.Take();
}

YamlNode Metadata(const SloToExport& one) {
  YamlMapping metadata;
  metadata.Add("name", one.slo.name);
  if (const std::string* space = FindText(one.slo.annotations, kPyrraNamespace)) {
    metadata.Add("namespace", *space);
  }
  AddTextsIfAny("labels", one.slo.labels, &metadata);
  Texts annotations = WithoutPrefix(one.slo.annotations, kPrefix);
  if (one.service != one.slo.name && FindText(one.slo.labels, kPyrraServiceLabel) == nullptr) {
    annotations.push_back({std::string(kPyrraServiceAnnotation), one.service});
  }
  AddTextsIfAny("annotations", annotations, &metadata);
  return metadata.Take();
}

void Export(const SloToExport& one, FormatOutput* out) {
  const SloSpec& slo = one.slo;
  auto indicator = PyrraIndicatorOf(slo);
  if (!indicator.ok()) {
    return out->Warn(one, fmt::format("left out: {}", Message(indicator.status())));
  }
  WarnOfLost(one, {.format = "Pyrra", .description = true, .labels = true}, out);
  YamlMapping inner;
  std::string_view kind = "bool_gauge";
  if (slo.indicator.kind == Indicator::Kind::kEvents) {
    kind = "ratio";
    inner.Add("errors", Metric(indicator->part)).Add("total", Metric(indicator->total));
  } else if (slo.indicator.kind == Indicator::Kind::kLatency) {
    kind = "latency";
    inner.Add("success", Metric(indicator->part)).Add("total", Metric(indicator->total));
  } else {
    inner.Add("metric", FormatSelector(indicator->total));
  }
  AddGrouping(slo, &inner);
  YamlMapping indicators;
  indicators.Add(kind, inner.Take());
  YamlMapping spec;
  spec.AddIfAny("description", slo.description)
      .Add("target", ExactPercent(slo.target))
      .Add("window", DurationNode(NominalLength(slo.window)))
      .Add("indicator", indicators.Take());
  YamlNode alerting = Alerting(one, out);
  if (!alerting.children.empty()) spec.Add("alerting", std::move(alerting));
  YamlMapping document;
  document.Add("apiVersion", "pyrra.dev/v1alpha1")
      .Add("kind", "ServiceLevelObjective")
      .Add("metadata", Metadata(one))
      .Add("spec", spec.Take());
  out->Add(document.Take());
  out->Count();
}

}  // namespace

StatusOr<PyrraIndicator> PyrraIndicatorOf(const SloSpec& slo) {
  const Indicator& sli = slo.indicator;
  switch (sli.kind) {
    case Indicator::Kind::kEvents:
      if (sli.bad.counters.size() == 1 && sli.bad.less.empty() && sli.total.counters.size() == 1 &&
          sli.total.less.empty()) {
        return PyrraIndicator{sli.bad.counters[0], sli.total.counters[0]};
      }
      return InvalidArgument("Pyrra's ratio is one counter of errors and one of all");
    case Indicator::Kind::kLatency: return PyrraIndicator{BucketOf(sli), CountOf(sli)};
    case Indicator::Kind::kSamples:
      if (sli.gauges.size() == 1 && sli.is == Comparison::kAtLeast && sli.bound == 1) {
        return PyrraIndicator{sli.gauges[0], sli.gauges[0]};
      }
      return InvalidArgument("Pyrra's gauges are of 0 and 1, good when they are 1");
    default: return InvalidArgument("Pyrra cannot measure by {}", IndicatorKindName(sli.kind));
  }
}

void ExportPyrra(const std::vector<SloToExport>& slos, FormatOutput* out) {
  for (const SloToExport& one : slos) Export(one, out);
}

}  // namespace kizashi
