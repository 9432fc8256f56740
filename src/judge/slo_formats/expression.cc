#include "judge/slo_formats/expression.h"

#include <algorithm>
#include <charconv>

#include "query/promql/function_table.h"
#include "query/promql/parser.h"

namespace kizashi {
namespace {

using promql::As;
using promql::Expr;
using promql::ExprKind;
using promql::TokenType;

constexpr std::string_view kWindow = "$window";
// Stands for $window while an expression is parsed; nobody writes such a range.
constexpr std::string_view kStandIn = "9973s";
constexpr int64_t kStandInMs = 9'973'000;
// Seconds that a latency can be held against.
constexpr double kBoundMin = 1e-9;
constexpr double kBoundMax = 1e9;

std::string Replace(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  while (true) {
    const size_t at = text.find(from);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += to;
    text.remove_prefix(at + from.size());
  }
}

Selector ToSelector(const promql::VectorSelector& from) {
  Selector selector;
  for (const LabelMatcher& matcher : from.matchers) {
    const bool is_name = matcher.name == kMetricName && matcher.op == LabelMatcher::Op::kEqual;
    selector.matchers.insert(is_name ? selector.matchers.begin() : selector.matchers.end(),
                             matcher);
  }
  return selector;
}

/// Whether the catalog reads it back: its limits are narrower than PromQL's.
bool IsOurs(const Selector& selector) {
  const auto again = ParseSelector(FormatSelector(selector));
  return again.ok() && *again == selector;
}

bool IsShifted(const promql::TimeShift& shift) {
  return shift.original_offset_ms != 0 || shift.at_ms ||
         shift.at_bound != promql::RangeBound::kNone;
}

bool IsZeroVector(const Expr& expr) {
  if (expr.kind != ExprKind::kCall) return false;
  const auto& call = As<promql::Call>(expr);
  if (call.function->name != "vector" || call.arguments.size() != 1) return false;
  const Expr& number = Unwrap(*call.arguments[0]);
  return number.kind == ExprKind::kNumber && As<promql::NumberLiteral>(number).value == 0;
}

class CounterWalk {
 public:
  CounterWalk(const CounterReading& reading, CountersFound* found)
      : reading_(reading), found_(found) {}

  /// `summed`: inside of a sum.
  bool Walk(const Expr& wrapped, bool negative, bool summed) {
    const Expr& expr = Unwrap(wrapped);
    switch (expr.kind) {
      case ExprKind::kAggregate: {
        const auto& aggregate = As<promql::AggregateExpr>(expr);
        if (aggregate.op != TokenType::kSum) return false;
        found_->grouped |= !summed && (aggregate.without || !aggregate.grouping.empty());
        return Walk(*aggregate.inner, negative, true);
      }
      case ExprKind::kBinary: return WalkBinary(As<promql::BinaryExpr>(expr), negative, summed);
      case ExprKind::kCall: return WalkCall(As<promql::Call>(expr), negative, summed);
      case ExprKind::kSelector: {
        const auto& selector = As<promql::VectorSelector>(expr);
        return reading_.bare && !IsShifted(selector.shift) && Take(selector, negative, summed);
      }
      default: return false;
    }
  }

 private:
  bool WalkBinary(const promql::BinaryExpr& binary, bool negative, bool summed) {
    if (binary.op == TokenType::kOr && IsZeroVector(Unwrap(*binary.rhs))) {
      return Walk(*binary.lhs, negative, summed);
    }
    if ((binary.op != TokenType::kAdd && binary.op != TokenType::kSub) || !binary.matching) {
      return false;
    }
    // Inside of a sum the sides are matched series by series; only sums add up by themselves.
    if (summed) return false;
    return Walk(*binary.lhs, negative, false) &&
           Walk(*binary.rhs, negative != (binary.op == TokenType::kSub), false);
  }

  bool WalkCall(const promql::Call& call, bool negative, bool summed) {
    if (call.function->name != "rate" && call.function->name != "increase") return false;
    if (call.arguments.size() != 1) return false;
    const Expr& argument = Unwrap(*call.arguments[0]);
    if (argument.kind != ExprKind::kMatrixSelector) return false;
    const auto& matrix = As<promql::MatrixSelector>(argument);
    if (matrix.range_ms != kStandInMs && !reading_.any_range) return false;
    return !IsShifted(matrix.selector->shift) && Take(*matrix.selector, negative, summed);
  }

  bool Take(const promql::VectorSelector& selector, bool negative, bool summed) {
    found_->grouped |= !summed;
    Selector counter = ToSelector(selector);
    if (!IsOurs(counter)) return false;
    (negative ? found_->count.less : found_->count.counters).push_back(std::move(counter));
    return true;
  }

