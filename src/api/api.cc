#include "api/api.h"

#include <algorithm>

#include "act/report/daily.h"
#include "api/alert_action_routes.h"
#include "api/alertmanager_routes.h"
#include "api/credentials.h"
#include "api/prometheus_routes.h"
#include "api/request.h"
#include "api/slo_slices_route.h"
#include "api/views.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "judge/signal/board.h"
#include "wire/signature.h"

namespace kizashi {
namespace {

constexpr std::string_view kPrefix = "/kizashi/v1";
constexpr Duration kLongPoll = std::chrono::seconds(25);
constexpr size_t kWaitingMax = 1000;
constexpr size_t kPointsMax = 1500;  // more than a chart has pixels

bool AcceptsGzip(const HttpRequest& request) {
  return request.Header("Accept-Encoding").find("gzip") != std::string_view::npos;
}

}  // namespace

Api::Api(Parts parts, Options options)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      started_(parts_.clock->Now()),
      slo_routes_({parts_.records, parts_.telemetry, parts_.clock, parts_.snapshot}),
      ledger_routes_({parts_.records, parts_.telemetry, parts_.clock,
                      [this] { return parts_.ready() ? parts_.snapshot() : nullptr; }}),
      price_routes_({parts_.records, parts_.snapshot}),
      oncall_routes_({parts_.oncall, parts_.oncall_edits, parts_.escalations, parts_.clock,
                      parts_.paging, parts_.reaches}),
      incident_routes_(
          {parts_.incidents, parts_.clock, [this] { return parts_.catalog->Current()->catalog; }}),
      tokens_(options_.tokens) {}

void Api::SetTokens(std::vector<std::string> tokens) {
  const std::lock_guard lock(tokens_mutex_);
  tokens_ = std::move(tokens);
}

std::optional<std::string> Api::ActorOf(const HttpRequest& request) {
  const std::lock_guard lock(tokens_mutex_);
  if (tokens_.empty()) return "";
  const std::string given = SecretOf(request);
  if (given.empty()) return std::nullopt;
  std::optional<std::string> actor;
  for (const std::string& token : tokens_) {
    const size_t space = token.find(' ');
    const std::string_view secret = std::string_view(token).substr(space + 1);
    if (SameSecret(secret, given)) actor = space == token.npos ? "" : token.substr(0, space);
  }
  return actor;
}

// A source that has a secret of its own is known by that, and by no token.
void Api::HandleForeignAlerts(const HttpRequest& request, const Responder& respond) {
  bool has_proof = false;
  if (auto refused = parts_.foreign_alerts->Refusal(request, &has_proof)) {
    return respond(*std::move(refused));
  }
  if (!has_proof && !ActorOf(request)) return respond(Refusal(request));
  bool has_tokens = false;
  {
    const std::lock_guard lock(tokens_mutex_);
    has_tokens = !tokens_.empty();
  }
  parts_.foreign_alerts->Handle(request, has_proof || has_tokens, respond);
}

HttpResponse Api::Refusal(const HttpRequest& request) {
  HttpResponse refused = ErrorResponse(401, "a token is needed: Authorization: Bearer TOKEN");
  // Senders of alerts that know Basic alone wait to be asked for it.
  const bool basic = ForeignAlertRoutes::IsMine(request.path);
  refused.headers.emplace_back("WWW-Authenticate", basic ? "Basic realm=\"kizashi\"" : "Bearer");
  return refused;
}

void Api::Handle(HttpRequest request, Responder respond) {
  if (request.path == "/healthz") return respond(TextResponse(200, "ok\n"));
  if (request.path == "/readyz") {
    const bool ready = parts_.ready();
    return respond(TextResponse(ready ? 200 : 503, ready ? "ready\n" : "starting\n"));
  }
  // What is signed needs no token.
  if (parts_.tel != nullptr && parts_.tel->IsSigned(request.path)) {
    return respond(parts_.tel->Handle(request, ""));
  }
  if (parts_.slack_events != nullptr && SlackEventRoutes::IsMine(request.path)) {
    return respond(parts_.slack_events->Handle(request));
  }
  const bool is_api = request.path.starts_with(kPrefix) || request.path.starts_with("/loki/") ||
                      request.path.starts_with("/v1/") || request.path == "/metrics" ||
                      PrometheusRoutes::IsMine(request.path) ||
                      AlertmanagerRoutes::Has(request.path);
  if (!is_api) {
    if (request.method != "GET" && request.method != "HEAD") {
      return respond(ErrorResponse(405, "this path is read with GET", request.path));
    }
    auto file = parts_.snapshot ? page_.Get(request.path, AcceptsGzip(request)) : std::nullopt;
    return respond(file ? *std::move(file)
                        : ErrorResponse(404, "there is nothing at this path", request.path));
  }
  if (parts_.foreign_alerts != nullptr && ForeignAlertRoutes::IsMine(request.path)) {
    return HandleForeignAlerts(request, respond);
  }
  if (parts_.alertmanager && AlertActionRoutes::IsSigned(request.path)) {
    return parts_.alertmanager(request, std::move(respond), "");
  }
  const std::optional<std::string> actor = ActorOf(request);
  if (!actor) return respond(Refusal(request));
  if (IsSloSlicesRequest(request)) {
    const auto snapshot = parts_.ready() ? parts_.snapshot() : nullptr;
    return PostSloSlices(request, snapshot.get(), parts_.clock->Now(), parts_.telemetry, respond);
  }
  if (LedgerRoutes::IsMine(request.path)) return ledger_routes_.Handle(request, *actor, respond);
  if (IncidentRoutes::IsMine(request.path)) {
    return incident_routes_.Handle(request, *actor, respond);
  }
  if (parts_.tel != nullptr && parts_.tel->IsMine(request.path)) {
    return respond(parts_.tel->Handle(request, *actor));
  }
  if (OnCallRoutes::IsMine(request.path)) return respond(oncall_routes_.Handle(request, *actor));
  if (parts_.alertmanager && AlertmanagerRoutes::Has(request.path)) {
    return parts_.alertmanager(request, std::move(respond), *actor);
  }
  HandleAllowed(request, respond);
}

void Api::HandleAllowed(HttpRequest& request, Responder& respond) {
  struct Entry {
    std::string_view method;
    std::string_view path;
    Route route;
  };
  static constexpr Entry kRoutes[] = {
      {"GET", "/kizashi/v1/status", &Api::GetStatus},
      {"GET", "/kizashi/v1/changes", &Api::WaitForChange},
      {"GET", "/kizashi/v1/board", &Api::GetBoard},
      {"GET", "/kizashi/v1/alerts", &Api::ListAlerts},
      {"GET", "/kizashi/v1/series", &Api::ListSeries},
      {"GET", "/kizashi/v1/reports/daily", &Api::GetDailyReport},
      {"GET", "/kizashi/v1/demo", &Api::ForwardToDemo},
      {"POST", "/kizashi/v1/demo/faults", &Api::ForwardToDemo},
      {"DELETE", "/kizashi/v1/demo/faults", &Api::ForwardToDemo},
  };
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  bool path_known = false;
  for (const Entry& entry : kRoutes) {
    if (entry.path != request.path) continue;
    path_known = true;
    if (entry.method == method) return (this->*entry.route)(request, respond);
  }
  if (method == "GET" && request.path == "/metrics") {
    return respond(
        TextResponse(200, parts_.registry->Write(), "text/plain; version=0.0.4; charset=utf-8"));
  }
  struct Part {
    std::string_view method;
    std::string_view path;
    HttpHandler Parts::*handler;
  };
  static constexpr Part kParts[] = {
      {"POST", "/loki/api/v1/push", &Parts::loki_push},
      {"POST", "/v1/logs", &Parts::otlp_logs},
      {"POST", "/v1/metrics", &Parts::otlp_metrics},
      {"POST", "/v1/traces", &Parts::otlp_traces},
      {"POST", "/kizashi/v1/logs", &Parts::ndjson_push},
      {"POST", "/api/v1/write", &Parts::remote_write},
      {"GET", "/api/v1/metadata", &Parts::metric_metadata},
  };
  for (const Part& part : kParts) {
    if (part.path != request.path || part.method != method) continue;
    return (parts_.*part.handler)(std::move(request), std::move(respond));
  }
  if (PrometheusRoutes::IsMine(request.path) && (method == "GET" || method == "POST")) {
    return parts_.prometheus(std::move(request), std::move(respond));
  }
  if (method == "GET" && request.path == "/kizashi/v1/openapi.yaml") {
    return respond(*page_.Get(request.path, AcceptsGzip(request)));
  }
  if (method == "GET" && GetNamed(request, respond)) return;
  respond(path_known ? ErrorResponse(405, "this path does not take this method", request.path)
                     : ErrorResponse(404, "there is nothing at this path", request.path));
}

bool Api::GetNamed(HttpRequest& request, Responder& respond) {
  constexpr std::string_view kServices = "/kizashi/v1/services/";
  if (request.path.starts_with("/kizashi/v1/logs/")) {
    parts_.log_queries(std::move(request), std::move(respond));
    return true;
  }
  if (SloRoutes::IsMine(request.path)) {
    slo_routes_.Handle(request, respond);
    return true;
  }
  if (PriceRoutes::IsMine(request.path)) {
    price_routes_.Handle(request, respond);
    return true;
  }
  if (request.path.starts_with(kServices)) {
    std::string name = request.path.substr(kServices.size());
    if (name.ends_with("/signals")) {
      GetSignals(name.substr(0, name.size() - 8), request, respond);
    } else {
      GetService(name, respond);
    }
    return true;
  }
  return false;
}

void Api::GetStatus(HttpRequest&, Responder& respond) {
  JsonWriter json;
  json.BeginObject();
  json.Key("version").String(options_.version);
  json.Key("started").Int(ToMs(started_));
  json.Key("now").Int(ToMs(parts_.clock->Now()));
  json.Key("ready").Bool(parts_.ready());
  json.Key("catalog");
  WriteCatalogState(*parts_.catalog->Current(), &json);
  json.EndObject();
  respond(JsonResponse(200, json.Take()));
}

void Api::WaitForChange(HttpRequest& request, Responder& respond) {
  const auto since = IntegerQuery(request, "since", -1, -1, int64_t{1} << 62);
  if (!since.ok()) return respond(StatusResponse(since.status()));
  const uint64_t version = parts_.snapshot()->version;
  {
    const std::lock_guard lock(waiting_mutex_);
    // Versions count from each start of the server: one from the future is from before.
    const bool newer = *since < 0 || static_cast<uint64_t>(*since) != version;
    if (!newer && !closing_ && waiting_.size() < kWaitingMax) {
      waiting_.push_back({version, parts_.clock->Now() + kLongPoll, std::move(respond)});
      return;
    }
  }
  respond(JsonResponse(200, fmt::format("{{\"version\":{}}}", version)));
}

void Api::OnSnapshot(const std::shared_ptr<const Snapshot>& snapshot) {
  std::vector<Waiting> answered;
  {
    const std::lock_guard lock(waiting_mutex_);
    const Time now = parts_.clock->Now();
    const auto keep = std::partition(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) {
      return waiting.since == snapshot->version && waiting.deadline > now;
    });
    std::move(keep, waiting_.end(), std::back_inserter(answered));
    waiting_.erase(keep, waiting_.end());
  }
  for (const Waiting& waiting : answered) {
    waiting.respond(JsonResponse(200, fmt::format("{{\"version\":{}}}", snapshot->version)));
  }
}

