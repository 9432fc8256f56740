#include "alert_serve.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "act/alert/alert_service.h"
#include "act/alert/cluster.h"
#include "act/alert/receiver_kinds.h"
#include "act/notify/phone/phone_desk.h"
#include "address.h"
#include "api/alert_action_routes.h"
#include "api/alertmanager_routes.h"
#include "base/hash.h"
#include "base/log.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace kizashi {
namespace {

using alerts::AlertService;

constexpr Duration kDrain = std::chrono::seconds(2);

StatusOr<Address> AddressOf(std::string_view flag, const std::string& text) {
  constexpr std::string_view kLocalhost = "localhost:";
  if (!text.starts_with(kLocalhost)) return ParseAddress(flag, text);
  return ParseAddress(flag, "127.0.0.1:" + text.substr(kLocalhost.size()));
}

StatusOr<Duration> TimeOf(std::string_view flag, const std::string& text) {
  const auto read = ParseDuration(text);
  if (!read.ok()) return InvalidArgument("{} {}: {}", flag, text, Message(read.status()));
  return *read;
}

// "/a/b" of "a/b/", "" of "/".
std::string PrefixOf(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.empty() ? std::string() : "/" + std::string(path);
}

// The path of "http://host/path".
std::string PathOfUrl(const std::string& url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string::npos) return "";
  const size_t path = url.find('/', scheme + 3);
  return path == std::string::npos ? "" : url.substr(path);
}

std::string HostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

class AlertServer {
 public:
  explicit AlertServer(const AlertServeOptions& options) : options_(options) {}
  Status Start();
  void Run();
  void Stop();

 private:
  Status MakeCluster();
  StatusOr<alerts::AlertServiceOptions> ServiceOptions();
  Status ReadSecretFiles();
  Status MakePhone();
  Status StartHttp(const Address& address);
  void Answer(HttpRequest request, Responder respond) const;

  const AlertServeOptions& options_;
  std::string prefix_;
  std::string external_url_;
  std::vector<std::string> slack_secrets_;
  std::vector<std::string> pagerduty_secrets_;
  SystemClock clock_;
  Registry registry_;
  std::unique_ptr<alerts::Cluster> cluster_;
  std::unique_ptr<AlertService> service_;
  std::unique_ptr<HttpClient> client_ = std::make_unique<HttpClient>();
  std::unique_ptr<alerts::Receivers> receivers_ =
      std::make_unique<alerts::Receivers>(*client_, clock_);
  std::unique_ptr<phone::PhoneDesk> desk_;
  std::unique_ptr<AlertmanagerRoutes> routes_;
  std::unique_ptr<HttpServer> http_;
};

Status AlertServer::MakeCluster() {
  if (options_.cluster_peers.empty() && options_.cluster_listen.empty()) return OkStatus();
  alerts::ClusterOptions cluster;
  const std::string listen =
      options_.cluster_listen.empty() ? "0.0.0.0:9094" : options_.cluster_listen;
  KZ_ASSIGN_OR_RETURN(const Address address, AddressOf("--cluster.listen-address", listen));
  cluster.host = address.host;
  cluster.port = address.port;
  cluster.advertise = options_.cluster_advertise;
  cluster.peers = options_.cluster_peers;
  for (const auto& [flag, text, into] :
       {std::tuple("--cluster.peer-timeout", &options_.cluster_peer_timeout, &cluster.peer_timeout),
        std::tuple("--cluster.settle-timeout", &options_.cluster_settle_timeout,
                   &cluster.settle_timeout),
        std::tuple("--cluster.probe-interval", &options_.cluster_probe_interval,
                   &cluster.probe_interval),
        std::tuple("--cluster.pushpull-interval", &options_.cluster_sync_interval,
                   &cluster.sync_interval),
        std::tuple("--cluster.tcp-timeout", &options_.cluster_request_timeout,
                   &cluster.request_timeout)}) {
    KZ_ASSIGN_OR_RETURN(*into, TimeOf(flag, *text));
  }
  KZ_ASSIGN_OR_RETURN(cluster_, alerts::Cluster::Make(std::move(cluster), *client_));
  return OkStatus();
}

