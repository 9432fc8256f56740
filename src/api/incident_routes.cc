#include "api/incident_routes.h"

#include <simdjson.h>

#include <algorithm>

#include "act/format.h"
#include "act/incident/incident_summary.h"
#include "act/incident/similar.h"
#include "api/incident_views.h"
#include "api/request.h"
#include "base/hash.h"

namespace kizashi {
namespace {

using incidents::Edit;
using incidents::IncidentEvent;
using Element = simdjson::dom::element;

constexpr std::string_view kIncidents = "/kizashi/v1/incidents";
constexpr std::string_view kFile = "report.md";

/// The text of a member, "" when it is absent or null.
Status ReadText(Element object, std::string_view name, std::string* out, std::string* item) {
  std::string_view text;
  Element member;
  if (object[name].get(member) != simdjson::SUCCESS || member.is_null()) return OkStatus();
  if (member.get(text) != simdjson::SUCCESS) {
    *item = name;
    return InvalidArgument("expected a text");
  }
  *out = text;
  return OkStatus();
}

Status ReadNumber(Element object, std::string_view name, uint64_t* out, std::string* item) {
  Element member;
  if (object[name].get(member) != simdjson::SUCCESS || member.is_null()) return OkStatus();
  if (member.get(*out) != simdjson::SUCCESS) {
    *item = name;
    return InvalidArgument("expected a number");
  }
  return OkStatus();
}

Status ReadTime(Element object, Time now, Time* time, std::string* item) {
  Element member;
  std::string_view text;
  int64_t ms = 0;
  *time = now;
  if (object["time"].get(member) != simdjson::SUCCESS) return OkStatus();
  *item = "time";
  // Year 1970 to 9999.
  if (member.get(ms) == simdjson::SUCCESS && ms >= 0 && ms < 253'402'300'800'000) {
    *time = TimeFromMs(ms);
  } else if (member.get(text) == simdjson::SUCCESS) {
    KZ_ASSIGN_OR_RETURN(*time, ParseTime(text));
  } else {
    return InvalidArgument("expected a time in RFC 3339 or in milliseconds since 1970");
  }
  item->clear();
  return OkStatus();
}

/// What an edit's sender says of itself.
struct Sender {
  std::string id;
  std::string via = "api";
  std::string by;
};

Status ReadSender(Element object, Sender* sender, std::string* item) {
  KZ_RETURN_IF_ERROR(ReadText(object, "id", &sender->id, item));
  KZ_RETURN_IF_ERROR(ReadText(object, "via", &sender->via, item));
  KZ_RETURN_IF_ERROR(ReadText(object, "by", &sender->by, item));
  if (sender->via != "page" && sender->via != "cli" && sender->via != "api") {
    *item = "via";
    return InvalidArgument("found '{}', expected page, cli or api", sender->via);
  }
  return OkStatus();
}

/// The sender's id tells its second try from its first, not its edits from those of others; of two
/// without one that say the same within a millisecond one is enough.
void Sign(const Sender& sender, const std::string& actor, Time now, Edit* edit) {
  edit->actor = !actor.empty() ? actor : !sender.by.empty() ? sender.by : sender.via;
  edit->via = sender.via;
  edit->time = now;
  const std::string id = sender.id.empty() ? fmt::format("at {}", ToMs(now)) : "of " + sender.id;
  edit->id =
      HexId(Hash64(fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", id, edit->actor, EditName(edit->what),
                               edit->incident, edit->name, edit->other, edit->text)));
}

Status ReadObject(simdjson::dom::parser* parser, const std::string& body, Element* object) {
  if (body.size() > IncidentRoutes::kBodyBytesMax) {
    return InvalidArgument("at most {} bytes", IncidentRoutes::kBodyBytesMax);
  }
  if (parser->parse(body).get(*object) != simdjson::SUCCESS || !object->is_object()) {
    return InvalidArgument("the body is no JSON object");
  }
  return OkStatus();
}

Status ReadFields(Element object, Fields* fields, std::string* item) {
  simdjson::dom::object members;
  if (object["fields"].get(members) != simdjson::SUCCESS) return OkStatus();
  for (const auto& [name, value] : members) {
    double number = 0;
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) {
      fields->emplace_back(std::string(name), std::string(text));
    } else if (value.get(number) == simdjson::SUCCESS) {
      fields->emplace_back(std::string(name), number);
    } else {
      *item = fmt::format("fields.{}", name);
      return InvalidArgument("expected a text or a number");
    }
  }
  return OkStatus();
}

