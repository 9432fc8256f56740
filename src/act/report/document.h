// A report before it is Markdown or HTML: headings, paragraphs, tables of plain text.
//
// A plain value; what is put into it is text, never markup.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kizashi {

class Document {
 public:
  struct Column {
    std::string name;
    bool is_number = false;
  };
  using Row = std::vector<std::string>;

  void Heading(int level, std::string text) { blocks_.push_back({level, std::move(text), {}, {}}); }
  void Paragraph(std::string text) { blocks_.push_back({0, std::move(text), {}, {}}); }
  /// Every row has a cell for each column.
  void Table(std::vector<Column> columns, std::vector<Row> rows);

  std::string Markdown() const;
  /// A whole page with its own style; nothing is fetched from elsewhere. `language` is its code.
  std::string Html(std::string_view language) const;

 private:
  struct Block {
    int level = 0;  // of a heading; 0: a paragraph or, with columns, a table
    std::string text;
    std::vector<Column> columns;
    std::vector<Row> rows;
  };
  std::vector<Block> blocks_;
};

}  // namespace kizashi
