// "Did you mean ...?"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kizashi {

/// The candidate nearest to `word` (edit distance, a swap of neighbours counting as one; letter
/// case does not count), when it is near enough to be a slip: one change in three letters, at most
/// two in all. Empty when there is none.
std::string_view Nearest(std::string_view word, const std::vector<std::string_view>& candidates);

/// "; did you mean 'owner'?" or nothing.
std::string DidYouMean(std::string_view word, const std::vector<std::string_view>& candidates);

/// ASCII letters only, which is what names are made of.
std::string LowerCase(std::string_view text);

}  // namespace kizashi
