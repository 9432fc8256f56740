// Reads MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md), and writes the little
// that answers need.
//
// Reading is total and copies nothing: strings are views of the bytes. Limits: kMsgpackDepthMax
// arrays and maps within each other; an array that says it has more members than there are bytes is
// refused before anything is made of it. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kizashi {

inline constexpr size_t kMsgpackDepthMax = 32;

struct MsgpackValue {
  enum class Type : uint8_t {
    kNil,
    kBool,
    kInt,     // negative
    kUint,    // not negative
    kDouble,  // float 32 too
    kString,
    kBinary,
    kArray,
    kMap,
    kExt
  };
  Type type = Type::kNil;
  int8_t ext_type = 0;
  bool boolean = false;
  int64_t integer = 0;
  uint64_t natural = 0;
  double real = 0;
  uint64_t members = 0;    // of an array, or the pairs of a map; they follow
  std::string_view bytes;  // of a string, binary or ext

  bool is_text() const { return type == Type::kString || type == Type::kBinary; }
};

/// Walks over the values of some bytes.
class MsgpackReader {
 public:
  explicit MsgpackReader(std::string_view bytes) : bytes_(bytes) {}

  /// The next value, of an array or a map its head; false at the end and for bytes that are none.
  bool Next(MsgpackValue* value);
  /// Passes over the next value with all that is in it.
  bool Skip();
  /// The same, and gives its bytes.
  bool SkipTo(std::string_view* raw);

  bool AtEnd() const { return at_ == bytes_.size(); }
  size_t position() const { return at_; }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

/// Finds where a value ends in bytes that come piece by piece; looks at each byte once.
class MsgpackScanner {
 public:
  enum class Result { kMore, kWhole, kBad };
  /// `bytes` begin where the value does, and have only grown since the last call.
  Result Scan(std::string_view bytes);
  /// How long the value is, or is at least, as far as it is known.
  size_t size() const { return at_; }
  void Reset() { *this = {}; }

 private:
  size_t at_ = 0;
  size_t depth_ = 0;
  std::array<uint64_t, kMsgpackDepthMax> left_{};  // members still to come, by depth
};

/// Appends values; an array or a map has at most 15 members.
class MsgpackWriter {
 public:
  MsgpackWriter& Array(size_t members);
  MsgpackWriter& Map(size_t pairs);
  MsgpackWriter& String(std::string_view text);
  MsgpackWriter& Bool(bool value);
  /// A value's bytes as they are.
  MsgpackWriter& Raw(std::string_view value);
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

}  // namespace kizashi
