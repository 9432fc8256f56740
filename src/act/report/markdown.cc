#include "act/report/markdown.h"

#include <algorithm>

#include "act/format.h"

namespace kizashi {
namespace {

bool IsWordCharacter(std::string_view text, size_t i) {
  if (i >= text.size()) return false;
  const auto c = static_cast<unsigned char>(text[i]);
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

std::string MarkdownCell(std::string_view text) {
  const std::string line = OneLine(text);
  std::string out;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    // An underscore inside of a word is no markup (CommonMark 6.2), and names are full of them.
    const bool is_inner_underscore =
        c == '_' && i > 0 && IsWordCharacter(line, i - 1) && IsWordCharacter(line, i + 1);
    if (std::string_view("\\`*_[]<>|~&").find(c) != std::string_view::npos &&
        !is_inner_underscore) {
      out += '\\';
    }
    out += c;
  }
  return out;
}

std::string MarkdownCodeCell(std::string_view text, size_t chars_max) {
  const std::string line = CutText(OneLine(text), chars_max);
  if (line.find_first_not_of(' ') == std::string::npos) return "";
  size_t run = 0;
  size_t longest = 0;
  std::string content;
  for (const char c : line) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
    // A bar ends the cell even inside of code; the table's reader takes the backslash away.
    if (c == '|') content += '\\';
    content += c;
  }
  // The fence is longer than any run of backticks within (CommonMark 6.1).
  const std::string fence(longest + 1, '`');
  const std::string pad = content.front() == '`' || content.back() == '`' ? " " : "";
  return fence + pad + content + pad + fence;
}

}  // namespace kizashi
