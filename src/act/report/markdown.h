// Foreign text inside Markdown tables: nothing in it may end a cell, a row or start markup.
#pragma once

#include <string>
#include <string_view>

namespace kizashi {

/// Plain text in a cell, markup characters escaped.
std::string MarkdownCell(std::string_view text);
/// A code span in a cell, at most `chars_max` characters of `text`; empty for empty text.
std::string MarkdownCodeCell(std::string_view text, size_t chars_max);

}  // namespace kizashi
