// label_replace and label_join.
#pragma once

#include <string>
#include <vector>

#include "query/promql/vector_operators.h"

namespace kizashi::promql {

/// `texts`: destination, replacement, source, regex.
Relabel MakeLabelReplace(const std::vector<std::string>& texts);
/// `texts`: destination, separator, sources.
Relabel MakeLabelJoin(const std::vector<std::string>& texts);

}  // namespace kizashi::promql
