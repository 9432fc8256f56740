#include "demo/supervisor.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/json_writer.h"
#include "demo/child.h"
#include "demo/process.h"
#include "net/http_server.h"

namespace kizashi {
namespace {

constexpr double kTrafficFactor = 3;
constexpr Duration kRespawnAfter{2000};
constexpr Duration kStartTimeout{20'000};

bool HasEnded(pid_t pid, int* code) {
  int status = 0;
  if (pid <= 0 || waitpid(pid, &status, WNOHANG) != pid) return false;
  *code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

}  // namespace

Supervisor::Supervisor(DemoOptions options) : options_(std::move(options)) {}

Supervisor::~Supervisor() { Stop(); }

std::vector<std::string> Supervisor::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, port] : ports_.servers) names.push_back(name);
  return names;
}

Status Supervisor::Start(const std::string& control_url) {
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    KZ_ASSIGN_OR_RETURN(const uint16_t port, FreePort());
    ports_.servers.emplace_back(name, port);
    servers_[name].port = port;
  }
  KZ_ASSIGN_OR_RETURN(ports_.balancer, FreePort());
  KZ_ASSIGN_OR_RETURN(ports_.load, FreePort());
  KZ_RETURN_IF_ERROR(WriteDemoFiles(options_.directory, ports_));
  std::vector<std::string> balancer = {"kizashi", "demo-balancer",
                                       "--port",  std::to_string(ports_.balancer),
                                       "--log",   options_.directory + "/logs/balancer.log"};
  for (const auto& [name, port] : ports_.servers) {
    KZ_RETURN_IF_ERROR(StartServer(name));
    balancer.push_back("--backend");
    balancer.push_back(fmt::format("{}=127.0.0.1:{}", name, port));
  }
  for (const auto& [name, port] : ports_.servers) KZ_RETURN_IF_ERROR(WaitUntilHealthy(port));
  KZ_ASSIGN_OR_RETURN(balancer_, StartChild(balancer));
  KZ_RETURN_IF_ERROR(WaitUntilHealthy(ports_.balancer));
  KZ_ASSIGN_OR_RETURN(
      load_, StartChild({"kizashi", "demo-load", "--port", std::to_string(ports_.load), "--target",
                         fmt::format("http://127.0.0.1:{}", ports_.balancer)}));
  return StartServe(control_url);
}

Status Supervisor::StartServer(const std::string& name) {
  Server& server = servers_[name];
  KZ_ASSIGN_OR_RETURN(
      server.pid,
      StartChild({"kizashi", "demo-server", "--name", name, "--port", std::to_string(server.port),
                  "--log", fmt::format("{}/logs/server-{}.log", options_.directory, name)}));
  return OkStatus();
}

Status Supervisor::StartServe(const std::string& control_url) {
  const std::string& directory = options_.directory;
  std::vector<std::string> arguments = {"kizashi",
                                        "serve",
                                        "--listen",
                                        options_.listen,
                                        "--data",
                                        directory + "/data",
                                        "--catalog",
                                        directory + "/catalog",
                                        "--scrape-file",
                                        directory + "/targets.yaml",
                                        "--scrape-interval",
                                        "5s",
                                        "--tail",
                                        directory + "/logs/server-*.log,service=shop",
                                        "--demo-control",
                                        control_url};
  arguments.insert(arguments.end(), options_.serve_args.begin(), options_.serve_args.end());
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return Internal("cannot make a pipe");
  const auto pid = StartChild(arguments, pipe_ends[1]);
  close(pipe_ends[1]);
  serve_stderr_ = pipe_ends[0];
  fcntl(serve_stderr_, F_SETFL, O_NONBLOCK);
  KZ_RETURN_IF_ERROR(pid.status());
  serve_ = *pid;
  const Time deadline = clock_.Now() + kStartTimeout;
  while (serve_address().empty()) {
    int code = 0;
    PassStderrOn();
    if (HasEnded(serve_, &code)) {
      PassStderrOn();
      serve_ = 0;
      return Unavailable("serve ended with exit code {}", code);
    }
    if (clock_.Now() > deadline) return Unavailable("serve did not begin to listen");
    if (WaitForStop(Duration(20))) return Unavailable("told to stop");
  }
  return OkStatus();
}

