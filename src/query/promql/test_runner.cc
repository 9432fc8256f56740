#include "query/promql/test_runner.h"

#include <fmt/core.h>

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "query/promql/at_modifier.h"
#include "query/promql/engine.h"
#include "query/promql/function_table.h"
#include "query/promql/go_text.h"
#include "query/promql/memory_source.h"

namespace kizashi::promql {
namespace {

std::string Show(double value) { return FormatFloat(value, FloatStyle::kShortest); }

std::string Show(const QueryResult& result) {
  if (result.type == ValueType::kString) return QuoteGo(result.text);
  std::string out;
  for (const ResultSeries& series : result.series) {
    if (!out.empty()) out += ", ";
    if (result.type != ValueType::kScalar) out += series.labels.ToString() + " ";
    for (size_t i = 0; i < series.values.size(); ++i) {
      if (i > 0) out += ' ';
      out += Show(series.values[i]);
      if (result.type == ValueType::kMatrix) out += fmt::format("@{}ms", series.times_ms[i]);
    }
  }
  return out.empty() ? "nothing" : out;
}

std::string ShowExpected(const TestEval& eval) {
  if (eval.scalar) return Show(eval.scalar_value);
  std::string out;
  for (const SeriesDescription& series : eval.expected) {
    if (!out.empty()) out += ", ";
    out += series.labels.ToString();
    for (const SequenceValue& value : series.values) {
      out += value.omitted ? " _" : " " + Show(value.value);
    }
  }
  return out.empty() ? "nothing" : out;
}

/// Puts `@ at_ms` on each selector that has none and is not inside a subquery that has one. False
/// when a function depends on the time of evaluation, so that it cannot be evaluated at another.
bool PinTimes(Expr& expr, int64_t at_ms, std::vector<const SubqueryExpr*>* path) {
  const bool fixed = TimesOf(*path).at_ms.has_value();
  const auto pin = [&](TimeShift* shift) {
    if (!fixed && !shift->at_ms) shift->at_ms = at_ms;
  };
  bool fine = true;
  const SubqueryExpr* subquery = nullptr;
  switch (expr.kind) {
    case ExprKind::kSelector: pin(&As<VectorSelector>(expr).shift); break;
    case ExprKind::kMatrixSelector: pin(&As<MatrixSelector>(expr).selector->shift); break;
    case ExprKind::kSubquery:
      subquery = &As<SubqueryExpr>(expr);
      pin(&As<SubqueryExpr>(expr).shift);
      break;
    case ExprKind::kCall: fine = fixed || !As<Call>(expr).function->depends_on_time; break;
    default: break;
  }
  if (subquery != nullptr) path->push_back(subquery);
  for (ExprPtr* child : Children(expr)) fine = PinTimes(**child, at_ms, path) && fine;
  if (subquery != nullptr) path->pop_back();
  return fine;
}

struct Instant {
  std::string query;
  int64_t at_ms = 0;
};

/// The case itself, and its repetitions.
std::vector<Instant> InstantsOf(const TestEval& eval) {
  std::vector<Instant> instants = {{eval.query, eval.start_ms}};
  auto parsed = ParseExpr(eval.query);
  if (!parsed.ok()) return instants;
  std::vector<const SubqueryExpr*> path;
  if (!PinTimes(**parsed, eval.start_ms, &path)) return instants;
  const std::string pinned = Print(**parsed);
  const int64_t t = eval.start_ms;
  const std::vector<int64_t> others = t == 0 ? std::vector<int64_t>{-1000, 0, 1000}
                                             : std::vector<int64_t>{-10 * t, 0, t / 5, t, 10 * t};
  for (const int64_t other : others) instants.push_back({pinned, other});
  return instants;
}

class Runner {
 public:
  void Run(const TestCommand& command) {
    if (const auto* load = std::get_if<TestLoad>(&command.what)) return Load(*load);
    if (const auto* eval = std::get_if<TestEval>(&command.what)) return Eval(command.line, *eval);
    source_.Clear();
  }
  TestReport TakeReport() { return std::move(report_); }

 private:
  void Load(const TestLoad& load) {
    for (const SeriesDescription& series : load.series) {
      int64_t time_ms = 0;
      for (const SequenceValue& value : series.values) {
        if (!value.omitted) source_.Add(series.labels, time_ms, value.value);
        time_ms += load.step_ms;
      }
    }
  }

  void Eval(size_t line, const TestEval& eval) {
    std::string wrong = eval.range ? CheckRange(eval) : CheckInstants(eval);
    if (wrong.empty()) {
      ++report_.passed;
    } else {
      report_.failures.push_back({line, std::move(wrong)});
    }
  }

