#include "serve.h"

#include <signal.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "act/incident/incident_feed.h"
#include "act/incident/incident_groups.h"
#include "act/incident/incident_service.h"
#include "act/judge_loop.h"
#include "act/oncall/holder.h"
#include "act/report/report_loop.h"
#include "act/rule_loop.h"
#include "address.h"
#include "api/api.h"
#include "api/log_routes.h"
#include "api/prometheus_routes.h"
#include "base/hash.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "base/metrics.h"
#include "catalog/series_limit.h"
#include "catalog/watch.h"
#include "ingest/otlp_push.h"
#include "ingest/prometheus_targets.h"
#include "ingest/push.h"
#include "ingest/scrape.h"
#include "ingest/tail.h"
#include "judge/slo_formats/expression.h"
#include "metric_receivers.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "query/log_feed.h"
#include "query/log_patterns.h"
#include "query/remote/remote_writers.h"
#include "serve_alerts.h"
#include "serve_secrets.h"
#include "store/logs/log_store.h"
#include "store/record_store.h"
#include "store/series/budget_report.h"
#include "store/telemetry_store.h"

namespace kizashi {
namespace {

constexpr Duration kDrain = std::chrono::seconds(2);
constexpr uint64_t kQueryBytesMax = 512 << 20;  // of one PromQL query
constexpr Duration kCatalogPoll = std::chrono::seconds(2);
constexpr Duration kIncidentsBack = std::chrono::hours(24 * 7);
constexpr Duration kOverlap = std::chrono::minutes(10);

// "URL,label=value" as ParseTailSpec reads it.
StatusOr<std::pair<std::string, Labels>> ParseScrapeSpec(const std::string& text) {
  KZ_ASSIGN_OR_RETURN(TailSpec spec, ParseTailSpec(text));
  return std::make_pair(spec.glob, Labels(std::move(spec.labels)));
}

// What messages link to when --page-url is not given: the address as far as it can be known by now.
std::string PageUrl(const ServeOptions& options, const Address& address) {
  if (!options.page_url.empty() || address.port == 0) return options.page_url;
  return UrlOf(address, options.tls_cert.empty() ? "http" : "https");
}

// Every part of a running server, in the order in which they depend on each other.
class Server {
 public:
  explicit Server(const ServeOptions& options) : options_(options) {}

  Status Start();
  void Run();
  void Stop();

 private:
  Status CheckOptions();
  LogReceiverOptions LogOptions() const;
  void LoadCatalog();
  void StartReports();
  Status OpenStores();
  Status OpenIncidents();
  void StartIncidents();
  Status StartAlerts();
  Status StartJudging();
  Status StartLogs();
  Status StartIngest();
  Status LoadRules();
  void StartQueries();
  void StartForeignAlerts();
  Status StartHttp();
  void JournalCatalog();
  void ScrapeTraces();
  void Reload();

  const ServeOptions& options_;
  Address address_;
  std::vector<std::string> tokens_;
  std::shared_ptr<const ForeignSources> alert_sources_;
  Duration scrape_interval_{};
  Duration retention_{};
  MailServer mail_;

