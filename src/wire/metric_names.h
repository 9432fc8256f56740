// What may be the name of a metric and of a label (Prometheus' data model; Remote Write 1.0). Any
// thread.
#pragma once

#include <algorithm>
#include <string_view>

namespace kizashi {

constexpr bool IsNameLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// [a-zA-Z_][a-zA-Z0-9_]*
constexpr bool IsLabelName(std::string_view name) {
  return !name.empty() && IsNameLetter(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return IsNameLetter(c) || (c >= '0' && c <= '9'); });
}

/// [a-zA-Z_:][a-zA-Z0-9_:]*
constexpr bool IsMetricName(std::string_view name) {
  return !name.empty() && (IsNameLetter(name[0]) || name[0] == ':') &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return IsNameLetter(c) || c == ':' || (c >= '0' && c <= '9'); });
}

}  // namespace kizashi
