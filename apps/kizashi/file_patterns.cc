#include "file_patterns.h"

#include <algorithm>
#include <unordered_map>

#include "base/hash.h"
#include "base/json_writer.h"
#include "judge/logs/pattern_table.h"
#include "judge/logs/read_records.h"
#include "query/parameters.h"

namespace kizashi {
namespace {

constexpr int kExitFound = 0;
constexpr int kExitNone = 1;
constexpr int kExitUsage = 2;
constexpr int kExitCouldNot = 3;

using Tables = std::unordered_map<uint64_t, ParameterTable>;  // by the pattern's id

// Calls `add` with each record of all files; false when one cannot be read to its end.
bool ReadAll(const std::vector<std::string>& files,
             const std::function<void(const Record& record)>& add, bool* unreadable) {
  bool whole = true;
  for (const std::string& file : files) {
    const Status read = ReadRecords(file, add);
    if (read.ok()) continue;
    fmt::print(stderr, "kizashi logs patterns: {}\n", Message(read));
    whole = false;
    if (read.code() != absl::StatusCode::kDataLoss) *unreadable = true;
  }
  return whole;
}

void PrintParameter(size_t number, const ParameterTable::Parameter& parameter, std::FILE* out) {
  Print(out, "{:>24}<{}> {}{} values", "", number + 1, parameter.more ? "more than " : "",
        parameter.distinct);
  if (const auto& numbers = parameter.numbers) {
    Print(out, ", {} to {}, half up to {}, 99 % up to {}", numbers->min, numbers->max, numbers->p50,
          numbers->p99);
  }
  const char* before = ": ";
  for (size_t i = 0; i < std::min<size_t>(parameter.top.size(), 3); ++i) {
    Print(out, "{}{} ({})", before, Printable(parameter.top[i].first), parameter.top[i].second);
    before = ", ";
  }
  Print(out, "\n");
}

void PrintText(const std::vector<PatternTable::Row>& rows, size_t shown, const Tables& tables,
               std::FILE* out) {
  Print(out, "{:>10}  {:5}  pattern\n", "count", "level");
  for (size_t i = 0; i < shown; ++i) {
    const PatternTable::Row& row = rows[i];
    Print(out, "{:>10}  {:5}  {}\n", row.lines[0], ToString(row.severity),
          NamedPattern(row.name, row.text));
    const auto table = tables.find(row.id);
    if (table == tables.end()) continue;
    size_t number = 0;
    for (const auto& parameter : table->second.Parameters()) {
      PrintParameter(number++, parameter, out);
    }
  }
  if (shown < rows.size())
    Print(out, "\n{} more patterns; --top 0 shows all\n", rows.size() - shown);
}

void PrintJson(const std::vector<PatternTable::Row>& rows, size_t shown, const Tables& tables,
               std::FILE* out) {
  for (size_t i = 0; i < shown; ++i) {
    const PatternTable::Row& row = rows[i];
    JsonWriter json;
    json.BeginObject();
    json.Key("id").String(HexId(row.id));
    json.Key("count").Int(static_cast<int64_t>(row.lines[0]));
    json.Key("level").String(ToString(row.severity));
    json.Key("pattern").String(row.text);
    json.Key("name").String(row.name);
    json.Key("example").String(row.example);
    const auto table = tables.find(row.id);
    if (table != tables.end()) WriteParameters(table->second, &json);
    json.EndObject();
    Print(out, "{}\n", json.text());
  }
}

}  // namespace

int FilePatternsCommand(const FilePatternsOptions& options, std::FILE* out) {
  const auto& files = options.files;
  if (options.parameters && std::find(files.begin(), files.end(), "-") != files.end()) {
    fmt::print(stderr, "kizashi logs patterns: --parameters reads twice, - can be read once\n");
    return kExitUsage;
  }
  PatternTable table;
  if (!options.patterns.empty()) {
    auto templates = ReadPatternsFile(options.patterns, options.service);
    if (!templates.ok()) return PatternsFileFault("patterns", templates.status());
    table.UseTemplates(*std::move(templates));
  }
  bool unreadable = false;
  const bool whole = ReadAll(
      files, [&](const Record& record) { table.Add(record.line.text, 0, record.lines); },
      &unreadable);
  if (unreadable) return kExitCouldNot;
  std::vector<PatternTable::Row> rows = table.Rows();
  std::erase_if(rows, [](const PatternTable::Row& row) { return row.text.empty(); });
  const size_t shown = options.top == 0 ? rows.size() : std::min(options.top, rows.size());
  Tables tables;
  if (options.parameters) {
    for (size_t i = 0; i < shown; ++i) tables.emplace(rows[i].id, ParameterTable(rows[i].text));
    ReadAll(
        files,
        [&](const Record& record) {
          const auto of = tables.find(table.IdOf(record.line.text));
          if (of != tables.end()) of->second.Add(record.line.text);
        },
        &unreadable);
  }
  if (options.format == "json") {
    PrintJson(rows, shown, tables, out);
  } else {
    PrintText(rows, shown, tables, out);
  }
  if (!Flushed("logs patterns", out) || !whole || unreadable) return kExitCouldNot;
  return rows.empty() ? kExitNone : kExitFound;
}

}  // namespace kizashi
