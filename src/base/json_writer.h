// Writes JSON text in one pass: commas are placed by the writer, strings escaped, doubles printed
// in the shortest form that reads back the same. NaN and infinities become null.
//
// Misuse (a value without a key inside an object, a key outside of one, an end that fits no begin)
// is a programming error and is checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kizashi {

/// Appends `text` quoted and escaped (RFC 8259). Bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string* out);

class JsonWriter {
 public:
  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view key);
  JsonWriter& String(std::string_view value);
  JsonWriter& Number(double value);
  JsonWriter& Int(int64_t value);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  /// `json` is placed as it is; the caller vouches that it is JSON.
  JsonWriter& Raw(std::string_view json);

  const std::string& text() const { return text_; }
  std::string Take() { return std::move(text_); }

 private:
  struct Open {
    bool is_object = false;
    bool has_member = false;
  };
  JsonWriter& Begin(bool is_object);
  JsonWriter& End(bool is_object);
  void BeforeValue();
  void BeforeMember();

  std::string text_;
  std::vector<Open> open_;  // objects and arrays that have not ended
  bool after_key_ = false;
};

}  // namespace kizashi
