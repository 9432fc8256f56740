#include "wire/yaml_position.h"

#include <algorithm>

namespace kizashi {
namespace {

constexpr size_t kStride = 64;

bool BeginsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

}  // namespace

TextPositions::TextPositions(std::string_view text) : text_(text) {
  line_starts_.push_back(0);
  characters_.reserve(text.size() / kStride + 1);
  uint32_t characters = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i % kStride == 0) characters_.push_back(characters);
    if (text[i] == '\n') line_starts_.push_back(i + 1);
    if (BeginsCharacter(text[i])) ++characters;
  }
  characters_.push_back(characters);
}

size_t TextPositions::Characters(size_t offset) const {
  const size_t block = std::min(offset / kStride, characters_.size() - 1);
  size_t count = characters_[block];
  for (size_t i = block * kStride; i < std::min(offset, text_.size()); ++i) {
    if (BeginsCharacter(text_[i])) ++count;
  }
  return count;
}

TextPosition TextPositions::At(size_t line, size_t byte_column) const {
  line = std::min(line, line_starts_.size() - 1);
  const size_t start = line_starts_[line];
  const size_t end = line + 1 < line_starts_.size() ? line_starts_[line + 1] : text_.size();
  const size_t offset = std::min(start + byte_column, end);
  return {static_cast<int>(line) + 1, static_cast<int>(Characters(offset) - Characters(start)) + 1,
          offset};
}

TextPosition TextPositions::OfOffset(size_t offset) const {
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto line = static_cast<size_t>(next - line_starts_.begin()) - 1;
  return At(line, offset - line_starts_[line]);
}

size_t Utf8Length(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || bytes.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  if (first == 0xe0 && at(1) < 0xa0) return 0;  // overlong
  if (first == 0xed && at(1) > 0x9f) return 0;  // surrogates
  if (first == 0xf0 && at(1) < 0x90) return 0;  // overlong
  if (first == 0xf4 && at(1) > 0x8f) return 0;  // above U+10FFFF
  return length;
}

std::optional<size_t> FindNotText(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size();) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    const bool control = (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
    const size_t length = control ? 0 : Utf8Length(bytes.substr(i));
    if (length == 0) return i;
    i += length;
  }
  return std::nullopt;
}

}  // namespace kizashi
