// Regular expressions of queries with the messages of Go's regexp.
#pragma once

#include <string>

#include "catalog/catalog.h"

namespace kizashi::promql {

/// What Prometheus says about the regex of a matcher; nothing when it is fine. RE2 decides.
std::string CheckMatcherRegex(const std::string& pattern);

/// Whether the matcher holds for a series without the label.
bool MatchesEmpty(const LabelMatcher& matcher);

}  // namespace kizashi::promql
