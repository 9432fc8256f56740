// Prometheus' rules in Pyrra's shape: the increase over the window, burn rates, alerts.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "catalog/slo_alerts.h"
#include "judge/slo_formats/format_reader.h"
#include "judge/slo_formats/format_writer.h"
#include "judge/slo_formats/indicator_queries.h"
#include "judge/slo_formats/pyrra.h"
#include "query/promql/ast.h"
#include "query/promql/go_text.h"

namespace kizashi {
namespace {

using Op = LabelMatcher::Op;

std::string WithoutEnding(std::string name, std::initializer_list<std::string_view> endings) {
  for (const std::string_view ending : endings) {
    if (name.ends_with(ending)) name.resize(name.size() - ending.size());
  }
  return name;
}

std::string NameOfMetric(const Selector& selector) {
  for (const LabelMatcher& matcher : selector.matchers) {
    if (matcher.name == kMetricName && matcher.op == Op::kEqual) return matcher.value;
  }
  return "slo";
}

std::string By(const std::set<std::string>& labels) {
  std::string out;
  for (const std::string& label : labels) {
    out += fmt::format("{}{}", out.empty() ? " by (" : ", ", label);
  }
  return out.empty() ? "" : out + ") ";
}

std::set<std::string> GroupingOf(const SloSpec& slo) {
  std::set<std::string> out;
  const std::string* kept = FindText(slo.annotations, kPyrraGrouping);
  std::string_view rest = kept == nullptr ? std::string_view() : std::string_view(*kept);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    out.insert(std::string(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

class PyrraRules {
 public:
  PyrraRules(const SloToExport& one, PyrraIndicator indicator, FormatOutput* out)
      : slo_(one.slo), indicator_(std::move(indicator)), grouping_(GroupingOf(one.slo)) {
    window_ = NominalLength(slo_.window);
    propagated_ = RuleLabels(one, WithPrefix(slo_.labels, kPyrraPropagated), out);
    base_ = WithoutEnding(NameOfMetric(indicator_.total), {"_total", "_count"});
    pairs_ = slo_.alerting.kind == SloAlerting::Pairs::kNone ? std::vector<BurnPair>()
                                                             : ReachablePairs(slo_);
  }

  std::vector<YamlNode> Groups() {
    std::vector<YamlNode> groups;
    groups.push_back(Group(slo_.name + "-increase", IncreaseInterval(), Increases()));
    groups.push_back(Group(slo_.name, std::chrono::seconds(30), Burnrates()));
    return groups;
  }

 private:
  static YamlNode Group(std::string_view name, Duration interval, std::vector<YamlNode> rules) {
    YamlMapping out;
    out.Add("name", name).Add("interval", DurationNode(interval));
    return out.Add("rules", YamlList(std::move(rules))).Take();
  }

  /// Half a minute more for each week, between one and eight of them.
  Duration IncreaseInterval() const {
    const auto weeks = window_ / std::chrono::days(7);
    return std::chrono::seconds(30) * (1 + std::clamp<int64_t>(weeks, 0, 7));
  }

  bool is_gauge() const { return slo_.indicator.kind == Indicator::Kind::kSamples; }
  bool is_latency() const { return slo_.indicator.kind == Indicator::Kind::kLatency; }

  /// The SLO's name, what is propagated, and what the total's matchers fix but do not group.
  Texts Labels(const std::set<std::string>& grouped) const {
    std::map<std::string, std::string> labels = {{"slo", slo_.name}};
    for (const auto& [key, text] : propagated_) labels[key] = text;
    for (const LabelMatcher& matcher : indicator_.total.matchers) {
      if (matcher.op == Op::kEqual && matcher.name != kMetricName &&
          !grouped.contains(matcher.name)) {
        labels[matcher.name] = matcher.value;
      }
    }
    return {labels.begin(), labels.end()};
  }

  std::set<std::string> IncreaseGrouping() const {
    std::set<std::string> out = grouping_;
    for (const LabelMatcher& matcher : indicator_.part.matchers) {
      const bool in_total =
          std::any_of(indicator_.total.matchers.begin(), indicator_.total.matchers.end(),
                      [&](const LabelMatcher& one) { return one.name == matcher.name; });
      if (!in_total && matcher.name != "le") out.insert(matcher.name);
    }
    for (const LabelMatcher& matcher : indicator_.total.matchers) {
      const bool regex = matcher.op == Op::kRegex || matcher.op == Op::kNotRegex;
      if (regex && matcher.name != kMetricName) out.insert(matcher.name);
    }
    out.erase(std::string(kMetricName));
    return out;
  }

  YamlNode Record(std::string_view name, std::string_view expression, const Texts& labels) const {
    YamlMapping out;
    out.Add("record", name).Add("expr", expression);
    AddTextsIfAny("labels", labels, &out);
    return out.Take();
  }

  void AddIncrease(const Selector& selector, std::string_view function, std::string_view suffix,
                   Texts labels, std::vector<YamlNode>* rules) const {
    const std::string range = FormatDuration(window_);
    const std::string name = WithoutEnding(NameOfMetric(selector), {"_total", "_count", "_bucket"});
    rules->push_back(Record(fmt::format("{}:{}{}", name, suffix, range),
                            fmt::format("sum{}({}({}[{}]))", By(IncreaseGrouping()), function,
                                        FormatSelector(selector), range),
                            labels));
  }

  std::vector<YamlNode> Increases() const {
    std::vector<YamlNode> rules;
    const Texts labels = Labels(IncreaseGrouping());
    if (is_gauge()) {
      AddIncrease(indicator_.total, "count_over_time", "count", labels, &rules);
      AddIncrease(indicator_.total, "sum_over_time", "sum", labels, &rules);
    } else {
      AddIncrease(indicator_.total, "increase", "increase", labels, &rules);
    }
    AddAbsent(indicator_.total, labels, &rules);
    if (is_gauge() || NameOfMetric(indicator_.part) == NameOfMetric(indicator_.total)) return rules;
    Texts of_part = labels;
    if (is_latency()) {
      of_part.push_back(
          {"le", promql::FormatFloat(slo_.indicator.bound, promql::FloatStyle::kShortest)});
    }
    AddIncrease(indicator_.part, "increase", "increase", of_part, &rules);
    AddAbsent(indicator_.part, labels, &rules);
    return rules;
  }

  void AddAbsent(const Selector& selector, Texts labels, std::vector<YamlNode>* rules) const {
    if (FindText(slo_.annotations, kPyrraAbsent) != nullptr || pairs_.empty()) return;
    labels.push_back({"severity", "critical"});
    YamlMapping out;
    out.Add("alert", "SLOMetricAbsent")
        .Add("expr", fmt::format("absent({}) == 1", FormatSelector(selector)))
        .Add("for",
             DurationNode(std::max<Duration>(pairs_[0].short_window, std::chrono::minutes(2))));
    AddTextsIfAny("labels", labels, &out);
    rules->push_back(out.Take());
  }

  std::string Burnrate(Duration range) const {
    const auto sum = [&](std::string_view function, const Selector& selector) {
      return fmt::format("sum{}({}({}[{}]))", By(grouping_), function, FormatSelector(selector),
                         FormatDuration(range));
    };
    if (is_gauge()) {
      const std::string all = sum("count_over_time", indicator_.total);
      return fmt::format("({} - {}) / {}", all, sum("sum_over_time", indicator_.total), all);
    }
    const std::string all = sum("rate", indicator_.total);
    const std::string part = sum("rate", indicator_.part);
    return is_latency() ? fmt::format("({} - {}) / {}", all, part, all)
                        : fmt::format("{} / {}", part, all);
  }

  std::string BurnrateName(Duration range) const {
    return fmt::format("{}:burnrate{}", base_, FormatDuration(range));
  }

  std::vector<YamlNode> Burnrates() const {
    std::set<Duration> ranges;
    for (const BurnPair& pair : pairs_.empty() ? PyrraPairs(window_) : pairs_) {
      ranges.insert(pair.short_window);
      ranges.insert(pair.long_window);
    }
    std::vector<YamlNode> rules;
    for (const Duration range : ranges) {
      rules.push_back(Record(BurnrateName(range), Burnrate(range), Labels(grouping_)));
    }
    for (const BurnPair& pair : pairs_) rules.push_back(Alert(pair));
    return rules;
  }

  /// Which series of a burn rate are this SLO's.
  std::string AlertMatchers() const {
    std::set<std::string> out = {fmt::format("slo={}", promql::QuoteGo(slo_.name))};
    for (const LabelMatcher& matcher : indicator_.total.matchers) {
      const bool regex = matcher.op == Op::kRegex || matcher.op == Op::kNotRegex;
      // What a regex picks was summed away, unless it is grouped.
      if (matcher.name == kMetricName || (regex && !grouping_.contains(matcher.name))) continue;
      out.insert(promql::PrintMatcher(matcher));
    }
    std::string text;
    for (const std::string& one : out) text += fmt::format("{}{}", text.empty() ? "" : ",", one);
    return text;
  }

  YamlNode Alert(const BurnPair& pair) const {
    const auto side = [&](Duration range) {
      return fmt::format("{}{{{}}} > ({} * (1-{}))", BurnrateName(range), AlertMatchers(),
                         promql::FormatFloat(pair.factor, promql::FloatStyle::kShortest),
                         promql::FormatFloat(slo_.target, promql::FloatStyle::kFixed));
    };
    Texts labels = Labels(grouping_);
    labels.push_back({"short", FormatDuration(pair.short_window)});
    labels.push_back({"long", FormatDuration(pair.long_window)});
    labels.push_back({"severity", pair.severity == Severity::kPage ? "critical" : "warning"});
    const Duration exhaustion(std::llround(static_cast<double>(window_.count()) / pair.factor));
    labels.push_back(
        {"exhaustion", FormatDuration(std::chrono::floor<std::chrono::minutes>(exhaustion))});
    const std::string* name = FindText(slo_.annotations, kPyrraAlertName);
    YamlMapping out;
    out.Add("alert", name == nullptr ? "ErrorBudgetBurn" : *name)
        .Add("expr", fmt::format("{} and {}", side(pair.short_window), side(pair.long_window)));
    if (pair.hold > Duration(0)) out.Add("for", DurationNode(pair.hold));
    AddTextsIfAny("labels", labels, &out);
    AddTextsIfAny("annotations", WithPrefix(slo_.annotations, kPyrraPropagated), &out);
    return out.Take();
  }

  const SloSpec& slo_;
  const PyrraIndicator indicator_;
  const std::set<std::string> grouping_;
  Texts propagated_;
  Duration window_{};
  std::string base_;
  std::vector<BurnPair> pairs_;
};

}  // namespace

void ExportPyrraRules(const std::vector<SloToExport>& slos, FormatOutput* out) {
  std::vector<YamlNode> groups;
  for (const SloToExport& one : slos) {
    auto indicator = PyrraIndicatorOf(one.slo);
    if (!indicator.ok()) {
      out->Warn(one, fmt::format("left out: {}", Message(indicator.status())));
      continue;
    }
    WarnOfLost(one, {.format = "a rule file", .title = true, .description = true, .labels = true},
               out);
    for (YamlNode& group : PyrraRules(one, *std::move(indicator), out).Groups()) {
      groups.push_back(std::move(group));
    }
    out->Count();
  }
  YamlMapping document;
  if (!groups.empty()) out->Add(document.Add("groups", YamlList(std::move(groups))).Take());
}

}  // namespace kizashi