  SystemClock clock_;
  Registry registry_;
  ServeAlerts alerts_{options_};
  HttpClient client_;  // what it calls back at its end is there until then
  std::unique_ptr<CatalogHolder> catalog_;
  std::unique_ptr<SeriesBudget> budget_;
  std::unique_ptr<BudgetReport> budget_report_;
  std::unique_ptr<TelemetryStore> telemetry_;
  std::unique_ptr<RecordStore> records_;
  std::unique_ptr<incidents::IncidentService> incidents_;
  incidents::AlertListener incident_listener_{
      [this](std::vector<incidents::IncidentEvent> events) { incidents_->Tell(std::move(events)); },
      [this] { return catalog_->Current()->catalog; }};
  std::unique_ptr<oncall::EditLog> oncall_edits_;
  std::unique_ptr<oncall::OnCallHolder> oncall_;
  std::unique_ptr<JudgeLoop> loop_;
  std::unique_ptr<ReportLoop> reports_;
  std::unique_ptr<LogStore> log_store_;
  std::unique_ptr<LogPatterns> log_patterns_;
  std::unique_ptr<LogRoutes> log_routes_;
  std::unique_ptr<LogFeed> log_feed_;
  std::unique_ptr<RuleLoop> rules_;
  std::unique_ptr<PrometheusRoutes> prometheus_;
  std::unique_ptr<LogPush> push_;
  std::unique_ptr<OtlpPush> otlp_;
  std::unique_ptr<MetricReceivers> metrics_;
  bool traces_scraped_ = false;  // Run alone
  std::unique_ptr<RemoteWriters> remotes_;
  std::unique_ptr<ScrapeManager> scrape_;
  std::unique_ptr<TailManager> tail_;
  std::unique_ptr<LogReceivers> log_receivers_;
  std::unique_ptr<ForeignAlertFeed> foreign_feed_;
  std::unique_ptr<ForeignAlertRoutes> foreign_alerts_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<HttpServer> http_;
};

Status Server::CheckOptions() {
  KZ_ASSIGN_OR_RETURN(address_, ParseAddress("--listen", options_.listen));
  KZ_ASSIGN_OR_RETURN(tokens_, ReadTokens(options_.token_file));
  KZ_ASSIGN_OR_RETURN(alert_sources_, ReadAlertSources(options_));
  KZ_ASSIGN_OR_RETURN(scrape_interval_, ParseDuration(options_.scrape_interval));
  KZ_ASSIGN_OR_RETURN(retention_, ParseDuration(options_.retention));
  if (scrape_interval_ < std::chrono::seconds(1)) {
    return InvalidArgument("--scrape-interval is {}, the shortest is 1s", options_.scrape_interval);
  }
  if (options_.tls_cert.empty() != options_.tls_key.empty()) {
    return InvalidArgument("--tls-cert and --tls-key go together");
  }
  if (!IsLoopback(address_.host) && tokens_.empty()) {
    return InvalidArgument(
        "--listen {} can be reached from other machines, and no tokens are configured: give "
        "--token-file FILE (one token a line), or listen on 127.0.0.1",
        options_.listen);
  }
  KZ_ASSIGN_OR_RETURN(mail_, ReadMailServer(options_));
  KZ_RETURN_IF_ERROR(alerts_.ReadOptions(mail_));
  return LogReceivers::Check(LogOptions());
}

LogReceiverOptions Server::LogOptions() const {
  LogReceiverOptions logs = options_.logs;
  logs.tls_cert = options_.tls_cert;
  logs.tls_key = options_.tls_key;
  return logs;
}

// First of all: it says who owns the series that the store has.
void Server::LoadCatalog() {
  catalog_ = std::make_unique<CatalogHolder>(options_.catalog, &clock_, CheckSloExpression);
  catalog_->Reload();
  for (const CatalogError& error : catalog_->Current()->errors) {
    Log(LogLevel::kError, "catalog", {{"error", error.ToString()}});
  }
  SeriesBudgetOptions budget;
  budget.owner_of = [this](const Labels& labels) {
    const std::shared_ptr<const CatalogState> state = catalog_->Current();
    const Service* service = state->catalog->Claim(labels);
    return service == nullptr ? std::string() : service->name;
  };
  budget.limit_of = [this](std::string_view owner) {
    return SeriesLimitOf(*catalog_->Current()->catalog, owner);
  };
  budget_ = std::make_unique<SeriesBudget>(std::move(budget));
  budget_report_ = std::make_unique<BudgetReport>(*budget_, &registry_);
}

Status Server::OpenStores() {
  if (mkdir(options_.data.c_str(), 0700) != 0 && errno != EEXIST) {
    return Internal("cannot make the data directory {}: {}", options_.data, std::strerror(errno));
  }
  StoreOptions store;
  store.directory = options_.data + "/telemetry";
  store.retention = retention_;
  store.retention_bytes = options_.retention_bytes;
  store.series_block_every = std::chrono::seconds(options_.series_block_seconds);
  store.samples_block_length = store.series_block_every;
  store.budget = budget_.get();
  store.needed_from = [this] { return log_feed_->NeededFrom(); };
  KZ_ASSIGN_OR_RETURN(telemetry_, TelemetryStore::Open(store, clock_, &registry_));
  KZ_ASSIGN_OR_RETURN(records_, RecordStore::Open(options_.data + "/records.db"));
  const std::string oncall = options_.data + "/oncall";
  if (mkdir(oncall.c_str(), 0700) != 0 && errno != EEXIST) {
    return Internal("cannot make the directory {}: {}", oncall, std::strerror(errno));
  }
  KZ_ASSIGN_OR_RETURN(oncall_edits_,
                      oncall::EditLog::Open({oncall + "/edits", "oncall_edits"}, &registry_));
  oncall_ = std::make_unique<oncall::OnCallHolder>(catalog_.get(), oncall_edits_.get());
  for (const CatalogError& error : oncall_->Current().errors) {
    Log(LogLevel::kError, "on call", {{"error", error.ToString()}});
  }
  return OkStatus();
}

Status Server::OpenIncidents() {
  incidents::IncidentServiceOptions options;
  options.log.directory = options_.data + "/incidents";
  options.log.name = "incidents";
  options.places = {options_.catalog, options_.data + "/incident-reports"};
  options.catalog = [this] { return catalog_->Current()->catalog; };
  options.page_url = PageUrl(options_, address_);
  options.on_edit = [this](const incidents::Incident& incident, const incidents::Edit& edit) {
    incidents::ActOnGroups(incident, edit, &alerts_.service());
  };
  options.ready = [this] { return loop_->caught_up(); };
  options.impact = [this](const incidents::Incident& incident) {
    return incidents::MeasureImpact(*loop_->Current(), *telemetry_, incident);
  };
  KZ_ASSIGN_OR_RETURN(incidents_,
                      incidents::IncidentService::Open(std::move(options), clock_, &registry_));
  return OkStatus();
}

// What was decided while the server ended, or since it last knew, is told again: what is known of
// it counts once. The first start of all begins with what goes on.
void Server::StartIncidents() {
  const Time last = incidents_->last_received();
  const Time since =
      last == Time{} ? clock_.Now() : std::max(last, clock_.Now() - kIncidentsBack) - kOverlap;
  auto events = incidents::EventsSince(*records_, *catalog_->Current()->catalog, since);
  if (events.ok()) {
    incidents_->Tell(*std::move(events));
  } else {
    Log(LogLevel::kError, "incidents", {{"reason", Message(events.status())}});
  }
  incidents_->Start();
  incidents::CatchUpGroups(incidents_->All(), &alerts_.service());
}

Status Server::StartAlerts() {
  ServeAlerts::Parts parts;
  parts.clock = &clock_;
  parts.registry = &registry_;
  parts.client = &client_;
  parts.catalog = catalog_.get();
  parts.records = records_.get();
  parts.oncall = oncall_.get();
  parts.incidents = &incident_listener_;
  parts.tell_incidents = [this](std::vector<incidents::IncidentEvent> events) {
    incidents_->Tell(std::move(events));
  };
  parts.page_url = PageUrl(options_, address_);
  return alerts_.Start(std::move(parts));
}

Status Server::StartJudging() {
  JudgeLoop::Options loop;
  loop.on_alerts = [this](const std::vector<AlertRecord>& alerts) { alerts_.feed().Put(alerts); };
  loop.on_caught_up = [this] { alerts_.feed().Start(); };
  loop.on_kept = [this](const VerdictBatch& batch, const Catalog& catalog) {
    incidents_->Tell(incidents::EventsOf(batch, catalog));
  };
  loop.on_releases = [this](const std::vector<ReleaseSeen>& releases) {
    std::vector<incidents::IncidentEvent> events;
    events.reserve(releases.size());
    for (const ReleaseSeen& release : releases) {
      events.push_back(incidents::EventOf(release, *catalog_->Current()->catalog));
    }
    incidents_->Tell(std::move(events));
  };
  loop.on_snapshot = [this](const std::shared_ptr<const Snapshot>& snapshot) {
    if (api_) api_->OnSnapshot(snapshot);
  };
  loop_ = std::make_unique<JudgeLoop>(*telemetry_, *records_, &registry_, std::move(loop));
  return OkStatus();
}

void Server::StartReports() {
  ReportLoop::Options reports;
  reports.catalog = [this] { return catalog_->Current()->catalog; };
  reports.ready = [this] { return loop_->caught_up(); };
  reports.default_destinations = DefaultDestinations(options_);
  reports.page_url = PageUrl(options_, address_);
  reports.directory = options_.report_dir;
  if (!mail_.url.empty()) {
    reports.send_mail = [this](const Mail& mail) { return SendMail(mail_, mail); };
  }
  reports.incidents = incidents::DailyIncidentsOf(incidents_.get());
  reports.fetch = [this](FetchRequest request) { return client_.FetchAndWait(std::move(request)); };
  reports_ = std::make_unique<ReportLoop>(*records_, clock_, &registry_, std::move(reports));
  reports_->Start();
}

Status Server::StartLogs() {
  LogStoreOptions store;
  store.directory = options_.data + "/logs";
  store.block_text_bytes = options_.log_block_bytes;
  store.retention = retention_;
  store.retention_bytes = options_.retention_bytes;
  KZ_ASSIGN_OR_RETURN(log_store_, LogStore::Open(store, clock_, &registry_));
  log_patterns_ =
      std::make_unique<LogPatterns>(*telemetry_, [this] { return catalog_->Current()->catalog; });
  LogRoutes::Parts parts;
  parts.store = log_store_.get();
  parts.patterns = log_patterns_.get();
  parts.journal = telemetry_.get();
  parts.records = records_.get();
  parts.clock = &clock_;
  log_routes_ = std::make_unique<LogRoutes>(parts);
  log_feed_ = std::make_unique<LogFeed>(*telemetry_, *log_store_, *log_patterns_, &registry_,
                                        options_.data + "/logs/position",
                                        [this] { log_routes_->OnProgress(); });
  return log_feed_->Start();
}

Status Server::StartIngest() {
  push_ = std::make_unique<LogPush>(*telemetry_, clock_, &registry_);
  otlp_ = std::make_unique<OtlpPush>(*telemetry_, clock_, &registry_);
  metrics_ = std::make_unique<MetricReceivers>(*telemetry_, clock_, &registry_);
  ScrapeOptions scrape;
  scrape.interval = scrape_interval_;
  scrape.hooks = {&metrics_->exemplars(), &metrics_->metadata()};
  scrape_ = std::make_unique<ScrapeManager>(*telemetry_, client_, clock_, &registry_, scrape);
  for (const std::string& text : options_.scrape) {
    KZ_ASSIGN_OR_RETURN(const auto target, ParseScrapeSpec(text));
    KZ_RETURN_IF_ERROR(scrape_->AddStatic(target.first, target.second));
  }
  for (const std::string& file : options_.scrape_files) scrape_->AddTargetFile(file);
  if (!options_.prometheus_config.empty()) {
    const auto fetch = [this](FetchRequest request, HttpClient::Callback done) {
      client_.Fetch(std::move(request), std::move(done));
    };
    scrape_->AddSource(
        std::make_unique<PrometheusTargets>(options_.prometheus_config, fetch, &registry_));
    remotes_ = std::make_unique<RemoteWriters>(
        options_.prometheus_config,
        RemoteSender::Parts{telemetry_.get(), fetch, &clock_, &registry_,
                            options_.data + "/remote-write"});
  }
  std::vector<TailSpec> specs;
  for (const std::string& text : options_.tail) {
    KZ_ASSIGN_OR_RETURN(specs.emplace_back(), ParseTailSpec(text));
  }
  tail_ = std::make_unique<TailManager>(*telemetry_, clock_, &registry_, std::move(specs));
  return OkStatus();
}

Status Server::LoadRules() {
  RuleLoop::Options loop;
  loop.files = options_.rule_files;
  loop.external_url = PageUrl(options_, address_);
  loop.catalog = [this] { return catalog_->Current()->catalog; };
  loop.on_alerts = [this](const std::vector<AlertRecord>& alerts) {
    alerts_.feed().Put(alerts);
    VerdictBatch batch;
    batch.alerts = alerts;
    incidents_->Tell(incidents::EventsOf(batch, *catalog_->Current()->catalog));
  };
  rules_ = std::make_unique<RuleLoop>(telemetry_->series(), *telemetry_, *records_, clock_,
                                      &registry_, std::move(loop));
  return rules_->Load();
}

void Server::StartQueries() {
  PrometheusRoutes::Parts parts;
  parts.store = telemetry_.get();
  parts.clock = &clock_;
  parts.targets = [this] { return scrape_->Status(); };
  parts.rules = [this] { return rules_->Current(); };
  parts.exemplars = &metrics_->exemplars();
  parts.version = options_.version;
  parts.directory = options_.data;
  parts.retention = retention_;
  parts.limits.bytes_max = kQueryBytesMax;
  JsonWriter flags;
  flags.BeginObject();
  flags.Key("storage.tsdb.path").String(options_.data);
  flags.Key("storage.tsdb.retention.time").String(FormatDuration(retention_));
  flags.Key("web.listen-address").String(options_.listen);
  flags.EndObject();
  parts.flags_json = flags.Take();
  prometheus_ = std::make_unique<PrometheusRoutes>(std::move(parts), &registry_);
}

void Server::StartForeignAlerts() {
  foreign_feed_ = std::make_unique<ForeignAlertFeed>(
      alerts_.service(), *telemetry_, ForeignAlertFeed::Options{PageUrl(options_, address_)});
  foreign_alerts_ = std::make_unique<ForeignAlertRoutes>(
      ForeignAlertRoutes::Parts{foreign_feed_.get(), &clock_,
                                [this] { return loop_->caught_up() ? loop_->Current() : nullptr; },
                                [this] { return catalog_->Current(); },
                                [this](FetchRequest request, HttpClient::Callback done) {
                                  client_.Fetch(std::move(request), std::move(done));
                                }},
      alert_sources_);
}

Status Server::StartHttp() {
  Api::Parts parts;
  parts.foreign_alerts = foreign_alerts_.get();
  parts.records = records_.get();
  parts.telemetry = telemetry_.get();
  parts.catalog = catalog_.get();
  parts.client = &client_;
  parts.registry = &registry_;
  parts.incidents = incidents_.get();
  parts.clock = &clock_;
  parts.oncall = oncall_.get();
  parts.oncall_edits = oncall_edits_.get();
  parts.paging = alerts_.paging();
  parts.escalations = &alerts_.escalations();
  parts.reaches = [this](const oncall::Target& target) { return alerts_.Reaches(target); };
  parts.tel = &alerts_.tel();
  parts.slack_events = &alerts_.slack_events();
  parts.snapshot = [this] { return loop_->Current(); };
  parts.ready = [this] { return loop_->caught_up(); };
  parts.series_uses = [this](size_t most) { return budget_->Uses(most); };
  parts.loki_push = [this](HttpRequest request, Responder respond) {
    push_->Loki(std::move(request), std::move(respond));
  };
  parts.ndjson_push = [this](const HttpRequest& request, Responder respond) {
    push_->Ndjson(request, std::move(respond));
  };
  parts.otlp_logs = [this](const HttpRequest& request, Responder respond) {
    otlp_->Logs(request, std::move(respond));
  };
  parts.otlp_metrics = metrics_->otlp();
  parts.otlp_traces = metrics_->otlp_traces();
  parts.remote_write = metrics_->remote_write();
  parts.metric_metadata = metrics_->metadata_answers();
  parts.log_queries = [this](HttpRequest request, Responder respond) {
    log_routes_->Handle(std::move(request), std::move(respond));
  };
  parts.alertmanager = [this](const HttpRequest& request, Responder respond,
                              std::string_view actor) {
    alerts_.routes().Handle(request, std::move(respond), actor);
  };
  parts.deliveries = [this](const AlertRecord& alert) {
    return alerts_.feed().DeliveriesOf(alert);
  };
  parts.prometheus = [this](HttpRequest request, Responder respond) {
    prometheus_->Handle(std::move(request), std::move(respond));
  };
  api_ = std::make_unique<Api>(std::move(parts),
                               Api::Options{options_.version, tokens_, options_.demo_control});
  HttpServerOptions http;
  http.host = address_.host;
  http.port = address_.port;
  http.tls_cert_file = options_.tls_cert;
  http.tls_key_file = options_.tls_key;
  KZ_ASSIGN_OR_RETURN(http_, HttpServer::Start(
                                 http,
                                 [this](HttpRequest request, Responder respond) {
                                   api_->Handle(std::move(request), std::move(respond));
                                 },
                                 &registry_));
  return OkStatus();
}

Status Server::Start() {
  KZ_RETURN_IF_ERROR(CheckOptions());
  LoadCatalog();
  KZ_RETURN_IF_ERROR(OpenStores());
  KZ_RETURN_IF_ERROR(OpenIncidents());
  KZ_RETURN_IF_ERROR(StartAlerts());
  KZ_RETURN_IF_ERROR(StartJudging());
  KZ_RETURN_IF_ERROR(StartLogs());
  KZ_RETURN_IF_ERROR(StartIngest());
  KZ_RETURN_IF_ERROR(LoadRules());
  StartQueries();
  StartForeignAlerts();
  KZ_RETURN_IF_ERROR(StartHttp());
  StartIncidents();
  KZ_RETURN_IF_ERROR(loop_->Start());
  StartReports();
  if (remotes_) remotes_->Start();
  telemetry_->Start([this](const TelemetryStore::Entries& entries) {
    log_feed_->Push(entries);
    if (remotes_) remotes_->Push(entries);
    loop_->Push(entries);
  });
  JournalCatalog();
  KZ_ASSIGN_OR_RETURN(log_receivers_,
                      LogReceivers::Start(LogOptions(), *telemetry_, clock_, &registry_));
  const std::string address = fmt::format("{}:{}", address_.host, http_->port());
  AddProcessMetrics(&registry_);
  scrape_->AddInternal(Labels({{"service", "kizashi"}, {"job", "kizashi"}, {"instance", address}}),
                       [this] { return registry_.Write(); });
  scrape_->Start();
  tail_->Start();
  rules_->Start();
  Log(LogLevel::kInfo, "listening",
      {{"address", address}, {"tls", options_.tls_cert.empty() ? "off" : "on"}});
  log_receivers_->LogListening();
  return OkStatus();
}

// From here on the catalog is part of what the judge was told, and of every replay.
void Server::JournalCatalog() {
  telemetry_->Append(CatalogChange{catalog_->Current()->sources}, [](const Status& status) {
    if (!status.ok()) {
      Log(LogLevel::kError, "catalog not journaled", {{"reason", Message(status)}});
    }
  });
}

void Server::Reload() {
  if (!catalog_->Reload()) return;
  const auto state = catalog_->Current();
  for (const CatalogError& error : state->errors) {
    Log(LogLevel::kError, "catalog", {{"error", error.ToString()}});
  }
  if (!state->errors.empty()) return;
  Log(LogLevel::kInfo, "catalog loaded", {{"services", state->catalog->services().size()}});
  telemetry_->RecountSeries();
  JournalCatalog();
  alerts_.Reload();
}

void Server::Run() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  Time next_tick = clock_.Now();
  Time next_poll = clock_.Now() + kCatalogPoll;
  while (true) {
    const timespec wait{0, 500'000'000};
    const int got = sigtimedwait(&signals, nullptr, &wait);
    if (got == SIGTERM || got == SIGINT) return;
    if (got == SIGHUP) {
      Log(LogLevel::kInfo, "reload asked for");
      Reload();
      if (rules_) rules_->AskReload();
      if (!options_.alert_config.empty()) alerts_.Reload();
      const auto tokens = ReadTokens(options_.token_file);
      const auto sources = ReadAlertSources(options_);
      if (tokens.ok()) tokens_ = *tokens;
      if (sources.ok()) foreign_alerts_->SetSources(*sources);
      api_->SetTokens(tokens_);
      const Status tls = options_.tls_cert.empty() ? OkStatus() : http_->ReloadTls();
      for (const Status& status :
           {tokens.status(), sources.status(), tls, log_receivers_->ReloadTls()}) {
        if (!status.ok()) Log(LogLevel::kError, "reload", {{"reason", Message(status)}});
      }
    }
    const Time now = clock_.Now();
    if (now >= next_tick || next_tick - now > Judge::kTick) {
      next_tick = now + Judge::kTick;
      telemetry_->AppendTick();
    }
    budget_report_->Look(now);
    alerts_.feed().Poll();
    ScrapeTraces();
    if (now >= next_poll || next_poll - now > kCatalogPoll) {
      next_poll = now + kCatalogPoll;
      if (catalog_->Poll()) Reload();
    }
  }
}

// What spans add up to is scraped like a target, from the first span on.
void Server::ScrapeTraces() {
  if (traces_scraped_ || !metrics_->HasTraces()) return;
  traces_scraped_ = true;
  const std::string address = fmt::format("{}:{}", address_.host, http_->port());
  scrape_->AddInternal(Labels({{"job", "traces"}, {"instance", address}}),
                       [this] { return metrics_->TraceMetrics(); });
}

// Against the way of the data: nothing more comes in, then what came is kept, judged and told.
void Server::Stop() {
  if (http_) Log(LogLevel::kInfo, "stopping");
  if (api_) api_->ReleaseWaiting();
  if (log_routes_) log_routes_->Stop();
  if (prometheus_) prometheus_->Stop();
  if (push_) push_->Stop();  // its answers are what the drain waits for
  if (http_) http_->Drain(kDrain);
  if (log_receivers_) log_receivers_->Stop();
  if (tail_) tail_->Stop();
  if (scrape_) scrape_->Stop();
  if (reports_) reports_->Stop();
  if (rules_) rules_->Stop();  // waits for what it writes
  if (telemetry_) telemetry_->Stop();
  if (loop_) loop_->Stop();
  if (log_feed_) log_feed_->Stop();
  if (remotes_) remotes_->Stop();
  alerts_.Stop(kDrain);
  if (incidents_) incidents_->Stop();
  http_.reset();
  alerts_.StopPhone();
}

}  // namespace

int Serve(const ServeOptions& options) {
  // Blocked before any thread starts, so that only Run takes them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  Server server(options);
  const Status started = server.Start();
  if (!started.ok()) {
    fmt::print(stderr, "kizashi serve: {}\n", Message(started));
    server.Stop();
    return started.code() == absl::StatusCode::kInvalidArgument ? 2 : 3;
  }
  server.Run();
  server.Stop();
  return 0;
}

}  // namespace kizashi
