#include "judge/logs/report.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json_writer.h"
#include "ingest/line_file.h"
#include "ingest/record_reader.h"

namespace kizashi {
namespace {

constexpr size_t kExampleBytesMax = 500;
constexpr Duration kProgressAfter{1000};
constexpr Duration kProgressEvery{500};

// Says how far a long read is, twice a second, on a terminal only.
class Progress {
 public:
  explicit Progress(std::string name)
      : name_(std::move(name)), shown_(isatty(STDERR_FILENO) != 0) {}
  ~Progress() {
    if (printed_) std::fputs("\r\033[K", stderr);
  }

  void Update(const LineFileProgress& at) {
    if (!shown_ || watch_.Elapsed() < next_) return;
    next_ = watch_.Elapsed() + kProgressEvery;
    printed_ = true;
    const std::string share =
        at.bytes_total > 0 ? fmt::format(" {}%", at.bytes * 100 / at.bytes_total) : "";
    fmt::print(stderr, "\r{}:{} {} MB, {} lines", name_, share, at.bytes >> 20, at.lines);
  }

 private:
  const std::string name_;
  const bool shown_;
  bool printed_ = false;
  const Stopwatch watch_;
  Duration next_ = kProgressAfter;
};

/// Reads a file's records; progress is shown. What a damaged file holds is read before the error.
Status ReadRecords(const std::string& file, const std::function<void(const Record&)>& add) {
  Progress progress(file);
  RecordReader reader({.fields = false});
  const auto drain = [&] {
    for (Record record; reader.Next(&record);) add(record);
  };
  const Status status =
      ReadLines(file,
                [&](std::string_view line, bool cut) {
                  reader.Add(line, cut, {});
                  drain();
                },
                {.progress = [&](const LineFileProgress& at) { progress.Update(at); }});
  reader.Close();
  drain();
  return status;
}

std::vector<LogReport::Pattern> Shown(const LogReport& report, size_t top) {
  std::vector<LogReport::Pattern> patterns = report.Sorted();
  if (top == 0) return patterns;
  const auto news = static_cast<size_t>(
      std::count_if(patterns.begin(), patterns.end(), [](const auto& p) { return p.is_new; }));
  if (patterns.size() > news + top) patterns.resize(news + top);
  return patterns;
}

size_t NewCount(const std::vector<LogReport::Pattern>& patterns) {
  return static_cast<size_t>(
      std::count_if(patterns.begin(), patterns.end(), [](const auto& p) { return p.is_new; }));
}

std::string Summary(const LogReport& report, size_t patterns, size_t news) {
  std::string text = fmt::format("{} lines, {} patterns", report.lines(), patterns);
  if (report.has_baseline()) text += fmt::format(", {} new", news);
  if (report.other_lines() > 0) {
    text += fmt::format("; {} lines beyond the limit of {} patterns", report.other_lines(),
                        LogReport::kPatternsMax);
  }
  return text;
}

// As fmt::print, which would throw; whether it was written is asked once, at the end.
template <typename... Args>
void Print(std::FILE* out, fmt::format_string<Args...> format, Args&&... args) {
  const std::string text = fmt::format(format, std::forward<Args>(args)...);
  std::fwrite(text.data(), 1, text.size(), out);
}

// Control characters become spaces, those of eight bits (in UTF-8: C2 80 to C2 9F) too: a line of a
// log must not move a terminal's cursor nor end a table's row.
std::string Printable(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (byte == 0xc2 && next >= 0x80 && next <= 0x9f) {
      out += ' ';
      ++i;
    } else {
      out += byte < 0x20 || byte == 0x7f ? ' ' : text[i];
    }
  }
  return out;
}

void PrintText(const LogReport& report, size_t top, std::FILE* out) {
  const auto all = report.Sorted();
  Print(out, "{}\n\n", Summary(report, all.size(), NewCount(all)));
  Print(out, "{:>10}  {:5}  {:5}  pattern\n", "count", "level", "");
  const auto shown = Shown(report, top);
  for (const auto& pattern : shown) {
    Print(out, "{:>10}  {:5}  {:5}  {}\n", pattern.count, pattern.level,
          pattern.is_new ? "NEW" : "", Printable(pattern.text));
    if (pattern.is_new) {
      Print(out, "{:>26}line {}: {}\n", "", pattern.first_line, Printable(pattern.example));
    }
  }
  if (shown.size() < all.size()) {
    Print(out, "\n{} more patterns; --top 0 shows all\n", all.size() - shown.size());
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

void PrintMarkdown(const LogReport& report, size_t top, std::FILE* out) {
  const auto all = report.Sorted();
  Print(out, "# Log patterns\n\n{}\n\n", Summary(report, all.size(), NewCount(all)));
  Print(out, "| count | level | new | pattern | example |\n|---:|---|---|---|---|\n");
  for (const auto& pattern : Shown(report, top)) {
    Print(out, "| {} | {} | {} | `{}` | `{}` |\n", pattern.count, pattern.level,
          pattern.is_new ? "new" : "", EscapeCell(pattern.text), EscapeCell(pattern.example));
  }
}

void PrintJson(const LogReport& report, size_t top, std::FILE* out) {
  JsonWriter json;
  json.BeginObject();
  json.Key("lines").Int(static_cast<int64_t>(report.lines()));
  json.Key("lines_beyond_limit").Int(static_cast<int64_t>(report.other_lines()));
  json.Key("baseline").Bool(report.has_baseline());
  json.Key("patterns").BeginArray();
  for (const auto& pattern : Shown(report, top)) {
    json.BeginObject();
    json.Key("id").String(HexId(pattern.id));
    json.Key("count").Int(static_cast<int64_t>(pattern.count));
    json.Key("new").Bool(pattern.is_new);
    json.Key("level").String(pattern.level);
    json.Key("pattern").String(pattern.text);
    json.Key("example").String(pattern.example);
    json.Key("first_line").Int(static_cast<int64_t>(pattern.first_line));
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  Print(out, "{}\n", json.text());
}

}  // namespace

void LogReport::Add(std::string_view line, uint64_t lines) {
  const uint64_t first_line = lines_ + 1;
  lines_ += lines;
  const std::string_view text = maker_.Make(line);
  if (text.empty()) return;  // a blank line says nothing
  const uint64_t id = PatternId(text);
  const auto found = patterns_.find(id);
  if (found != patterns_.end()) {
    ++found->second.count;
    return;
  }
  if (patterns_.size() >= kPatternsMax) {
    ++other_lines_;
    return;
  }
  Pattern& pattern = patterns_[id];
  pattern = {id,
             1,
             first_line,
             std::string(text),
             std::string(line.substr(0, kExampleBytesMax)),
             LineLevel(line),
             false};
}

void LogReport::AddBaseline(std::string_view line) {
  const uint64_t id = PatternId(maker_.Make(line));
  if (baseline_.size() < kPatternsMax || baseline_.count(id) > 0) ++baseline_[id];
}

std::vector<LogReport::Pattern> LogReport::Sorted() const {
  std::vector<Pattern> patterns;
  patterns.reserve(patterns_.size());
  for (const auto& [id, pattern] : patterns_) {
    patterns.push_back(pattern);
    patterns.back().is_new = has_baseline_ && baseline_.count(id) == 0;
  }
  std::sort(patterns.begin(), patterns.end(), [](const Pattern& a, const Pattern& b) {
    if (a.is_new != b.is_new) return a.is_new;
    if (a.count != b.count) return a.count > b.count;
    return a.text < b.text;
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
  if (options.format == "json") {
    PrintJson(report, options.top, out);
  } else if (options.format == "markdown") {
    PrintMarkdown(report, options.top, out);
  } else {
    PrintText(report, options.top, out);
  }
  if (std::fflush(out) != 0 || std::ferror(out) != 0) {
    fmt::print(stderr, "kizashi logs report: cannot write: {}\n", std::strerror(errno));
    return 3;
  }
  if (damaged) return 3;
  return NewCount(report.Sorted()) > 0 ? 1 : 0;
}

}  // namespace kizashi
