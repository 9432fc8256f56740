#include "query/rules/rule_test_runner.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "query/promql/go_text.h"
#include "query/promql/memory_source.h"
#include "query/rules/rule_group.h"

namespace kizashi::rules {
namespace {

using promql::QuoteGo;

std::string ShowTexts(const TextMap& texts) {
  std::vector<std::string> parts;
  for (const auto& [name, text] : texts) parts.push_back(name + "=" + QuoteGo(text));
  return fmt::format("{{{}}}", fmt::join(parts, ", "));
}

using ShownAlert = std::pair<TextMap, TextMap>;  // labels and annotations

std::string ShowAlerts(std::vector<ShownAlert> alerts) {
  if (alerts.empty()) return "[]";
  std::string out = "[";
  for (size_t i = 0; i < alerts.size(); ++i) {
    out +=
        fmt::format("{}\n            {}:\n              Labels:{}\n              Annotations:{}",
                    i > 0 ? "," : "", i, ShowTexts(alerts[i].first), ShowTexts(alerts[i].second));
  }
  return out + "\n            ]";
}

using ShownSample = std::pair<TextMap, double>;

std::string ShowSamples(const std::vector<ShownSample>& samples) {
  if (samples.empty()) return "nil";
  std::vector<std::string> parts;
  for (const auto& [labels, value] : samples) {
    parts.push_back(ShowTexts(labels) + " " +
                    promql::FormatFloat(value, promql::FloatStyle::kShortest));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

TextMap TextsOf(const Labels& labels) {
  TextMap texts;
  for (const Label& label : labels) texts.emplace(label.name, label.value);
  return texts;
}

class Run {
 public:
  Run(const RuleTestGroup& test, const RuleTestFile& file, RuleTestReport* report)
      : test_(test), file_(file), report_(report), next_(test.series.size()) {
    io_.source = &source_;
    io_.options.subquery_step = file.evaluation_interval;
    io_.environment = {test.external_labels, test.external_url};
    io_.write = [this](const std::vector<RuleSample>& samples, Time at) {
      for (const RuleSample& sample : samples) source_.Add(sample.labels, ToMs(at), sample.value);
      return OkStatus();
    };
    for (const AlertTest& alert : test.alerts) end_ = std::max(end_, alert.at);
    for (const ExprTest& expr : test.exprs) end_ = std::max(end_, expr.at);
  }

  void Do(const std::vector<RuleGroupSpec>& specs) {
    if (end_ / file_.evaluation_interval > static_cast<int64_t>(kRuleTestStepsMax)) {
      return FailAll(fmt::format("    more than {} evaluations", kRuleTestStepsMax));
    }
    MakeGroups(specs);
    for (Duration at{0}; at <= end_; at += file_.evaluation_interval) {
      Load(at);
      if (!EvaluateGroups(at)) return;
      for (const AlertTest& alert : test_.alerts) {
        if (at <= alert.at && alert.at < at + file_.evaluation_interval) CheckAlert(alert);
      }
    }
    for (const ExprTest& expr : test_.exprs) CheckExpr(expr);
  }

 private:
  // Groups that the file orders come first in that order, as their names sort otherwise.
  void MakeGroups(const std::vector<RuleGroupSpec>& specs) {
    for (const RuleGroupSpec& spec : specs) groups_.push_back(std::make_unique<RuleGroup>(spec));
    const auto place = [this](const std::unique_ptr<RuleGroup>& group) {
      const auto& order = file_.group_order;
      return std::find(order.begin(), order.end(), group->name()) - order.begin();
    };
    std::stable_sort(groups_.begin(), groups_.end(),
                     [&](const auto& a, const auto& b) { return place(a) < place(b); });
    for (const auto& group : groups_) group->SetRestored();
  }

  void Load(Duration until) {
    for (size_t i = 0; i < next_.size(); ++i) {
      const auto& values = test_.series[i].values;
      for (; next_[i] < values.size(); ++next_[i]) {
        const Duration at = test_.interval * static_cast<int64_t>(next_[i]);
        if (at > until) break;
        if (values[next_[i]].omitted) continue;
        source_.Add(test_.series[i].labels, at.count(), values[next_[i]].value);
      }
    }
  }

  bool EvaluateGroups(Duration at) {
    bool fine = true;
    for (const auto& group : groups_) {
      if (group->Evaluate(TimeFromMs(at.count()), io_)) continue;
      fine = false;
      for (const RuleGroup::Rule& rule : group->rules()) {
        if (rule.health.last_error.empty()) continue;
        report_->failures.push_back(fmt::format("    rule: {}, time: {}, err: {}", rule.spec.name,
                                                promql::FormatPromDuration(at.count()),
                                                rule.health.last_error));
      }
    }
    if (!fine) FailRest();
    return fine;
  }

  void FailAll(std::string failure) {
    report_->failures.push_back(std::move(failure));
    FailRest();
  }
  // What is not checked any more did not pass.
  void FailRest() {
    report_->failed += std::max<size_t>(test_.alerts.size() + test_.exprs.size() - checked_, 1);
  }

  void Passed(bool passed, std::string failure) {
    ++checked_;
    ++(passed ? report_->passed : report_->failed);
    if (!passed) report_->failures.push_back(std::move(failure));
  }

  void CheckAlert(const AlertTest& alert) {
    std::vector<ShownAlert> got;
    for (const auto& group : groups_) {
      for (const RuleGroup::Rule& rule : group->rules()) {
        if (!rule.alert || rule.spec.name != alert.name) continue;
        for (const auto& [labels, active] : rule.alert->alerts()) {
          if (active.state != AlertState::kFiring) continue;
          got.emplace_back(TextsOf(labels), active.annotations);
        }
      }
    }
    std::vector<ShownAlert> expected;
    for (const ExpectedAlert& one : alert.expected) {
      expected.emplace_back(one.labels, one.annotations);
      expected.back().first["alertname"] = alert.name;
    }
    std::sort(got.begin(), got.end());
    std::sort(expected.begin(), expected.end());
    const std::string name = test_.name.empty() ? "" : fmt::format("    name: {},\n", test_.name);
    Passed(got == expected,
           fmt::format("{}    alertname: {}, time: {}, \n        exp:{}, \n        got:{}", name,
                       alert.name, promql::FormatPromDuration(alert.at.count()),
                       ShowAlerts(expected), ShowAlerts(got)));
  }

  void CheckExpr(const ExprTest& expr) {
    const std::string head = fmt::format("    expr: {}, time: {},", QuoteGo(expr.expr),
                                         promql::FormatPromDuration(expr.at.count()));
    const auto result =
        promql::QueryInstant(source_, expr.expr, TimeFromMs(expr.at.count()), io_.options);
    if (!result.ok()) return Passed(false, head + " err: " + std::string(Message(result.status())));
    if (result->type != promql::ValueType::kVector && result->type != promql::ValueType::kScalar) {
      return Passed(false, head + " err: rule result is not a vector or scalar");
    }
    std::vector<ShownSample> got;
    for (const promql::ResultSeries& series : result->series) {
      got.emplace_back(TextsOf(series.labels), series.values[0]);
    }
    std::vector<ShownSample> expected;
    for (const ExpectedSample& sample : expr.expected) {
      // A metric alone is a series without values.
      const auto metric = promql::ParseSeriesDescription(sample.labels);
      if (!metric.ok() || !metric->values.empty()) {
        return Passed(false, fmt::format("{} err: labels {}: {}", head, QuoteGo(sample.labels),
                                         metric.ok() ? "values behind the labels"
                                                     : Message(metric.status())));
      }
      expected.emplace_back(TextsOf(metric->labels), sample.value);
    }
    const auto by_labels = [](const ShownSample& a, const ShownSample& b) {
      return a.first < b.first;
    };
    std::stable_sort(got.begin(), got.end(), by_labels);
    std::stable_sort(expected.begin(), expected.end(), by_labels);
    Passed(got == expected, fmt::format("{}\n        exp: {}\n        got: {}", head,
                                        ShowSamples(expected), ShowSamples(got)));
  }

  const RuleTestGroup& test_;
  const RuleTestFile& file_;
  RuleTestReport* report_;
  promql::MemorySource source_;
  RuleIo io_;
  std::vector<std::unique_ptr<RuleGroup>> groups_;
  std::vector<size_t> next_;  // value of each series that is not loaded yet
  Duration end_{0};
  size_t checked_ = 0;
};

}  // namespace

void RunRuleTest(const RuleTestGroup& test, const RuleTestFile& file,
                 const std::vector<RuleGroupSpec>& groups, RuleTestReport* report) {
  Run(test, file, report).Do(groups);
}

}  // namespace kizashi::rules
