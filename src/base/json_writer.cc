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

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (size_t i = 0; i < text.size();) {
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
    } else if (static_cast<unsigned char>(c) < 0x80) {
      out->push_back(c);
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

void JsonWriter::Before() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (has_member_.empty()) return;
  if (has_member_.back()) text_.push_back(',');
  has_member_.back() = true;
}

JsonWriter& JsonWriter::BeginObject() {
  Before();
  text_.push_back('{');
  has_member_.push_back(false);
  return *this;
}

JsonWriter& JsonWriter::EndObject() {
  KZ_CHECK(!has_member_.empty() && !after_key_);
  has_member_.pop_back();
  text_.push_back('}');
  return *this;
}

JsonWriter& JsonWriter::BeginArray() {
  Before();
  text_.push_back('[');
  has_member_.push_back(false);
  return *this;
}

JsonWriter& JsonWriter::EndArray() {
  KZ_CHECK(!has_member_.empty() && !after_key_);
  has_member_.pop_back();
  text_.push_back(']');
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  KZ_CHECK(!after_key_ && !has_member_.empty());
  Before();
  AppendJsonString(key, &text_);
  text_.push_back(':');
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view value) {
  Before();
  AppendJsonString(value, &text_);
  return *this;
}

JsonWriter& JsonWriter::Number(double value) {
  Before();
  if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(text_), "{}", value);
  } else {
    text_.append("null");
  }
  return *this;
}

JsonWriter& JsonWriter::Int(int64_t value) {
  Before();
  fmt::format_to(std::back_inserter(text_), "{}", value);
  return *this;
}

JsonWriter& JsonWriter::Bool(bool value) {
  Before();
  text_.append(value ? "true" : "false");
  return *this;
}

JsonWriter& JsonWriter::Null() {
  Before();
  text_.append("null");
  return *this;
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  Before();
  text_.append(json);
  return *this;
}

}  // namespace kizashi
