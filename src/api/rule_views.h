// Rules and their alerts as Prometheus' HTTP API writes them (2.42, /api/v1/rules and /alerts).
#pragma once

#include <string>

#include "api/prometheus_params.h"
#include "base/status.h"
#include "query/rules/rule_status.h"

namespace kizashi {

/// `{"groups":[...]}`. Parameters: type (alert, record), and of later versions rule_name[],
/// rule_group[] and file[].
StatusOr<std::string> RulesJson(const rules::RuleSnapshot& snapshot,
                                const PrometheusParams& params);

/// `{"alerts":[...]}`: the pending and firing ones.
std::string RuleAlertsJson(const rules::RuleSnapshot& snapshot);

}  // namespace kizashi
