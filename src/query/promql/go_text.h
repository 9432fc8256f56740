// Text as Go's fmt and strconv print it: messages and results of Prometheus are compared verbatim.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kizashi::promql {

/// What stands for a byte that begins no UTF-8 character, as in Go.
inline constexpr char32_t kRuneError = 0xfffd;

/// The character at the start of `text`, which is not empty, and its length in bytes; kRuneError
/// and 1 when the bytes are not UTF-8.
char32_t DecodeRune(std::string_view text, size_t* length);

/// fmt's %q of a string and of a character.
std::string QuoteGo(std::string_view text);
std::string QuoteRune(char32_t rune);
/// fmt's %#U: `U+0071 'q'`.
std::string DescribeRune(char32_t rune);

/// At most `count` characters of `text`.
std::string_view FirstRunes(std::string_view text, size_t count);

enum class FloatStyle {
  kFixed,     // strconv's 'f', -1: never an exponent
  kShortest,  // fmt's %v: an exponent below 1e-4 and from 1e21
  kJson,      // Prometheus' results: an exponent below 1e-6 and from 1e21
};

/// The shortest digits that read back the same; NaN, +Inf, -Inf.
std::string FormatFloat(double value, FloatStyle style);
void AppendFloat(double value, FloatStyle style, std::string* out);

/// fmt's %f and %.3f.
std::string FormatDecimals(double value, int decimals);

/// Reads a number as strconv.ParseFloat does. Nullopt when it is none or does not fit a double,
/// which `*out_of_range` tells apart.
std::optional<double> ParseGoFloat(std::string_view text, bool* out_of_range);

/// Prometheus' durations: "1h30m"; years and weeks only when nothing is left over.
std::string FormatPromDuration(int64_t milliseconds);

}  // namespace kizashi::promql
