#include "query/promql/file_commands.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <cmath>
#include <map>
#include <optional>

#include "query/promql/engine.h"
#include "query/promql/file_source.h"
#include "query/promql/go_text.h"
#include "query/promql/parser.h"
#include "query/promql/result_json.h"
#include "query/promql/test_runner.h"
#include "wire/flat_json.h"

namespace kizashi::promql {
namespace {

constexpr int kExitOk = 0;
constexpr int kExitFindings = 1;
constexpr int kExitUsage = 2;
constexpr int kExitCouldNotRun = 3;

int Complain(int code, std::string_view command, std::string_view reason) {
  fmt::print(stderr, "kizashi query {}: {}\n", command, reason);
  return code;
}

/// Writes `text`, at once so that who reads line by line is not kept waiting.
bool Write(std::FILE* out, std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), out) == text.size() && std::fflush(out) == 0;
}

std::optional<double> ReadSeconds(std::string_view text) {
  bool out_of_range = false;
  auto seconds = ParseGoFloat(text, &out_of_range);
  // What the milliseconds of a time can be, with room to calculate.
  if (seconds && !(std::fabs(*seconds) < 1e15)) seconds.reset();
  return seconds;
}

StatusOr<Time> ReadTime(const std::string& text) {
  if (const auto seconds = ReadSeconds(text)) return TimeFromMs(std::llround(*seconds * 1000));
  return ParseTime(text);
}

Status LoadAll(const std::vector<std::string>& files, MemorySource* source, int64_t* last_ms) {
  for (const std::string& file : files) {
    KZ_RETURN_IF_ERROR(LoadSamples(file, source, last_ms));
  }
  return OkStatus();
}

std::string PrintResult(const QueryResult& result) {
  if (result.type == ValueType::kString) return QuoteGo(result.text) + "\n";
  std::string out;
  for (const ResultSeries& series : result.series) {
    if (result.type != ValueType::kScalar) out += series.labels.ToString();
    const bool one_line = result.type != ValueType::kMatrix;
    if (!one_line) out += '\n';
    for (size_t i = 0; i < series.values.size(); ++i) {
      out += fmt::format("{}{}  {}\n", one_line && out.ends_with('}') ? " " : "  ",
                         FormatFloat(series.values[i], FloatStyle::kShortest),
                         FormatTime(TimeFromMs(series.times_ms[i])));
    }
  }
  return out;
}

int Answer(const StatusOr<QueryResult>& result, std::string_view command, bool json,
           std::FILE* out) {
  if (json) {
    const std::string text = result.ok() ? ResultJson(*result) : ErrorJson(result.status());
    if (!Write(out, text + "\n")) return Complain(kExitCouldNotRun, command, "cannot write");
    return result.ok() ? kExitOk : kExitFindings;
  }
  if (!result.ok()) return Complain(kExitFindings, command, Message(result.status()));
  return Write(out, PrintResult(*result)) ? kExitOk
                                          : Complain(kExitCouldNotRun, command, "cannot write");
}

/// One line of a batch: its members by name, strings unescaped.
std::map<std::string, std::string> ReadMembers(std::string_view line) {
  std::map<std::string, std::string> members;
  FlatJson json(line);
  FlatJson::Member member;
  while (json.Next(&member)) {
    std::string value(member.value);
    if (member.kind == FlatJson::Kind::kString) {
      value.clear();
      UnescapeJson(member.value, &value);
    }
    members[std::string(member.key)] = std::move(value);
  }
  return members;
}

StatusOr<QueryResult> AnswerLine(const MemorySource& source, std::string_view line) {
  const auto members = ReadMembers(line);
  const auto query = members.find("query");
  if (query == members.end()) return InvalidArgument("no \"query\" in this line");
  const auto ms_of = [&members](const std::string& name) -> StatusOr<int64_t> {
    const auto found = members.find(name);
    const auto seconds = found == members.end() ? std::nullopt : ReadSeconds(found->second);
    if (!seconds) return InvalidArgument("\"{}\" is no time in seconds", name);
    return std::llround(*seconds * 1000);
  };
  if (!members.contains("start")) {
    KZ_ASSIGN_OR_RETURN(const int64_t at, ms_of("time"));
    return QueryInstant(source, query->second, TimeFromMs(at), QueryOptions());
  }
  KZ_ASSIGN_OR_RETURN(const int64_t start, ms_of("start"));
  KZ_ASSIGN_OR_RETURN(const int64_t end, ms_of("end"));
  KZ_ASSIGN_OR_RETURN(const int64_t step, ms_of("step"));
  if (step <= 0 || end < start) {
    return InvalidArgument("the end is before the start, or the step is not above zero");
  }
  return QueryRange(source, query->second, TimeFromMs(start), TimeFromMs(end), Duration(step),
                    QueryOptions());
}