void Api::ReleaseWaiting() {
  std::vector<Waiting> answered;
  {
    const std::lock_guard lock(waiting_mutex_);
    closing_ = true;
    answered = std::exchange(waiting_, {});
  }
  for (const Waiting& waiting : answered) {
    waiting.respond(JsonResponse(200, fmt::format("{{\"version\":{}}}", waiting.since)));
  }
}

void Api::GetBoard(HttpRequest&, Responder& respond) {
  respond(JsonResponse(200, BoardJson(*parts_.snapshot(), *parts_.catalog->Current())));
}

void Api::GetService(const std::string& name, Responder& respond) {
  const auto snapshot = parts_.snapshot();
  const ServiceSnapshot* service = snapshot->Find(name);
  if (service == nullptr) return respond(ErrorResponse(404, "there is no such service", name));
  RecordFilter filter;
  filter.service = name;
  filter.open = RecordFilter::Open::kOpen;
  auto anomalies = parts_.records->ListAnomalies(filter);
  filter.open = RecordFilter::Open::kEnded;
  filter.limit = 20;
  const auto ended = parts_.records->ListAnomalies(filter);
  filter.open = RecordFilter::Open::kAll;
  const auto alerts = parts_.records->ListAlerts(filter);
  for (const Status& status : {anomalies.status(), ended.status(), alerts.status()}) {
    if (!status.ok()) return respond(StatusResponse(status));
  }
  anomalies->insert(anomalies->end(), ended->begin(), ended->end());
  std::vector<AlertView> views;
  for (const AlertRecord& alert : *alerts) {
    views.push_back({alert, DeliveriesOf(alert)});
  }
  respond(JsonResponse(
      200, ServiceJson(*service, *snapshot->catalog->FindService(name), *anomalies, views)));
}

