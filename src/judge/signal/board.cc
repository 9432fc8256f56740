#include "judge/signal/board.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/check.h"

namespace kizashi {
namespace {

// The exact name a selector asks for, so that most series are passed over without a regex.
std::string ExactName(const Selector& selector) {
  for (const LabelMatcher& matcher : selector.matchers) {
    if (matcher.name == kMetricName && matcher.op == LabelMatcher::Op::kEqual) return matcher.value;
  }
  return {};
}

// "0.25" of a bucket's `le`; +Inf for "+Inf"; nothing when it is no number.
std::optional<double> UpperBound(std::string_view text) {
  if (text == "+Inf" || text == "Inf") return INFINITY;
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || end != copy.c_str() + copy.size()) return std::nullopt;
  return value;
}

// Linear interpolation inside the bucket that holds the rank, as PromQL's histogram_quantile; the
// last finite bound when the rank is beyond it.
std::optional<double> Quantile(double q, const std::vector<std::pair<double, double>>& cumulative) {
  if (cumulative.empty() || !std::isinf(cumulative.back().first)) return std::nullopt;
  const double total = cumulative.back().second;
  if (total <= 0) return std::nullopt;
  const double rank = q * total;
  double lower_bound = 0;
  double lower_count = 0;
  for (const auto& [bound, count] : cumulative) {
    if (count >= rank) {
      if (std::isinf(bound)) return lower_bound;
      if (count <= lower_count) return bound;
      return lower_bound + (bound - lower_bound) * (rank - lower_count) / (count - lower_count);
    }
    lower_bound = bound;
    lower_count = std::max(lower_count, count);
  }
  return std::nullopt;
}

}  // namespace

bool IsCounterKind(SignalKind kind) {
  return kind == SignalKind::kRate || kind == SignalKind::kIncreaseRatio ||
         kind == SignalKind::kIncreaseRest || kind == SignalKind::kQuantile99;
}

SignalMatcher::SignalMatcher() {
  const auto add = [this](std::string_view text, size_t rule, bool denominator) {
    if (text.empty()) return;
    const auto selector = ParseSelector(text);
    KZ_CHECK(selector.ok(), "rule {}: {}", text, Message(selector.status()));
    auto compiled = CompiledSelector::Compile(*selector);
    KZ_CHECK(compiled.ok(), "rule {}", text);
    selectors_.push_back(
        {ExactName(*selector), *std::move(compiled), static_cast<uint16_t>(rule), denominator});
  };
  const auto rules = SignalRules();
  for (size_t i = 0; i < rules.size(); ++i) {
    add(rules[i].numerator, i, false);
    add(rules[i].denominator, i, true);
  }
  for (const Compiled& compiled : selectors_) {
    if (!compiled.name.empty()) by_name_.try_emplace(compiled.name);
  }
  for (size_t i = 0; i < selectors_.size(); ++i) {
    if (selectors_[i].name.empty()) nameless_.push_back(i);
    for (auto& [name, places] : by_name_) {
      if (selectors_[i].name.empty() || selectors_[i].name == name) places.push_back(i);
    }
  }
}

std::vector<SignalFeed> SignalMatcher::Match(const Labels& labels) const {
  std::vector<SignalFeed> feeds;
  const auto named = by_name_.find(labels.Get(kMetricName));
  for (const size_t place : named != by_name_.end() ? named->second : nameless_) {
    const Compiled& compiled = selectors_[place];
    if (!compiled.selector.Matches(labels)) continue;
    SignalFeed feed{compiled.rule, compiled.denominator, 0};
    if (SignalRules()[compiled.rule].kind == SignalKind::kQuantile99) {
      const auto bound = UpperBound(labels.Get("le"));
      if (!bound) continue;
      feed.upper_bound = *bound;
    }
    feeds.push_back(feed);
  }
  return feeds;
}

void SignalBoard::Side::Add(double increase) {
  if (steps.empty()) steps.push_back(0);
  steps.back() += increase;
}

void SignalBoard::Side::EndStep() {
  steps.push_back(0);
  if (steps.size() > kStepsKept) steps.erase(steps.begin());
}

