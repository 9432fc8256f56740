#include "api/prometheus_routes.h"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "api/exemplar_views.h"
#include "api/prometheus_views.h"
#include "api/rule_views.h"
#include "base/json_writer.h"
#include "query/promql/go_text.h"
#include "query/promql/parser.h"
#include "query/promql/result_json.h"

namespace kizashi {
namespace {

using promql::QuoteGo;

constexpr std::string_view kPrefix = "/api/v1/";
constexpr std::string_view kFederate = "/federate";
constexpr Time kMinTime = TimeFromMs(std::numeric_limits<int64_t>::min() / 2);
constexpr Time kMaxTime = TimeFromMs(std::numeric_limits<int64_t>::max() / 2);

HttpResponse PrometheusError(const Status& status) {
  int code = 500;
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument: code = 400; break;
    case absl::StatusCode::kNotFound: code = 404; break;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kResourceExhausted: code = 422; break;
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnavailable: code = 503; break;
    default: break;
  }
  return JsonResponse(code, promql::ErrorJson(status));
}

// What is wrong with a query as such is told of the parameter.
Status OfQuery(const Status& status) {
  if (status.code() != absl::StatusCode::kInvalidArgument) return status;
  return InvalidArgument("invalid parameter \"query\": {}", Message(status));
}

std::string Success(std::string_view data) {
  return fmt::format(R"({{"status":"success","data":{}}})", data);
}

bool IsLabelName(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9');
  });
}

// The refs of all matcher sets, each once.
StatusOr<std::vector<SeriesReader::Ref>> SelectAll(
    SeriesReader* reader, const std::vector<std::vector<LabelMatcher>>& sets, Time from, Time to) {
  std::vector<SeriesReader::Ref> refs;
  for (const auto& matchers : sets) KZ_RETURN_IF_ERROR(reader->Select(matchers, from, to, &refs));
  if (sets.size() > 1) {
    std::sort(refs.begin(), refs.end());
    refs.erase(std::unique(refs.begin(), refs.end()), refs.end());
  }
  return refs;
}

}  // namespace

PrometheusRoutes::PrometheusRoutes(Parts parts, Registry* registry)
    : parts_(std::move(parts)),
      started_(parts_.clock->Now()),
      seconds_(registry->GetHistogram("kizashi_query_duration_seconds",
                                      "Time of a request to Prometheus' API.",
                                      {0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60})),
      refused_(registry->GetCounter("kizashi_query_refused_total",
                                    "Requests to Prometheus' API refused because too many wait.")),
      pool_(kThreads, kQueuedMax, kNiceness) {}

PrometheusRoutes::~PrometheusRoutes() { Stop(); }

bool PrometheusRoutes::IsMine(std::string_view path) {
  return path.starts_with(kPrefix) || path == kFederate;
}

void PrometheusRoutes::Stop() {
  {
    const std::lock_guard lock(running_mutex_);
    stopping_ = true;
    for (const Gone& gone : running_) gone->store(true);
  }
  pool_.Stop();
}

void PrometheusRoutes::Handle(HttpRequest request, const Responder& respond) {
  if (!request.gone) request.gone = std::make_shared<std::atomic<bool>>(false);
  const bool posted =
      pool_.Post([this, request = std::move(request), respond, since = Stopwatch()] {
        {
          const std::lock_guard lock(running_mutex_);
          if (stopping_) request.gone->store(true);
          running_.insert(request.gone);
        }
        const Stopwatch watch;
        // Who left meanwhile wants no answer any more.
        if (!request.gone->load()) respond(Answer(request, {request.gone, since}));
        seconds_.Observe(ToSeconds(watch.Elapsed()));
        const std::lock_guard lock(running_mutex_);
        running_.erase(request.gone);
      });
  if (posted) return;
  refused_.Add();
  HttpResponse busy =
      PrometheusError(Unavailable("{} queries wait already, try again later", kQueuedMax));
  busy.headers.emplace_back("Retry-After", "1");
  respond(std::move(busy));
}

HttpResponse PrometheusRoutes::Answer(const HttpRequest& request, const Client& client) {
  const PrometheusParams params(request);
  if (request.path == kFederate) return Federate(params, request.gone);
  auto data = Data(request, params, request.path.substr(kPrefix.size()), client);
  if (!data.ok()) return PrometheusError(data.status());
  if (data->empty()) return HttpResponse{204, {}, ""};
  return JsonResponse(200, *std::move(data));
}

