#include "wire/flat_json.h"

#include <cstdint>
#include <cstring>

namespace kizashi {
namespace {

constexpr uint32_t kReplacement = 0xfffd;

void AppendUtf8(uint32_t code, std::string* out) {
  const auto byte = [&](uint32_t value) { out->push_back(static_cast<char>(value)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      byte(0xe0 | code >> 12);
    } else {
      byte(0xf0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3f));
    }
    byte(0x80 | (code >> 6 & 0x3f));
  }
  byte(0x80 | (code & 0x3f));
}

/// Four hexadecimal digits at `at`; beyond 0xffff when they are not there.
uint32_t ReadHex4(std::string_view text, size_t at) {
  if (text.size() < at + 4) return ~0U;
  uint32_t value = 0;
  for (size_t i = at; i < at + 4; ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      value = value * 16 + static_cast<uint32_t>(c - '0');
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
      value = value * 16 + static_cast<uint32_t>((c | 0x20) - 'a' + 10);
    } else {
      return ~0U;
    }
  }
  return value;
}

/// `at` is behind "\u"; returns how many bytes the escape takes from there on.
size_t AppendUnicodeEscape(std::string_view text, size_t at, std::string* out) {
  const uint32_t high = ReadHex4(text, at);
  if (high > 0xffff) {
    AppendUtf8(kReplacement, out);
    return 0;
  }
  if (high < 0xd800 || high > 0xdfff) {
    AppendUtf8(high, out);
    return 4;
  }
  const bool has_low = high < 0xdc00 && text.substr(at + 4).starts_with("\\u");
  const uint32_t low = has_low ? ReadHex4(text, at + 6) : 0;
  if (low < 0xdc00 || low > 0xdfff) {
    AppendUtf8(kReplacement, out);
    return 4;
  }
  AppendUtf8(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), out);
  return 10;
}

}  // namespace

FlatJson::FlatJson(std::string_view text) : rest_(text) {
  SkipBlanks();
  if (rest_.starts_with('{')) {
    rest_.remove_prefix(1);
  } else {
    rest_ = {};
  }
}

void FlatJson::SkipBlanks() {
  while (!rest_.empty() &&
         (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == '\n' || rest_[0] == '\r')) {
    rest_.remove_prefix(1);
  }
}

// `rest_` begins with the opening quote.
bool FlatJson::ReadString(std::string_view* inside) {
  size_t at = 1;
  while (at < rest_.size()) {
    const void* found = std::memchr(rest_.data() + at, '"', rest_.size() - at);
    if (found == nullptr) return false;
    const auto end = static_cast<size_t>(static_cast<const char*>(found) - rest_.data());
    size_t slashes = 0;
    while (rest_[end - 1 - slashes] == '\\') ++slashes;  // stops at the opening quote
    if (slashes % 2 == 0) {
      *inside = rest_.substr(1, end - 1);
      rest_.remove_prefix(end + 1);
      return true;
    }
    at = end + 1;
  }
  return false;
}

// `rest_` begins with the opening bracket; afterwards with what follows the closing one.
bool FlatJson::SkipNested() {
  size_t depth = 0;
  while (!rest_.empty()) {
    const char c = rest_[0];
    if (c == '"') {
      std::string_view inside;
      if (!ReadString(&inside)) return false;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    rest_.remove_prefix(1);
    if (depth == 0) return true;
  }
  return false;
}

bool FlatJson::Next(Member* member) {
  const auto end = [this] {
    rest_ = {};
    return false;
  };
  SkipBlanks();
  if (rest_.starts_with(',')) {
    rest_.remove_prefix(1);
    SkipBlanks();
  }
  if (!rest_.starts_with('"') || !ReadString(&member->key)) return end();
  SkipBlanks();
  if (!rest_.starts_with(':')) return end();
  rest_.remove_prefix(1);
  SkipBlanks();
  if (rest_.empty()) return end();
  if (rest_[0] == '"') {
    member->kind = Kind::kString;
    return ReadString(&member->value) || end();
  }
  const std::string_view from = rest_;
  if (rest_[0] == '{' || rest_[0] == '[') {
    member->kind = rest_[0] == '{' ? Kind::kObject : Kind::kArray;
    if (!SkipNested()) return end();
    member->value = from.substr(0, from.size() - rest_.size());
    return true;
  }
  const bool is_number = rest_[0] == '-' || (rest_[0] >= '0' && rest_[0] <= '9');
  member->kind = is_number ? Kind::kNumber : Kind::kLiteral;
  const size_t size = rest_.find_first_of(",} \t\r\n");
  if (size == std::string_view::npos || size == 0) return end();
  member->value = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

void UnescapeJson(std::string_view inside, std::string* out) {
  out->clear();
  while (!inside.empty()) {
    const size_t slash = inside.find('\\');
    out->append(inside.substr(0, slash));
    if (slash == std::string_view::npos) return;
    if (slash + 1 == inside.size()) return AppendUtf8(kReplacement, out);
    size_t used = slash + 2;
    switch (inside[slash + 1]) {
      case 'n': out->push_back('\n'); break;
      case 't': out->push_back('\t'); break;
      case 'r': out->push_back('\r'); break;
      case 'b': out->push_back('\b'); break;
      case 'f': out->push_back('\f'); break;
      case '"':
      case '\\':
      case '/': out->push_back(inside[slash + 1]); break;
      case 'u': used += AppendUnicodeEscape(inside, used, out); break;
      default: AppendUtf8(kReplacement, out); break;
    }
    inside.remove_prefix(used);
  }
}

}  // namespace kizashi