Status ReadEvent(Element object, Time now, IncidentEvent* event, std::string* item) {
  std::string kind;
  if (!object.is_object()) return InvalidArgument("expected an object");
  KZ_RETURN_IF_ERROR(ReadText(object, "kind", &kind, item));
  const auto known = incidents::EventKindFromName(kind);
  if (!known) {
    *item = "kind";
    return InvalidArgument("found '{}', expected deploy, probe, chat or another kind of event",
                           CutText(kind, 60));
  }
  event->kind = *known;
  KZ_RETURN_IF_ERROR(ReadText(object, "id", &event->id, item));
  KZ_RETURN_IF_ERROR(ReadText(object, "service", &event->service, item));
  KZ_RETURN_IF_ERROR(ReadText(object, "team", &event->team, item));
  KZ_RETURN_IF_ERROR(ReadTime(object, now, &event->time, item));
  KZ_RETURN_IF_ERROR(ReadFields(object, &event->fields, item));
  simdjson::dom::object links;
  if (object["links"].get(links) == simdjson::SUCCESS) {
    for (const auto& [name, value] : links) {
      std::string_view id;
      if (value.get(id) != simdjson::SUCCESS) {
        *item = fmt::format("links.{}", name);
        return InvalidArgument("expected a text");
      }
      event->links.emplace_back(std::string(name), std::string(id));
    }
  }
  return incidents::Check(*event);
}

bool ReadWholeNumber(std::string_view text, uint64_t* number) {
  int64_t value = 0;
  if (!ReadInteger(std::string(text), &value) || value < 1) return false;
  *number = static_cast<uint64_t>(value);
  return true;
}

}  // namespace

Status ReadIncidentEvents(std::string_view json, Time now, std::vector<IncidentEvent>* events,
                          std::string* item) {
  simdjson::dom::parser parser;
  Element object;
  simdjson::dom::array list;
  KZ_RETURN_IF_ERROR(ReadObject(&parser, std::string(json), &object));
  *item = "events";
  if (object["events"].get(list) != simdjson::SUCCESS) return InvalidArgument("expected a list");
  if (list.size() > IncidentRoutes::kEventsMax) {
    return InvalidArgument("at most {} events", IncidentRoutes::kEventsMax);
  }
  for (const Element one : list) {
    std::string member;
    const Status read = ReadEvent(one, now, &events->emplace_back(), &member);
    if (read.ok()) continue;
    *item = fmt::format("events[{}]{}{}", events->size() - 1, member.empty() ? "" : ".", member);
    return read;
  }
  item->clear();
  return OkStatus();
}

bool IncidentRoutes::IsMine(std::string_view path) {
  return path == kIncidents ||
         (path.starts_with(kIncidents) && path.substr(kIncidents.size()).starts_with('/'));
}

void IncidentRoutes::Handle(const HttpRequest& request, const std::string& actor,
                            const Responder& respond) const {
  const bool get = request.method == "GET" || request.method == "HEAD";
  const bool post = request.method == "POST";
  const auto wrong_method = [&] {
    respond(ErrorResponse(405, "this path does not take this method", request.path));
  };
  const auto nothing = [&] {
    respond(ErrorResponse(404, "there is nothing at this path", request.path));
  };
  if (parts_.incidents == nullptr) return nothing();
  if (request.path == kIncidents) {
    return get ? List(request, respond) : post ? Open(request, actor, respond) : wrong_method();
  }
  const std::string_view rest = std::string_view(request.path).substr(kIncidents.size() + 1);
  if (rest == "events") return post ? PostEvents(request, respond) : wrong_method();
  if (rest == "actions") return get ? ListActions(request, respond) : wrong_method();
  if (rest == "stats") return get ? GetStats(request, respond) : wrong_method();
  const std::string_view name = rest.substr(0, rest.find('/'));
  const std::string_view below = rest.substr(std::min(name.size() + 1, rest.size()));
  uint64_t number = 0;
  if (!ReadWholeNumber(name, &number) || parts_.incidents->Find(number) == nullptr) {
    return respond(ErrorResponse(404, "there is no such incident", std::string(name)));
  }
  constexpr std::string_view kReport = "report";
  if (below.empty()) return get ? Get(number, request, respond) : wrong_method();
  if (below == "edits") return post ? PostEdit(number, request, actor, respond) : wrong_method();
  if (below == kReport) {
    return get    ? GetReport(number, 0, respond)
           : post ? PostReport(number, request, actor, respond)
                  : wrong_method();
  }
  uint64_t version = 0;
  if (below.starts_with("report/") && ReadWholeNumber(below.substr(7), &version)) {
    return get ? GetReport(number, version, respond) : wrong_method();
  }
  nothing();
}

