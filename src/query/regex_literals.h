// What text every match of a regular expression must hold, so that a search looks for that first.
//
// Careful rather than clever: what it is not sure of gives no literal, and the search is slower,
// not wrong. Knows RE2's syntax. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kizashi {

/// Texts that are all in every match of `regex`, none shorter than two bytes; may be empty. `regex`
/// is one that RE2 takes.
std::vector<std::string> RequiredLiterals(std::string_view regex);

}  // namespace kizashi
