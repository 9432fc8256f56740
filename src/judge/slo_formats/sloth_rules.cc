// Prometheus' rules in Sloth's shape: the names, labels and expressions that its dashboards read.
#include <algorithm>
#include <charconv>
#include <set>

#include "catalog/slo_alerts.h"
#include "judge/slo_formats/format_reader.h"
#include "judge/slo_formats/format_writer.h"
#include "judge/slo_formats/indicator_queries.h"
#include "judge/slo_formats/sloth.h"
#include "query/promql/go_text.h"

namespace kizashi {
namespace {

std::string Number(double value) {
  return promql::FormatFloat(value, promql::FloatStyle::kShortest);
}

std::string RangeText(Duration range) { return FormatDuration(range); }

YamlNode Rule(std::string_view kind, std::string_view name, std::string_view expression,
              const Texts& labels) {
  YamlMapping out;
  out.Add(kind, name).Add("expr", expression);
  AddTextsIfAny("labels", labels, &out);
  return out.Take();
}

YamlNode Group(std::string_view what, std::string_view id, std::vector<YamlNode> rules) {
  YamlMapping out;
  out.Add("name", fmt::format("sloth-slo-{}-{}", what, id))
      .Add("rules", YamlList(std::move(rules)));
  return out.Take();
}

/// One SLO's three groups.
class SlothRules {
 public:
  SlothRules(const SloToExport& one, const IndicatorQueries& queries, FormatOutput* out)
      : one_(one), slo_(one.slo), queries_(queries), out_(out) {
    id_ = fmt::format("{}-{}", one.service, slo_.name);
    selector_ = fmt::format("sloth_id={}, sloth_service={}, sloth_slo={}", promql::QuoteGo(id_),
                            promql::QuoteGo(one.service), promql::QuoteGo(slo_.name));
    labels_ = RuleLabels(one, slo_.labels, out);
    period_ = NominalLength(slo_.window);
    pairs_ = ReachablePairs(slo_);
    // As Sloth computes it, whose numbers stand in the rules.
    const std::string percent = ExactPercent(slo_.target);
    double objective = 0;
    std::from_chars(percent.data(), percent.data() + percent.size(), objective);
    objective_ = objective / 100;
    budget_ = (100 - objective) / 100;
    FindWindows();
  }

  std::vector<YamlNode> Groups() {
    std::vector<YamlNode> groups;
    groups.push_back(Group("sli-recordings", id_, Recordings()));
    groups.push_back(Group("meta-recordings", id_, Meta()));
    auto alerts = Alerts();
    if (!alerts.empty()) groups.push_back(Group("alerts", id_, std::move(alerts)));
    return groups;
  }

 private:
  /// Those of the pairs; all of Sloth's when the pairs are some of its own, or none.
  void FindWindows() {
    const std::vector<BurnPair> own = SlothPairs(period_, SlothWindows());
    const bool of_sloth = std::all_of(pairs_.begin(), pairs_.end(), [&](const BurnPair& pair) {
      return std::find(own.begin(), own.end(), pair) != own.end();
    });
    for (const BurnPair& pair : of_sloth ? own : pairs_) {
      windows_.insert(pair.short_window);
      windows_.insert(pair.long_window);
    }
  }

  std::string Metric(Duration window) const {
    return fmt::format("slo:sli_error:ratio_rate{}", RangeText(window));
  }
  std::string Series(std::string_view metric) const {
    return fmt::format("{}{{{}}}", metric, selector_);
  }

  Texts Labels() const {
    Texts labels = labels_;
    labels.push_back({"sloth_id", id_});
    labels.push_back({"sloth_service", one_.service});
    labels.push_back({"sloth_slo", slo_.name});
    return labels;
  }
  Texts WindowLabels(Duration window) const {
    Texts labels = Labels();
    labels.push_back({"sloth_window", RangeText(window)});
    return labels;
  }

  std::vector<YamlNode> Recordings() const {
    std::vector<YamlNode> rules;
    for (const Duration window : windows_) {
      rules.push_back(Rule("record", Metric(window), BadRatio(queries_, RangeText(window)),
                           WindowLabels(window)));
    }
    const std::string shortest = Series(Metric(*windows_.begin()));
    const std::string range = RangeText(period_);
    rules.push_back(Rule("record", Metric(period_),
                         fmt::format("sum_over_time({}[{}])\n/ ignoring (sloth_window)\n"
                                     "count_over_time({}[{}])",
                                     shortest, range, shortest, range),
                         WindowLabels(period_)));
    return rules;
  }

  std::string PerBudget(Duration window) const {
    return fmt::format("{}\n/ on(sloth_id, sloth_slo, sloth_service) group_left\n{}",
                       Series(Metric(window)), Series("slo:error_budget:ratio"));
  }