  /// What is wrong, or nothing.
  std::string CheckInstants(const TestEval& eval) const {
    for (const Instant& instant : InstantsOf(eval)) {
      const auto where = [&](std::string_view mode) {
        return fmt::format("{} at {}{}", instant.query, FormatPromTime(instant.at_ms), mode);
      };
      const auto result =
          QueryInstant(source_, instant.query, TimeFromMs(instant.at_ms), QueryOptions());
      if (!result.ok() && eval.fails) continue;
      if (std::string wrong = Judge(eval, where(""), result); !wrong.empty()) return wrong;
      const auto range =
          QueryRange(source_, instant.query, TimeFromMs(instant.at_ms - 60'000),
                     TimeFromMs(instant.at_ms + 60'000), std::chrono::minutes(1), QueryOptions());
      if (!range.ok()) return Judge(eval, where(" as a range"), range);
      if (eval.ordered) continue;
      QueryResult middle = Middle(*range, instant.at_ms, result->type);
      if (std::string wrong = Judge(eval, where(" as a range"), std::move(middle));
          !wrong.empty()) {
        return wrong;
      }
    }
    return {};
  }

  static std::string FormatPromTime(int64_t ms) {
    return ms < 0 ? "-" + FormatPromDuration(-ms) : FormatPromDuration(ms);
  }

  static QueryResult Middle(const QueryResult& range, int64_t at_ms, ValueType type) {
    QueryResult middle;
    middle.type = type;
    for (const ResultSeries& series : range.series) {
      for (size_t i = 0; i < series.values.size(); ++i) {
        if (series.times_ms[i] != at_ms) continue;
        middle.series.push_back({series.labels, {at_ms}, {series.values[i]}});
      }
    }
    return middle;
  }

  std::string CheckRange(const TestEval& eval) const {
    const auto result = QueryRange(source_, eval.query, TimeFromMs(eval.start_ms),
                                   TimeFromMs(eval.end_ms), Duration(eval.step_ms), QueryOptions());
    if (!result.ok() && eval.fails) return {};
    return Judge(eval, eval.query, result);
  }

  static std::string Judge(const TestEval& eval, const std::string& where,
                           const StatusOr<QueryResult>& result) {
    const auto differs = [&](std::string_view got) {
      return fmt::format("{}: expected {}, got {}", where,
                         eval.fails ? "an error" : ShowExpected(eval), got);
    };
    if (!result.ok()) return differs("error: " + std::string(Message(result.status())));
    if (eval.fails) return differs(Show(*result));
    const bool same = eval.range                           ? SameMatrix(eval, *result)
                      : result->type == ValueType::kVector ? SameVector(eval, *result)
                                                           : SameScalar(eval, *result);
    return same ? std::string() : differs(Show(*result));
  }

  static bool SameScalar(const TestEval& eval, const QueryResult& result) {
    return result.type == ValueType::kScalar && eval.scalar && result.series.size() == 1 &&
           AlmostEqual(eval.scalar_value, result.series[0].values[0]);
  }

  static bool SameVector(const TestEval& eval, const QueryResult& result) {
    if (eval.scalar || eval.expected.size() != result.series.size()) return false;
    std::map<Labels, std::pair<size_t, double>> expected;
    for (size_t i = 0; i < eval.expected.size(); ++i) {
      expected[eval.expected[i].labels] = {i, eval.expected[i].values[0].value};
    }
    for (size_t i = 0; i < result.series.size(); ++i) {
      const auto found = expected.find(result.series[i].labels);
      if (found == expected.end()) return false;
      if (eval.ordered && found->second.first != i) return false;
      if (!AlmostEqual(found->second.second, result.series[i].values[0])) return false;
    }
    return expected.size() == result.series.size();
  }

  static bool SameMatrix(const TestEval& eval, const QueryResult& result) {
    std::map<Labels, std::map<int64_t, double>> expected;
    for (const SeriesDescription& series : eval.expected) {
      auto& values = expected[series.labels];
      for (size_t i = 0; i < series.values.size(); ++i) {
        if (series.values[i].omitted) continue;
        values[eval.start_ms + static_cast<int64_t>(i) * eval.step_ms] = series.values[i].value;
      }
    }
    if (expected.size() != result.series.size()) return false;
    for (const ResultSeries& series : result.series) {
      const auto found = expected.find(series.labels);
      if (found == expected.end() || found->second.size() != series.values.size()) return false;
      size_t i = 0;
      for (const auto& [time_ms, value] : found->second) {
        if (series.times_ms[i] != time_ms || !AlmostEqual(value, series.values[i])) return false;
        ++i;
      }
    }
    return true;
  }

  MemorySource source_;
  TestReport report_;
};

}  // namespace

bool AlmostEqual(double a, double b) {
  constexpr double kEpsilon = 0.000001;
  constexpr double kMinNormal = std::numeric_limits<double>::min();
  if (std::isnan(a) && std::isnan(b)) return true;
  if (a == b) return true;
  const double difference = std::fabs(a - b);
  if (a == 0 || b == 0 || difference < kMinNormal) return difference < kEpsilon * kMinNormal;
  return difference / (std::fabs(a) + std::fabs(b)) < kEpsilon;
}

TestReport RunTestScript(const std::vector<TestCommand>& commands) {
  Runner runner;
  for (const TestCommand& command : commands) runner.Run(command);
  return runner.TakeReport();
}

}  // namespace kizashi::promql