/// Reads a line of any length, without its end; false at the end.
bool ReadLine(std::FILE* in, std::string* line) {
  line->clear();
  for (int c = std::fgetc(in); c != EOF; c = std::fgetc(in)) {
    if (c == '\n') return true;
    *line += static_cast<char>(c);
  }
  return !line->empty();
}

}  // namespace

int QueryInstantCommand(const QueryFileOptions& options, std::FILE* out) {
  MemorySource source;
  int64_t at_ms = 0;
  if (Status status = LoadAll(options.files, &source, &at_ms); !status.ok()) {
    return Complain(kExitCouldNotRun, "instant", Message(status));
  }
  Time at = TimeFromMs(at_ms);
  if (!options.time.empty()) {
    const auto time = ReadTime(options.time);
    if (!time.ok()) return Complain(kExitUsage, "instant", Message(time.status()));
    at = *time;
  }
  return Answer(QueryInstant(source, options.query, at, QueryOptions()), "instant",
                options.format == "json", out);
}

int QueryRangeCommand(const QueryFileOptions& options, std::FILE* out) {
  const auto start = ReadTime(options.start);
  const auto end = ReadTime(options.end);
  const auto step = ParseDuration(options.step);
  for (const Status& status : {start.status(), end.status(), step.status()}) {
    if (!status.ok()) return Complain(kExitUsage, "range", Message(status));
  }
  if (*end < *start || step->count() <= 0) {
    return Complain(kExitUsage, "range",
                    "the end is before the start, or the step is not above zero");
  }
  MemorySource source;
  int64_t last_ms = 0;
  if (Status status = LoadAll(options.files, &source, &last_ms); !status.ok()) {
    return Complain(kExitCouldNotRun, "range", Message(status));
  }
  return Answer(QueryRange(source, options.query, *start, *end, *step, QueryOptions()), "range",
                options.format == "json", out);
}

int QueryBatchCommand(const QueryFileOptions& options, std::FILE* in, std::FILE* out) {
  MemorySource source;
  int64_t last_ms = 0;
  if (Status status = LoadAll(options.files, &source, &last_ms); !status.ok()) {
    return Complain(kExitCouldNotRun, "batch", Message(status));
  }
  std::string line;
  while (ReadLine(in, &line)) {
    if (line.empty()) continue;
    const auto result = AnswerLine(source, line);
    const std::string text = result.ok() ? ResultJson(*result) : ErrorJson(result.status());
    if (!Write(out, text + "\n")) return Complain(kExitCouldNotRun, "batch", "cannot write");
  }
  return kExitOk;
}

int QueryParseCommand(const std::string& query, std::FILE* out) {
  const auto parsed = ParseExpr(query);
  if (!parsed.ok()) return Complain(kExitFindings, "parse", Message(parsed.status()));
  return Write(out, Print(**parsed) + "\n") ? kExitOk
                                            : Complain(kExitCouldNotRun, "parse", "cannot write");
}

int QueryTestCommand(const std::vector<std::string>& files, std::FILE* out) {
  size_t passed = 0;
  size_t failed = 0;
  int code = kExitOk;
  for (const std::string& file : files) {
    const auto text = ReadText(file);
    if (!text.ok()) return Complain(kExitCouldNotRun, "test", Message(text.status()));
    const auto commands = ParseTestScript(file, *text);
    if (!commands.ok()) {
      code = Complain(kExitCouldNotRun, "test", Message(commands.status()));
      continue;
    }
    const TestReport report = RunTestScript(*commands);
    for (const TestFailure& failure : report.failures) {
      Write(out, fmt::format("{}:{}: {}\n", file, failure.line, failure.message));
    }
    passed += report.passed;
    failed += report.failures.size();
  }
  if (!Write(out, fmt::format("{} passed, {} failed\n", passed, failed))) {
    return Complain(kExitCouldNotRun, "test", "cannot write");
  }
  return code != kExitOk ? code : failed > 0 ? kExitFindings : kExitOk;
}

}  // namespace kizashi::promql
