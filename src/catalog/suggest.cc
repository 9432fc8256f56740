#include "catalog/suggest.h"

#include <fmt/core.h>

#include <algorithm>

namespace kizashi {
namespace {

/// Optimal string alignment distance.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min(
          {last[j] + 1, row[j - 1] + 1, last[j - 1] + static_cast<size_t>(a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string LowerCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view Nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  const std::string lower = LowerCase(word);
  size_t best = std::min<size_t>(std::max<size_t>(word.size() / 3, 1), 2) + 1;
  std::string_view nearest;
  for (const std::string_view candidate : candidates) {
    const size_t longer = std::max(candidate.size(), lower.size());
    const size_t shorter = std::min(candidate.size(), lower.size());
    if (longer - shorter >= best) continue;
    const size_t distance = EditDistance(lower, LowerCase(candidate));
    if (distance >= best) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const std::string_view nearest = Nearest(word, candidates);
  return nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest);
}

}  // namespace kizashi
