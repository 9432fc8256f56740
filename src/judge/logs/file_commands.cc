#include "judge/logs/file_commands.h"

#include <algorithm>
#include <functional>

#include "base/hash.h"
#include "base/json_writer.h"
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

// A pattern with how surprising its change is.
struct Change {
  PatternTable::Row row;
  CountChange change;
};

struct Difference {
  std::vector<Change> added;
  std::vector<Change> gone;
  std::vector<Change> changed;
};

Difference Compare(PatternTable* table) {
  Difference difference;
  std::vector<Change> both;
  for (PatternTable::Row& row : table->Rows()) {
    if (row.text.empty()) continue;
    Change change{std::move(row), {}};
    change.change = CompareCounts(change.row.lines[0], change.row.lines[1], table->records(0),
                                  table->records(1));
    if (change.row.lines[0] == 0) {
      difference.added.push_back(std::move(change));
    } else if (change.row.lines[1] == 0) {
      difference.gone.push_back(std::move(change));
    } else {
      both.push_back(std::move(change));
    }
  }
  std::sort(both.begin(), both.end(),
            [](const Change& a, const Change& b) { return a.change.g > b.change.g; });
  std::vector<double> chances;
  for (const Change& change : both) chances.push_back(change.change.p);
  both.resize(CountFindings(chances));
  difference.changed = std::move(both);
  return difference;
}

double Share(uint64_t lines, uint64_t total) {
  return total == 0 ? 0 : 100 * static_cast<double>(lines) / static_cast<double>(total);
}

void PrintText(const PatternTable& table, const Difference& difference, size_t top,
               std::FILE* out) {
  Print(out, "{} lines before, {} after: {} patterns new, {} gone, {} changed\n", table.lines(0),
        table.lines(1), difference.added.size(), difference.gone.size(), difference.changed.size());
  const auto list = [&](const char* title, const std::vector<Change>& changes) {
    if (changes.empty()) return;
    Print(out, "\n{:8}  {:>10}  {:>10}  {:>8}  {:>8}  {:>9}  pattern\n", title, "before", "after",
          "share", "share", "G");
    const size_t shown = top == 0 ? changes.size() : std::min(top, changes.size());
    for (size_t i = 0; i < shown; ++i) {
      const PatternTable::Row& row = changes[i].row;
      Print(out, "{:8}  {:>10}  {:>10}  {:>7.3f}%  {:>7.3f}%  {:>9.1f}  {}\n", "", row.lines[0],
            row.lines[1], Share(row.lines[0], table.records(0)),
            Share(row.lines[1], table.records(1)), changes[i].change.g, Printable(row.text));
    }
    if (shown < changes.size()) {
      Print(out, "{} more; --top 0 shows all\n", changes.size() - shown);
    }
  };
  list("NEW", difference.added);
  list("GONE", difference.gone);
  list("CHANGED", difference.changed);
}

void PrintJson(const PatternTable& table, const Difference& difference, size_t top,
               std::FILE* out) {
  JsonWriter json;
  json.BeginObject();
  json.Key("lines_before").Int(static_cast<int64_t>(table.lines(0)));
  json.Key("lines_after").Int(static_cast<int64_t>(table.lines(1)));
  const auto list = [&](const char* name, const std::vector<Change>& changes) {
    json.Key(name).BeginArray();
    for (size_t i = 0; i < changes.size() && (top == 0 || i < top); ++i) {
      const PatternTable::Row& row = changes[i].row;
      json.BeginObject();
      json.Key("id").String(HexId(row.id));
      json.Key("pattern").String(row.text);
      json.Key("level").String(ToString(row.severity));
      json.Key("before").Int(static_cast<int64_t>(row.lines[0]));
      json.Key("after").Int(static_cast<int64_t>(row.lines[1]));
      json.Key("g").Number(changes[i].change.g);
      json.Key("p").Number(changes[i].change.p);
      json.Key("example").String(row.example);
      json.EndObject();
    }
    json.EndArray();
  };
  list("new", difference.added);
  list("gone", difference.gone);
  list("changed", difference.changed);
  json.EndObject();
  Print(out, "{}\n", json.text());
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
  const Difference difference = Compare(&table);
  if (options.format == "json") {
    PrintJson(table, difference, options.top, out);
  } else {
    PrintText(table, difference, options.top, out);
  }
  if (!Flushed("logs diff", out) || damaged) return kExitCouldNotRun;
  const bool same =
      difference.added.empty() && difference.gone.empty() && difference.changed.empty();
  return same ? kExitOk : kExitFindings;
}

}  // namespace kizashi