double SignalBoard::Side::Increase() const {
  double sum = 0;
  for (const double step : steps) sum += step;
  return sum;
}

void SignalBoard::AddIncrease(const SignalFeed& feed, double increase) {
  Accumulator& accumulator = accumulators_[feed.rule];
  accumulator.fed = true;
  if (SignalRules()[feed.rule].kind == SignalKind::kQuantile99) {
    accumulator.buckets[feed.upper_bound].Add(increase);
  } else {
    (feed.denominator ? accumulator.denominator : accumulator.numerator).Add(increase);
  }
}

void SignalBoard::SetGauge(const SignalFeed& feed, SeriesId series, std::optional<double> value) {
  Accumulator& accumulator = accumulators_[feed.rule];
  Side& side = feed.denominator ? accumulator.denominator : accumulator.numerator;
  if (value && std::isfinite(*value)) {
    side.gauges[series] = *value;
  } else {
    side.gauges.erase(series);
  }
}

std::vector<SignalValue> SignalBoard::EndStep() {
  std::vector<SignalValue> values;
  const auto rules = SignalRules();
  for (auto& [index, accumulator] : accumulators_) {
    KZ_CHECK(index < rules.size());
    const SignalRule& rule = rules[index];
    accumulator.idle_steps = accumulator.fed ? 0 : accumulator.idle_steps + 1;
    accumulator.fed = false;
    const std::optional<double> value = Value(rule, accumulator);
    for (Side* side : {&accumulator.numerator, &accumulator.denominator}) {
      if (!side->steps.empty()) side->EndStep();
    }
    for (auto& [bound, side] : accumulator.buckets) side.EndStep();
    // Of alternatives the first with data speaks; the rules of one id stand together.
    const bool repeated = !values.empty() && values.back().rule->id == rule.id;
    if (!repeated) {
      values.push_back({&rule, value});
    } else if (!values.back().value) {
      values.back() = {&rule, value};
    }
  }
  return values;
}

std::optional<double> SignalBoard::Value(const SignalRule& rule, Accumulator& accumulator) const {
  if (IsCounterKind(rule.kind) && accumulator.idle_steps >= kStepsKept) return std::nullopt;
  const Side& over = accumulator.numerator;
  const Side& under = accumulator.denominator;
  const auto sum = [](const Side& side) {
    double total = 0;
    for (const auto& [series, value] : side.gauges) total += value;
    return total;
  };
  switch (rule.kind) {
    case SignalKind::kRate: {
      if (over.steps.empty()) return std::nullopt;
      return over.Increase() / (ToSeconds(kStep) * static_cast<double>(over.steps.size()));
    }
    case SignalKind::kIncreaseRatio:
    case SignalKind::kIncreaseRest: {
      const double base = under.Increase();
      if (base <= 0) return std::nullopt;
      const double ratio = over.Increase() / base;
      return rule.kind == SignalKind::kIncreaseRatio ? ratio : 1 - ratio;
    }
    case SignalKind::kSum:
    case SignalKind::kMean:
    case SignalKind::kMax: {
      if (over.gauges.empty()) return std::nullopt;
      if (rule.kind == SignalKind::kSum) return sum(over);
      if (rule.kind == SignalKind::kMean) {
        return sum(over) / static_cast<double>(over.gauges.size());
      }
      double largest = -INFINITY;
      for (const auto& [series, value] : over.gauges) largest = std::max(largest, value);
      return largest;
    }
    case SignalKind::kRatio:
    case SignalKind::kRest: {
      const double base = sum(under);
      if (base <= 0 || over.gauges.empty()) return std::nullopt;
      const double ratio = sum(over) / base;
      return rule.kind == SignalKind::kRatio ? ratio : 1 - ratio;
    }
    case SignalKind::kQuantile99: {
      std::vector<std::pair<double, double>> cumulative;
      for (const auto& [bound, side] : accumulator.buckets) {
        cumulative.emplace_back(bound, side.Increase());
      }
      return Quantile(0.99, cumulative);
    }
  }
  return std::nullopt;
}

}  // namespace kizashi
