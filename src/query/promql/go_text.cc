#include "query/promql/go_text.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "catalog/go_string.h"

namespace kizashi::promql {
namespace {

bool IsPrintable(char32_t c) {
  if (c < 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0xad) return false;
  if (c >= 0x2000 && c <= 0x200f) return false;
  if (c >= 0x2028 && c <= 0x202f) return false;
  if (c >= 0x205f && c <= 0x206f) return false;
  if (c >= 0xd800 && c <= 0xf8ff) return false;  // surrogates and private use
  return c != 0x3000 && c != 0xfeff && c <= 0x10ffff && c < 0xf0000;
}

void AppendEscaped(char32_t c, std::string_view bytes, bool invalid, char quote, std::string* out) {
  if (invalid) {
    *out += fmt::format("\\x{:02x}", static_cast<uint8_t>(bytes[0]));
    return;
  }
  if (c == static_cast<char32_t>(quote) || c == '\\') {
    *out += '\\';
    *out += static_cast<char>(c);
    return;
  }
  if (IsPrintable(c)) {
    *out += bytes;
    return;
  }
  constexpr std::string_view kEscaped = "\a\b\f\n\r\t\v";
  constexpr std::string_view kNames = "abfnrtv";
  if (c < 0x80) {
    if (const size_t i = kEscaped.find(static_cast<char>(c)); i != std::string_view::npos) {
      *out += '\\';
      *out += kNames[i];
      return;
    }
  }
  const auto number = static_cast<uint32_t>(c);
  if (c < 0x20 || c == 0x7f) {
    *out += fmt::format("\\x{:02x}", number);
  } else if (c < 0x10000) {
    *out += fmt::format("\\u{:04x}", number);
  } else {
    *out += fmt::format("\\U{:08x}", number);
  }
}

/// The decimal digits of a finite number and where the point stands: 0.D1D2... * 10^point.
struct Digits {
  bool negative = false;
  std::string digits;
  int point = 0;
};

Digits ShortestDigits(double value) {
  std::array<char, 40> text;
  const auto end =
      std::to_chars(text.begin(), text.end(), std::fabs(value), std::chars_format::scientific);
  const std::string_view all(text.data(), static_cast<size_t>(end.ptr - text.data()));
  const size_t e = all.find('e');
  Digits result{std::signbit(value), {}, std::atoi(std::string(all.substr(e + 1)).c_str()) + 1};
  for (const char c : all.substr(0, e)) {
    if (c != '.') result.digits += c;
  }
  if (value == 0) result.point = 1;
  return result;
}

std::string PrintFixed(const Digits& d) {
  std::string out = d.negative ? "-" : "";
  const int length = static_cast<int>(d.digits.size());
  if (d.point <= 0) {
    out += "0.";
    out.append(static_cast<size_t>(-d.point), '0');
    out += d.digits;
  } else if (d.point >= length) {
    out += d.digits;
    out.append(static_cast<size_t>(d.point - length), '0');
  } else {
    out += d.digits.substr(0, static_cast<size_t>(d.point));
    out += '.';
    out += d.digits.substr(static_cast<size_t>(d.point));
  }
  return out;
}

std::string PrintExponent(const Digits& d) {
  std::string out = d.negative ? "-" : "";
  out += d.digits[0];
  if (d.digits.size() > 1) {
    out += '.';
    out += d.digits.substr(1);
  }
  const int exponent = d.point - 1;
  out += exponent < 0 ? "e-" : "e+";
  out += fmt::format("{:02d}", std::abs(exponent));
  return out;
}

}  // namespace

char32_t DecodeRune(std::string_view text, size_t* length) {
  *length = 1;
  const auto byte = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return first;
  const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return kRuneError;
  char32_t c = first & (0xffU >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return kRuneError;
    c = (c << 6) | (byte(i) & 0x3fU);
  }
  const bool too_long = (size == 3 && c < 0x800) || (size == 4 && c < 0x10000);
  if (too_long || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return kRuneError;
  *length = size;
  return c;
}

std::string QuoteGo(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    size_t length = 1;
    const char32_t c = DecodeRune(text, &length);
    AppendEscaped(c, text.substr(0, length), c == kRuneError && length == 1, '"', &out);
    text.remove_prefix(length);
  }
  out += '"';
  return out;
}

std::string QuoteRune(char32_t rune) {
  std::string bytes;
  AppendUtf8(rune, &bytes);
  std::string out = "'";
  AppendEscaped(rune, bytes, false, '\'', &out);
  out += '\'';
  return out;
}

std::string DescribeRune(char32_t rune) {
  std::string out = fmt::format("U+{:04X}", static_cast<uint32_t>(rune));
  if (IsPrintable(rune)) {
    out += " '";
    AppendUtf8(rune, &out);
    out += '\'';
  }
  return out;
}

std::string_view FirstRunes(std::string_view text, size_t count) {
  size_t at = 0;
  for (; count > 0 && at < text.size(); --count) {
    size_t length = 1;
    DecodeRune(text.substr(at), &length);
    at += length;
  }
  return text.substr(0, at);
}

std::string FormatFloat(double value, FloatStyle style) {
  std::string out;
  AppendFloat(value, style, &out);
  return out;
}

void AppendFloat(double value, FloatStyle style, std::string* out) {
  const double size = std::fabs(value);
  // All styles agree on these, and the library's shortest digits need no zeros behind them.
  if (size >= 1e-4 && size < 1e15) {
    std::array<char, 40> text;
    const auto end = std::to_chars(text.begin(), text.end(), value, std::chars_format::fixed);
    out->append(text.data(), static_cast<size_t>(end.ptr - text.data()));
    return;
  }
  if (std::isnan(value)) {
    *out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    *out += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  const Digits digits = ShortestDigits(value);
  const int exponent = value == 0 ? 0 : digits.point - 1;
  if (style == FloatStyle::kShortest && (exponent < -4 || exponent >= 21)) {
    *out += PrintExponent(digits);
  } else if (style == FloatStyle::kJson && size != 0 && (size < 1e-6 || size >= 1e21)) {
    *out += PrintExponent(digits);
  } else {
    *out += PrintFixed(digits);
  }
}

std::string FormatDecimals(double value, int decimals) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{:.{}f}", value, decimals);
}

std::optional<double> ParseGoFloat(std::string_view text, bool* out_of_range) {
  *out_of_range = false;
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest.empty()) return std::nullopt;
  std::string lower(rest.substr(0, 9));
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  const double sign = negative ? -1.0 : 1.0;
  if (lower == "inf" || lower == "infinity") return sign * std::numeric_limits<double>::infinity();
  if (lower == "nan") {
    if (rest.size() != text.size()) return std::nullopt;  // Go takes no sign before it
    return std::numeric_limits<double>::quiet_NaN();
  }
  auto format = std::chars_format::general;
  if (lower.starts_with("0x")) {
    rest.remove_prefix(2);
    format = std::chars_format::hex;
    if (rest.find_first_of("pP") == std::string_view::npos) return std::nullopt;
  }
  if (rest.empty() || rest[0] == '-' || lower[0] == 'i' || lower[0] == 'n') return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value, format);
  if (error == std::errc::result_out_of_range) {
    // Too small is nothing, as in Go; too large does not fit.
    value = std::strtod(std::string(rest).c_str(), nullptr);
    if (std::isinf(value)) {
      *out_of_range = true;
      return std::nullopt;
    }
    return sign * value;
  }
  if (error != std::errc() || end != rest.data() + rest.size()) return std::nullopt;
  return sign * value;
}

std::string FormatPromDuration(int64_t milliseconds) {
  if (milliseconds == 0) return "0s";
  struct Unit {
    std::string_view name;
    int64_t ms;
    bool whole;
  };
  constexpr std::array<Unit, 7> kUnits = {{{"y", 365LL * 86'400'000, true},
                                           {"w", 7LL * 86'400'000, true},
                                           {"d", 86'400'000, false},
                                           {"h", 3'600'000, false},
                                           {"m", 60'000, false},
                                           {"s", 1000, false},
                                           {"ms", 1, false}}};
  std::string out;
  int64_t rest = milliseconds;
  for (const Unit& unit : kUnits) {
    if (unit.whole && rest % unit.ms != 0) continue;
    if (const int64_t n = rest / unit.ms; n > 0) {
      out += fmt::format("{}{}", n, unit.name);
      rest -= n * unit.ms;
    }
  }
  return out;
}

}  // namespace kizashi::promql