  std::vector<YamlNode> Meta() const {
    const Texts labels = Labels();
    Texts info = labels;
    info.push_back({"sloth_mode", "kizashi"});
    info.push_back({"sloth_objective", ExactPercent(slo_.target)});
    info.push_back({"sloth_spec", "prometheus/v1"});
    info.push_back({"sloth_version", "kizashi"});
    const double days = ToSeconds(period_) / 86'400;
    return {
        Rule("record", "slo:objective:ratio", fmt::format("vector({})", Number(objective_)),
             labels),
        Rule("record", "slo:error_budget:ratio", fmt::format("vector(1-{})", Number(objective_)),
             labels),
        Rule("record", "slo:time_period:days", fmt::format("vector({})", Number(days)), labels),
        Rule("record", "slo:current_burn_rate:ratio", PerBudget(*windows_.begin()), labels),
        Rule("record", "slo:period_burn_rate:ratio", PerBudget(period_), labels),
        Rule("record", "slo:period_error_budget_remaining:ratio",
             fmt::format("1 - {}", Series("slo:period_burn_rate:ratio")), labels),
        Rule("record", "sloth_slo_info", "vector(1)", info),
    };
  }

  std::string Burns(const BurnPair& pair) const {
    const auto side = [&](Duration window) {
      return fmt::format("    max({} > ({} * {})) without (sloth_window)\n", Series(Metric(window)),
                         Number(pair.factor), Number(budget_));
    };
    return fmt::format("(\n{}    and\n{})\n", side(pair.short_window), side(pair.long_window));
  }

  std::vector<YamlNode> Alerts() {
    std::vector<YamlNode> rules;
    for (const Severity severity : {Severity::kPage, Severity::kTicket}) {
      std::string expression;
      Duration hold{0};
      for (const BurnPair& pair : pairs_) {
        if (pair.severity != severity) continue;
        if (!expression.empty()) expression += "or\n";
        expression += Burns(pair);
        hold = std::max(hold, pair.hold);
      }
      if (!expression.empty()) rules.push_back(Alert(severity, expression, hold));
    }
    const bool held = std::any_of(pairs_.begin(), pairs_.end(),
                                  [](const BurnPair& pair) { return pair.hold > Duration(0); });
    if (held)
      out_->Warn(one_, "pairs of a severity are one rule there: the longest `for` is taken");
    return rules;
  }

  YamlNode Alert(Severity severity, std::string_view expression, Duration hold) const {
    const Texts& kept = slo_.annotations;
    const bool page = severity == Severity::kPage;
    const std::string* name = FindText(kept, kSlothAlertName);
    Texts labels = WithPrefix(kept, kSlothAlertLabels);
    for (auto& one : WithPrefix(kept, page ? kSlothPageLabels : kSlothTicketLabels)) {
      labels.push_back(std::move(one));
    }
    labels.push_back({"sloth_severity", std::string(SeverityName(severity))});
    Texts annotations = WithPrefix(kept, kSlothAlertAnnotations);
    for (auto& one : WithPrefix(kept, page ? kSlothPageAnnotations : kSlothTicketAnnotations)) {
      annotations.push_back(std::move(one));
    }
    annotations.push_back(
        {"title", fmt::format("({}) {{{{$labels.sloth_service}}}} {{{{$labels.sloth_slo}}}} spends "
                              "its error budget too fast",
                              SeverityName(severity))});
    YamlMapping out;
    out.Add("alert", name == nullptr ? "SloBudgetBurn" : *name).Add("expr", expression);
    if (hold > Duration(0)) out.Add("for", DurationNode(hold));
    AddTextsIfAny("labels", Unique(labels), &out);
    AddTextsIfAny("annotations", Unique(annotations), &out);
    return out.Take();
  }

  /// Of a key that comes twice the later one.
  static Texts Unique(const Texts& texts) {
    Texts out;
    for (const auto& one : texts) {
      std::erase_if(out, [&](const auto& old) { return old.first == one.first; });
      out.push_back(one);
    }
    return out;
  }

  const SloToExport& one_;
  const SloSpec& slo_;
  const IndicatorQueries& queries_;
  FormatOutput* out_;
  std::string id_;
  std::string selector_;
  Texts labels_;  // the SLO's
  Duration period_{};
  std::vector<BurnPair> pairs_;
  std::set<Duration> windows_;
  double objective_ = 0;
  double budget_ = 0;
};

}  // namespace

void ExportSlothRules(const std::vector<SloToExport>& slos, FormatOutput* out) {
  std::vector<YamlNode> groups;
  for (const SloToExport& one : slos) {
    const auto queries = QueriesOf(one.slo);
    if (!queries.ok()) {
      out->Warn(one, fmt::format("left out: {}", Message(queries.status())));
      continue;
    }
    WarnOfLost(one, {.format = "a rule file", .title = true, .description = true, .labels = true},
               out);
    for (YamlNode& group : SlothRules(one, *queries, out).Groups()) {
      groups.push_back(std::move(group));
    }
    out->Count();
  }
  YamlMapping document;
  if (!groups.empty()) out->Add(document.Add("groups", YamlList(std::move(groups))).Take());
}

}  // namespace kizashi
