#include "api/ledger_routes.h"

#include <simdjson.h>

#include "api/ledger_views.h"
#include "api/price_routes.h"
#include "api/request.h"
#include "api/views.h"
#include "base/hash.h"

namespace kizashi {
namespace {

constexpr std::string_view kAnomalies = "/kizashi/v1/anomalies";
constexpr std::string_view kLedgerOf = "/ledger";
constexpr std::string_view kLedger = "/kizashi/v1/ledger";
constexpr std::string_view kReports = "/kizashi/v1/reports/delivered";
constexpr size_t kBodyBytesMax = 16 << 10;
constexpr int kSimilarMax = 10;
constexpr int kEditsMax = 100;
constexpr int kAlertsMax = 5;

using Element = simdjson::dom::element;

/// The text of a member, "" when it is absent.
Status ReadText(Element object, std::string_view name, std::string* out, std::string* item) {
  std::string_view text;
  const auto error = object[name].get(text);
  if (error == simdjson::NO_SUCH_FIELD) return OkStatus();
  *item = name;
  if (error != simdjson::SUCCESS) return InvalidArgument("expected a text");
  if (text.size() > LedgerEdit::kTextBytesMax) {
    return InvalidArgument("found {} bytes, at most {} are taken", text.size(),
                           LedgerEdit::kTextBytesMax);
  }
  *out = text;
  item->clear();
  return OkStatus();
}

Status ReadWhat(const std::string& name, LedgerEdit::What* what) {
  for (const auto one :
       {LedgerEdit::What::kAcknowledge, LedgerEdit::What::kExpect, LedgerEdit::What::kUnexpect,
        LedgerEdit::What::kFixed, LedgerEdit::What::kReopen}) {
    if (LedgerEditName(one) != name) continue;
    *what = one;
    return OkStatus();
  }
  return InvalidArgument("found '{}', expected acknowledge, expect, unexpect, fixed or reopen",
                         name);
}

Status ReadUntil(Element object, Time now, Time* until) {
  std::string_view text;
  int64_t ms = 0;
  if (object["until"].get(ms) == simdjson::SUCCESS) {
    *until = TimeFromMs(ms);
  } else if (object["until"].get(text) == simdjson::SUCCESS) {
    const auto time = ParseTime(text);
    if (!time.ok()) return time.status();
    *until = *time;
  } else {
    return InvalidArgument("expected a time in RFC 3339 or in milliseconds since 1970");
  }
  if (*until <= now) return InvalidArgument("{} is not in the future", FormatTime(*until));
  if (*until - now > LedgerRoutes::kExpectMax) {
    return InvalidArgument("{} is more than a year ahead", FormatTime(*until));
  }
  return OkStatus();
}

}  // namespace

Status ReadLedgerEdit(std::string_view json, Time now, LedgerEdit* edit, std::string* via,
                      std::string* item) {
  simdjson::dom::parser parser;
  Element object;
  if (json.size() > kBodyBytesMax) return InvalidArgument("at most {} bytes", kBodyBytesMax);
  if (parser.parse(json).get(object) != simdjson::SUCCESS || !object.is_object()) {
    return InvalidArgument("the body is no JSON object");
  }
  std::string what;
  *via = "api";
  const std::pair<std::string_view, std::string*> texts[] = {
      {"what", &what},   {"kind", &edit->kind},     {"anomaly", &edit->anomaly},
      {"id", &edit->id}, {"reason", &edit->reason}, {"via", via}};
  for (const auto& [name, out] : texts) {
    KZ_RETURN_IF_ERROR(ReadText(object, name, out, item));
  }
  *item = "what";
  KZ_RETURN_IF_ERROR(ReadWhat(what, &edit->what));
  *item = "via";
  if (*via != "page" && *via != "cli" && *via != "api") {
    return InvalidArgument("found '{}', expected page, cli or api", *via);
  }
  const bool acknowledge = edit->what == LedgerEdit::What::kAcknowledge;
  *item = acknowledge ? "anomaly" : "kind";
  if ((acknowledge ? edit->anomaly : edit->kind).empty()) return InvalidArgument("it is missing");
  if (!acknowledge) edit->anomaly.clear();
  if (edit->what == LedgerEdit::What::kExpect) {
    *item = "until";
    KZ_RETURN_IF_ERROR(ReadUntil(object, now, &edit->until));
  }
  const bool explained =
      edit->what == LedgerEdit::What::kExpect || edit->what == LedgerEdit::What::kFixed;
  *item = "reason";
  if (explained && edit->reason.find_first_not_of(" \t\r\n") == std::string::npos) {
    const bool fixed = edit->what == LedgerEdit::What::kFixed;
    return InvalidArgument("say {}", fixed ? "what fixed it" : "why it is expected");
  }
  item->clear();
  return OkStatus();
}

bool LedgerRoutes::IsMine(std::string_view path) {
  return path == kAnomalies || path == kLedger || path == kReports ||
         (path.starts_with(kAnomalies) && path.substr(kAnomalies.size()).starts_with('/'));
}

void LedgerRoutes::Handle(const HttpRequest& request, const std::string& actor,
                          const Responder& respond) {
  const bool get = request.method == "GET" || request.method == "HEAD";
  if (request.path == kLedger && request.method == "POST") {
    return PostEdit(request, actor, respond);
  }
  if (!get) {
    return respond(ErrorResponse(405, "this path does not take this method", request.path));
  }
  if (request.path == kLedger) return ListEdits(request, respond);
  if (request.path == kReports) return ListReports(request, respond);
  if (request.path == kAnomalies) return List(request, respond);
  const std::string id = request.path.substr(kAnomalies.size() + 1);
  if (id.ends_with(kLedgerOf))
    return GetLedger(id.substr(0, id.size() - kLedgerOf.size()), respond);
  Get(id, respond);
}

void LedgerRoutes::List(const HttpRequest& request, const Responder& respond) {
  const auto state = ChoiceQuery(
      request, "state", {"all", "open", "ended", "acknowledged", "expected", "fixed", "came_back"});
  const auto limit = IntegerQuery(request, "limit", 200, 1, 1000);
  const auto since = TimeQuery(request, "since");
  const auto until = TimeQuery(request, "until");
  for (const Status& status : {state.status(), limit.status(), since.status(), until.status()}) {
    if (!status.ok()) return respond(StatusResponse(status));
  }
  RecordFilter filter;
  filter.service = request.Query("service").value_or("");
  filter.owner = request.Query("team").value_or("");
  filter.kind = request.Query("kind").value_or("");
  filter.overlapping_since = *since;
  filter.overlapping_until = *until;
  if (*state == "open") filter.open = RecordFilter::Open::kOpen;
  if (*state == "ended") filter.open = RecordFilter::Open::kEnded;
  if (*state != "all" && *state != "open" && *state != "ended") filter.state = *state;
  filter.limit = static_cast<int>(*limit);
  const auto anomalies = parts_.records->ListAnomalies(filter);
  if (!anomalies.ok()) return respond(StatusResponse(anomalies.status()));
  JsonWriter json;
  json.BeginObject().Key("anomalies").BeginArray();
  for (const AnomalyRecord& anomaly : *anomalies) WriteAnomaly(anomaly, &json);
  json.EndArray().EndObject();
  respond(JsonResponse(200, json.Take()));
}

void LedgerRoutes::Get(const std::string& id, const Responder& respond) {
  const auto anomaly = parts_.records->GetAnomaly(id);
  if (!anomaly.ok()) return respond(StatusResponse(anomaly.status()));
  if (!*anomaly) return respond(ErrorResponse(404, "there is no such anomaly", id));
  JsonWriter json;
  WriteAnomaly(**anomaly, &json);
  respond(JsonResponse(200, json.Take()));
}

void LedgerRoutes::GetLedger(const std::string& id, const Responder& respond) {
  const auto anomaly = parts_.records->GetAnomaly(id);
  if (!anomaly.ok()) return respond(StatusResponse(anomaly.status()));
  if (!*anomaly) return respond(ErrorResponse(404, "there is no such anomaly", id));
  EpisodeView view;
  view.anomaly = **anomaly;
  RecordFilter filter;
  filter.service = view.anomaly.service;
  filter.kind = view.anomaly.kind;
  filter.limit = kSimilarMax + 1;
  auto similar = parts_.records->ListAnomalies(filter);
  auto edits = parts_.records->ListEdits(view.anomaly.kind, "", kEditsMax);
  auto prices = PricesTold(parts_.records, view.anomaly);
  filter.kind.clear();
  filter.overlapping_since = view.anomaly.begin;
  filter.overlapping_until = view.anomaly.end;
  filter.limit = kAlertsMax;
  auto alerts = parts_.records->ListAlerts(filter);
  for (const Status& status :
       {similar.status(), edits.status(), alerts.status(), prices.status()}) {
    if (!status.ok()) return respond(StatusResponse(status));
  }
  std::erase_if(*similar, [&](const AnomalyRecord& one) { return one.id == id; });
  if (similar->size() > kSimilarMax) similar->pop_back();
  // An acknowledgement is of one episode.
  std::erase_if(*edits, [&](const LedgerEditRecord& edit) {
    return !edit.anomaly.empty() && edit.anomaly != id;
  });
  // A step of a policy is no failure.
  std::erase_if(*alerts, [](const AlertRecord& alert) {
    return FieldText(alert.fields, "code") == "policy";
  });
  view.similar = *std::move(similar);
  view.edits = *std::move(edits);
  view.alerts = *std::move(alerts);
  view.prices = *std::move(prices);
  respond(JsonResponse(200, EpisodeLedgerJson(view)));
}

void LedgerRoutes::ListEdits(const HttpRequest& request, const Responder& respond) {
  const auto limit = IntegerQuery(request, "limit", 200, 1, 1000);
  if (!limit.ok()) return respond(StatusResponse(limit.status()));
  const auto edits =
      parts_.records->ListEdits(request.Query("kind").value_or(""),
                                request.Query("service").value_or(""), static_cast<int>(*limit));
  if (!edits.ok()) return respond(StatusResponse(edits.status()));
  respond(JsonResponse(200, LedgerEditsJson(*edits)));
}

void LedgerRoutes::ListReports(const HttpRequest& request, const Responder& respond) {
  const auto limit = IntegerQuery(request, "limit", 7, 1, 31);
  if (!limit.ok()) return respond(StatusResponse(limit.status()));
  const std::string team = request.Query("team").value_or("");
  const auto snapshot = parts_.snapshot();
  if (snapshot == nullptr || snapshot->catalog->FindTeam(team) == nullptr) {
    return respond(ErrorResponse(404, "there is no such team", team));
  }
  const auto reports = parts_.records->ListReports(team, static_cast<int>(*limit) + 1);
  if (!reports.ok()) return respond(StatusResponse(reports.status()));
  std::vector<ReportView> views;
  for (const ReportRecord& report : *reports) {
    if (report.markdown.empty() || views.size() >= static_cast<size_t>(*limit)) continue;
    const auto deliveries = parts_.records->ListReportDeliveries(team, report.day);
    if (!deliveries.ok()) return respond(StatusResponse(deliveries.status()));
    views.push_back({report, *deliveries});
  }
  respond(JsonResponse(200, ReportsJson(views)));
}

void LedgerRoutes::PostEdit(const HttpRequest& request, const std::string& actor,
                            const Responder& respond) {
  const auto snapshot = parts_.snapshot();
  if (snapshot == nullptr) return respond(ComeBackResponse(503, "the server is starting"));
  LedgerEdit edit;
  std::string via;
  std::string item;
  const Time now = parts_.clock->Now();
  const Status read = ReadLedgerEdit(request.body, now, &edit, &via, &item);
  if (!read.ok()) return respond(ErrorResponse(400, Message(read), item));
  if (!edit.anomaly.empty()) {
    const auto anomaly = parts_.records->GetAnomaly(edit.anomaly);
    if (!anomaly.ok()) return respond(StatusResponse(anomaly.status()));
    if (!*anomaly) return respond(ErrorResponse(404, "there is no such anomaly", edit.anomaly));
    edit.kind = (*anomaly)->kind;
  }
  edit.service = edit.kind.substr(0, edit.kind.find('/'));
  if (snapshot->catalog->FindService(edit.service) == nullptr) {
    return respond(ErrorResponse(404, "there is no such service", edit.service));
  }
  edit.actor = actor.empty() ? via : actor;
  // The sender's id tells its second try from its first, not its edits from those of others. Of two
  // without one that say the same within a millisecond one is enough.
  const std::string id = edit.id.empty() ? fmt::format("at {}", ToMs(now)) : "of " + edit.id;
  edit.id =
      HexId(Hash64(fmt::format("{}\n{}\n{}\n{}\n{}\n{}", id, edit.actor, LedgerEditName(edit.what),
                               edit.kind, edit.anomaly, edit.reason)));
  const std::string accepted = fmt::format("{{\"id\":\"{}\"}}", edit.id);
  parts_.telemetry->Append(std::move(edit), [respond, accepted](const Status& stored) {
    respond(StoredResponse(stored, accepted));
  });
}

}  // namespace kizashi
