#include "api/log_client.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "api/past_range.h"
#include "api/server_client.h"
#include "judge/logs/difference.h"
#include "judge/logs/read_records.h"

namespace kizashi {
namespace {

constexpr int kExitFound = 0;
constexpr int kExitNone = ServerClient::kNotFound;
constexpr int kExitUsage = ServerClient::kUsage;
constexpr int kExitCouldNot = ServerClient::kCouldNot;

using Element = simdjson::dom::element;
using Query = ServerClient::Query;

// One command's conversation with the server.
class Client : public ServerClient {
 public:
  Client(const char* command, const LogClientOptions& options)
      : ServerClient(fmt::format("logs {}", command), options.server, options.token_file),
        options_(options) {}

  /// Adds from and to, as the options tell.
  int AddTimes(const Clock& clock, Query* query) const {
    if (!options_.since.empty()) {
      const auto since = ParseDuration(options_.since);
      if (!since.ok() || !options_.from.empty()) {
        return Fail(kExitUsage, since.ok() ? "--since and --from exclude each other"
                                           : "--since: " + std::string(Message(since.status())));
      }
      query->emplace_back("from", FormatTime(clock.Now() - *since));
    }
    query->emplace_back("from", options_.from);
    query->emplace_back("to", options_.to);
    return 0;
  }

  int Get(std::string_view path, const Query& query, std::string* body) {
    return ServerClient::Get(fmt::format("/kizashi/v1/logs/{}", path), query, body);
  }

