// OpenSLO v1alpha, v1 and v2alpha: one SLO a document, its SLI and alert policies inside.
#include <algorithm>
#include <optional>

#include "catalog/slo_alerts.h"
#include "judge/slo_formats/expression.h"
#include "judge/slo_formats/format_writer.h"
#include "judge/slo_formats/indicator_queries.h"
#include "judge/slo_formats/openslo.h"

namespace kizashi {
namespace {

using Kind = Indicator::Kind;

class OpenSloWriter {
 public:
  OpenSloWriter(const SloToExport& one, SloExportFormat format, FormatOutput* out)
      : one_(one), slo_(one.slo), format_(format), out_(out) {}

  void Write() {
    YamlMapping objective;
    auto sli = Sli(&objective);
    if (!sli) return;
    WarnOfLost(one_,
               {.format = "OpenSLO",
                .title = !v2(),
                .description = true,
                .budgeting = true,
                .calendar = true,
                .labels = !alpha()},
               out_);
    AddBudgeting(&objective);
    YamlMapping spec;
    spec.AddIfAny("description", slo_.description);
    spec.Add(v2() ? "serviceRef" : "service", one_.service);
    AddSli(*std::move(sli), &spec, &objective);
    constexpr std::string_view kMethods[] = {"Occurrences", "Timeslices", "RatioTimeslices"};
    spec.Add("budgetingMethod", kMethods[static_cast<size_t>(slo_.budgeting.method)]);
    spec.Add("objectives", YamlList({objective.Take()}));
    spec.Add(alpha() ? "timeWindows" : "timeWindow", YamlList({Window()}));
    AddAlerts(&spec);
    constexpr std::string_view kVersions[] = {"", "openslo/v1alpha", "openslo/v1",
                                              "openslo.com/v2alpha"};
    YamlMapping document;
    document.Add("apiVersion", kVersions[static_cast<size_t>(format_)]).Add("kind", "SLO");
    document.Add("metadata", Metadata()).Add("spec", spec.Take());
    out_->Add(document.Take());
    out_->Count();
  }

 private:
  bool alpha() const { return format_ == SloExportFormat::kOpenSloV1Alpha; }
  bool v2() const { return format_ == SloExportFormat::kOpenSloV2Alpha; }

  YamlNode Metadata() {
    YamlMapping out;
    out.Add("name", slo_.name);
    if (!v2()) out.AddIfAny("displayName", slo_.title);
    if (alpha()) {
      if (!slo_.annotations.empty()) out_->Warn(one_, "OpenSLO v1alpha has no annotations");
      return out.Take();
    }
    AddTextsIfAny("labels", slo_.labels, &out);
    AddTextsIfAny("annotations", slo_.annotations, &out);
    return out.Take();
  }

  YamlNode Query(std::string_view query) const {
    const std::string text = ToTemplateWindow(query);
    YamlMapping inner;
    YamlMapping out;
    if (alpha()) {
      return out.Add("source", "prometheus").Add("queryType", "promql").Add("query", text).Take();
    }
    inner.Add("query", text);
    if (v2()) {
      YamlMapping source;
      source.Add("type", "Prometheus");
      return out.Add("dataSourceSpec", source.Take()).Add("spec", inner.Take()).Take();
    }
    YamlMapping source;
    source.Add("type", "Prometheus").Add("spec", inner.Take());
    return out.Add("metricSource", source.Take()).Take();
  }

  struct SliTree {
    std::string_view key;  // "ratioMetric" or "thresholdMetric"
    YamlNode tree;
  };

  std::optional<SliTree> Sli(YamlMapping* objective) {
    const Indicator& sli = slo_.indicator;
    switch (sli.kind) {
      case Kind::kEvents: return Ratio(sli.good, sli.bad, sli.total);
      case Kind::kLatency: {
        EventCount good, total;
        good.counters = {BucketOf(sli)};
        total.counters = {CountOf(sli)};
        return Ratio(good, {}, total);
      }
      case Kind::kRatio: return Raw(sli);
      case Kind::kSamples:
      case Kind::kTimeSlice:
      case Kind::kFreshness: return Threshold(sli, objective);
      default: break;
    }
    out_->Warn(one_,
               fmt::format("left out: OpenSLO cannot measure by {}", IndicatorKindName(sli.kind)));
    return std::nullopt;
  }