StatusOr<std::string> PrometheusRoutes::Data(const HttpRequest& request,
                                             const PrometheusParams& params,
                                             const std::string& path, const Client& client) {
  constexpr std::string_view kLabel = "label/";
  constexpr std::string_view kValues = "/values";
  constexpr std::string_view kStatus = "status/";
  if (path == "query") return Query(params, client);
  if (path == "query_range") return QueryRange(params, client);
  if (path == "series") return Series(params);
  if (path == "labels") return LabelNames(params);
  if (path.starts_with(kLabel) && path.ends_with(kValues) &&
      path.size() > kLabel.size() + kValues.size()) {
    return LabelValues(path.substr(kLabel.size(), path.size() - kLabel.size() - kValues.size()),
                       params);
  }
  if (path == "format_query") {
    const auto expr = promql::ParseExpr(params.Get("query"));
    if (!expr.ok()) return OfQuery(expr.status());
    std::string json;
    AppendJsonString(promql::Print(**expr), &json);
    return Success(json);
  }
  if (path == "query_exemplars") return QueryExemplars(params);
  if (path == "targets") return Targets(params);
  if (path == "rules" || path == "alerts") return Rules(path, params);
  if (path.starts_with(kStatus)) return StatusOf(path.substr(kStatus.size()));
  if (request.method == "POST" && path == "admin/tsdb/delete_series") return DeleteSeries(params);
  if (request.method == "POST" && path == "admin/tsdb/clean_tombstones") {
    KZ_RETURN_IF_ERROR(parts_.store->CleanDeleted());
    return std::string();  // answered 204, as Prometheus does
  }
  if (request.method == "POST" && path == "admin/tsdb/snapshot") return Snapshot();
  return NotFound("there is nothing at {}", request.path);
}

StatusOr<promql::QueryOptions> PrometheusRoutes::OptionsOf(const PrometheusParams& params,
                                                           const Client& client) const {
  promql::QueryOptions options;
  options.limits = parts_.limits;
  options.limits.cancelled = client.gone.get();
  KZ_ASSIGN_OR_RETURN(const auto timeout, params.GetDuration("timeout"));
  if (timeout) options.limits.timeout = std::min(options.limits.timeout, *timeout);
  // The time in the queue counts.
  options.limits.timeout -= client.since.Elapsed();
  if (options.limits.timeout <= Duration(0)) {
    return Errorf(absl::StatusCode::kDeadlineExceeded, "query timed out in query queue");
  }
  KZ_ASSIGN_OR_RETURN(const auto lookback, params.GetDuration("lookback_delta"));
  if (lookback && *lookback > Duration(0)) options.lookback = *lookback;
  return options;
}

StatusOr<std::string> PrometheusRoutes::Query(const PrometheusParams& params,
                                              const Client& client) {
  KZ_ASSIGN_OR_RETURN(const Time at, params.GetTime("time", parts_.clock->Now()));
  KZ_ASSIGN_OR_RETURN(const promql::QueryOptions options, OptionsOf(params, client));
  const auto result =
      promql::QueryInstant(parts_.store->series(), params.Get("query"), at, options);
  if (!result.ok()) return OfQuery(result.status());
  return promql::ResultJson(*result);
}

StatusOr<std::string> PrometheusRoutes::QueryRange(const PrometheusParams& params,
                                                   const Client& client) {
  KZ_ASSIGN_OR_RETURN(const Time from, params.GetRangeTime("start"));
  KZ_ASSIGN_OR_RETURN(const Time to, params.GetRangeTime("end"));
  if (to < from) {
    return InvalidArgument(
        "invalid parameter \"end\": end timestamp must not be before start time");
  }
  KZ_ASSIGN_OR_RETURN(const auto step, params.GetDuration("step"));
  if (!step) {
    return InvalidArgument("invalid parameter \"step\": cannot parse \"\" to a valid duration");
  }
  if (*step <= Duration(0)) {
    return InvalidArgument(
        "invalid parameter \"step\": zero or negative query resolution step widths are not "
        "accepted. Try a positive integer");
  }
  if ((to - from) / *step > kPointsMax) {
    return InvalidArgument(
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query "
        "resolution (?step=XX)");
  }
  KZ_ASSIGN_OR_RETURN(const promql::QueryOptions options, OptionsOf(params, client));
  const auto result =
      promql::QueryRange(parts_.store->series(), params.Get("query"), from, to, *step, options);
  if (!result.ok()) return result.status();
  return promql::ResultJson(*result);
}

