#include "base/json_writer.h"

#include <fmt/core.h>

#include <cmath>

#include "base/check.h"

namespace kizashi {
namespace {

// Length of the well-formed UTF-8 sequence at `text`, 0 if there is none (RFC 3629).
size_t Utf8Length(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](size_t i) { return i < text.size() && (at(i) & 0xc0) == 0x80; };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (!tail(1) || !tail(2)) return 0;
    if (lead == 0xe0 && at(1) < 0xa0) return 0;
    if (lead == 0xed && at(1) > 0x9f) return 0;
    return 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (lead == 0xf0 && at(1) < 0x90) return 0;
    if (lead == 0xf4 && at(1) > 0x8f) return 0;
    return 4;
  }
  return 0;
}

bool IsPlain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (size_t i = 0; i < text.size();) {
    // Nearly all text is runs of characters that stand for themselves.
    size_t plain = i;
    while (plain < text.size() && IsPlain(text[plain])) ++plain;
    out->append(text.data() + i, plain - i);
    i = plain;
    if (i == text.size()) break;
    const char c = text[i];
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (c == '\n') {
      out->append("\\n");
    } else if (c == '\t') {
      out->append("\\t");
    } else if (c == '\r') {
      out->append("\\r");
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out->append(fmt::format("\\u{:04x}", static_cast<unsigned char>(c)));
    } else if (const size_t length = Utf8Length(text.substr(i)); length > 0) {
      out->append(text.substr(i, length));
      i += length;
      continue;
    } else {
      out->append("\\ufffd");
    }
    ++i;
  }
  out->push_back('"');
}

void JsonWriter::BeforeValue() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  KZ_CHECK(open_.empty() || !open_.back().is_object, "a value without a key");
  BeforeMember();
}

void JsonWriter::BeforeMember() {
  if (open_.empty()) return;
  if (open_.back().has_member) text_.push_back(',');
  open_.back().has_member = true;
}

JsonWriter& JsonWriter::Begin(bool is_object) {
  BeforeValue();
  text_.push_back(is_object ? '{' : '[');
  open_.push_back({is_object, false});
  return *this;
}

JsonWriter& JsonWriter::End(bool is_object) {
  KZ_CHECK(!open_.empty() && open_.back().is_object == is_object && !after_key_);
  open_.pop_back();
  text_.push_back(is_object ? '}' : ']');
  return *this;
}

JsonWriter& JsonWriter::BeginObject() { return Begin(true); }
JsonWriter& JsonWriter::EndObject() { return End(true); }
JsonWriter& JsonWriter::BeginArray() { return Begin(false); }
JsonWriter& JsonWriter::EndArray() { return End(false); }

JsonWriter& JsonWriter::Key(std::string_view key) {
  KZ_CHECK(!after_key_ && !open_.empty() && open_.back().is_object, "key {}", key);
  BeforeMember();
  AppendJsonString(key, &text_);
  text_.push_back(':');
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view value) {
  BeforeValue();
  AppendJsonString(value, &text_);
  return *this;
}

JsonWriter& JsonWriter::Number(double value) {
  BeforeValue();
  if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(text_), "{}", value);
  } else {
    text_.append("null");
  }
  return *this;
}

JsonWriter& JsonWriter::Int(int64_t value) {
  BeforeValue();
  fmt::format_to(std::back_inserter(text_), "{}", value);
  return *this;
}

JsonWriter& JsonWriter::Bool(bool value) {
  BeforeValue();
  text_.append(value ? "true" : "false");
  return *this;
}

JsonWriter& JsonWriter::Null() {
  BeforeValue();
  text_.append("null");
  return *this;
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  BeforeValue();
  text_.append(json);
  return *this;
}

}  // namespace kizashi
