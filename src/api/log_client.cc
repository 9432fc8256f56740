#include "api/log_client.h"

#include <simdjson.h>

#include <cctype>
#include <fstream>
#include <string_view>
#include <utility>
#include <vector>

#include "judge/logs/read_records.h"
#include "net/http_client.h"

namespace kizashi {
namespace {

constexpr int kExitFound = 0;
constexpr int kExitNone = 1;
constexpr int kExitUsage = 2;
constexpr int kExitCouldNot = 3;
constexpr Duration kTimeout = std::chrono::seconds(60);

using Element = simdjson::dom::element;
using Query = std::vector<std::pair<std::string, std::string>>;

// One command's conversation with the server.
class Client {
 public:
  Client(const char* command, const LogClientOptions& options)
      : command_(command), options_(options) {}

  int Fail(int code, std::string_view reason) const {
    fmt::print(stderr, "kizashi logs {}: {}\n", command_, reason);
    return code;
  }

  /// Reads the token; a usage error when that cannot be done.
  int Prepare() {
    if (options_.token_file.empty()) return 0;
    std::ifstream file(options_.token_file);
    while (std::getline(file, token_)) {
      while (!token_.empty() && std::isspace(static_cast<unsigned char>(token_.back()))) {
        token_.pop_back();
      }
      if (!token_.empty() && token_[0] != '#') return 0;
    }
    return Fail(kExitUsage, fmt::format("--token-file {}: no token is in it", options_.token_file));
  }

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

  /// The answer's body; an exit code other than 0 after saying why there is none.
  int Get(std::string_view path, const Query& query, std::string* body) {
    FetchRequest request;
    request.url = options_.server;
    while (request.url.ends_with('/')) request.url.pop_back();
    request.url += "/kizashi/v1/logs/";
    request.url += path;
    char sign = '?';
    for (const auto& [name, value] : query) {
      if (value.empty()) continue;
      request.url += sign + name + "=" + PercentEncode(value);
      sign = '&';
    }
    request.timeout = kTimeout;
    if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
    FetchResult result = http_.FetchAndWait(std::move(request));
    if (!result.status.ok()) {
      return Fail(kExitCouldNot,
                  fmt::format("{} does not answer: {}", options_.server, Message(result.status)));
    }
    *body = std::move(result.body);
    if (result.code == 200) return 0;
    simdjson::dom::parser parser;
    Element answer;
    std::string_view error = "no reason is given";
    if (parser.parse(*body).get(answer) == simdjson::SUCCESS) {
      (void)answer["error"].get(error);
    }
    if (result.code == 404) return Fail(kExitNone, error);
    return Fail(result.code == 400 ? kExitUsage : kExitCouldNot,
                fmt::format("{} answers {}: {}", options_.server, result.code, error));
  }

 private:
  const char* command_;
  const LogClientOptions& options_;
  std::string token_;
  HttpClient http_;
};

std::string_view TextAt(Element object, std::string_view key) {
  std::string_view text;
  (void)object[key].get(text);
  return text;
}

int64_t NumberAt(Element object, std::string_view key) {
  int64_t number = 0;
  (void)object[key].get(number);
  return number;
}

void PrintLine(Element line, std::FILE* out) {
  Print(out, "{} {} {:5} {}\n", FormatTime(TimeFromMs(NumberAt(line, "time"))),
        Printable(TextAt(line, "service")), TextAt(line, "severity"),
        Printable(TextAt(line, "text")));
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
            TextAt(pattern, "severity"), TextAt(pattern, "id"), Printable(TextAt(pattern, "text")));
    }
  }
  if (!Flushed("logs patterns", out)) return kExitCouldNot;
  return patterns.size() > 0 ? kExitFound : kExitNone;
}

}  // namespace kizashi
