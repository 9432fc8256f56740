// The load balancer in front of the shop's servers.
#include <fmt/core.h>

#include <memory>

#include "base/metrics.h"
#include "demo/backends.h"
#include "demo/demo.h"
#include "demo/process.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace kizashi {
namespace {

constexpr Duration kCheckEvery{1000};
constexpr Duration kCheckTimeout{500};
constexpr Duration kRequestTimeout{5000};

std::vector<Backends::Backend> ParseBackends(const std::vector<std::string>& texts) {
  std::vector<Backends::Backend> backends;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    backends.push_back({text.substr(0, equals), text.substr(equals + 1), false, 0});
  }
  return backends;
}

class Balancer {
 public:
  explicit Balancer(const DemoBalancerOptions& options)
      : options_(options), log_(options.log_file), backends_(ParseBackends(options.backends)) {
    AddProcessMetrics(&registry_);
    retries_ = &registry_.GetCounter("lb_retries_total", "Requests sent to a second server.");
    duration_ =
        &registry_.GetHistogram("http_request_duration_seconds", "Time to answer.",
                                {0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5});
    // Born at zero: a counter that first shows with its burst is easily read wrong.
    for (const char* code : {"200", "500", "503"}) Requests(code);
  }

  int Run() {
    HttpServerOptions http;
    http.port = options_.port;
    const auto server = HttpServer::Start(
        http, [this](HttpRequest request, Responder respond) { Handle(request, respond); },
        nullptr);
    if (!server.ok()) {
      fmt::print(stderr, "demo-balancer: {}\n", Message(server.status()));
      return 3;
    }
    do {
      CheckAll();
    } while (!WaitForStop(kCheckEvery));
    (*server)->Drain(std::chrono::seconds(1));
    return 0;
  }

 private:
  // One request of a client, on its way through one server or two.
  struct Passing {
    std::string path;
    Responder respond;
    std::chrono::steady_clock::time_point begin;
    std::optional<size_t> first;
  };

  Counter& Requests(const std::string& code) {
    return registry_.GetCounter("http_requests_total", "Requests answered.", {{"code", code}});
  }

  void CheckAll() {
    const auto backends = backends_.List();
    for (size_t i = 0; i < backends.size(); ++i) {
      FetchRequest request;
      request.url = fmt::format("http://{}/healthz", backends[i].address);
      request.timeout = kCheckTimeout;
      client_.Fetch(std::move(request), [this, i](const FetchResult& result) {
        const bool refused = !result.status.ok() && result.elapsed < kCheckTimeout;
        Note(i, result.status.ok() && result.code == 200, refused);
      });
    }
  }

  void Note(size_t backend, bool ok, bool refused) {
    const bool changed = backends_.Checked(backend, ok, refused);
    const auto of = backends_.List()[backend];
    registry_.GetGauge("lb_backend_up", "Whether a server is in use.", {{"backend", of.name}})
        .Set(of.healthy ? 1 : 0);
    if (!changed) return;
    log_.Write(of.healthy ? "INFO" : "WARN",
               fmt::format("server {} at {} is {}, {} in use", of.name, of.address,
                           of.healthy ? "in" : "out", backends_.healthy_count()));
  }

  void Handle(const HttpRequest& request, const Responder& respond) {
    const int healthy = backends_.healthy_count();
    if (request.path == "/healthz") {
      const bool open = healthy >= options_.min_healthy;
      return respond(TextResponse(open ? 200 : 503, open ? "ok\n" : "too few servers\n"));
    }
    if (request.path == "/metrics") {
      return respond(TextResponse(200, registry_.Write(), "text/plain; version=0.0.4"));
    }
    auto passing = std::make_shared<Passing>();
    passing->path = request.path;
    passing->respond = respond;
    passing->begin = std::chrono::steady_clock::now();
    // Fewer than the quorum cannot keep the shop's orders consistent: no answer beats a wrong one.
    if (healthy < options_.min_healthy) {
      return Finish(*passing, ErrorResponse(503, "too few servers"));
    }
    Pass(passing);
  }

  void Pass(const std::shared_ptr<Passing>& passing) {
    const auto backend = backends_.Next(passing->first);
    if (!backend) return Finish(*passing, ErrorResponse(503, "no server"));
    FetchRequest request;
    request.url = fmt::format("http://{}{}", backends_.List()[*backend].address, passing->path);
    request.timeout = kRequestTimeout;
    client_.Fetch(std::move(request), [this, passing, backend](FetchResult result) {
      if (result.status.ok()) {
        return Finish(
            *passing,
            {result.code, {{"Content-Type", "application/json"}}, std::move(result.body)});
      }
      Note(*backend, false, result.elapsed < kRequestTimeout);
      if (passing->first) return Finish(*passing, ErrorResponse(503, "no server answered"));
      passing->first = backend;
      retries_->Add();
      Pass(passing);
    });
  }

  void Finish(const Passing& passing, HttpResponse response) {
    Requests(std::to_string(response.status)).Add();
    duration_->Observe(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - passing.begin).count());
    passing.respond(std::move(response));
  }

  const DemoBalancerOptions options_;
  DemoLog log_;
  Registry registry_;
  Backends backends_;
  Counter* retries_ = nullptr;
  Histogram* duration_ = nullptr;
  HttpClient client_;  // last: its callbacks use the others
};

}  // namespace

int RunDemoBalancer(const DemoBalancerOptions& options) {
  BlockStopSignals();
  return Balancer(options).Run();
}

}  // namespace kizashi