  std::optional<SliTree> Raw(const Indicator& sli) {
    if (alpha()) {
      out_->Warn(one_, "left out: OpenSLO v1alpha has no raw ratios");
      return std::nullopt;
    }
    YamlMapping out;
    out.Add("rawType", sli.promql_is_bad ? "failure" : "success").Add("raw", Query(sli.promql));
    return SliTree{"ratioMetric", out.Take()};
  }

  std::optional<SliTree> Ratio(const EventCount& good, const EventCount& bad,
                               const EventCount& total) {
    const bool counter = good.promql.empty() && bad.promql.empty() && total.promql.empty();
    const auto text = [&](const EventCount& count) {
      return counter ? BareCountQuery(count) : CountQuery(count);
    };
    YamlMapping out;
    out.Add(alpha() ? "incremental" : "counter", YamlBool(counter));
    std::string all = total.present() ? text(total) : fmt::format("{} + {}", text(good), text(bad));
    if (!total.present()) out_->Warn(one_, "the total is told as good and bad");
    if (good.present()) {
      out.Add("good", Query(text(good)));
    } else if (!alpha()) {
      out.Add("bad", Query(text(bad)));
    } else {
      out.Add("good", Query(fmt::format("({}) - ({})", all, text(bad))));
      out_->Warn(one_, "OpenSLO v1alpha counts good events: they are told as total less bad");
    }
    out.Add("total", Query(all));
    return SliTree{alpha() ? "ratioMetrics" : "ratioMetric", out.Take()};
  }

  std::optional<SliTree> Threshold(const Indicator& sli, YamlMapping* objective) {
    std::string_view op;
    switch (sli.is) {
      case Comparison::kAtMost: op = "lte"; break;
      case Comparison::kAtLeast: op = "gte"; break;
      case Comparison::kBelow: op = "lt"; break;
      case Comparison::kAbove: op = "gt"; break;
      default:
        out_->Warn(one_,
                   fmt::format("left out: OpenSLO cannot compare by {}", ComparisonSign(sli.is)));
        return std::nullopt;
    }
    const bool occurrences = slo_.budgeting.method == Budgeting::Method::kOccurrences;
    std::string query = sli.promql;
    if (query.empty()) {
      query = FormatSelector(sli.gauges.at(0));
      if (sli.gauges.size() > 1) out_->Warn(one_, "one selector alone: the others are left out");
      if (sli.kind == Kind::kTimeSlice || (sli.kind == Kind::kSamples && !occurrences)) {
        out_->Warn(one_, "read back it may be judged by samples instead of slices, or the reverse");
      }
    } else if (occurrences && FindSelector(query)) {
      out_->Warn(one_, "read back it is judged sample by sample");
    }
    if (sli.kind == Kind::kFreshness) {
      query = fmt::format("time() - max({})", query);
      out_->Warn(one_, "freshness is told as the age's slices");
    }
    objective->Add("op", op).Add("value", YamlNumber(sli.bound));
    return SliTree{"thresholdMetric", Query(query)};
  }

  void AddSli(SliTree sli, YamlMapping* spec, YamlMapping* objective) const {
    YamlMapping inner;
    if (alpha()) {
      if (sli.key == "ratioMetrics") {
        objective->Add(sli.key, std::move(sli.tree));
      } else {
        spec->Add("indicator", inner.Add(sli.key, std::move(sli.tree)).Take());
      }
      return;
    }
    YamlMapping metadata;
    YamlMapping indicator;
    metadata.Add("name", slo_.name);
    indicator.Add("metadata", metadata.Take());
    indicator.Add("spec", inner.Add(sli.key, std::move(sli.tree)).Take());
    spec->Add(v2() ? "sli" : "indicator", indicator.Take());
  }

  void AddBudgeting(YamlMapping* objective) {
    const Budgeting& budgeting = slo_.budgeting;
    objective->Add("target", YamlNumber(slo_.target));
    if (budgeting.method == Budgeting::Method::kOccurrences) return;
    if (budgeting.method == Budgeting::Method::kTimeslices) {
      objective->Add("timeSliceTarget", YamlNumber(budgeting.target));
    }
    const bool minutes = budgeting.every % std::chrono::minutes(1) == Duration(0);
    objective->Add("timeSliceWindow", minutes ? FormatOpenSloDuration(budgeting.every)
                                              : FormatDuration(budgeting.every));
    if (!minutes) out_->Warn(one_, "OpenSLO's slices are of whole minutes");
  }