 private:
  const LogClientOptions& options_;
};

std::string_view TextAt(Element object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

int64_t NumberAt(Element object, std::string_view key) {
  int64_t number = 0;
  return object[key].get(number) == simdjson::SUCCESS ? number : 0;
}

// Behind the name of its pattern, when the team gave it one.
void PrintLine(Element line, std::FILE* out) {
  Print(out, "{} {} {:5} {}\n", FormatTime(TimeFromMs(NumberAt(line, "time"))),
        Printable(TextAt(line, "service")), TextAt(line, "severity"),
        NamedPattern(TextAt(line, "pattern_name"), TextAt(line, "text")));
}

// Why a search ended before everything was looked at.
void PrintEnd(Element last) {
  const std::string_view end = TextAt(last, "end");
  if (end != "all" && end != "lines") {
    fmt::print(stderr, "kizashi logs search: ended by its limit of {}, older lines were left out\n",
               end);
  }
  simdjson::dom::array damaged;
  if (last["damaged"].get(damaged) != simdjson::SUCCESS) return;
  for (const Element one : damaged) {
    std::string_view text;
    if (one.get(text) == simdjson::SUCCESS) fmt::print(stderr, "kizashi logs search: {}\n", text);
  }
}

double RealAt(Element object, std::string_view key) {
  double number = 0;
  return object[key].get(number) == simdjson::SUCCESS ? number : 0;
}

// A list of a LogDiff; false when there is none.
bool ReadChanges(Element answer, std::string_view key, std::vector<PatternChangeRow>* rows) {
  simdjson::dom::array list;
  if (answer[key].get(list) != simdjson::SUCCESS) return false;
  for (const Element one : list) {
    PatternChangeRow row;
    row.id = std::strtoull(std::string(TextAt(one, "id")).c_str(), nullptr, 16);
    row.text = TextAt(one, "text");
    row.name = TextAt(one, "name");
    row.level = TextAt(one, "severity");
    row.example = TextAt(one, "example");
    row.before = static_cast<uint64_t>(NumberAt(one, "before"));
    row.after = static_cast<uint64_t>(NumberAt(one, "after"));
    row.g = RealAt(one, "g");
    row.p = RealAt(one, "p");
    rows->push_back(std::move(row));
  }
  return true;
}

bool ReadDifference(Element answer, LogDifference* difference) {
  const bool whole = ReadChanges(answer, "new", &difference->added) &&
                     ReadChanges(answer, "gone", &difference->gone) &&
                     ReadChanges(answer, "changed", &difference->changed);
  difference->lines_before = static_cast<uint64_t>(NumberAt(answer, "lines_before"));
  difference->lines_after = static_cast<uint64_t>(NumberAt(answer, "lines_after"));
  difference->records_before = difference->lines_before;  // each is stored as one line
  difference->records_after = difference->lines_after;
  // As for files: what is there on one side only by lines.
  for (std::vector<PatternChangeRow>* rows : {&difference->added, &difference->gone}) {
    std::sort(rows->begin(), rows->end(), [](const auto& a, const auto& b) {
      const uint64_t lines_a = a.before + a.after;
      const uint64_t lines_b = b.before + b.after;
      return lines_a != lines_b ? lines_a > lines_b : a.text < b.text;
    });
  }
  return whole;
}

}  // namespace

int LogSearchCommand(const LogClientOptions& options, const Clock& clock, std::FILE* out) {
  Client client("search", options);
  Query query = {{"q", options.text},          {"regex", options.regex},
                 {"pattern", options.pattern}, {"parameter", options.parameter},
                 {"trace", options.trace},     {"severity", options.severity},
                 {"service", options.service}, {"limit", fmt::format("{}", options.limit)}};
  if (const int failed = client.AddTimes(clock, &query)) return failed;
  if (const int failed = client.Prepare()) return failed;
  std::string body;
  if (const int failed = client.Get("search", query, &body)) return failed;
  simdjson::dom::parser parser;
  uint64_t lines = 0;
  for (size_t begin = 0; begin < body.size();) {
    const size_t end = std::min(body.find('\n', begin), body.size());
    const std::string_view text = std::string_view(body).substr(begin, end - begin);
    begin = end + 1;
    Element element;
    if (parser.parse(text).get(element) != simdjson::SUCCESS) {
      return client.Fail(kExitCouldNot, "the answer is none of a Kizashi server");
    }
    if (begin >= body.size()) {
      PrintEnd(element);
    } else {
      ++lines;
      if (options.format == "text") PrintLine(element, out);
    }
    if (options.format == "json") Print(out, "{}\n", text);
  }
  if (!Flushed("logs search", out)) return kExitCouldNot;
  return lines > 0 ? kExitFound : kExitNone;
}

int LogTailCommand(const LogClientOptions& options, std::FILE* out) {
  Client client("tail", options);
  if (const int failed = client.Prepare()) return failed;
  std::string cursor;
  simdjson::dom::parser parser;
  while (true) {
    std::string body;
    const Query query = {{"service", options.service},
                         {"q", options.text},
                         {"severity", options.severity},
                         {"after", cursor}};
    if (const int failed = client.Get("tail", query, &body)) return failed;
    Element answer;
    simdjson::dom::array lines;
    if (parser.parse(body).get(answer) != simdjson::SUCCESS ||
        answer["lines"].get(lines) != simdjson::SUCCESS) {
      return client.Fail(kExitCouldNot, "the answer is none of a Kizashi server");
    }
    cursor = TextAt(answer, "cursor");
    for (const Element line : lines) {
      if (options.format == "json") {
        Print(out, "{}\n", simdjson::minify(line));
      } else {
        PrintLine(line, out);
      }
    }
    if (!Flushed("logs tail", out)) return kExitCouldNot;
  }
}

int ServerPatternsCommand(const LogClientOptions& options, const Clock& clock, std::FILE* out) {
  Client client("patterns", options);
  if (options.service.empty()) {
    return client.Fail(kExitUsage, "--service NAME is needed, or files to read");
  }
  Query query = {{"service", options.service}};
  if (const int failed = client.AddTimes(clock, &query)) return failed;
  if (const int failed = client.Prepare()) return failed;
  std::string body;
  if (const int failed = client.Get("patterns", query, &body)) return failed;
  simdjson::dom::parser parser;
  Element answer;
  simdjson::dom::array patterns;
  if (parser.parse(body).get(answer) != simdjson::SUCCESS ||
      answer["patterns"].get(patterns) != simdjson::SUCCESS) {
    return client.Fail(kExitCouldNot, "the answer is none of a Kizashi server");
  }
  if (options.format == "json") {
    Print(out, "{}\n", body);
  } else {
    Print(out, "{:>10}  {:5}  {:16}  pattern\n", "count", "level", "id");
    for (const Element pattern : patterns) {
      Print(out, "{:>10}  {:5}  {:16}  {}\n", NumberAt(pattern, "lines"),
            TextAt(pattern, "severity"), TextAt(pattern, "id"),
            NamedPattern(TextAt(pattern, "name"), TextAt(pattern, "text")));
    }
  }
  if (!Flushed("logs patterns", out)) return kExitCouldNot;
  return patterns.size() > 0 ? kExitFound : kExitNone;
}

int ServerDiffCommand(const LogClientOptions& options, const Clock& clock, std::FILE* out) {
  Client client("diff", options);
  if (options.service.empty()) return client.Fail(kExitUsage, "--service NAME is needed");
  Query query = {{"service", options.service}};
  PastRange ranges[2];
  for (const auto& [i, option, text, prefix] :
       {std::tuple{0, "--before", &options.before, "a"}, {1, "--after", &options.after, "b"}}) {
    const auto range = ParsePastRange(*text, clock.Now());
    if (!range.ok()) {
      return client.Fail(kExitUsage, fmt::format("{}: {}", option, Message(range.status())));
    }
    ranges[i] = *range;
    query.emplace_back(fmt::format("{}_from", prefix), FormatTime(range->from));
    query.emplace_back(fmt::format("{}_to", prefix), FormatTime(range->to - Duration(1)));
  }
  if (const int failed = client.Prepare()) return failed;
  std::string body;
  if (const int failed = client.Get("diff", query, &body)) {
    return failed == kExitNone ? kExitUsage : failed;  // no such service
  }
  simdjson::dom::parser parser;
  Element answer;
  LogDifference difference;
  if (parser.parse(body).get(answer) != simdjson::SUCCESS || !ReadDifference(answer, &difference)) {
    return client.Fail(kExitCouldNot, "the answer is none of a Kizashi server");
  }
  for (const auto& [i, option, lines] : {std::tuple{0, "--before", difference.lines_before},
                                         {1, "--after", difference.lines_after}}) {
    if (lines > 0) continue;
    client.Fail(0,
                fmt::format("{}: no line of '{}' is stored from {} to {}", option, options.service,
                            FormatTime(ranges[i].from), FormatTime(ranges[i].to)));
  }
  PrintDifference(difference, options.top, options.format == "json", out);
  if (!Flushed("logs diff", out)) return kExitCouldNot;
  return difference.same() ? 0 : 1;
}

}  // namespace kizashi
