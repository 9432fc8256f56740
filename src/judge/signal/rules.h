// The shipped table of rules: which metrics make which of the eight signals of a service.
//
// To teach Kizashi a new exporter, add rows to rules.cc. Rules that share an `id` are alternatives:
// the first one that finds any series of the service speaks. Selectors are PromQL's.
#pragma once

#include <span>
#include <string_view>

namespace kizashi {

enum class SignalClass {
  // Work
  kThroughput,
  kSuccess,
  kError,
  kPerformance,
  // Resource
  kUtilization,
  kSaturation,
  kErrors,
  kAvailability,
};
std::string_view SignalClassName(SignalClass of);  // "throughput", ...
bool IsWork(SignalClass of);

enum class SignalKind {
  kRate,           // increase of the numerator per second
  kIncreaseRatio,  // increase of the numerator over that of the denominator
  kIncreaseRest,   // 1 - kIncreaseRatio
  kSum,            // latest values added up
  kMean,           // mean of the latest values
  kMax,            // largest of the latest values
  kRatio,          // sum of the numerator over that of the denominator
  kRest,           // 1 - kRatio
  kQuantile99,     // 99th percentile of a classic histogram's increase (numerator: _bucket series)
};

struct SignalRule {
  std::string_view id;  // unique in a service's boards; also the key of its name in the page
  SignalClass signal;
  SignalKind kind;
  std::string_view unit;  // "per_second", "ratio", "seconds", "bytes", "bytes_per_second", "count"
  std::string_view numerator;
  std::string_view denominator;  // "" unless the kind needs one
};

std::span<const SignalRule> SignalRules();

}  // namespace kizashi