  const CounterReading& reading_;
  CountersFound* found_;
};

/// The metric's name, or "".
std::string MetricOf(const Selector& selector) {
  for (const LabelMatcher& matcher : selector.matchers) {
    if (matcher.name == kMetricName && matcher.op == LabelMatcher::Op::kEqual) return matcher.value;
  }
  return "";
}

/// The selector of the histogram that a part of it belongs to; `*le` is what le is, "" without.
std::optional<Selector> HistogramOf(const Selector& part, std::string_view ending,
                                    std::string* le) {
  if (!MetricOf(part).ends_with(ending)) return std::nullopt;
  Selector out;
  for (LabelMatcher matcher : part.matchers) {
    if (matcher.name == "le") {
      if (matcher.op != LabelMatcher::Op::kEqual || !le->empty()) return std::nullopt;
      *le = matcher.value;
      continue;
    }
    if (matcher.name == kMetricName) matcher.value.resize(matcher.value.size() - ending.size());
    out.matchers.push_back(std::move(matcher));
  }
  return out;
}

bool SameMatchers(const Selector& a, const Selector& b) {
  return a.matchers.size() == b.matchers.size() &&
         std::is_permutation(a.matchers.begin(), a.matchers.end(), b.matchers.begin());
}

/// All requests: X_count, or X_bucket{le="+Inf"}.
std::optional<Selector> AllOf(const Selector& total) {
  std::string le;
  if (auto all = HistogramOf(total, "_count", &le); all && le.empty()) return all;
  le.clear();
  if (auto all = HistogramOf(total, "_bucket", &le); all && le == "+Inf") return all;
  return std::nullopt;
}

}  // namespace

std::optional<ExpressionError> CheckSloExpression(std::string_view expression) {
  const auto parsed = promql::ParseExpr(FillWindow(expression, kStandIn));
  if (parsed.ok()) {
    const promql::ValueType type = TypeOf(**parsed);
    if (type == promql::ValueType::kVector || type == promql::ValueType::kScalar) {
      return std::nullopt;
    }
    return ExpressionError{
        0, fmt::format("it gives a {}, a vector or a number is needed", DocumentedType(type))};
  }
  ExpressionError error;
  error.message = std::string(Message(parsed.status()));
  // "1:5: parse error: ...": of the text before $window was filled in, which may move it.
  const size_t first = error.message.find(':');
  if (first != std::string::npos && error.message.substr(0, first) == "1") {
    int column = 0;
    std::from_chars(error.message.data() + first + 1, error.message.data() + error.message.size(),
                    column);
    const bool before = expression.find(kWindow) >= static_cast<size_t>(std::max(column, 0));
    if (before) error.column = column;
  }
  return error;
}

std::string FillWindow(std::string_view expression, std::string_view range) {
  return Replace(expression, kWindow, range);
}

std::string FromTemplateWindow(std::string_view expression) {
  std::string out;
  while (true) {
    const size_t open = expression.find("{{");
    const size_t close = expression.find("}}", open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || close == std::string_view::npos) {
      return out + std::string(expression);
    }
    std::string_view inner = expression.substr(open + 2, close - open - 2);
    while (inner.starts_with(' ')) inner.remove_prefix(1);
    while (inner.ends_with(' ')) inner.remove_suffix(1);
    out += expression.substr(0, open);
    out += inner == ".window" ? kWindow : expression.substr(open, close + 2 - open);
    expression.remove_prefix(close + 2);
  }
}

std::string ToTemplateWindow(std::string_view expression) {
  return Replace(expression, kWindow, "{{.window}}");
}

std::optional<CountersFound> FindCounters(std::string_view expression,
                                          const CounterReading& reading) {
  const auto parsed = promql::ParseExpr(FillWindow(expression, kStandIn));
  if (!parsed.ok()) return std::nullopt;
  CountersFound found;
  if (!CounterWalk(reading, &found).Walk(**parsed, false, false)) return std::nullopt;
  if (found.count.counters.empty()) return std::nullopt;
  return found;
}

std::optional<Selector> FindSelector(std::string_view expression) {
  const auto parsed = promql::ParseExpr(expression);
  if (!parsed.ok()) return std::nullopt;
  const Expr& expr = promql::Unwrap(**parsed);
  if (expr.kind != ExprKind::kSelector) return std::nullopt;
  const auto& selector = As<promql::VectorSelector>(expr);
  Selector out = ToSelector(selector);
  if (IsShifted(selector.shift) || !IsOurs(out)) return std::nullopt;
  return out;
}

void RecognizeLatency(Indicator* sli) {
  const EventCount& total = sli->total;
  if (sli->kind != Indicator::Kind::kEvents || total.counters.size() != 1 || !total.less.empty()) {
    return;
  }
  const Selector* fast = nullptr;
  if (sli->good.counters.size() == 1 && sli->good.less.empty()) {
    fast = &sli->good.counters[0];
  } else if (sli->bad.counters.size() == 1 && sli->bad.less.size() == 1 &&
             SameMatchers(sli->bad.counters[0], total.counters[0])) {
    fast = &sli->bad.less[0];
  }
  const auto all = AllOf(total.counters[0]);
  std::string le;
  const auto histogram = fast == nullptr ? std::nullopt : HistogramOf(*fast, "_bucket", &le);
  if (!all || !histogram || !SameMatchers(*all, *histogram)) return;
  double bound = 0;
  const auto [end, error] = std::from_chars(le.data(), le.data() + le.size(), bound);
  if (error != std::errc() || end != le.data() + le.size() || !(bound >= kBoundMin) ||
      bound > kBoundMax || !IsOurs(*all)) {
    return;
  }
  Indicator latency;
  latency.kind = Indicator::Kind::kLatency;
  latency.is = Comparison::kAtMost;
  latency.histogram = *all;
  latency.bound = bound;
  latency.dependency = sli->dependency;
  *sli = std::move(latency);
}

}  // namespace kizashi