Status Supervisor::WaitUntilHealthy(uint16_t port) {
  const Time deadline = clock_.Now() + kStartTimeout;
  while (clock_.Now() < deadline) {
    FetchRequest request;
    request.url = fmt::format("http://127.0.0.1:{}/healthz", port);
    request.timeout = Duration(500);
    const FetchResult result = client_.FetchAndWait(std::move(request));
    if (result.status.ok() && result.code == 200) return OkStatus();
    if (WaitForStop(Duration(30))) return Unavailable("told to stop");
  }
  return Unavailable("the process on port {} did not become healthy", port);
}

// What serve says on standard error goes on to ours; its address is read off on the way.
void Supervisor::PassStderrOn() {
  char buffer[4096];
  ssize_t got = 0;
  while ((got = read(serve_stderr_, buffer, sizeof(buffer))) > 0) {
    const std::string_view text(buffer, static_cast<size_t>(got));
    if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;
    const std::lock_guard lock(mutex_);
    if (!serve_address_.empty()) continue;
    stderr_line_.append(text);
    const size_t said = stderr_line_.find("msg=\"listening\"");
    const size_t address = stderr_line_.find("address=", said);
    const size_t end = stderr_line_.find_first_of(" \n", address);
    if (said == std::string::npos || address == std::string::npos || end == std::string::npos) {
      continue;
    }
    serve_address_ = stderr_line_.substr(address + 8, end - address - 8);
    stderr_line_.clear();
  }
}

std::string Supervisor::serve_address() const {
  const std::lock_guard lock(mutex_);
  return serve_address_;
}

std::optional<int> Supervisor::Step() {
  PassStderrOn();
  const Time now = clock_.Now();
  bool traffic_over = false;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, server] : servers_) {
      int code = 0;
      if (HasEnded(server.pid, &code)) {
        server.pid = 0;
        if (!server.down_until) server.respawn_at = now + kRespawnAfter;
      }
      const bool due = (server.down_until && now >= *server.down_until) ||
                       (server.respawn_at && now >= *server.respawn_at);
      if (server.pid != 0 || !due) continue;
      server.down_until.reset();
      server.respawn_at.reset();
      const Status started = StartServer(name);
      if (!started.ok()) fmt::print(stderr, "kizashi demo: {}\n", Message(started));
    }
    const auto ended = [&](const Running& running) { return running.until <= now; };
    traffic_over = std::any_of(faults_.begin(), faults_.end(), [&](const Running& running) {
      return ended(running) && running.request.fault == Fault::kTraffic;
    });
    std::erase_if(faults_, ended);
  }
  if (traffic_over) SetRate(1);
  int code = 0;
  if (HasEnded(serve_, &code)) {
    PassStderrOn();
    serve_ = 0;
    return code;
  }
  return std::nullopt;
}

