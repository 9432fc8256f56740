#include "query/promql/duration.h"

#include <fmt/core.h>

#include <array>

#include "query/promql/go_text.h"

namespace kizashi::promql {
namespace {

struct Unit {
  std::string_view name;
  int64_t ms;
};
// The largest first: each may stand once, in this order.
constexpr std::array<Unit, 7> kUnits = {{{"y", 365LL * 86'400'000},
                                         {"w", 7LL * 86'400'000},
                                         {"d", 86'400'000},
                                         {"h", 3'600'000},
                                         {"m", 60'000},
                                         {"s", 1000},
                                         {"ms", 1}}};
constexpr int64_t kMsMax = std::numeric_limits<int64_t>::max() / 1'000'000;

}  // namespace

std::string ParseModelDuration(std::string_view text, int64_t* milliseconds) {
  *milliseconds = 0;
  if (text == "0") return {};
  if (text.empty()) return "empty duration string";
  const std::string not_valid = fmt::format("not a valid duration string: {}", QuoteGo(text));
  bool overflow = false;
  size_t unit = 0;
  while (!text.empty()) {
    size_t digits = 0;
    int64_t number = 0;
    for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
      number = number > kMsMax ? number : number * 10 + (text[digits] - '0');
    }
    size_t letters = digits;
    while (letters < text.size() && text[letters] >= 'a' && text[letters] <= 'z') ++letters;
    const std::string_view name = text.substr(digits, letters - digits);
    while (unit < kUnits.size() && kUnits[unit].name != name) ++unit;
    if (digits == 0 || unit == kUnits.size()) return not_valid;
    if (number > kMsMax / kUnits[unit].ms || *milliseconds > kMsMax - number * kUnits[unit].ms) {
      overflow = true;
    } else {
      *milliseconds += number * kUnits[unit].ms;
    }
    ++unit;
    text.remove_prefix(letters);
  }
  return overflow ? "duration out of range" : std::string();
}

std::string ParseQueryDuration(std::string_view text, int64_t* milliseconds) {
  std::string wrong = ParseModelDuration(text, milliseconds);
  if (wrong.empty() && *milliseconds == 0) return "duration must be greater than 0";
  return wrong;
}

}  // namespace kizashi::promql
