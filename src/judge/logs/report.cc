#include "judge/logs/report.h"

#include <algorithm>
#include <cstdio>

#include "base/hash.h"
#include "base/json_writer.h"
#include "judge/logs/read_records.h"
#include "wire/log_fields.h"

namespace kizashi {
namespace {

using Patterns = std::vector<LogReport::Pattern>;

size_t NewCount(const Patterns& patterns) {
  return static_cast<size_t>(
      std::count_if(patterns.begin(), patterns.end(), [](const auto& p) { return p.is_new; }));
}

// How many of them are shown: all new ones, and `top` others; 0: all.
size_t ShownCount(const Patterns& patterns, size_t top) {
  return top == 0 ? patterns.size() : std::min(patterns.size(), NewCount(patterns) + top);
}

std::string Summary(const LogReport& report, const Patterns& patterns) {
  std::string text = fmt::format("{} lines, {} patterns", report.lines(), patterns.size());
  if (report.has_baseline()) text += fmt::format(", {} new", NewCount(patterns));
  return text;
}

void PrintText(const LogReport& report, const Patterns& patterns, size_t top, std::FILE* out) {
  Print(out, "{}\n\n", Summary(report, patterns));
  Print(out, "{:>10}  {:5}  {:5}  pattern\n", "count", "level", "");
  const size_t shown = ShownCount(patterns, top);
  for (size_t i = 0; i < shown; ++i) {
    const PatternTable::Row& row = patterns[i].row;
    Print(out, "{:>10}  {:5}  {:5}  {}\n", row.lines[1], ToString(row.severity),
          patterns[i].is_new ? "NEW" : "", NamedPattern(row.name, row.text));
    if (patterns[i].is_new) {
      Print(out, "{:>26}line {}: {}\n", "", row.first_line, Printable(row.example));
    }
  }
  if (shown < patterns.size()) {
    Print(out, "\n{} more patterns; --top 0 shows all\n", patterns.size() - shown);
  }
}

std::string EscapeCell(std::string_view text) {
  std::string out;
  for (const char c : Printable(text)) {
    if (c == '|' || c == '\\') out += '\\';
    out += c == '`' ? '\'' : c;
  }
  return out;
}

void PrintMarkdown(const LogReport& report, const Patterns& patterns, size_t top, std::FILE* out) {
  Print(out, "# Log patterns\n\n{}\n\n", Summary(report, patterns));
  Print(out, "| count | level | new | pattern | example |\n|---:|---|---|---|---|\n");
  for (size_t i = 0; i < ShownCount(patterns, top); ++i) {
    const PatternTable::Row& row = patterns[i].row;
    const std::string name = row.name.empty() ? "" : EscapeCell(row.name) + ": ";
    Print(out, "| {} | {} | {} | {}`{}` | `{}` |\n", row.lines[1], ToString(row.severity),
          patterns[i].is_new ? "new" : "", name, EscapeCell(row.text), EscapeCell(row.example));
  }
}

void PrintJson(const LogReport& report, const Patterns& patterns, size_t top, std::FILE* out) {
  JsonWriter json;
  json.BeginObject();
  json.Key("lines").Int(static_cast<int64_t>(report.lines()));
  json.Key("baseline").Bool(report.has_baseline());
  json.Key("patterns").BeginArray();
  for (size_t i = 0; i < ShownCount(patterns, top); ++i) {
    const PatternTable::Row& row = patterns[i].row;
    json.BeginObject();
    json.Key("id").String(HexId(row.id));
    json.Key("count").Int(static_cast<int64_t>(row.lines[1]));
    json.Key("new").Bool(patterns[i].is_new);
    json.Key("level").String(ToString(row.severity));
    json.Key("pattern").String(row.text);
    json.Key("name").String(row.name);
    json.Key("example").String(row.example);
    json.Key("first_line").Int(static_cast<int64_t>(row.first_line));
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  Print(out, "{}\n", json.text());
}

}  // namespace

void LogReport::Add(std::string_view line, uint64_t lines) { table_.Add(line, 1, lines); }

void LogReport::AddBaseline(std::string_view line) { table_.Add(line, 0); }

std::vector<LogReport::Pattern> LogReport::Sorted() {
  std::vector<Pattern> patterns;
  for (PatternTable::Row& row : table_.Rows()) {
    if (row.lines[1] == 0 || row.text.empty()) continue;
    patterns.push_back({std::move(row), false});
    patterns.back().is_new = has_baseline_ && patterns.back().row.lines[0] == 0;
  }
  std::sort(patterns.begin(), patterns.end(), [](const Pattern& a, const Pattern& b) {
    if (a.is_new != b.is_new) return a.is_new;
    if (a.row.lines[1] != b.row.lines[1]) return a.row.lines[1] > b.row.lines[1];
    return a.row.text < b.row.text;
  });
  return patterns;
}

int LogReportCommand(const LogReportOptions& options, std::FILE* out) {
  if (options.format != "text" && options.format != "json" && options.format != "markdown") {
    fmt::print(stderr, "kizashi logs report: format '{}' is not text, json or markdown\n",
               options.format);
    return 2;
  }
  LogReport report;
  if (!options.patterns.empty()) {
    auto templates = ReadPatternsFile(options.patterns, options.service);
    if (!templates.ok()) return PatternsFileFault("report", templates.status());
    report.UseTemplates(*std::move(templates));
  }
  bool damaged = false;
  // False when the file gave nothing; a damaged one gives what it holds.
  const auto read = [&](const std::string& file, const std::function<void(const Record&)>& add) {
    const Status status = ReadRecords(file, add);
    if (!status.ok()) fmt::print(stderr, "kizashi logs report: {}\n", Message(status));
    damaged = damaged || !status.ok();
    return status.ok() || status.code() == absl::StatusCode::kDataLoss;
  };
  if (!options.baseline.empty()) {
    report.UseBaseline();
    const auto add = [&](const Record& record) { report.AddBaseline(record.line.text); };
    if (!read(options.baseline, add)) return 3;
  }
  for (const std::string& file : options.files) {
    const auto add = [&](const Record& record) { report.Add(record.line.text, record.lines); };
    if (!read(file, add)) return 3;
  }
  const std::vector<LogReport::Pattern> patterns = report.Sorted();
  if (options.format == "json") {
    PrintJson(report, patterns, options.top, out);
  } else if (options.format == "markdown") {
    PrintMarkdown(report, patterns, options.top, out);
  } else {
    PrintText(report, patterns, options.top, out);
  }
  if (!Flushed("logs report", out) || damaged) return 3;
  return NewCount(patterns) > 0 ? 1 : 0;
}

}  // namespace kizashi