StatusOr<std::string> PrometheusRoutes::Series(const PrometheusParams& params) {
  if (params.All("match[]").empty()) return InvalidArgument("no match[] parameter provided");
  KZ_ASSIGN_OR_RETURN(const Time from, params.GetTime("start", kMinTime));
  KZ_ASSIGN_OR_RETURN(const Time to, params.GetTime("end", kMaxTime));
  const auto sets = params.GetMatchers();
  if (!sets.ok()) {
    return InvalidArgument("invalid parameter \"match[]\": {}", Message(sets.status()));
  }
  const auto reader = parts_.store->series().OpenReader();
  KZ_ASSIGN_OR_RETURN(const auto refs, SelectAll(reader.get(), *sets, from, to));
  std::vector<Labels> all;
  all.reserve(refs.size());
  for (const SeriesReader::Ref ref : refs) all.push_back(reader->LabelsOf(ref));
  std::sort(all.begin(), all.end());
  return Success(LabelSetsJson(all));
}

StatusOr<std::string> PrometheusRoutes::LabelNames(const PrometheusParams& params) {
  KZ_ASSIGN_OR_RETURN(const Time from, params.GetTime("start", kMinTime));
  KZ_ASSIGN_OR_RETURN(const Time to, params.GetTime("end", kMaxTime));
  KZ_ASSIGN_OR_RETURN(auto sets, params.GetMatchers());
  if (sets.empty()) sets.emplace_back();
  const auto reader = parts_.store->series().OpenReader();
  std::set<std::string> names;
  for (const auto& matchers : sets) {
    KZ_ASSIGN_OR_RETURN(const auto some, reader->LabelNames(matchers, from, to));
    names.insert(some.begin(), some.end());
  }
  return Success(TextsJson(names));
}

StatusOr<std::string> PrometheusRoutes::LabelValues(const std::string& name,
                                                    const PrometheusParams& params) {
  if (!IsLabelName(name)) return InvalidArgument("invalid label name: {}", QuoteGo(name));
  KZ_ASSIGN_OR_RETURN(const Time from, params.GetTime("start", kMinTime));
  KZ_ASSIGN_OR_RETURN(const Time to, params.GetTime("end", kMaxTime));
  KZ_ASSIGN_OR_RETURN(auto sets, params.GetMatchers());
  if (sets.empty()) sets.emplace_back();
  const auto reader = parts_.store->series().OpenReader();
  std::set<std::string> values;
  for (const auto& matchers : sets) {
    KZ_ASSIGN_OR_RETURN(const auto some, reader->LabelValues(name, matchers, from, to));
    values.insert(some.begin(), some.end());
  }
  return Success(TextsJson(values));
}

StatusOr<std::string> PrometheusRoutes::QueryExemplars(const PrometheusParams& params) {
  if (parts_.exemplars == nullptr) return Success("[]");
  KZ_ASSIGN_OR_RETURN(const std::string json,
                      ExemplarsJson(params, *parts_.exemplars, *parts_.store));
  return json.empty() ? json : Success(json);
}

StatusOr<std::string> PrometheusRoutes::Targets(const PrometheusParams& params) {
  const std::string_view state = params.Get("state");
  if (!state.empty() && state != "active" && state != "dropped" && state != "any") {
    return InvalidArgument("invalid parameter \"state\": found {}, expected active, dropped or any",
                           QuoteGo(state));
  }
  const auto targets =
      parts_.targets && state != "dropped" ? parts_.targets() : std::vector<TargetStatus>();
  return Success(TargetsJson(targets));
}

StatusOr<std::string> PrometheusRoutes::Rules(const std::string& path,
                                              const PrometheusParams& params) {
  const auto snapshot = parts_.rules ? parts_.rules() : std::make_shared<rules::RuleSnapshot>();
  if (path == "alerts") return Success(RuleAlertsJson(*snapshot));
  KZ_ASSIGN_OR_RETURN(const std::string json, RulesJson(*snapshot, params));
  return Success(json);
}