  YamlNode Window() {
    const BudgetWindow& window = slo_.window;
    constexpr std::string_view kUnits[] = {"", "Day", "Week", "Month", "Quarter", "Year"};
    constexpr std::string_view kLetters = " dwMQY";
    YamlMapping out;
    const auto unit = static_cast<size_t>(window.unit);
    if (window.unit == BudgetWindow::Unit::kRolling) {
      if (alpha()) {
        const bool days = window.length % std::chrono::days(1) == Duration(0);
        const Duration step = days ? Duration(std::chrono::days(1)) : std::chrono::hours(1);
        if (window.length % step != Duration(0)) out_->Warn(one_, "the window is cut to hours");
        out.Add("unit", days ? "Day" : "Hour")
            .Add("count", YamlNumber(static_cast<double>(window.length / step)));
      } else {
        if (window.length % std::chrono::minutes(1) != Duration(0)) {
          out_->Warn(one_, "the window is cut to minutes");
        }
        out.Add("duration", FormatOpenSloDuration(window.length));
      }
      return out.Add("isRolling", YamlBool(true)).Take();
    }
    if (alpha()) {
      out.Add("unit", kUnits[unit]).Add("count", YamlNumber(window.count));
    } else {
      out.Add("duration", fmt::format("{}{}", window.count, kLetters[unit]));
    }
    YamlMapping calendar;
    // The first day of a week, month, quarter and year.
    calendar.Add("startTime", window.start ? FormatLocalTime(*window.start, window.time_zone)
                                           : "2024-01-01 00:00:00");
    calendar.Add("timeZone", window.time_zone);
    return out.Add("isRolling", YamlBool(false)).Add("calendar", calendar.Take()).Take();
  }

  void AddAlerts(YamlMapping* spec) {
    if (slo_.alerting.kind == SloAlerting::Pairs::kWorkbook) {
      return out_->Warn(
          one_, "OpenSLO cannot say the workbook's pairs of windows: no alerts are written");
    }
    const std::vector<BurnPair> pairs = ReachablePairs(slo_);
    if (alpha()) {
      if (!pairs.empty()) out_->Warn(one_, "OpenSLO v1alpha has no alerts: all are left out");
      return;
    }
    std::vector<YamlNode> policies;
    bool lost = false;
    for (const BurnPair& pair : pairs) {
      lost |= pair.short_window != ShortWindowFor(pair.long_window);
      policies.push_back(Policy(pair));
    }
    spec->Add("alertPolicies", YamlList(std::move(policies)));
    if (lost) {
      out_->Warn(one_,
                 "OpenSLO's alerts look back over one window: the short windows of pairs are left "
                 "out, so each alert lasts as long as its long window remembers");
    }
  }

  static YamlNode Policy(const BurnPair& pair) {
    std::string name = pair.name;
    if (name.empty()) {
      name = fmt::format("{}-{}", SeverityName(pair.severity), FormatDuration(pair.long_window));
    }
    YamlMapping burn;
    burn.Add("kind", "burnrate")
        .Add("op", "gte")
        .Add("threshold", YamlNumber(pair.factor))
        .Add("lookbackWindow", FormatOpenSloDuration(pair.long_window));
    if (pair.hold > Duration(0)) burn.Add("alertAfter", FormatOpenSloDuration(pair.hold));
    YamlMapping condition_spec;
    condition_spec.Add("severity", SeverityName(pair.severity)).Add("condition", burn.Take());
    const auto named = [](std::string_view kind, std::string_view text, YamlNode of) {
      YamlMapping metadata;
      metadata.Add("name", text);
      YamlMapping out;
      out.Add("kind", kind).Add("metadata", metadata.Take()).Add("spec", std::move(of));
      return out.Take();
    };
    YamlMapping policy;
    policy.Add("alertWhenBreaching", YamlBool(true))
        .Add("conditions", YamlList({named("AlertCondition", name, condition_spec.Take())}));
    return named("AlertPolicy", name, policy.Take());
  }

  const SloToExport& one_;
  const SloSpec& slo_;
  const SloExportFormat format_;
  FormatOutput* out_;
};

}  // namespace

void ExportOpenSlo(const std::vector<SloToExport>& slos, SloExportFormat format,
                   FormatOutput* out) {
  for (const SloToExport& one : slos) OpenSloWriter(one, format, out).Write();
}

}  // namespace kizashi
