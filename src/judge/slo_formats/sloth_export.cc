// Sloth's `version: prometheus/v1`, and its AlertWindows when they are not its own.
#include <algorithm>
#include <charconv>
#include <optional>

#include "catalog/slo_alerts.h"
#include "judge/slo_formats/expression.h"
#include "judge/slo_formats/format_reader.h"
#include "judge/slo_formats/format_writer.h"
#include "judge/slo_formats/indicator_queries.h"
#include "judge/slo_formats/sloth.h"

namespace kizashi {
namespace {

constexpr std::string_view kPrefix = "sloth/";

/// Without the last bits that a factor's way through percent leaves.
double Rounded(double value) {
  const std::string text = fmt::format("{:.12g}", value);
  double rounded = 0;
  std::from_chars(text.data(), text.data() + text.size(), rounded);
  return rounded;
}

/// The four windows that give these pairs in Sloth; those of a severity without pairs are its own.
std::optional<std::vector<SlothWindow>> WindowsOf(const std::vector<BurnPair>& pairs,
                                                  Duration period) {
  std::vector<SlothWindow> windows = SlothWindows();
  for (const Severity severity : {Severity::kPage, Severity::kTicket}) {
    size_t at = severity == Severity::kPage ? 0 : 2;
    const size_t begin = at;
    for (const BurnPair& pair : pairs) {
      if (pair.severity != severity) continue;
      if (at == begin + 2 || pair.hold > Duration(0)) return std::nullopt;
      windows[at++] = {Rounded(100 * SpentByPair(pair, period)), pair.short_window,
                       pair.long_window};
    }
    if (at == begin + 1) return std::nullopt;
  }
  return windows;
}

bool Same(const std::vector<SlothWindow>& a, const std::vector<SlothWindow>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.budget_percent == y.budget_percent && x.short_window == y.short_window &&
           x.long_window == y.long_window;
  });
}

YamlNode AlertWindowsTree(Duration period, const std::vector<SlothWindow>& windows) {
  const auto window = [&](size_t i) {
    YamlMapping out;
    out.Add("errorBudgetPercent", YamlNumber(windows[i].budget_percent))
        .Add("shortWindow", DurationNode(windows[i].short_window))
        .Add("longWindow", DurationNode(windows[i].long_window));
    return out.Take();
  };
  const auto both = [&](size_t first) {
    YamlMapping out;
    out.Add("quick", window(first)).Add("slow", window(first + 1));
    return out.Take();
  };
  YamlMapping spec;
  spec.Add("sloPeriod", DurationNode(period)).Add("page", both(0)).Add("ticket", both(2));
  YamlMapping out;
  out.Add("apiVersion", "sloth.slok.dev/v1").Add("kind", "AlertWindows").Add("spec", spec.Take());
  return out.Take();
}

class SlothWriter {
 public:
  explicit SlothWriter(FormatOutput* out) : out_(out) {}

  void Write(const std::vector<SloToExport>& slos) {
    for (size_t i = 0; i < slos.size();) {
      const std::string& service = slos[i].service;
      std::vector<YamlNode> items;
      for (; i < slos.size() && slos[i].service == service; ++i) {
        if (auto item = Slo(slos[i])) items.push_back(*std::move(item));
      }
      if (items.empty()) continue;
      YamlMapping document;
      document.Add("version", "prometheus/v1").Add("service", service);
      out_->Add(document.Add("slos", YamlList(std::move(items))).Take());
    }
    if (!windows_) return;
    const bool own = Same(windows_->second, SlothWindows());
    if (own && windows_->first == std::chrono::days(30)) return;
    out_->Add(AlertWindowsTree(windows_->first, windows_->second));
    out_->WarnAll(fmt::format(
        "Sloth reads AlertWindows from a folder of their own (--slo-period-windows-path) and needs "
        "--default-slo-period={}",
        FormatDuration(windows_->first)));
  }

