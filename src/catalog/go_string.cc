#include "catalog/go_string.h"

#include <fmt/core.h>

#include <cstdint>
#include <iterator>
#include <optional>

#include "wire/yaml_position.h"

namespace kizashi {
namespace {

/// The value of `digits` digits of `base` at the start of `text`; nullopt when they are not there.
std::optional<uint32_t> ReadDigits(std::string_view text, size_t digits, uint32_t base) {
  if (text.size() < digits) return std::nullopt;
  uint32_t value = 0;
  for (size_t i = 0; i < digits; ++i) {
    const char c = text[i];
    uint32_t digit = base;
    if (c >= '0' && c <= '9') digit = static_cast<uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<uint32_t>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') digit = static_cast<uint32_t>(c - 'A') + 10;
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

/// The escape after the backslash at the start of `text`. Returns how many bytes it takes, 0 when
/// it is none.
size_t ReadEscape(std::string_view text, char quote, std::string* out) {
  if (text.empty()) return 0;
  constexpr std::string_view kNames = "abfnrtv\\";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\";
  const char c = text[0];
  if (c == quote) {
    out->push_back(c);
    return 1;
  }
  if (const size_t i = kNames.find(c); i != std::string_view::npos) {
    out->push_back(kMeanings[i]);
    return 1;
  }
  if (c >= '0' && c <= '7') {
    const auto value = ReadDigits(text, 3, 8);
    if (!value || *value > 0xff) return 0;
    out->push_back(static_cast<char>(*value));
    return 3;
  }
  const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  if (digits == 0) return 0;
  const auto value = ReadDigits(text.substr(1), digits, 16);
  if (!value) return 0;
  if (c == 'x') {
    out->push_back(static_cast<char>(*value));
  } else {
    if (*value > 0x10ffff || (*value >= 0xd800 && *value < 0xe000)) return 0;
    AppendUtf8(*value, out);
  }
  return digits + 1;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

void AppendUtf8(uint32_t c, std::string* out) {
  const auto add = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    add(c);
  } else if (c < 0x800) {
    add(0xc0 | (c >> 6));
    add(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    add(0xe0 | (c >> 12));
    add(0x80 | ((c >> 6) & 0x3f));
    add(0x80 | (c & 0x3f));
  } else {
    add(0xf0 | (c >> 18));
    add(0x80 | ((c >> 12) & 0x3f));
    add(0x80 | ((c >> 6) & 0x3f));
    add(0x80 | (c & 0x3f));
  }
}

size_t UnquoteGoString(std::string_view text, std::string* value, GoStringError* error) {
  const char quote = text[0];
  value->clear();
  size_t at = 1;
  while (true) {
    if (at >= text.size() || (text[at] == '\n' && quote != '`')) {
      *error = {0, "a string that does not end", fmt::format("a closing {}", quote)};
      return 0;
    }
    const char c = text[at];
    if (c == quote) break;
    ++at;
    if (c != '\\' || quote == '`') {
      value->push_back(c);
      continue;
    }
    const size_t length = ReadEscape(text.substr(at), quote, value);
    if (length == 0) {
      *error = {
          at - 1, fmt::format("'\\{}'", text.substr(at, Utf8Length(text.substr(at)))),
          R"(an escape of Go's: \n \t \\ \" \x41 \u65e5 (in a regular expression write \\.))"};
      return 0;
    }
    at += length;
  }
  if (!IsUtf8(*value)) {
    *error = {0, "bytes that are not UTF-8", "a string that is valid UTF-8"};
    return 0;
  }
  return at + 1;
}

void AppendGoString(std::string_view value, std::string* out) {
  out->push_back('"');
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (c == '\n') {
      out->append("\\n");
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(*out), "\\x{:02x}", byte);
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

}  // namespace kizashi
