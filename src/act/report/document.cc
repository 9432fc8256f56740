#include "act/report/document.h"

#include <fmt/format.h>

#include "act/format.h"
#include "act/report/markdown.h"
#include "base/check.h"

namespace kizashi {
namespace {

constexpr std::string_view kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;"
    "color:#1a1f2b;background:#fff}table{border-collapse:collapse;width:100%;margin:.6rem 0 1.2rem}"
    "th,td{border:1px solid #c9cfd9;padding:.35rem .6rem;text-align:start;vertical-align:top}"
    "th{background:#f0f2f5}.n{text-align:end;font-variant-numeric:tabular-nums}";

std::string Escaped(std::string_view text) { return EscapeXml(OneLine(text)); }

void WriteCells(bool head, const std::vector<Document::Column>& columns, const Document::Row& cells,
                std::string* out) {
  *out += "<tr>";
  for (size_t i = 0; i < columns.size(); ++i) {
    *out += head ? "<th scope=\"col\"" : "<td";
    if (columns[i].is_number) *out += " class=\"n\"";
    *out += fmt::format(">{}</{}>", Escaped(cells.at(i)), head ? "th" : "td");
  }
  *out += "</tr>\n";
}

}  // namespace

void Document::Table(std::vector<Column> columns, std::vector<Row> rows) {
  for (const Row& row : rows) {
    KZ_CHECK(row.size() == columns.size(), "{} cells in {} columns", row.size(), columns.size());
  }
  blocks_.push_back({0, {}, std::move(columns), std::move(rows)});
}

std::string Document::Markdown() const {
  std::string out;
  for (const Block& block : blocks_) {
    if (!out.empty()) out += '\n';
    if (block.columns.empty()) {
      if (block.level > 0) out += std::string(static_cast<size_t>(block.level), '#') + ' ';
      out += MarkdownCell(block.text) + '\n';
      continue;
    }
    out += '|';
    for (const Column& column : block.columns) out += fmt::format(" {} |", column.name);
    out += "\n|";
    for (const Column& column : block.columns) out += column.is_number ? "---:|" : "---|";
    out += '\n';
    for (const Row& row : block.rows) {
      out += '|';
      for (const std::string& cell : row) out += fmt::format(" {} |", MarkdownCell(cell));
      out += '\n';
    }
  }
  return out;
}

std::string Document::Html(std::string_view language) const {
  const std::string title = blocks_.empty() ? "" : Escaped(blocks_.front().text);
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"><title>{}</title>"
      "<style>{}</style></head>\n<body>\n",
      Escaped(language), title, kStyle);
  for (const Block& block : blocks_) {
    if (block.columns.empty()) {
      const std::string tag = block.level > 0 ? fmt::format("h{}", block.level) : "p";
      out += fmt::format("<{}>{}</{}>\n", tag, Escaped(block.text), tag);
      continue;
    }
    Row names;
    for (const Column& column : block.columns) names.push_back(column.name);
    out += "<table>\n<thead>";
    WriteCells(true, block.columns, names, &out);
    out += "</thead>\n<tbody>\n";
    for (const Row& row : block.rows) WriteCells(false, block.columns, row, &out);
    out += "</tbody>\n</table>\n";
  }
  return out + "</body>\n</html>\n";
}

}  // namespace kizashi