Status AlertServer::ReadSecretFiles() {
  KZ_ASSIGN_OR_RETURN(slack_secrets_, ReadSecrets("--slack-signing-secret-file",
                                                  options_.slack_signing_secret_file));
  KZ_ASSIGN_OR_RETURN(pagerduty_secrets_, ReadSecrets("--pagerduty-webhook-secret-file",
                                                      options_.pagerduty_webhook_secret_file));
  return OkStatus();
}

Status AlertServer::MakePhone() {
  if (options_.phone_config.empty()) return OkStatus();
  const phone::PhoneConfigResult read = phone::LoadPhoneConfig(options_.phone_config);
  if (!read.config) return InvalidArgument("{}", fmt::join(read.errors, "\n"));
  phone::PhoneDesk::Parts parts;
  parts.fetch = [this](FetchRequest request, HttpClient::Callback done) {
    client_->Fetch(std::move(request), std::move(done));
  };
  parts.clock = &clock_;
  parts.registry = &registry_;
  parts.act = [this](uint64_t group, const alerts::GroupAction& action) {
    return service_->Act(group, action);
  };
  KZ_ASSIGN_OR_RETURN(desk_, phone::PhoneDesk::Make(*read.config, std::move(parts)));
  receivers_->SetPhone([this](const alerts::ReceiverConfig& of, const alerts::Integration& to) {
    return desk_->MakeReceiver(of, to);
  });
  return OkStatus();
}

StatusOr<alerts::AlertServiceOptions> AlertServer::ServiceOptions() {
  alerts::AlertServiceOptions service;
  service.config_file = options_.config_file;
  service.log.directory = options_.storage_path + "/alerts";
  service.log.name = "alerts";
  service.engine.sent_kinds = alerts::Receivers::kinds();
  service.engine.alerts_max = options_.alerts_max;
  service.engine.flap_firings = options_.flap_firings;
  service.queues.parallel = std::max<size_t>(options_.parallel, 1);
  for (const auto& [flag, text, into] :
       {std::tuple("--data.retention", &options_.retention, &service.engine.retention),
        std::tuple("--alerts.flap-window", &options_.flap_window, &service.engine.flap_window),
        std::tuple("--alerts.flap-hold", &options_.flap_hold, &service.engine.flap_hold),
        std::tuple("--notify.give-up-after", &options_.give_up_after,
                   &service.queues.give_up_after)}) {
    KZ_ASSIGN_OR_RETURN(*into, TimeOf(flag, *text));
  }
  service.receivers = receivers_->Kinds();
  if (desk_) service.listeners = {desk_.get()};
  if (cluster_) service.cluster = cluster_->hooks();
  return service;
}

void AlertServer::Answer(HttpRequest request, Responder respond) const {
  if (!prefix_.empty()) {
    const std::string_view path = request.path;
    if (path == "/" && request.method == "GET") {
      return respond({302, {{"Location", prefix_ + "/"}}, ""});
    }
    if (path != prefix_ && !path.starts_with(prefix_ + "/")) {
      return respond(ErrorResponse(404, "not below the route prefix", path));
    }
    request.path.erase(0, prefix_.size());
    if (request.path.empty()) request.path = "/";
  }
  if (desk_ && !desk_->callback_path().empty() && request.path == desk_->callback_path() &&
      request.method == "POST") {
    return respond(desk_->HandleCallback(request));
  }
  routes_->HandleServer(request, std::move(respond));
}

Status AlertServer::StartHttp(const Address& address) {
  AlertmanagerRoutes::Parts parts;
  parts.service = service_.get();
  parts.registry = &registry_;
  parts.version = options_.version;
  parts.slack_secrets = slack_secrets_;
  parts.pagerduty_secrets = pagerduty_secrets_;
  parts.fetch = [this](FetchRequest request, HttpClient::Callback done) {
    client_->Fetch(std::move(request), std::move(done));
  };
  if (cluster_) {
    registry_.AddCallback("alertmanager_cluster_members", "Current number of members in cluster.",
                          [this] { return static_cast<double>(cluster_->peers().size()); });
    parts.ready = [this] { return cluster_->settled(); };
    parts.cluster = [this] {
      AlertmanagerRoutes::ClusterView view{cluster_->status(), cluster_->name(), {}};
      for (const alerts::ClusterPeer& peer : cluster_->peers()) {
        view.peers.push_back({peer.name, peer.address});
      }
      return view;
    };
  }
  routes_ = std::make_unique<AlertmanagerRoutes>(std::move(parts));
  HttpServerOptions http;
  http.host = address.host;
  http.port = address.port;
  KZ_ASSIGN_OR_RETURN(http_, HttpServer::Start(
                                 http,
                                 [this](HttpRequest request, Responder respond) {
                                   Answer(std::move(request), std::move(respond));
                                 },
                                 &registry_));
  return OkStatus();
}

