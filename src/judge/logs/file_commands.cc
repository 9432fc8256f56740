#include "judge/logs/file_commands.h"

#include <algorithm>
#include <functional>

#include "base/hash.h"
#include "base/json_writer.h"
#include "judge/logs/difference.h"
#include "judge/logs/pattern_table.h"
#include "judge/logs/read_records.h"
#include "pattern/pattern_set.h"
#include "query/count_change.h"

namespace kizashi {
namespace {

constexpr int kExitOk = 0;
constexpr int kExitFindings = 1;
constexpr int kExitCouldNotRun = 3;

int CouldNotRun(const char* command, std::string_view reason) {
  fmt::print(stderr, "kizashi logs {}: {}\n", command, reason);
  return kExitCouldNotRun;
}

// The lines of a file, twice; what comes in only once is held.
class TwiceReader {
 public:
  explicit TwiceReader(std::string file) : file_(std::move(file)) {}

  Status First(const std::function<void(std::string_view)>& add) {
    if (file_ != "-") return ReadLinesShown(file_, add);
    return ReadLinesShown(file_, [&](std::string_view line) {
      held_.emplace_back(line);
      add(line);
    });
  }
  Status Again(const std::function<void(std::string_view)>& add) {
    if (file_ != "-") return ReadLinesShown(file_, add);
    for (const std::string& line : held_) add(line);
    return OkStatus();
  }

 private:
  const std::string file_;
  std::vector<std::string> held_;
};

void PrintTemplate(uint64_t number, const PatternSet::Pattern& pattern, bool json, std::FILE* out) {
  if (!json) {
    Print(out, "{},{},{}\n", number, HexId(pattern.id), CsvField(pattern.text));
    return;
  }
  JsonWriter line;
  line.BeginObject();
  line.Key("line").Int(static_cast<int64_t>(number));
  line.Key("template_id").String(HexId(pattern.id));
  line.Key("template").String(pattern.text);
  line.EndObject();
  Print(out, "{}\n", line.text());
}

LogDifference Compare(PatternTable* table) {
  LogDifference difference{
      table->lines(0), table->lines(1), table->records(0), table->records(1), {}, {}, {}};
  for (PatternTable::Row& row : table->Rows()) {
    if (row.text.empty()) continue;
    const auto [before, after] = row.lines;
    const CountChange change =
        CompareCounts(before, after, difference.records_before, difference.records_after);
    (before == 0  ? difference.added
     : after == 0 ? difference.gone
                  : difference.changed)
        .push_back({row.id, std::move(row.text), std::move(row.name),
                    std::string(ToString(row.severity)), std::move(row.example), before, after,
                    change.g, change.p});
  }
  std::vector<PatternChangeRow>& changed = difference.changed;
  std::sort(changed.begin(), changed.end(),
            [](const PatternChangeRow& a, const PatternChangeRow& b) { return a.g > b.g; });
  std::vector<double> chances;
  for (const PatternChangeRow& row : changed) chances.push_back(row.p);
  changed.resize(CountFindings(chances));
  return difference;
}

}  // namespace

int LogTemplatesCommand(const LogTemplatesOptions& options, std::FILE* out) {
  PatternSet set;
  TwiceReader reader(options.file);
  const Status first = reader.First([&](std::string_view line) { set.Add(line); });
  if (!first.ok() && first.code() != absl::StatusCode::kDataLoss) {
    return CouldNotRun("templates", Message(first));
  }
  set.Update();
  const bool json = options.format == "json";
  if (!json) Print(out, "line,template_id,template\n");
  uint64_t number = 0;
  const Status second = reader.Again([&](std::string_view line) {
    PrintTemplate(++number, set.pattern(set.Lookup(line)), json, out);
  });
  if (!Flushed("logs templates", out)) return kExitCouldNotRun;
  if (!first.ok()) return CouldNotRun("templates", Message(first));
  if (!second.ok()) return CouldNotRun("templates", Message(second));
  return kExitOk;
}

int LogDiffCommand(const LogDiffOptions& options, std::FILE* out) {
  PatternTable table;
  if (!options.patterns.empty()) {
    auto templates = ReadPatternsFile(options.patterns, options.service);
    if (!templates.ok()) return PatternsFileFault("diff", templates.status());
    table.UseTemplates(*std::move(templates));
  }
  bool damaged = false;
  for (size_t log = 0; log < 2; ++log) {
    const Status read =
        ReadRecords(log == 0 ? options.before : options.after,
                    [&](const Record& record) { table.Add(record.line.text, log, record.lines); });
    if (read.ok()) continue;
    fmt::print(stderr, "kizashi logs diff: {}\n", Message(read));
    if (read.code() != absl::StatusCode::kDataLoss) return kExitCouldNotRun;
    damaged = true;
  }
  const LogDifference difference = Compare(&table);
  PrintDifference(difference, options.top, options.format == "json", out);
  if (!Flushed("logs diff", out) || damaged) return kExitCouldNotRun;
  return difference.same() ? kExitOk : kExitFindings;
}

}  // namespace kizashi
