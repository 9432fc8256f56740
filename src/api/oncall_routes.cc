#include "api/oncall_routes.h"

#include <simdjson.h>

#include "act/oncall/calendar.h"
#include "act/oncall/check.h"
#include "act/oncall/views.h"
#include "api/request.h"
#include "catalog/check.h"

namespace kizashi {
namespace {

using Element = simdjson::dom::element;
using oncall::Edit;
using oncall::Schedule;

constexpr std::string_view kOnCall = "/kizashi/v1/oncall";
constexpr std::string_view kEscalations = "/kizashi/v1/escalations";
constexpr std::string_view kEdits = "/edits";
constexpr size_t kBodyBytesMax = 16 << 10;
constexpr int64_t kWeeks = 8;
// A calendar begins a little before now, so that what was is not gone at once.
constexpr Duration kCalendarBefore = std::chrono::days(28);
constexpr int64_t kCalendarWeeks = 26;

Status ReadText(Element object, std::string_view name, std::string* out) {
  std::string_view text;
  const auto error = object[name].get(text);
  if (error == simdjson::NO_SUCH_FIELD) return OkStatus();
  if (error != simdjson::SUCCESS) return InvalidArgument("expected a text");
  *out = text;
  return OkStatus();
}

Status ReadMoment(Element object, std::string_view name, Time* out) {
  std::string_view text;
  int64_t ms = 0;
  const auto error = object[name].get(ms);
  if (error == simdjson::NO_SUCH_FIELD) return OkStatus();
  if (error == simdjson::SUCCESS) {
    *out = TimeFromMs(ms);
    return OkStatus();
  }
  if (object[name].get(text) != simdjson::SUCCESS) {
    return InvalidArgument("expected a time in RFC 3339 or in milliseconds since 1970");
  }
  KZ_ASSIGN_OR_RETURN(*out, ParseTime(text));
  return OkStatus();
}

Status ReadKind(const std::string& name, Edit::Kind* kind) {
  for (const auto one : {Edit::Kind::kOverride, Edit::Kind::kSwap, Edit::Kind::kLeave}) {
    if (EditKindName(one) != name) continue;
    *kind = one;
    return OkStatus();
  }
  return InvalidArgument("found '{}', expected override, swap or leave", name);
}

StatusOr<Time> Until(const HttpRequest& request, Time now, int64_t fallback) {
  KZ_ASSIGN_OR_RETURN(const int64_t weeks,
                      IntegerQuery(request, "weeks", fallback, 1, OnCallRoutes::kWeeksMax));
  return now + std::chrono::days(7 * weeks);
}

}  // namespace

Status ReadOnCallEdit(std::string_view json, Edit* edit, std::string* via, std::string* item) {
  simdjson::dom::parser parser;
  Element object;
  if (json.size() > kBodyBytesMax) return InvalidArgument("at most {} bytes", kBodyBytesMax);
  if (parser.parse(json).get(object) != simdjson::SUCCESS || !object.is_object()) {
    return InvalidArgument("the body is no JSON object");
  }
  std::string kind;
  *via = "api";
  const std::pair<std::string_view, std::string*> texts[] = {
      {"kind", &kind},         {"schedule", &edit->schedule}, {"person", &edit->person},
      {"taker", &edit->taker}, {"reason", &edit->reason},     {"via", via}};
  for (const auto& [name, out] : texts) {
    *item = name;
    KZ_RETURN_IF_ERROR(ReadText(object, name, out));
  }
  const std::pair<std::string_view, Time*> times[] = {{"begin", &edit->begin},
                                                      {"end", &edit->end},
                                                      {"back_begin", &edit->back_begin},
                                                      {"back_end", &edit->back_end}};
  for (const auto& [name, out] : times) {
    *item = name;
    KZ_RETURN_IF_ERROR(ReadMoment(object, name, out));
  }
  *item = "via";
  if (*via != "page" && *via != "cli" && *via != "api") {
    return InvalidArgument("found '{}', expected page, cli or api", *via);
  }
  *item = "kind";
  KZ_RETURN_IF_ERROR(ReadKind(kind, &edit->kind));
  item->clear();
  return OkStatus();
}

bool OnCallRoutes::IsMine(std::string_view path) {
  return path == kOnCall || path == kEscalations ||
         (path.starts_with(kOnCall) && path[kOnCall.size()] == '/');
}

HttpResponse OnCallRoutes::Handle(const HttpRequest& request, const std::string& actor) const {
  if (parts_.holder == nullptr) {
    return ErrorResponse(404, "there is nothing at this path", request.path);
  }
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (request.path == kEscalations) {
    return is_get ? Escalations() : ErrorResponse(405, "this path is read with GET", request.path);
  }
  const std::string_view rest = std::string_view(request.path).substr(kOnCall.size());
  if (is_get) return Get(request);
  if (parts_.edits != nullptr && request.method == "POST" && rest == kEdits) {
    return PostEdit(request, actor);
  }
  if (parts_.edits != nullptr && request.method == "DELETE" && rest.starts_with(kEdits) &&
      rest.size() > kEdits.size() + 1) {
    return DeleteEdit(rest.substr(kEdits.size() + 1), actor);
  }
  return ErrorResponse(405, "this path does not take this method", request.path);
}

HttpResponse OnCallRoutes::Escalations() const {
  JsonWriter json;
  json.BeginObject().Key("escalations").BeginArray();
  if (parts_.escalations != nullptr) {
    const oncall::OnCallHolder::State state = parts_.holder->Current();
    for (const oncall::Escalation& one : parts_.escalations->List()) {
      oncall::WriteEscalation(one, *state.oncall, &json);
    }
  }
  json.EndArray().EndObject();
  return JsonResponse(200, json.Take());
}

HttpResponse OnCallRoutes::Get(const HttpRequest& request) const {
  const std::string_view rest = std::string_view(request.path).substr(kOnCall.size());
  const Time now = FloorTo(parts_.clock->Now(), std::chrono::minutes(1));
  if (rest.empty()) return Now(now);
  if (rest == "/preview") return Preview(request, now);
  if (rest == "/findings") return Findings(request, now);
  if (rest == "/calendar") return Calendar(request, now);
  if (rest == kEdits) return Edits();
  return ErrorResponse(404, "there is nothing at this path", request.path);
}

HttpResponse OnCallRoutes::Now(Time now) const {
  const auto state = parts_.holder->Current();
  JsonWriter json;
  json.BeginObject().Key("schedules").BeginArray();
  for (const Schedule& schedule : state.oncall->schedules()) {
    WriteNow(*state.oncall, schedule, now, &json);
  }
  json.EndArray();
  json.Key("errors").Raw(FormatCatalogErrors(state.errors, CatalogErrorFormat::kJson));
  json.EndObject();
  return JsonResponse(200, json.Take());
}

HttpResponse OnCallRoutes::Preview(const HttpRequest& request, Time now) const {
  const auto to = Until(request, now, kWeeks);
  if (!to.ok()) return StatusResponse(to.status());
  const std::string only = request.Query("schedule").value_or("");
  const auto state = parts_.holder->Current();
  if (!only.empty() && state.oncall->Find(only) == nullptr) {
    return ErrorResponse(404, "there is no such schedule", only);
  }
  JsonWriter json;
  json.BeginObject();
  json.Key("from").Int(ToMs(now));
  json.Key("to").Int(ToMs(*to));
  json.Key("schedules").BeginArray();
  for (const Schedule& schedule : state.oncall->schedules()) {
    if (!only.empty() && schedule.name != only) continue;
    WritePreview(*state.oncall, schedule, now, *to, &json);
  }
  json.EndArray().EndObject();
  return JsonResponse(200, json.Take());
}

HttpResponse OnCallRoutes::Findings(const HttpRequest& request, Time now) const {
  const auto to = Until(request, now, kWeeks);
  if (!to.ok()) return StatusResponse(to.status());
  JsonWriter json;
  json.BeginObject().Key("findings");
  WriteFindings(FindFindings(*parts_.holder->Current().oncall, now, *to), &json);
  json.EndObject();
  return JsonResponse(200, json.Take());
}

HttpResponse OnCallRoutes::Calendar(const HttpRequest& request, Time now) const {
  const std::string schedule = request.Query("schedule").value_or("");
  const std::string person = request.Query("person").value_or("");
  if (schedule.empty() == person.empty()) {
    return ErrorResponse(400, "one of schedule and person is wanted", "schedule");
  }
  const auto to = Until(request, now, kCalendarWeeks);
  if (!to.ok()) return StatusResponse(to.status());
  const auto state = parts_.holder->Current();
  const Time from = now - kCalendarBefore;
  std::string text = person.empty() ? ScheduleCalendar(*state.oncall, schedule, from, *to, now)
                                    : PersonCalendar(*state.oncall, person, from, *to, now);
  if (text.empty()) return ErrorResponse(404, "there is no such schedule", schedule);
  return TextResponse(200, std::move(text), "text/calendar; charset=utf-8");
}

HttpResponse OnCallRoutes::Edits() const {
  JsonWriter json;
  json.BeginObject().Key("edits").BeginArray();
  if (parts_.edits != nullptr) {
    for (const Edit& edit : parts_.edits->List()) WriteEdit(edit, &json);
  }
  json.EndArray().EndObject();
  return JsonResponse(200, json.Take());
}

HttpResponse OnCallRoutes::PostEdit(const HttpRequest& request, const std::string& actor) const {
  Edit edit;
  std::string via;
  std::string item;
  const Status read = ReadOnCallEdit(request.body, &edit, &via, &item);
  if (!read.ok()) return ErrorResponse(400, Message(read), item);
  const auto state = parts_.holder->Current();
  if (edit.kind != Edit::Kind::kLeave && state.oncall->Find(edit.schedule) == nullptr) {
    return ErrorResponse(404, "there is no such schedule", edit.schedule);
  }
  for (const std::string* person : {&edit.person, &edit.taker}) {
    if (person->empty() || state.catalog->people().empty()) continue;
    if (state.catalog->FindPerson(*person) != nullptr) continue;
    return ErrorResponse(404, "there is no such person in the catalog", *person);
  }
  edit.author = actor.empty() ? via : actor;
  edit.made = parts_.clock->Now();
  const auto added = parts_.edits->Add(std::move(edit));
  if (!added.ok()) return StatusResponse(added.status());
  JsonWriter json;
  WriteEdit(*added, &json);
  return JsonResponse(200, json.Take());
}

HttpResponse OnCallRoutes::DeleteEdit(std::string_view id, const std::string& actor) const {
  int64_t number = 0;
  if (!ReadInteger(std::string(id), &number) || number < 1) {
    return ErrorResponse(404, "there is no such edit", id);
  }
  const auto removed = parts_.edits->Remove(static_cast<uint64_t>(number),
                                            actor.empty() ? "api" : actor, parts_.clock->Now());
  if (!removed.ok()) return StatusResponse(removed.status());
  JsonWriter json;
  WriteEdit(*removed, &json);
  return JsonResponse(200, json.Take());
}

}  // namespace kizashi
