// Pyrra's alerts: four pairs whose windows scale with the SLO's from 28 days, at the rounded
// factors 14, 7, 2 and 1. Pure functions; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "catalog/slo.h"

namespace kizashi {

inline constexpr std::string_view kPyrraPairNames[] = {"fast-burn", "medium-burn", "slow-burn",
                                                       "long-term-burn"};
std::vector<BurnPair> PyrraPairs(Duration window);

/// The metrics of a ratio (errors, total), a latency (success, total) or a gauge (the same twice).
struct PyrraIndicator {
  Selector part;
  Selector total;
};
/// InvalidArgument when Pyrra has no such indicator.
StatusOr<PyrraIndicator> PyrraIndicatorOf(const SloSpec& slo);

// Where the service stands, which Pyrra does not have: a label of the user's, or an annotation of
// ours.
inline constexpr std::string_view kPyrraServiceLabel = "pyrra.dev/service";
inline constexpr std::string_view kPyrraServiceAnnotation = "kizashi.dev/service";

// Keys of annotations that keep what an SloSpec does not have.
inline constexpr std::string_view kPyrraNamespace = "pyrra/namespace";
inline constexpr std::string_view kPyrraGrouping = "pyrra/grouping";
inline constexpr std::string_view kPyrraAlertName = "pyrra/alerting.name";
inline constexpr std::string_view kPyrraAbsent = "pyrra/alerting.absent";
/// Labels with this prefix are on every rule, without it.
inline constexpr std::string_view kPyrraPropagated = "pyrra.dev/";

}  // namespace kizashi
