// The rules that measure SLOs whose indicator is an expression: what it gives is recorded for each
// slice as kizashi_slo_measure{service, slo, part}, journaled like any sample, and so judged.
//
// Pure; any thread.
#pragma once

#include <vector>

#include "catalog/catalog.h"
#include "query/rules/rule_file.h"

namespace kizashi {

/// One group for each interval, of the file "SLOs". An expression that cannot be read is left out:
/// `kizashi check` and the server's start say so.
std::vector<rules::RuleGroupSpec> SloMeasureGroups(const Catalog& catalog);

}  // namespace kizashi
