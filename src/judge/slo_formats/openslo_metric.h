// OpenSLO's metrics: what an SLI measures, in the forms of v1alpha, v1 and v2alpha. Private to this
// folder; one thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "catalog/field.h"
#include "judge/slo_formats/slo_import.h"

namespace kizashi {

/// The data sources of the files by name: their type.
using OpenSloSources = std::map<std::string, std::string>;

/// Of an objective: how a threshold metric is judged.
struct OpenSloThreshold {
  Field value;
  Field op;
  bool samples = false;  // budgeting by occurrences
};

/// `spec` is an SLI's, with ratioMetric or thresholdMetric (v1alpha: ratioMetrics in the
/// objective).
std::optional<Indicator> ReadOpenSloMetric(const Field& spec, const OpenSloThreshold& threshold,
                                           const OpenSloSources& sources, SloFormat format);

}  // namespace kizashi