void Api::GetSignals(const std::string& name, HttpRequest& request, Responder& respond) {
  const auto snapshot = parts_.snapshot();
  const ServiceSnapshot* service = snapshot->Find(name);
  if (service == nullptr) return respond(ErrorResponse(404, "there is no such service", name));
  const auto range = IntegerQuery(request, "range", 3600, 60, 604'800);
  if (!range.ok()) return respond(StatusResponse(range.status()));
  const Time to = snapshot->now;
  const Time from = to - std::chrono::seconds(*range);
  const auto every = static_cast<size_t>(
      std::chrono::seconds(*range) / SignalBoard::kStep / static_cast<int64_t>(kPointsMax) + 1);
  std::vector<SignalSeries> series;
  for (const SignalSnapshot& signal : service->signals) {
    SignalSeries one{signal, {}};
    size_t number = 0;
    const Status read = parts_.telemetry->ScanPoints(
        'g', name + "/" + signal.id, from, to, [&](Time time, std::string_view value) {
          if (number++ % every == 0) one.points.emplace_back(time, ByteReader(value).Double());
          return true;
        });
    if (!read.ok()) return respond(StatusResponse(read));
    series.push_back(std::move(one));
  }
  respond(JsonResponse(200, SignalPointsJson(name, series)));
}

void Api::ListAlerts(HttpRequest& request, Responder& respond) {
  const auto state = ChoiceQuery(request, "state", {"all", "firing", "resolved"});
  const auto limit = IntegerQuery(request, "limit", 200, 1, 1000);
  for (const Status& status : {state.status(), limit.status()}) {
    if (!status.ok()) return respond(StatusResponse(status));
  }
  RecordFilter filter;
  filter.service = request.Query("service").value_or("");
  filter.open = *state == "firing"     ? RecordFilter::Open::kOpen
                : *state == "resolved" ? RecordFilter::Open::kEnded
                                       : RecordFilter::Open::kAll;
  filter.limit = static_cast<int>(*limit);
  const auto alerts = parts_.records->ListAlerts(filter);
  if (!alerts.ok()) return respond(StatusResponse(alerts.status()));
  JsonWriter json;
  json.BeginObject().Key("alerts").BeginArray();
  for (const AlertRecord& alert : *alerts) {
    WriteAlert(alert, DeliveriesOf(alert), &json);
  }
  json.EndArray().EndObject();
  respond(JsonResponse(200, json.Take()));
}

std::vector<AlertDelivery> Api::DeliveriesOf(const AlertRecord& alert) const {
  return parts_.deliveries ? parts_.deliveries(alert) : std::vector<AlertDelivery>();
}

void Api::ListSeries(HttpRequest& request, Responder& respond) {
  const auto top = IntegerQuery(request, "top", 10, 0, 64);
  if (!top.ok()) return respond(StatusResponse(top.status()));
  respond(JsonResponse(200, SeriesUsesJson(parts_.series_uses(static_cast<size_t>(*top)))));
}

void Api::GetDailyReport(HttpRequest& request, Responder& respond) {
  const auto language = ChoiceQuery(request, "language", {"en", "ja"});
  const auto hours = IntegerQuery(request, "hours", 24, 1, 744);
  for (const Status& status : {language.status(), hours.status()}) {
    if (!status.ok()) return respond(StatusResponse(status));
  }
  DailyReportOptions options;
  options.team = request.Query("team").value_or("");
  options.language = *language;
  options.until = parts_.clock->Now();
  options.since = options.until - std::chrono::hours(*hours);
  const auto snapshot = parts_.snapshot();
  if (!options.team.empty() && snapshot->catalog->FindTeam(options.team) == nullptr) {
    return respond(ErrorResponse(404, "there is no such team", options.team));
  }
  if (const Team* team = snapshot->catalog->FindTeam(options.team); team != nullptr) {
    options.lines_min = team->report.lines_min;
  }
  options.incidents = incidents::DailyIncidentsOf(parts_.incidents);
  const auto markdown = DailyReport(*parts_.records, *snapshot->catalog, options);
  if (!markdown.ok()) return respond(StatusResponse(markdown.status()));
  JsonWriter json;
  json.BeginObject();
  json.Key("team").String(options.team);
  json.Key("language").String(options.language);
  json.Key("since").Int(ToMs(options.since));
  json.Key("until").Int(ToMs(options.until));
  json.Key("markdown").String(*markdown);
  json.EndObject();
  respond(JsonResponse(200, json.Take()));
}

void Api::ForwardToDemo(HttpRequest& request, Responder& respond) {
  if (options_.demo_control.empty()) {
    if (request.method == "GET") {
      return respond(JsonResponse(200, R"({"running":false,"servers":[],"faults":[]})"));
    }
    return respond(ErrorResponse(404, "the demo does not run"));
  }
  FetchRequest fetch;
  fetch.method = request.method;
  fetch.url = options_.demo_control + request.path.substr(kPrefix.size());
  fetch.body = std::move(request.body);
  fetch.timeout = std::chrono::seconds(5);
  parts_.client->Fetch(std::move(fetch), [respond](const FetchResult& result) {
    if (!result.status.ok()) return respond(ErrorResponse(503, "the demo does not answer"));
    respond(JsonResponse(result.code, result.body));
  });
}

}  // namespace kizashi
