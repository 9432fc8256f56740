// Our own short documents: `service:`, `team:` and `person:`.
#include <algorithm>

#include "catalog/draft.h"
#include "catalog/log_patterns.h"
#include "catalog/series_limit.h"
#include "catalog/slo_reader.h"
#include "catalog/suggest.h"

namespace kizashi {
namespace {

constexpr int kMembersMax = 100'000;
constexpr int kReportLinesMax = 1'000'000;

bool IsEmail(std::string_view text) {
  const size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find('@', at + 1) == std::string_view::npos &&
         text.find_first_of(" \t\r\n<>,") == std::string_view::npos;
}

std::optional<Redundancy> ReadRedundancy(const Field& field) {
  if (!field.present()) return std::nullopt;
  if (!CheckMapping(field, "a mapping such as {need: 3, of: 5, by: instance}")) return std::nullopt;
  CheckKeys(field, {"need", "of", "by"});
  for (const char* key : {"need", "of"}) {
    if (!field.Key(key).present()) field.Key(key).Wrong("a whole number of members");
  }
  const auto need = ReadWholeNumber(field.Key("need"), 1, kMembersMax);
  const auto of = ReadWholeNumber(field.Key("of"), 1, kMembersMax);
  Redundancy redundancy;
  redundancy.by = ReadText(field.Key("by")).value_or(redundancy.by);
  if (!need || !of) return std::nullopt;
  if (*need > *of) {
    field.Key("need").Wrong(fmt::format("at most {}, as many as there are (`of`)", *of));
    return std::nullopt;
  }
  redundancy.need = *need;
  redundancy.of = *of;
  return redundancy;
}

/// A share, or a mapping with it and what follows when it is spent.
void ReadAnomalyBudget(const Field& field, Service* service) {
  if (!field.IsMapping()) {
    service->anomaly_share = ReadPercent(field, true).value_or(service->anomaly_share);
    return;
  }
  CheckKeys(field, {"share", "policy", "overrides"});
  service->anomaly_share = ReadPercent(field.Key("share"), true).value_or(service->anomaly_share);
  if (field.Key("policy").present()) service->anomaly_policy = ReadPolicy(field.Key("policy"));
  service->anomaly_overrides = ReadOverrides(field.Key("overrides"));
}

void ReadService(const Field& field, Draft* draft) {
  if (!CheckMapping(field, "a mapping with at least a name")) return;
  CheckKeys(field, {"name", "title", "owner", "developers", "tier", "depends_on", "match",
                    "redundancy", "slo", "anomaly_budget", "series_limit", "log_patterns"});
  DraftService out;
  Service& service = out.service;
  service.file = field.file();
  service.name = ReadName(field.Key("name")).value_or("");
  service.title = ReadText(field.Key("title")).value_or(service.name);
  service.tier = ReadText(field.Key("tier")).value_or("");
  out.place = field.Key("name").place();
  out.owner = ReadReference(field.Key("owner"));
  out.developers = ReadReferences(field.Key("developers"), "people");
  out.depends_on = ReadReferences(field.Key("depends_on"), "services");
  for (const Field& item : OneOrMany(field.Key("match"))) {
    if (auto selector = ReadSelector(item)) service.match.push_back(*std::move(selector));
  }
  service.redundancy = ReadRedundancy(field.Key("redundancy"));
  ReadSlos(field.Key("slo"), &out.slos);
  ReadAnomalyBudget(field.Key("anomaly_budget"), &service);
  service.series_limit = ReadWholeNumber(field.Key("series_limit"), 1, kSeriesLimitMax);
  service.log_patterns = ReadLogPatterns(field.Key("log_patterns"));
  draft->services.push_back(std::move(out));
}

/// Of Slack a channel of the server's app, or an incoming webhook.
std::optional<std::string> ReadSlack(const Field& field) {
  if (!field.present()) return std::nullopt;
  if (field.node().kind == YamlNode::Kind::kScalar && field.node().scalar.starts_with('#')) {
    const std::string& channel = field.node().scalar;
    if (channel.size() > 1 && channel.size() <= 81 &&
        channel.find_first_of(" \n") == channel.npos) {
      return channel;
    }
    field.Wrong("a channel such as #shop, or the URL of an incoming webhook");
    return std::nullopt;
  }
  return ReadUrl(field);
}

void ReadDestination(const Field& field, Team* team) {
  if (!CheckMapping(field, "a mapping such as {slack: URL} or {webhook: URL}")) return;
  CheckKeys(field, {"slack", "webhook", "email", "pagerduty"});
  if (field.node().keys.size() > 1) field.Wrong("one destination; begin another item of the list");
  if (field.node().keys.empty()) field.Wrong("slack, webhook, email or pagerduty");
  if (auto url = ReadSlack(field.Key("slack"))) {
    team->notify.push_back({Destination::Kind::kSlack, *std::move(url)});
  }
  if (auto url = ReadUrl(field.Key("webhook"))) {
    team->notify.push_back({Destination::Kind::kWebhook, *std::move(url)});
  }
  if (const auto address = ReadText(field.Key("email"))) {
    if (!IsEmail(*address)) field.Key("email").Wrong("an address such as team@example.com");
    team->notify.push_back({Destination::Kind::kWebhook, "mailto:" + *address});
  }
  if (const auto key = ReadText(field.Key("pagerduty"))) {
    team->notify.push_back({Destination::Kind::kWebhook, "pagerduty:" + *key});
  }
}

/// `off`, or when and to whom.
void ReadReport(const Field& field, TeamReport* report) {
  if (!field.present()) return;
  if (!field.IsMapping()) {
    const std::optional<std::string> word = ReadOneOf(field, {"off"});
    report->on = !word.has_value();
    return;
  }
  CheckKeys(field, {"at", "email", "lines"});
  if (field.Key("at").present()) {
    report->at = ReadTimeOfDay(field.Key("at")).value_or(report->at);
  }
  for (const Field& item : OneOrMany(field.Key("email"))) {
    const std::optional<std::string> address = ReadText(item);
    if (!address) continue;
    if (!IsEmail(*address)) {
      item.Wrong("an address such as team@example.com");
      continue;
    }
    report->emails.push_back(*address);
  }
  report->lines_min =
      ReadWholeNumber(field.Key("lines"), 1, kReportLinesMax).value_or(report->lines_min);
}

void ReadTeam(const Field& field, Draft* draft) {
  if (!CheckMapping(field, "a mapping with at least a name")) return;
  CheckKeys(field,
            {"name", "title", "parent", "members", "time_zone", "language", "notify", "report"});
  DraftTeam out;
  Team& team = out.team;
  team.file = field.file();
  team.name = ReadName(field.Key("name")).value_or("");
  team.title = ReadText(field.Key("title")).value_or(team.name);
  team.time_zone = ReadTimeZone(field.Key("time_zone")).value_or(team.time_zone);
  team.language = ReadOneOf(field.Key("language"), {"en", "ja"}).value_or(team.language);
  out.place = field.Key("name").place();
  out.parent = ReadReference(field.Key("parent"));
  out.members = ReadReferences(field.Key("members"), "people");
  for (const Field& item : ReadList(field.Key("notify"), "destinations")) {
    ReadDestination(item, &team);
  }
  ReadReport(field.Key("report"), &team.report);
  draft->teams.push_back(std::move(out));
}

bool IsSlackMember(std::string_view text) {
  const bool is_member = text.starts_with('U') || text.starts_with('W');
  return is_member && text.size() >= 2 && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isupper(c) || std::isdigit(c); });
}

