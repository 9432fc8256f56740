#include "api/incident_client.h"

#include <simdjson.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include "act/format.h"
#include "act/incident/incident_texts.h"
#include "act/incident/report.h"
#include "act/incident/report_draft.h"
#include "api/server_client.h"
#include "base/json_writer.h"

namespace kizashi {
namespace {

using incidents::FillText;
using incidents::IncidentText;
using Element = simdjson::dom::element;

constexpr std::string_view kIncidents = "/kizashi/v1/incidents";
constexpr size_t kTextCharsMax = 200;

std::string TextOf(Element object, std::string_view name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

int64_t WholeOf(Element object, std::string_view name) {
  int64_t number = 0;
  return object[name].get(number) == simdjson::SUCCESS ? number : 0;
}

std::string CountOf(Element object, std::string_view name) {
  return fmt::format("{}", WholeOf(object, name));
}

std::string SecondOf(Element object, std::string_view name) {
  int64_t ms = 0;
  if (object[name].get(ms) != simdjson::SUCCESS) return "-";
  return incidents::LocalSecond(TimeFromMs(ms), "UTC");
}

std::string SpanOf(Element object, std::string_view name, Language language) {
  double seconds = 0;
  if (object[name].get(seconds) != simdjson::SUCCESS) return "-";
  return FormatSpan(Duration(static_cast<int64_t>(seconds * 1000)), language);
}

std::string StateOf(Element object, Language language) {
  const auto state = incidents::StateFromName(TextOf(object, "state"));
  return state ? incidents::StateText(*state, language) : TextOf(object, "state");
}

std::string CommanderOf(Element object, Language language) {
  simdjson::dom::array roles;
  if (object["roles"].get(roles) == simdjson::SUCCESS) {
    for (const Element role : roles) {
      if (TextOf(role, "role") == incidents::kCommander) return TextOf(role, "person");
    }
  }
  return std::string(incidents::Text(IncidentText::kNobody, language));
}

template <typename Print>
void ForEach(Element object, std::string_view name, Print print) {
  simdjson::dom::array list;
  if (object[name].get(list) != simdjson::SUCCESS) return;
  for (const Element one : list) print(one);
}

void PrintLine(Element incident, Language language, std::FILE* out) {
  fmt::print(out, "{}  {}  {}  {}  {}  {}\n", WholeOf(incident, "id"), SecondOf(incident, "begin"),
             incidents::SeverityText(static_cast<int>(WholeOf(incident, "severity"))),
             StateOf(incident, language), CommanderOf(incident, language),
             CutText(OneLine(TextOf(incident, "title")), kTextCharsMax));
}

void PrintShown(Element incident, Language language, std::FILE* out) {
  const auto heading = [&](IncidentText id) {
    fmt::print(out, "\n{}\n", incidents::Text(id, language));
  };
  fmt::print(out, "{}  {}\n", WholeOf(incident, "id"), OneLine(TextOf(incident, "title")));
  fmt::print(out, "{}\n",
             FillText(IncidentText::kShowState, language,
                      {{"severity",
                        incidents::SeverityText(static_cast<int>(WholeOf(incident, "severity")))},
                       {"state", StateOf(incident, language)},
                       {"begin", SecondOf(incident, "begin")},
                       {"person", CommanderOf(incident, language)}}));
  heading(IncidentText::kShowAlerts);
  ForEach(incident, "alerts", [&](Element alert) {
    fmt::print(out, "  {}  {}  {} {}  {}\n", SecondOf(alert, "begin"), SecondOf(alert, "end"),
               TextOf(alert, "service"), OneLine(TextOf(alert, "name")), TextOf(alert, "id"));
  });
  heading(IncidentText::kShowAnomalies);
  ForEach(incident, "anomalies", [&](Element anomaly) {
    fmt::print(out, "  {}  {}  {}\n", SecondOf(anomaly, "begin"), TextOf(anomaly, "id"),
               CutText(TextOf(anomaly, "text"), kTextCharsMax));
  });
  heading(IncidentText::kShowLinks);
  ForEach(incident, "links", [&](Element link) {
    fmt::print(out, "  {}  {}  {}\n", WholeOf(link, "id"), TextOf(link, "relation"),
               OneLine(TextOf(link, "title")));
  });
  heading(IncidentText::kSimilar);
  ForEach(incident, "similar", [&](Element similar) {
    std::string why;
    ForEach(similar, "reasons", [&](Element reason) {
      why += (why.empty()                       ? ""
              : language == Language::kJapanese ? "、"
                                                : ", ") +
             TextOf(reason, "text");
    });
    fmt::print(out, "  {}  {}  {}: {}\n", WholeOf(similar, "id"), SecondOf(similar, "begin"),
               OneLine(TextOf(similar, "title")), OneLine(why));
  });
  heading(IncidentText::kTimeline);
  ForEach(incident, "timeline", [&](Element line) {
    fmt::print(out, "  {}  {}  ({} {})\n", SecondOf(line, "time"),
               CutText(TextOf(line, "text"), kTextCharsMax), TextOf(line, "what"),
               TextOf(line, "id"));
  });
}

std::string ReadFile(const std::string& path, std::string* error) {
  std::ifstream in(path, std::ios::binary);
  if (!in) *error = fmt::format("{}: {}", path, std::strerror(errno));
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// The members of every edit; the object stays open.
void BeginEdit(const IncidentCommandOptions& options, const Clock& clock, JsonWriter* json) {
  json->BeginObject().Key("via").String("cli");
  if (!options.by.empty()) json->Key("by").String(options.by);
  json->Key("id").String(fmt::format("cli {}", ToMs(clock.Now())));
}

bool IsNumber(const std::string& text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == text.npos;
}

std::string PathOf(const std::string& id, std::string_view below = "") {
  return fmt::format("{}/{}{}", kIncidents, PercentEncode(id), below);
}

}  // namespace

int IncidentListCommand(const IncidentCommandOptions& options, std::FILE* out) {
  ServerClient client("incident list", options.server, options.token_file);
  if (const int failed = client.Prepare()) return failed;
  std::string body;
  if (const int failed = client.Get(kIncidents,
                                    {{"team", options.team},
                                     {"service", options.service},
                                     {"state", options.state},
                                     {"limit", options.limit}},
                                    &body)) {
    return failed;
  }
  if (options.format == "json") {
    fmt::print(out, "{}\n", body);
    return 0;
  }
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  if (parser.parse(body)["incidents"].get(list) != simdjson::SUCCESS) {
    return client.Fail(ServerClient::kCouldNot, "the answer is none of a Kizashi server");
  }
  const Language language = LanguageFromCode(options.language);
  if (list.size() == 0) {
    fmt::print(out, "{}\n", incidents::Text(IncidentText::kNoIncidents, language));
  }
  for (const Element incident : list) PrintLine(incident, language, out);
  return 0;
}

int IncidentShowCommand(const IncidentCommandOptions& options, std::FILE* out) {
  ServerClient client("incident show", options.server, options.token_file);
  if (const int failed = client.Prepare()) return failed;
  std::string body;
  if (const int failed = client.Get(PathOf(options.id), {{"language", options.language}}, &body)) {
    return failed;
  }
  if (options.format == "json") {
    fmt::print(out, "{}\n", body);
    return 0;
  }
  simdjson::dom::parser parser;
  Element incident;
  if (parser.parse(body).get(incident) != simdjson::SUCCESS) {
    return client.Fail(ServerClient::kCouldNot, "the answer is none of a Kizashi server");
  }
  PrintShown(incident, LanguageFromCode(options.language), out);
  return 0;
}

int IncidentOpenCommand(const IncidentCommandOptions& options, const Clock& clock, std::FILE* out) {
  ServerClient client("incident open", options.server, options.token_file);
  if (const int failed = client.Prepare()) return failed;
  JsonWriter json;
  BeginEdit(options, clock, &json);
  json.Key("title").String(options.text);
  json.Key("service").String(options.service).Key("team").String(options.team);
  if (!options.severity.empty()) json.Key("severity").Int(std::stoi(options.severity));
  std::string body;
  if (const int failed = client.Post(kIncidents, json.EndObject().Take(), &body)) return failed;
  simdjson::dom::parser parser;
  Element answer;
  if (options.format == "json" || parser.parse(body).get(answer) != simdjson::SUCCESS) {
    fmt::print(out, "{}\n", body);
  } else {
    fmt::print(out, "opened incident {}\n", WholeOf(answer, "id"));
  }
  return 0;
}

int IncidentEditCommand(const std::string& what, const IncidentCommandOptions& options,
                        const Clock& clock, std::FILE* out) {
  ServerClient client("incident " + what, options.server, options.token_file);
  if (const int failed = client.Prepare()) return failed;
  JsonWriter json;
  BeginEdit(options, clock, &json);
  json.Key("what").String(what).Key("text").String(options.text);
  if (!options.role.empty()) json.Key("role").String(options.role);
  if (!options.relation.empty()) json.Key("relation").String(options.relation);
  if (!options.severity.empty()) json.Key("severity").Int(std::stoi(options.severity));
  if (!options.other.empty()) {
    if (!IsNumber(options.other)) {
      return client.Fail(ServerClient::kUsage,
                         fmt::format("{}: expected the number of an incident", options.other));
    }
    json.Key("incident").Int(std::stoll(options.other));
  }
  std::string body;
  if (const int failed = client.Post(PathOf(options.id, "/edits"), json.EndObject().Take(), &body))
    return failed;
  fmt::print(out, "{}\n", options.format == "json" ? body : fmt::format("{} {}", what, options.id));
  return 0;
}

int IncidentReportCommand(const IncidentCommandOptions& options, const Clock& clock,
                          std::FILE* out) {
  ServerClient client("incident report", options.server, options.token_file);
  if (const int failed = client.Prepare()) return failed;
  std::string body;
  const std::string below =
      options.version.empty() ? "/report" : "/report/" + PercentEncode(options.version);
  if (const int failed = client.Get(PathOf(options.id, below), {}, &body)) return failed;
  simdjson::dom::parser parser;
  Element report;
  if (parser.parse(body).get(report) != simdjson::SUCCESS) {
    return client.Fail(ServerClient::kCouldNot, "the answer is none of a Kizashi server");
  }
  if (options.file.empty()) {
    fmt::print(out, "{}\n", options.format == "json" ? body : TextOf(report, "text"));
    return 0;
  }
  std::string error;
  const std::string text = ReadFile(options.file, &error);
  if (!error.empty()) return client.Fail(ServerClient::kUsage, error);
  const incidents::ReportRead read = incidents::ReadReport(text);
  if (!read.errors.empty()) {
    fmt::print(stderr, "{}\n", incidents::ErrorText(read.errors, options.file));
    return ServerClient::kUsage;
  }
  JsonWriter json;
  BeginEdit(options, clock, &json);
  json.Key("text").String(text).Key("base").Int(WholeOf(report, "newest"));
  if (const int failed =
          client.Post(PathOf(options.id, "/report"), json.EndObject().Take(), &body)) {
    return failed;
  }
  fmt::print(
      out, "{}\n",
      options.format == "json" ? body : fmt::format("report of incident {} kept", options.id));
  return 0;
}

int IncidentActionsCommand(const IncidentCommandOptions& options, std::FILE* out) {
  ServerClient client("incident actions", options.server, options.token_file);
  if (const int failed = client.Prepare()) return failed;
  std::string body;
  if (const int failed = client.Get(fmt::format("{}/actions", kIncidents),
                                    {{"team", options.team}, {"state", options.state}}, &body)) {
    return failed;
  }
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  if (parser.parse(body)["actions"].get(list) != simdjson::SUCCESS) {
    return client.Fail(ServerClient::kCouldNot, "the answer is none of a Kizashi server");
  }
  const Language language = LanguageFromCode(options.language);
  const std::string nobody(incidents::Text(IncidentText::kNobody, language));
  if (options.format == "json") {
    fmt::print(out, "{}\n", body);
  } else if (list.size() == 0) {
    fmt::print(out, "{}\n", incidents::Text(IncidentText::kNoActions, language));
  } else {
    for (const Element action : list) {
      const std::string owner = TextOf(action, "owner");
      const std::string due = TextOf(action, "due");
      bool overdue = false;
      if (action["overdue"].get(overdue) != simdjson::SUCCESS) overdue = false;
      fmt::print(out, "{}  {}{}  {}  {}  {}\n", WholeOf(action, "incident"),
                 due.empty() ? "-" : due, overdue ? "!" : "", TextOf(action, "state"),
                 owner.empty() ? nobody : OneLine(owner), OneLine(TextOf(action, "what")));
    }
  }
  return options.state == "overdue" && list.size() > 0 ? 1 : 0;
}

int IncidentStatsCommand(const IncidentCommandOptions& options, const Clock& clock,
                         std::FILE* out) {
  ServerClient client("incident stats", options.server, options.token_file);
  if (const int failed = client.Prepare()) return failed;
  std::string since = options.since;
  if (const auto span = ParseDuration(since); !since.empty() && span.ok()) {
    since = FormatTime(clock.Now() - *span);
  } else if (since.size() == 10) {
    since += "T00:00:00Z";
  }
  std::string body;
  if (const int failed = client.Get(fmt::format("{}/stats", kIncidents),
                                    {{"team", options.team}, {"since", since}}, &body)) {
    return failed;
  }
  if (options.format == "json") {
    fmt::print(out, "{}\n", body);
    return 0;
  }
  simdjson::dom::parser parser;
  Element stats;
  if (parser.parse(body).get(stats) != simdjson::SUCCESS) {
    return client.Fail(ServerClient::kCouldNot, "the answer is none of a Kizashi server");
  }
  const Language language = LanguageFromCode(options.language);
  fmt::print(out, "{}\n{}\n{}\n",
             FillText(IncidentText::kStatsCounts, language,
                      {{"count", CountOf(stats, "incidents")},
                       {"open", CountOf(stats, "open")},
                       {"unpublished", CountOf(stats, "unpublished")}}),
             FillText(IncidentText::kStatsActions, language,
                      {{"unfinished", CountOf(stats, "actions_unfinished")},
                       {"overdue", CountOf(stats, "actions_overdue")},
                       {"ended", CountOf(stats, "actions_ended")}}),
             FillText(IncidentText::kStatsMedians, language,
                      {{"acknowledge", SpanOf(stats, "median_seconds_to_acknowledge", language)},
                       {"resolve", SpanOf(stats, "median_seconds_to_resolve", language)}}));
  for (const auto& [name, id] :
       {std::pair<std::string_view, IncidentText>("by_trigger", IncidentText::kStatsTriggers),
        {"by_cause", IncidentText::kStatsCauses}}) {
    fmt::print(out, "{}\n", incidents::Text(id, language));
    ForEach(stats, name, [&](Element one) {
      fmt::print(out, "  {}  {}\n", TextOf(one, "name"), WholeOf(one, "count"));
    });
  }
  return 0;
}

int IncidentCheckCommand(const std::vector<std::string>& files, std::FILE* out) {
  int code = 0;
  for (const std::string& file : files) {
    std::string error;
    const std::string text = ReadFile(file, &error);
    if (!error.empty()) {
      fmt::print(stderr, "kizashi incident check: {}\n", error);
      return ServerClient::kCouldNot;
    }
    const incidents::ReportRead read = incidents::ReadReport(text);
    if (read.errors.empty()) continue;
    fmt::print(out, "{}\n", incidents::ErrorText(read.errors, file));
    code = 1;
  }
  return code;
}

}  // namespace kizashi
