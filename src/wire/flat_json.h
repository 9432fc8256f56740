// Walks the members of one JSON object that is a log line, without building anything.
//
// Made for lines of which only a few short members are wanted: no allocation, no copy, about the
// speed of looking for quotes. It is lenient: it does not check what it skips, and ends where the
// text is no longer an object. Who needs to be certain parses with simdjson. One thread.
#pragma once

#include <string>
#include <string_view>

namespace kizashi {

class FlatJson {
 public:
  enum class Kind { kString, kNumber, kLiteral, kObject, kArray };
  struct Member {
    std::string_view key;    // between the quotes, escapes as they are
    std::string_view value;  // of a string: between the quotes; else the whole value
    Kind kind = Kind::kLiteral;
  };

  /// `text` outlives the walk. Blanks around it are allowed.
  explicit FlatJson(std::string_view text);

  /// The next member of the outermost object; false at the end, or where there is none.
  bool Next(Member* member);

 private:
  void SkipBlanks();
  bool ReadString(std::string_view* inside);
  bool SkipNested();

  std::string_view rest_;
};

/// The text that a JSON string's inside stands for (RFC 8259, 7). Half surrogates and escapes that
/// do not exist become U+FFFD; bytes that are not UTF-8 stay.
void UnescapeJson(std::string_view inside, std::string* out);

}  // namespace kizashi