// The whole grammar is that of phone::CheckPhoneCall, which reads it again before it calls.
bool IsPhone(std::string_view text) {
  if (text.starts_with("sip:") || text.starts_with("sips:")) return text.size() <= 256;
  return text.starts_with('+') && text.size() >= 4 && text.size() <= 32 &&
         text.find_first_not_of("0123456789 -.()", 1) == text.npos;
}

void ReadPerson(const Field& field, Draft* draft) {
  if (!CheckMapping(field, "a mapping with at least a name")) return;
  CheckKeys(field, {"name", "title", "email", "slack", "phone", "language"});
  DraftPerson out;
  Person& person = out.person;
  person.file = field.file();
  person.name = ReadName(field.Key("name")).value_or("");
  person.title = ReadText(field.Key("title")).value_or(person.name);
  person.email = ReadText(field.Key("email")).value_or("");
  if (!person.email.empty() && !IsEmail(person.email)) {
    field.Key("email").Wrong("an address such as hanako@example.com");
  }
  person.slack = ReadText(field.Key("slack")).value_or("");
  if (!person.slack.empty() && !IsSlackMember(person.slack)) {
    field.Key("slack").Wrong("a member's id such as U0G9QF9C6 (in Slack: profile, copy member ID)");
  }
  person.phone = ReadText(field.Key("phone")).value_or("");
  if (!person.phone.empty() && !IsPhone(person.phone)) {
    field.Key("phone").Wrong("a number such as \"+81312345678\", or sip:hanako@pbx.example");
  }
  person.language = ReadOneOf(field.Key("language"), {"en", "ja"}).value_or(person.language);
  out.place = field.Key("name").place();
  draft->people.push_back(std::move(out));
}

