// Pyrra: the ServiceLevelObjective of pyrra.dev/v1alpha1.
#include <algorithm>

#include "judge/slo_formats/expression.h"
#include "judge/slo_formats/format_reader.h"
#include "judge/slo_formats/pyrra.h"

namespace kizashi {
namespace {

using std::chrono::minutes;

/// The minute that is nearest.
Duration Part(Duration window, int64_t of) {
  return std::chrono::round<minutes>(Duration(window.count() / of));
}

std::optional<Selector> ReadMetric(const Field& indicator, std::string_view key) {
  const Field metric = indicator.Key(key).Key("metric");
  if (!metric.present()) metric.Wrong("a selector such as http_requests_total{job=\"shop\"}");
  return ReadSelector(metric);
}

void KeepGrouping(const Field& indicator, SloSpec* slo) {
  const Field grouping = indicator.Key("grouping");
  if (!grouping.present()) return;
  std::string labels;
  for (const Field& item : ReadList(grouping, "labels")) {
    if (!labels.empty()) labels += ',';
    labels += ReadText(item).value_or("");
  }
  if (labels.empty()) return;
  grouping.Warn(fmt::format("one SLO is made of all groups, not one for each of {}", labels));
  SetText(kPyrraGrouping, labels, &slo->annotations);
}

bool ReadLatency(const Field& latency, SloSpec* slo) {
  WarnOfKeys(latency, {"success", "total", "grouping"});
  const auto success = ReadMetric(latency, "success");
  const auto total = ReadMetric(latency, "total");
  if (!success || !total) return false;
  slo->indicator.good.counters = {*success};
  slo->indicator.total.counters = {*total};
  RecognizeLatency(&slo->indicator);
  if (slo->indicator.kind != Indicator::Kind::kLatency) {
    latency.Key("success").Warn(
        "success and total do not count the same requests (their labels differ by more than le), "
        "so this is no share of fast ones; it is taken as it stands");
  }
  KeepGrouping(latency, slo);
  return true;
}

bool ReadRatio(const Field& ratio, SloSpec* slo) {
  WarnOfKeys(ratio, {"errors", "total", "grouping"});
  const auto errors = ReadMetric(ratio, "errors");
  const auto total = ReadMetric(ratio, "total");
  if (!errors || !total) return false;
  slo->indicator.bad.counters = {*errors};
  slo->indicator.total.counters = {*total};
  KeepGrouping(ratio, slo);
  return true;
}

bool ReadBoolGauge(const Field& gauge, SloSpec* slo) {
  WarnOfKeys(gauge, {"metric", "grouping"});
  const Field metric = gauge.Key("metric");
  if (!metric.present()) metric.Wrong("a selector such as probe_success{job=\"shop\"}");
  const auto selector = ReadSelector(metric);
  if (!selector) return false;
  slo->indicator.kind = Indicator::Kind::kSamples;
  slo->indicator.gauges = {*selector};
  KeepGrouping(gauge, slo);
  return true;
}

bool ReadIndicator(const Field& indicator, SloSpec* slo) {
  if (!CheckMapping(indicator, "ratio, latency or bool_gauge")) return false;
  WarnOfKeys(indicator, {"ratio", "latency", "latencyNative", "bool_gauge", "boolGauge"});
  const size_t present = indicator.node().keys.size();
  if (present != 1) {
    indicator.Wrong("one of ratio, latency and bool_gauge");
    return false;
  }
  if (indicator.Key("ratio").present()) return ReadRatio(indicator.Key("ratio"), slo);
  if (indicator.Key("latency").present()) return ReadLatency(indicator.Key("latency"), slo);
  if (indicator.Key("latencyNative").present()) {
    const Field native = indicator.Key("latencyNative");
    native.Error(native.place(), "a native histogram, which is not kept here",
                 "latency with the buckets of a classic one");
    return false;
  }
  const Field gauge = indicator.Key("bool_gauge").present() ? indicator.Key("bool_gauge")
                                                            : indicator.Key("boolGauge");
  if (gauge.present()) return ReadBoolGauge(gauge, slo);
  indicator.Wrong("one of ratio, latency and bool_gauge");
  return false;
}

void ReadAlerting(const Field& spec, SloSpec* slo) {
  const Field alerting = spec.Key("alerting");
  WarnOfKeys(alerting, {"name", "disabled", "burnrates", "absent", "severities", "nameAbsent"});
  const bool on = !ReadTruth(alerting.Key("disabled")).value_or(false) &&
                  ReadTruth(alerting.Key("burnrates")).value_or(true);
  if (const auto name = ReadText(alerting.Key("name"))) {
    SetText(kPyrraAlertName, *name, &slo->annotations);
  }
  if (ReadTruth(alerting.Key("absent")) == false) {
    SetText(kPyrraAbsent, "false", &slo->annotations);
  }
  if (alerting.Key("severities").present()) {
    alerting.Key("severities").Warn("severities are page or ticket here, theirs are passed over");
  }
  slo->alerting.kind = on ? SloAlerting::Pairs::kOwn : SloAlerting::Pairs::kNone;
  if (!on) return;
  slo->alerting.pairs = PyrraPairs(slo->window.length);
  spec.Key("window").Warn(
      "Pyrra's burn rates are rounded to 14, 7, 2 and 1 (those that spend the same shares are 14, "
      "5.6, 2.8 and 1): they are kept as they are, with their `for`");
  DropUnreachable(spec, slo);
}

/// What a label or our own annotation says, which goes.
std::string TakeService(SloSpec* slo) {
  if (const std::string* label = FindText(slo->labels, kPyrraServiceLabel)) return *label;
  const std::string* annotation = FindText(slo->annotations, kPyrraServiceAnnotation);
  std::string service = annotation == nullptr ? "" : *annotation;
  std::erase_if(slo->annotations,
                [](const auto& one) { return one.first == kPyrraServiceAnnotation; });
  return service;
}

void ReadObject(const Field& object, const SloImportOptions& options, SloImport* out) {
  const std::string kind = ReadText(object.Key("kind")).value_or("");
  if (kind != "ServiceLevelObjective") return object.Key("kind").Wrong("ServiceLevelObjective");
  WarnOfKeys(object, {"apiVersion", "kind", "metadata", "spec", "status"});
  const Field metadata = object.Key("metadata");
  const Field spec = object.Key("spec");
  if (!CheckMapping(metadata, "metadata with a name")) return;
  if (!CheckMapping(spec, "target, window and indicator")) return;
  WarnOfKeys(spec, {"description", "target", "window", "indicator", "alerting",
                    "performanceOverAccuracy"});
  SloSpec slo;
  const Field name = metadata.Key("name");
  if (!name.present()) name.Wrong("a name");
  slo.name = NameFrom(name, ReadText(name).value_or(""));
  slo.labels = ReadLabels(metadata.Key("labels"), "");
  slo.annotations = ReadLabels(metadata.Key("annotations"), "");
  if (const auto space = ReadText(metadata.Key("namespace"))) {
    SetText(kPyrraNamespace, *space, &slo.annotations);
  }
  slo.description = ReadProse(spec.Key("description")).value_or("");
  if (!spec.Key("target").present()) spec.Key("target").Wrong("a number between 0 and 100");
  if (!spec.Key("window").present()) spec.Key("window").Wrong("a duration such as 4w");
  const auto target = ReadPercent(spec.Key("target"), false);
  const auto window = ReadDuration(spec.Key("window"), SloSpec::kWindowMin, SloSpec::kWindowMax);
  slo.target = target.value_or(slo.target);
  slo.window.length = window.value_or(slo.window.length);
  const bool measured = ReadIndicator(spec.Key("indicator"), &slo);
  if (window && target) ReadAlerting(spec, &slo);
  if (!measured || !target || !window || slo.name.empty()) return;
  std::string service = options.service.empty() ? TakeService(&slo) : options.service;
  if (service.empty()) {
    name.Warn("Pyrra names no service: the SLO's own name is taken; --service gives another");
    service = slo.name;
  }
  AddSlo(object, SloFormat::kPyrra, NameFrom(name, service), std::move(slo), out);
}

}  // namespace

std::vector<BurnPair> PyrraPairs(Duration window) {
  // Parts of the window, so that they come to an hour and so on at 28 days.
  constexpr int64_t kHours = 28 * 24;
  const auto pair = [&](size_t i, Severity severity, int64_t longer, int64_t shorter, int64_t hold,
                        double factor) {
    // Each is given in minutes at 28 days.
    const auto part = [&](int64_t at_28_days) {
      return Part(Duration(window.count() * at_28_days), kHours * 60);
    };
    return BurnPair{
        std::string(kPyrraPairNames[i]), severity, part(longer), part(shorter), factor, part(hold)};
  };
  std::vector<BurnPair> pairs = {
      pair(0, Severity::kPage, 60, 5, 2, 14), pair(1, Severity::kPage, 360, 30, 15, 7),
      pair(2, Severity::kTicket, 1440, 120, 60, 2), pair(3, Severity::kTicket, 5760, 360, 180, 1)};
  for (BurnPair& one : pairs) {
    one.short_window = std::max<Duration>(one.short_window, minutes(1));
    one.long_window = std::max<Duration>(one.long_window, one.short_window + minutes(1));
  }
  return pairs;
}

void ImportPyrra(const std::vector<Field>& objects, const SloImportOptions& options,
                 SloImport* out) {
  for (const Field& object : objects) ReadObject(object, options, out);
}

}  // namespace kizashi