Status AlertServer::Start() {
  KZ_ASSIGN_OR_RETURN(const LogLevel level, ParseLogLevel(options_.log_level));
  SetupLog(level, options_.log_format == "json" ? LogFormat::kJson : LogFormat::kLogfmt);
  for (const std::string& flag : options_.without_meaning) {
    Log(LogLevel::kInfo, "this flag of Alertmanager has nothing to set here", {{"flag", flag}});
  }
  KZ_ASSIGN_OR_RETURN(const Address address, AddressOf("--web.listen-address", options_.listen));
  prefix_ = PrefixOf(options_.route_prefix.empty() ? PathOfUrl(options_.external_url)
                                                   : options_.route_prefix);
  external_url_ = options_.external_url.empty()
                      ? fmt::format("http://{}:{}", HostName(), address.port)
                      : options_.external_url;
  KZ_RETURN_IF_ERROR(ReadSecretFiles());
  KZ_RETURN_IF_ERROR(MakeCluster());
  alerts::ReceiverOptions receivers;
  receivers.external_url = external_url_;
  receivers.server_id = HexId(Hash64(HostName() + options_.storage_path));
  receivers.has_buttons = !slack_secrets_.empty();
  receivers_->SetOptions(std::move(receivers));
  KZ_RETURN_IF_ERROR(MakePhone());
  KZ_ASSIGN_OR_RETURN(alerts::AlertServiceOptions service, ServiceOptions());
  KZ_ASSIGN_OR_RETURN(service_, AlertService::Open(std::move(service), clock_, registry_));
  if (cluster_) KZ_RETURN_IF_ERROR(cluster_->Start(service_.get()));
  AddProcessMetrics(&registry_);
  KZ_RETURN_IF_ERROR(StartHttp(address));
  Log(LogLevel::kInfo, "Listening on",
      {{"address", FormatAddress(address.host, http_->port())}, {"cluster", cluster_ != nullptr}});
  return OkStatus();
}

void AlertServer::Run() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  while (true) {
    const int got = sigwaitinfo(&signals, nullptr);
    if (got == SIGTERM || got == SIGINT) return;
    if (got != SIGHUP) continue;
    const Status status = service_->Reload();
    if (status.ok()) {
      Log(LogLevel::kInfo, "configuration loaded", {{"file", options_.config_file}});
    } else {
      Log(LogLevel::kError, "the configuration was not loaded, the one before stays",
          {{"errors", Message(status)}});
    }
  }
}

// Nothing more comes in; then what is being sent gets a moment for its answer.
void AlertServer::Stop() {
  if (http_) http_->Drain(kDrain);
  if (service_) service_->Stop(kDrain);
  if (cluster_) cluster_->Stop();
  http_.reset();
  desk_.reset();
  receivers_->Stop();
  client_.reset();  // what it calls back is there until here
  service_.reset();
}

}  // namespace

int AlertServe(const AlertServeOptions& options) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  AlertServer server(options);
  const Status started = server.Start();
  if (!started.ok()) {
    fmt::print(stderr, "kizashi alert serve: {}\n", Message(started));
    server.Stop();
    return started.code() == absl::StatusCode::kInvalidArgument ? 2 : 3;
  }
  server.Run();
  server.Stop();
  return 0;
}

int CheckAlertConfig(const std::vector<std::string>& files) {
  int code = 0;
  for (const std::string& file : files) {
    const alerts::AlertConfigResult read =
        alerts::LoadAlertConfig(file, alerts::Receivers::kinds());
    for (const std::string& error : read.errors) fmt::print("{}\n", error);
    if (!read.errors.empty()) {
      code = 1;
      continue;
    }
    for (const std::string& note : read.config->notes) fmt::print("note: {}\n", note);
    fmt::print("{}: {} routes, {} receivers, {} inhibition rules, {} time intervals\n", file,
               read.config->routes, read.config->receivers.size(),
               read.config->inhibit_rules.size(), read.config->intervals.size());
  }
  return code;
}

}  // namespace kizashi
