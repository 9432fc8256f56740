// The functions of PromQL in Prometheus 2.42: names and types of arguments and result.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "query/promql/ast.h"

namespace kizashi::promql {

enum class FunctionId : uint8_t {
  kAbs,
  kAbsent,
  kAbsentOverTime,
  kAcos,
  kAcosh,
  kAsin,
  kAsinh,
  kAtan,
  kAtanh,
  kAvgOverTime,
  kCeil,
  kChanges,
  kClamp,
  kClampMax,
  kClampMin,
  kCos,
  kCosh,
  kCountOverTime,
  kDayOfMonth,
  kDayOfWeek,
  kDayOfYear,
  kDaysInMonth,
  kDeg,
  kDelta,
  kDeriv,
  kExp,
  kFloor,
  kHistogramCount,
  kHistogramFraction,
  kHistogramQuantile,
  kHistogramSum,
  kHoltWinters,
  kHour,
  kIdelta,
  kIncrease,
  kIrate,
  kLabelJoin,
  kLabelReplace,
  kLastOverTime,
  kLn,
  kLog10,
  kLog2,
  kMaxOverTime,
  kMinOverTime,
  kMinute,
  kMonth,
  kPi,
  kPredictLinear,
  kPresentOverTime,
  kQuantileOverTime,
  kRad,
  kRate,
  kResets,
  kRound,
  kScalar,
  kSgn,
  kSin,
  kSinh,
  kSort,
  kSortDesc,
  kSqrt,
  kStddevOverTime,
  kStdvarOverTime,
  kSumOverTime,
  kTan,
  kTanh,
  kTime,
  kTimestamp,
  kVector,
  kYear,
};

struct Function {
  FunctionId id;
  std::string_view name;
  std::vector<ValueType> arguments;
  int variadic = 0;  // how many of the last argument may follow it; -1: any number
  ValueType result = ValueType::kVector;
  /// Its value depends on the evaluation's time even when all selectors have @.
  bool depends_on_time = false;
};

/// Nullptr when there is none.
const Function* FindFunction(std::string_view name);
/// All of them, by name.
std::span<const Function> AllFunctions();

}  // namespace kizashi::promql
