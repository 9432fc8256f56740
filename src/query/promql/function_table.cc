#include "query/promql/function_table.h"

#include <algorithm>

namespace kizashi::promql {
namespace {

using enum FunctionId;
constexpr ValueType kS = ValueType::kScalar;
constexpr ValueType kT = ValueType::kString;
constexpr ValueType kV = ValueType::kVector;
constexpr ValueType kM = ValueType::kMatrix;

// The functions of a date take a vector or nothing, which means now.
Function OfDate(FunctionId id, std::string_view name) { return {id, name, {kV}, 1, kV, true}; }

std::vector<Function> MakeFunctions() {
  return {
      {kAbs, "abs", {kV}},
      {kAbsent, "absent", {kV}},
      {kAbsentOverTime, "absent_over_time", {kM}},
      {kAcos, "acos", {kV}},
      {kAcosh, "acosh", {kV}},
      {kAsin, "asin", {kV}},
      {kAsinh, "asinh", {kV}},
      {kAtan, "atan", {kV}},
      {kAtanh, "atanh", {kV}},
      {kAvgOverTime, "avg_over_time", {kM}},
      {kCeil, "ceil", {kV}},
      {kChanges, "changes", {kM}},
      {kClamp, "clamp", {kV, kS, kS}},
      {kClampMax, "clamp_max", {kV, kS}},
      {kClampMin, "clamp_min", {kV, kS}},
      {kCos, "cos", {kV}},
      {kCosh, "cosh", {kV}},
      {kCountOverTime, "count_over_time", {kM}},
      OfDate(kDayOfMonth, "day_of_month"),
      OfDate(kDayOfWeek, "day_of_week"),
      OfDate(kDayOfYear, "day_of_year"),
      OfDate(kDaysInMonth, "days_in_month"),
      {kDeg, "deg", {kV}},
      {kDelta, "delta", {kM}},
      {kDeriv, "deriv", {kM}},
      {kExp, "exp", {kV}},
      {kFloor, "floor", {kV}},
      {kHistogramCount, "histogram_count", {kV}},
      {kHistogramFraction, "histogram_fraction", {kS, kS, kV}},
      {kHistogramQuantile, "histogram_quantile", {kS, kV}},
      {kHistogramSum, "histogram_sum", {kV}},
      {kHoltWinters, "holt_winters", {kM, kS, kS}},
      OfDate(kHour, "hour"),
      {kIdelta, "idelta", {kM}},
      {kIncrease, "increase", {kM}},
      {kIrate, "irate", {kM}},
      {kLabelJoin, "label_join", {kV, kT, kT, kT}, -1},
      {kLabelReplace, "label_replace", {kV, kT, kT, kT, kT}},
      {kLastOverTime, "last_over_time", {kM}},
      {kLn, "ln", {kV}},
      {kLog10, "log10", {kV}},
      {kLog2, "log2", {kV}},
      {kMaxOverTime, "max_over_time", {kM}},
      {kMinOverTime, "min_over_time", {kM}},
      OfDate(kMinute, "minute"),
      OfDate(kMonth, "month"),
      {kPi, "pi", {}, 0, kS},
      {kPredictLinear, "predict_linear", {kM, kS}, 0, kV, true},
      {kPresentOverTime, "present_over_time", {kM}},
      {kQuantileOverTime, "quantile_over_time", {kS, kM}},
      {kRad, "rad", {kV}},
      {kRate, "rate", {kM}},
      {kResets, "resets", {kM}},
      {kRound, "round", {kV, kS}, 1},
      {kScalar, "scalar", {kV}, 0, kS},
      {kSgn, "sgn", {kV}},
      {kSin, "sin", {kV}},
      {kSinh, "sinh", {kV}},
      {kSort, "sort", {kV}},
      {kSortDesc, "sort_desc", {kV}},
      {kSqrt, "sqrt", {kV}},
      {kStddevOverTime, "stddev_over_time", {kM}},
      {kStdvarOverTime, "stdvar_over_time", {kM}},
      {kSumOverTime, "sum_over_time", {kM}},
      {kTan, "tan", {kV}},
      {kTanh, "tanh", {kV}},
      {kTime, "time", {}, 0, kS, true},
      {kTimestamp, "timestamp", {kV}, 0, kV, true},
      {kVector, "vector", {kS}},
      OfDate(kYear, "year"),
  };
}

const std::vector<Function>& Functions() {
  static const std::vector<Function> functions = MakeFunctions();
  return functions;
}

}  // namespace

const Function* FindFunction(std::string_view name) {
  const auto& all = Functions();
  const auto at =
      std::lower_bound(all.begin(), all.end(), name,
                       [](const Function& f, std::string_view n) { return f.name < n; });
  return at != all.end() && at->name == name ? &*at : nullptr;
}

std::span<const Function> AllFunctions() { return Functions(); }

}  // namespace kizashi::promql