StatusOr<std::string> PrometheusRoutes::StatusOf(const std::string& what) {
  if (what == "buildinfo") {
    // Clients decide by the version what they may ask for.
    JsonWriter json;
    json.BeginObject();
    json.Key("version").String("2.42.0");
    json.Key("revision").String(parts_.version);
    json.Key("branch").String("kizashi");
    json.Key("buildUser").String("");
    json.Key("buildDate").String("");
    json.Key("goVersion").String("");
    json.EndObject();
    return Success(json.text());
  }
  if (what == "config") return Success(R"({"yaml":""})");
  if (what == "flags") return Success(parts_.flags_json);
  if (what == "runtimeinfo") {
    JsonWriter json;
    json.BeginObject();
    json.Key("startTime").String(FormatTime(started_));
    json.Key("CWD").String(parts_.directory);
    json.Key("reloadConfigSuccess").Bool(true);
    json.Key("lastConfigTime").String(FormatTime(started_));
    json.Key("corruptionCount").Int(0);
    json.Key("goroutineCount").Int(0);
    json.Key("GOMAXPROCS").Int(sysconf(_SC_NPROCESSORS_ONLN));
    json.Key("GOGC").String("");
    json.Key("GODEBUG").String("");
    json.Key("storageRetention").String(FormatDuration(parts_.retention));
    json.EndObject();
    return Success(json.text());
  }
  if (what == "tsdb") return TsdbStatus();
  return NotFound("there is no status of {}", what);
}

StatusOr<std::string> PrometheusRoutes::TsdbStatus() {
  const Time now = parts_.clock->Now();
  const Time from = parts_.store->OldestInMemory().value_or(now);
  return Success(TsdbJson(parts_.store->SummarizeSeries(kTopMax), from, now));
}

StatusOr<std::string> PrometheusRoutes::DeleteSeries(const PrometheusParams& params) {
  if (params.All("match[]").empty()) return InvalidArgument("no match[] parameter provided");
  KZ_ASSIGN_OR_RETURN(const Time from, params.GetTime("start", kMinTime));
  KZ_ASSIGN_OR_RETURN(const Time to, params.GetTime("end", kMaxTime));
  KZ_ASSIGN_OR_RETURN(const auto sets, params.GetMatchers());
  size_t deleted = 0;
  for (const auto& matchers : sets) {
    KZ_ASSIGN_OR_RETURN(const size_t series, parts_.store->DeleteSamples(matchers, from, to));
    deleted += series;
  }
  return Success(fmt::format(R"({{"series":{}}})", deleted));
}

StatusOr<std::string> PrometheusRoutes::Snapshot() {
  const std::string name = fmt::format("snapshot-{}", ToMs(parts_.clock->Now()));
  KZ_RETURN_IF_ERROR(parts_.store->Snapshot(parts_.directory + "/snapshots/" + name));
  JsonWriter json;
  json.BeginObject().Key("name").String(name).EndObject();
  return Success(json.text());
}

HttpResponse PrometheusRoutes::Federate(const PrometheusParams& params, const Gone& gone) {
  const auto sets = params.GetMatchers();
  if (!sets.ok()) return TextResponse(400, std::string(Message(sets.status())) + "\n");
  const Time now = parts_.clock->Now();
  const Time from = now - promql::QueryOptions().lookback;
  const auto reader = parts_.store->series().OpenReader();
  const auto refs = SelectAll(reader.get(), *sets, from, now);
  if (!refs.ok()) return TextResponse(500, std::string(Message(refs.status())) + "\n");
  if (refs->size() > kFederatedMax) {
    return TextResponse(422, fmt::format("more than {} series are selected\n", kFederatedMax));
  }
  std::vector<FederatedSample> samples;
  SampleColumns columns;
  for (const SeriesReader::Ref ref : *refs) {
    if (gone->load(std::memory_order_relaxed)) return TextResponse(503, "the client left\n");
    const Status read = reader->Read(ref, from, now, &columns);
    if (!read.ok()) return TextResponse(500, std::string(Message(read)) + "\n");
    if (columns.size() == 0 || IsStaleNan(columns.values.back())) continue;
    samples.push_back({reader->LabelsOf(ref), columns.times_ms.back(), columns.values.back()});
  }
  return TextResponse(200, FederationText(std::move(samples)),
                      "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace kizashi
