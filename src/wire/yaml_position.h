// Lines and columns of a text, and whether bytes are text at all.
//
// TextPositions keeps a view of the text (which must outlive it) and answers in constant time, so
// that a file of one long line is no trap. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace kizashi {

/// Line and column count from 1, the column in characters; the offset in bytes from 0.
struct TextPosition {
  int line = 1;
  int column = 1;
  size_t offset = 0;
};

class TextPositions {
 public:
  explicit TextPositions(std::string_view text);

  /// From a line and a column of bytes that count from 0; what lies outside is moved to the edge.
  TextPosition At(size_t line, size_t byte_column) const;
  TextPosition OfOffset(size_t offset) const;

 private:
  size_t Characters(size_t offset) const;  // that begin before `offset`

  std::string_view text_;
  std::vector<size_t> line_starts_;
  std::vector<uint32_t> characters_;  // that begin before each 64th byte
};

/// The offset of the first byte that is neither valid UTF-8 nor free of control characters (tab,
/// line feed and carriage return are allowed); nullopt when all is text.
std::optional<size_t> FindNotText(std::string_view bytes);

/// The length of the valid UTF-8 sequence at the start of `bytes`, 0 when there is none (RFC 3629:
/// no overlong forms, no surrogates, at most U+10FFFF).
size_t Utf8Length(std::string_view bytes);

}  // namespace kizashi
