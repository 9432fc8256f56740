// PromQL in SLOs: checks it, finds the counters in it, fills in the range that $window stands for.
//
// Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalog/load.h"
#include "catalog/slo.h"

namespace kizashi {

/// What is wrong with an expression in which $window stands for a range; hand it to LoadCatalog.
std::optional<ExpressionError> CheckSloExpression(std::string_view expression);

/// The expression with every $window replaced by a range such as "5m".
std::string FillWindow(std::string_view expression, std::string_view range);

/// `{{.window}}` and `{{ .window }}`, as Sloth and OpenSLO's examples write it, to $window.
std::string FromTemplateWindow(std::string_view expression);
/// And back.
std::string ToTemplateWindow(std::string_view expression);

struct CounterReading {
  /// A metric without rate() or increase() is a counter itself (OpenSLO's `counter: true`).
  bool bare = false;
  /// rate() and increase() may have any range, not $window alone.
  bool any_range = false;
};

struct CountersFound {
  EventCount count;
  bool grouped = false;  // a `by` or `without` was dropped, or there was no sum
};

/// The counters of sums and differences of sum(rate(X[$window])) and sum(increase(X[$window])),
/// also with `or vector(0)`; nothing for any other form.
std::optional<CountersFound> FindCounters(std::string_view expression,
                                          const CounterReading& reading);

/// The selector of an expression that is nothing else.
std::optional<Selector> FindSelector(std::string_view expression);

/// Turns counts of X_bucket{le="..."} against X_count into kLatency; other events stay.
void RecognizeLatency(Indicator* indicator);

}  // namespace kizashi