void IncidentRoutes::List(const HttpRequest& request, const Responder& respond) const {
  const auto state = ChoiceQuery(request, "state",
                                 {"all", "active", "over", "open", "acknowledged", "mitigated",
                                  "resolved", "closed", "unpublished"});
  const auto limit = IntegerQuery(request, "limit", 200, 1, 1000);
  for (const Status& status : {state.status(), limit.status()}) {
    if (!status.ok()) return respond(StatusResponse(status));
  }
  const std::string service = request.Query("service").value_or("");
  const std::string team = request.Query("team").value_or("");
  JsonWriter json;
  json.BeginObject().Key("incidents").BeginArray();
  int64_t left = *limit;
  for (const auto& view : parts_.incidents->All()) {
    const incidents::Incident& incident = view->incident;
    if (!service.empty() && incident.service != service) continue;
    if (!team.empty() && incident.team != team) continue;
    const bool published = view->report && view->report->is_published();
    const bool wanted = *state == "all" || (*state == "active" && !incident.is_over()) ||
                        (*state == "over" && incident.is_over()) ||
                        (*state == "unpublished" && incident.is_over() &&
                         incident.merged_into == 0 && !published) ||
                        *state == StateName(incident.state);
    if (!wanted || left-- <= 0) continue;
    WriteIncidentSummary(*view, &json);
  }
  json.EndArray();
  json.Key("version").Int(static_cast<int64_t>(parts_.incidents->version()));
  respond(JsonResponse(200, json.EndObject().Take()));
}

void IncidentRoutes::Get(uint64_t number, const HttpRequest& request,
                         const Responder& respond) const {
  const auto language = ChoiceQuery(request, "language", {"en", "ja"});
  if (!language.ok()) return respond(StatusResponse(language.status()));
  IncidentDetail detail;
  detail.view = parts_.incidents->Find(number);
  if (detail.view == nullptr) return respond(ErrorResponse(404, "there is no such incident"));
  detail.similar = FindSimilar(*detail.view, parts_.incidents->All());
  for (const incidents::IncidentLink& link : detail.view->incident.links) {
    if (auto other = parts_.incidents->Find(link.incident)) {
      detail.linked.push_back(std::move(other));
    }
  }
  respond(JsonResponse(200, IncidentDetailJson(detail, LanguageFromCode(*language))));
}

void IncidentRoutes::Answer(const StatusOr<uint64_t>& done, const Responder& respond) const {
  if (done.ok()) {
    return respond(JsonResponse(200, fmt::format("{{\"id\":{}}}", *done)));
  }
  switch (done.status().code()) {
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted: return respond(ErrorResponse(409, Message(done.status())));
    case absl::StatusCode::kUnavailable:
      return respond(ComeBackResponse(503, Message(done.status())));
    default: return respond(StatusResponse(done.status()));
  }
}

void IncidentRoutes::Open(const HttpRequest& request, const std::string& actor,
                          const Responder& respond) const {
  simdjson::dom::parser parser;
  Element object;
  Edit edit;
  edit.what = Edit::What::kOpen;
  Sender sender;
  std::string item;
  const auto read = [&]() -> Status {
    KZ_RETURN_IF_ERROR(ReadObject(&parser, request.body, &object));
    KZ_RETURN_IF_ERROR(ReadSender(object, &sender, &item));
    KZ_RETURN_IF_ERROR(ReadText(object, "title", &edit.text, &item));
    KZ_RETURN_IF_ERROR(ReadText(object, "service", &edit.name, &item));
    KZ_RETURN_IF_ERROR(ReadText(object, "team", &edit.team, &item));
    return ReadNumber(object, "severity", &edit.other, &item);
  };
  if (const Status status = read(); !status.ok()) {
    return respond(ErrorResponse(400, Message(status), item));
  }
  const auto catalog = parts_.catalog();
  if (!edit.name.empty()) {
    const Service* service = catalog->FindService(edit.name);
    if (service == nullptr)
      return respond(ErrorResponse(404, "there is no such service", edit.name));
    if (edit.team.empty()) edit.team = service->owner;
  }
  if (!edit.team.empty() && catalog->FindTeam(edit.team) == nullptr) {
    return respond(ErrorResponse(404, "there is no such team", edit.team));
  }
  Sign(sender, actor, parts_.clock->Now(), &edit);
  Answer(parts_.incidents->Do(std::move(edit)), respond);
}