/// Read by act/oncall/reader.h from the same files.
bool IsOfOnCall(std::string_view key) {
  return key == "schedule" || key == "escalation" || key == "leave";
}

}  // namespace

std::optional<Reference> ReadReference(const Field& field) {
  const auto text = ReadText(field);
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  Reference reference;
  reference.place = field.place();
  if (const size_t colon = rest.find(':'); colon != std::string_view::npos) {
    reference.kind = LowerCase(rest.substr(0, colon));
    rest.remove_prefix(colon + 1);
  }
  // Namespaces are not told apart here: names are unique over all of them.
  if (const size_t slash = rest.find('/'); slash != std::string_view::npos) {
    rest.remove_prefix(slash + 1);
  }
  reference.name = std::string(rest);
  if (rest.empty() || rest.find_first_of(":/") != std::string_view::npos) {
    field.Wrong("a name, or a reference such as group:default/name");
    return std::nullopt;
  }
  return reference;
}

std::vector<Reference> ReadReferences(const Field& list, std::string_view of_what) {
  std::vector<Reference> references;
  for (const Field& item : ReadList(list, fmt::format("names of {}", of_what))) {
    if (auto reference = ReadReference(item)) references.push_back(*std::move(reference));
  }
  return references;
}

void ReadDocument(const Field& document, Draft* draft) {
  constexpr std::string_view kExpected =
      "service:, team:, person:, schedule:, escalation: or leave:, or an entity of Backstage with "
      "apiVersion and kind";
  if (!CheckMapping(document, kExpected)) return;
  const YamlNode& node = document.node();
  if (node.Find("apiVersion") != nullptr || node.Find("kind") != nullptr) {
    return ReadBackstageEntity(document, draft);
  }
  if (node.keys.empty()) return document.Wrong(std::string(kExpected));
  for (size_t i = 0; i < node.keys.size(); ++i) {
    const YamlKey& key = node.keys[i];
    const Place at{document.file(), key.line, key.column, key.name};
    if (i > 0) {
      document.Error(at, fmt::format("a second top-level key {}", Quoted(key.name)),
                     "one in each document; begin the next with a line of ---");
    }
    if (key.name == "service") {
      ReadService(document.Root(key.name), draft);
    } else if (key.name == "team") {
      ReadTeam(document.Root(key.name), draft);
    } else if (key.name == "person") {
      ReadPerson(document.Root(key.name), draft);
    } else if (i == 0 && !IsOfOnCall(key.name)) {
      document.Error(
          at, fmt::format("the top-level key {}", Quoted(key.name)),
          std::string(kExpected) + DidYouMean(key.name, {"service", "team", "person", "schedule",
                                                         "escalation", "leave", "apiVersion"}));
    }
  }
}

}  // namespace kizashi