void Supervisor::Stop() {
  std::vector<pid_t*> pids = {&serve_, &load_, &balancer_};
  for (auto& [name, server] : servers_) pids.push_back(&server.pid);
  for (pid_t* pid : pids) {
    if (*pid > 0) kill(*pid, SIGTERM);
  }
  const Time deadline = clock_.Now() + std::chrono::seconds(5);
  while (clock_.Now() < deadline) {
    int code = 0;
    for (pid_t* pid : pids) {
      if (HasEnded(*pid, &code)) *pid = 0;
    }
    if (serve_stderr_ >= 0) PassStderrOn();
    if (std::all_of(pids.begin(), pids.end(), [](const pid_t* pid) { return *pid <= 0; })) break;
    usleep(20'000);
  }
  for (pid_t* pid : pids) {
    if (*pid <= 0) continue;
    kill(*pid, SIGKILL);
    waitpid(*pid, nullptr, 0);
    *pid = 0;
  }
  if (serve_stderr_ >= 0) close(std::exchange(serve_stderr_, -1));
}

void Supervisor::Post(uint16_t port, const std::string& method, const std::string& path,
                      const std::string& body) {
  FetchRequest request;
  request.method = method;
  request.url = fmt::format("http://127.0.0.1:{}{}", port, path);
  request.body = body;
  request.timeout = Duration(2000);
  const FetchResult result = client_.FetchAndWait(std::move(request));
  if (!result.status.ok() || result.code != 200) {
    fmt::print(stderr, "kizashi demo: {} {} on port {} failed\n", method, path, port);
  }
}

void Supervisor::SetRate(double factor) {
  Post(ports_.load, "POST", "/rate", fmt::format("{{\"factor\":{}}}", factor));
}

void Supervisor::Inject(const FaultRequest& request) {
  uint16_t port = 0;
  {
    const std::lock_guard lock(mutex_);
    const Time until = clock_.Now() + request.duration;
    std::erase_if(faults_, [&](const Running& running) {
      return running.request.fault == request.fault && running.request.server == request.server;
    });
    faults_.push_back({request, until});
    if (request.fault == Fault::kDown) {
      Server& server = servers_[request.server];
      server.down_until = until;
      server.respawn_at.reset();
      if (server.pid > 0) kill(server.pid, SIGKILL);
      return;
    }
    if (!IsGlobal(request.fault)) port = servers_[request.server].port;
  }
  if (request.fault == Fault::kTraffic) return SetRate(kTrafficFactor);
  Post(port, "POST", "/fault", FormatFaultRequest(request));
}

void Supervisor::ClearAll() {
  std::vector<uint16_t> alive;
  {
    const std::lock_guard lock(mutex_);
    faults_.clear();
    for (auto& [name, server] : servers_) {
      if (server.down_until) server.down_until = clock_.Now();
      if (server.pid > 0) alive.push_back(server.port);
    }
  }
  SetRate(1);
  for (const uint16_t port : alive) Post(port, "DELETE", "/fault", "");
}

std::string Supervisor::StateJson() const {
  const std::lock_guard lock(mutex_);
  JsonWriter json;
  json.BeginObject();
  json.Key("running").Bool(true);
  json.Key("servers").BeginArray();
  for (const auto& [name, server] : servers_) {
    json.BeginObject();
    json.Key("name").String(name);
    json.Key("alive").Bool(server.pid > 0 && !server.down_until);
    json.EndObject();
  }
  json.EndArray();
  json.Key("faults").BeginArray();
  for (const Running& running : faults_) {
    json.BeginObject();
    json.Key("fault").String(FaultName(running.request.fault));
    json.Key("server").String(running.request.server);
    json.Key("until").Int(ToMs(running.until));
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return json.Take();
}

void Supervisor::Handle(HttpRequest request, const Responder& respond) {
  if (request.path == "/demo" && request.method == "GET") {
    return respond(JsonResponse(200, StateJson()));
  }
  if (request.path != "/demo/faults") return respond(ErrorResponse(404, "nothing here"));
  if (request.method == "DELETE") {
    ClearAll();
    return respond(JsonResponse(200, StateJson()));
  }
  if (request.method != "POST") return respond(ErrorResponse(405, "use POST or DELETE"));
  const auto parsed = ParseFaultRequest(request.body, Names());
  if (!parsed.ok()) return respond(ErrorResponse(400, Message(parsed.status())));
  Inject(*parsed);
  respond(JsonResponse(200, StateJson()));
}

int RunDemo(const DemoOptions& options) {
  BlockStopSignals();
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  Supervisor supervisor(options);
  const auto control = HttpServer::Start(
      {},
      [&](HttpRequest request, Responder respond) {
        supervisor.Handle(std::move(request), respond);
      },
      nullptr);
  Status started = control.status();
  std::string url;
  if (started.ok()) {
    url = fmt::format("http://127.0.0.1:{}", (*control)->port());
    std::ofstream(options.directory + "/control") << url << "\n";
    started = supervisor.Start(url);
  }
  if (!started.ok()) {
    fmt::print(stderr, "kizashi demo: {}\n", Message(started));
    return 3;
  }
  fmt::print(
      "\n  Kizashi is at        http://{}\n"
      "  break something      kizashi demo fault down --server c --for 5m --dir {}\n"
      "  mend everything      kizashi demo restore --dir {}\n"
      "  stop                 Ctrl-C\n\n",
      supervisor.serve_address(), options.directory, options.directory);
  std::fflush(stdout);
  while (!WaitForStop(Duration(100))) {
    if (const auto code = supervisor.Step()) {
      fmt::print(stderr, "kizashi demo: serve ended with exit code {}\n", *code);
      return *code;
    }
  }
  supervisor.Stop();
  return 0;
}

}  // namespace kizashi