 private:
  std::optional<YamlNode> Slo(const SloToExport& one) {
    const SloSpec& slo = one.slo;
    const auto queries = QueriesOf(slo);
    if (!queries.ok()) {
      out_->Warn(one, fmt::format("left out: {}", Message(queries.status())));
      return std::nullopt;
    }
    WarnOfLost(one, {.format = "Sloth", .description = true, .labels = true}, out_);
    if (queries->approximate) {
      out_->Warn(one, "measured at steps there, and read back as events");
    }
    YamlMapping item;
    item.Add("name", slo.name).Add("objective", YamlPlain(ExactPercent(slo.target)));
    item.AddIfAny("description", slo.description);
    AddTextsIfAny("labels", RuleLabels(one, slo.labels, out_), &item);
    item.Add("sli", Sli(one, *queries)).Add("alerting", Alerting(one));
    out_->Count();
    return item.Take();
  }

  YamlNode Sli(const SloToExport& one, const IndicatorQueries& queries) {
    YamlMapping inner;
    YamlMapping sli;
    if (!queries.bad_ratio.empty()) {
      inner.Add("error_ratio_query", ToTemplateWindow(queries.bad_ratio));
      if (!one.slo.indicator.promql_is_bad)
        out_->Warn(one, "the ratio is turned to that of errors");
      return sli.Add("raw", inner.Take()).Take();
    }
    std::string bad = queries.bad;
    std::string total = queries.total;
    if (bad.empty()) {
      bad = fmt::format("({}) - ({})", queries.total, queries.good);
      out_->Warn(one, "good events are told as total less good");
    } else if (total.empty()) {
      total = fmt::format("({}) + ({})", queries.good, queries.bad);
      out_->Warn(one, "the total is told as good and bad");
    }
    inner.Add("error_query", ToTemplateWindow(bad)).Add("total_query", ToTemplateWindow(total));
    return sli.Add("events", inner.Take()).Take();
  }

  YamlNode Alerting(const SloToExport& one) {
    const SloSpec& slo = one.slo;
    const Texts& kept = slo.annotations;
    if (!WithoutPrefix(kept, kPrefix).empty())
      out_->Warn(one, "Sloth has no place for: annotations");
    UseWindows(one);
    YamlMapping out;
    const std::string* name = FindText(kept, kSlothAlertName);
    const std::vector<BurnPair> pairs = ReachablePairs(slo);
    if (name != nullptr) {
      out.Add("name", *name);
    } else if (!pairs.empty()) {
      out.Add("name", "SloBudgetBurn");
      out_->Warn(one, "Sloth needs a name for its alerts: SloBudgetBurn is given");
    }
    AddTextsIfAny("labels", WithPrefix(kept, kSlothAlertLabels), &out);
    AddTextsIfAny("annotations", WithPrefix(kept, kSlothAlertAnnotations), &out);
    const auto alert = [&](Severity severity, std::string_view labels,
                           std::string_view annotations) {
      YamlMapping inner;
      const bool on = std::any_of(pairs.begin(), pairs.end(),
                                  [&](const BurnPair& pair) { return pair.severity == severity; });
      if (!on) inner.Add("disable", YamlBool(true));
      AddTextsIfAny("labels", WithPrefix(kept, labels), &inner);
      AddTextsIfAny("annotations", WithPrefix(kept, annotations), &inner);
      return inner.Take();
    };
    out.Add("page_alert", alert(Severity::kPage, kSlothPageLabels, kSlothPageAnnotations));
    out.Add("ticket_alert", alert(Severity::kTicket, kSlothTicketLabels, kSlothTicketAnnotations));
    return out.Take();
  }

  void UseWindows(const SloToExport& one) {
    const Duration period = NominalLength(one.slo.window);
    auto windows = WindowsOf(ReachablePairs(one.slo), period);
    if (!windows) {
      out_->Warn(one, "Sloth has two pages and two tickets without `for`: its own pairs are taken");
      windows = SlothWindows();
    }
    if (!windows_) {
      windows_ = {period, *windows};
    } else if (windows_->first != period || !Same(windows_->second, *windows)) {
      out_->Warn(one, "one run of Sloth has one period and its windows: those of the first SLO");
    }
  }

  FormatOutput* out_;
  std::optional<std::pair<Duration, std::vector<SlothWindow>>> windows_;
};

}  // namespace

void ExportSloth(const std::vector<SloToExport>& slos, FormatOutput* out) {
  SlothWriter(out).Write(slos);
}

}  // namespace kizashi
