#include "query/rules/humanize.h"

#include <fmt/core.h>

#include <array>
#include <cmath>
#include <string_view>

#include "base/clock.h"
#include "query/rules/go_printf.h"

namespace kizashi::rules {
namespace {

constexpr int kDigits = 4;
constexpr std::array<std::string_view, 8> kLarge = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
constexpr std::array<std::string_view, 8> kSmall = {"m", "u", "n", "p", "f", "a", "z", "y"};
constexpr std::array<std::string_view, 8> kBinary = {"ki", "Mi", "Gi", "Ti",
                                                     "Pi", "Ei", "Zi", "Yi"};

std::string Larger(double value, double base, const std::array<std::string_view, 8>& prefixes) {
  std::string_view prefix;
  for (const std::string_view next : prefixes) {
    if (std::fabs(value) < base) break;
    prefix = next;
    value /= base;
  }
  return FormatDigits(value, kDigits) + std::string(prefix);
}

std::string Smaller(double value) {
  std::string_view prefix;
  for (const std::string_view next : kSmall) {
    if (std::fabs(value) >= 1) break;
    prefix = next;
    value *= 1000;
  }
  return FormatDigits(value, kDigits) + std::string(prefix);
}

}  // namespace

std::string Humanize(double value) {
  if (value == 0 || !std::isfinite(value)) return FormatDigits(value, kDigits);
  return std::fabs(value) >= 1 ? Larger(value, 1000, kLarge) : Smaller(value);
}

std::string Humanize1024(double value) {
  if (std::fabs(value) <= 1 || !std::isfinite(value)) return FormatDigits(value, kDigits);
  return Larger(value, 1024, kBinary);
}

std::string HumanizeDuration(double seconds) {
  constexpr double kWholeMax = 9e18;
  if (!std::isfinite(seconds)) return FormatDigits(seconds, kDigits);
  if (seconds == 0) return FormatDigits(seconds, kDigits) + "s";
  if (std::fabs(seconds) < 1) return Smaller(seconds) + "s";
  const std::string_view sign = seconds < 0 ? "-" : "";
  const double size = std::fabs(seconds);
  const auto whole = static_cast<int64_t>(std::fmin(size, kWholeMax));
  const int64_t s = whole % 60;
  const int64_t m = whole / 60 % 60;
  const int64_t h = whole / 3600 % 24;
  const int64_t d = whole / 86400;
  if (d != 0) return fmt::format("{}{}d {}h {}m {}s", sign, d, h, m, s);
  if (h != 0) return fmt::format("{}{}h {}m {}s", sign, h, m, s);
  if (m != 0) return fmt::format("{}{}m {}s", sign, m, s);
  return fmt::format("{}{}s", sign, FormatDigits(size, kDigits));
}

std::string HumanizePercentage(double value) { return FormatDigits(value * 100, kDigits) + "%"; }

StatusOr<std::string> HumanizeTimestamp(double seconds) {
  constexpr double kNanosecondsMax = 9223372036854775807.0;
  if (!std::isfinite(seconds)) return FormatDigits(seconds, kDigits);
  const double nanoseconds = seconds * 1e9;
  if (!(std::fabs(nanoseconds) < kNanosecondsMax)) {
    return InvalidArgument(
        "{} cannot be represented as a nanoseconds timestamp since it overflows int64",
        PrintValue({seconds}));
  }
  const int64_t ms = static_cast<int64_t>(nanoseconds) / 1'000'000;
  // "2015-06-23T13:26:24.128Z"
  std::string text = FormatTime(TimeFromMs(ms));
  text.pop_back();
  text[text.find('T')] = ' ';
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text + " +0000 UTC";
}

}  // namespace kizashi::rules
