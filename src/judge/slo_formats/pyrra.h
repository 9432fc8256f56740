// Pyrra's alerts: four pairs whose windows scale with the SLO's from 28 days, at the rounded
// factors 14, 7, 2 and 1. Pure functions; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "catalog/slo.h"

namespace kizashi {

inline constexpr std::string_view kPyrraPairNames[] = {"fast-burn", "medium-burn", "slow-burn",
                                                       "long-term-burn"};
std::vector<BurnPair> PyrraPairs(Duration window);

// Keys of annotations that keep what an SloSpec does not have.
inline constexpr std::string_view kPyrraNamespace = "pyrra/namespace";
inline constexpr std::string_view kPyrraGrouping = "pyrra/grouping";
inline constexpr std::string_view kPyrraAlertName = "pyrra/alerting.name";
inline constexpr std::string_view kPyrraAbsent = "pyrra/alerting.absent";
/// Labels with this prefix are on every rule, without it.
inline constexpr std::string_view kPyrraPropagated = "pyrra.dev/";

}  // namespace kizashi