void IncidentRoutes::PostEdit(uint64_t number, const HttpRequest& request, const std::string& actor,
                              const Responder& respond) const {
  simdjson::dom::parser parser;
  Element object;
  Edit edit;
  edit.incident = number;
  Sender sender;
  std::string item;
  std::string what;
  const auto read = [&]() -> Status {
    KZ_RETURN_IF_ERROR(ReadObject(&parser, request.body, &object));
    KZ_RETURN_IF_ERROR(ReadSender(object, &sender, &item));
    KZ_RETURN_IF_ERROR(ReadText(object, "what", &what, &item));
    const auto known = incidents::EditFromName(what);
    if (!known || *known == Edit::What::kOpen || *known == Edit::What::kReport) {
      item = "what";
      return InvalidArgument(
          "found '{}', expected acknowledge, mitigate, resolve, close, reopen, note, severity, "
          "role, title, merge, link or unlink",
          CutText(what, 60));
    }
    edit.what = *known;
    KZ_RETURN_IF_ERROR(ReadText(object, "text", &edit.text, &item));
    KZ_RETURN_IF_ERROR(ReadText(object, "role", &edit.name, &item));
    KZ_RETURN_IF_ERROR(ReadText(object, "relation", &edit.name, &item));
    KZ_RETURN_IF_ERROR(ReadNumber(object, "severity", &edit.other, &item));
    return ReadNumber(object, "incident", &edit.other, &item);
  };
  if (const Status status = read(); !status.ok()) {
    return respond(ErrorResponse(400, Message(status), item));
  }
  Sign(sender, actor, parts_.clock->Now(), &edit);
  Answer(parts_.incidents->Do(std::move(edit)), respond);
}

void IncidentRoutes::GetReport(uint64_t number, uint64_t version, const Responder& respond) const {
  const auto view = parts_.incidents->Find(number);
  if (view == nullptr || view->incident.report.empty()) {
    return respond(ErrorResponse(404,
                                 "there is no report yet: it is drafted when the incident is "
                                 "resolved"));
  }
  const auto& versions = view->incident.report;
  const bool known =
      version == 0 || std::any_of(versions.begin(), versions.end(),
                                  [&](const auto& one) { return one.version == version; });
  if (!known) return respond(ErrorResponse(404, "there is no such version of the report"));
  respond(JsonResponse(200, IncidentReportJson(*view, version, parts_.incidents->FileOf(number))));
}

void IncidentRoutes::PostReport(uint64_t number, const HttpRequest& request,
                                const std::string& actor, const Responder& respond) const {
  simdjson::dom::parser parser;
  Element object;
  Edit edit;
  edit.what = Edit::What::kReport;
  edit.incident = number;
  Sender sender;
  std::string item;
  const auto read = [&]() -> Status {
    KZ_RETURN_IF_ERROR(ReadObject(&parser, request.body, &object));
    KZ_RETURN_IF_ERROR(ReadSender(object, &sender, &item));
    KZ_RETURN_IF_ERROR(ReadText(object, "text", &edit.text, &item));
    return ReadNumber(object, "base", &edit.other, &item);
  };
  if (const Status status = read(); !status.ok()) {
    return respond(ErrorResponse(400, Message(status), item));
  }
  const incidents::ReportRead report = incidents::ReadReport(edit.text, number);
  if (!report.errors.empty()) {
    return respond(JsonResponse(400, ReportErrorsJson(report.errors, kFile)));
  }
  Sign(sender, actor, parts_.clock->Now(), &edit);
  Answer(parts_.incidents->Do(std::move(edit)), respond);
}

std::string IncidentRoutes::Today(std::string_view team) const {
  const Team* found = parts_.catalog()->FindTeam(team);
  return FormatDay(parts_.clock->Now(), found == nullptr ? "UTC" : found->time_zone);
}

void IncidentRoutes::ListActions(const HttpRequest& request, const Responder& respond) const {
  const auto state = ChoiceQuery(
      request, "state", {"unfinished", "all", "overdue", "open", "doing", "done", "dropped"});
  if (!state.ok()) return respond(StatusResponse(state.status()));
  const std::string team = request.Query("team").value_or("");
  respond(JsonResponse(200, IncidentActionsJson(incidents::ListActions(
                                parts_.incidents->All(), team, *state, Today(team)))));
}

void IncidentRoutes::GetStats(const HttpRequest& request, const Responder& respond) const {
  const auto since = TimeQuery(request, "since");
  const auto until = TimeQuery(request, "until");
  for (const Status& status : {since.status(), until.status()}) {
    if (!status.ok()) return respond(StatusResponse(status));
  }
  const std::string team = request.Query("team").value_or("");
  const incidents::IncidentStats stats = incidents::CountIncidents(
      parts_.incidents->All(), team, since->value_or(Time{}),
      until->value_or(parts_.clock->Now() + std::chrono::hours(1)), Today(team));
  respond(JsonResponse(200, IncidentStatsJson(stats)));
}

void IncidentRoutes::PostEvents(const HttpRequest& request, const Responder& respond) const {
  std::vector<IncidentEvent> events;
  std::string item;
  const Status read = ReadIncidentEvents(request.body, parts_.clock->Now(), &events, &item);
  if (!read.ok()) return respond(ErrorResponse(400, Message(read), item));
  const size_t count = events.size();
  const Status kept = parts_.incidents->TellAndWait(std::move(events));
  if (!kept.ok()) return respond(ComeBackResponse(503, Message(kept)));
  respond(JsonResponse(200, fmt::format("{{\"taken\":{}}}", count)));
}

}  // namespace kizashi
