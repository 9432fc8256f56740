// The shop's customers: requests at a rate that does not wait for answers.
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <random>

#include "base/metrics.h"
#include "demo/demo.h"
#include "demo/fault.h"
#include "demo/process.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace kizashi {
namespace {

constexpr int kUnderWayMax = 500;

class Load {
 public:
  explicit Load(const DemoLoadOptions& options) : options_(options), random_(options.seed) {
    AddProcessMetrics(&registry_);
  }

  int Run() {
    HttpServerOptions http;
    http.port = options_.port;
    const auto server = HttpServer::Start(
        http, [this](HttpRequest request, Responder respond) { Handle(request, respond); },
        nullptr);
    if (!server.ok()) {
      fmt::print(stderr, "demo-load: {}\n", Message(server.status()));
      return 3;
    }
    // Customers come once the shop is open.
    while (!ShopIsOpen()) {
      if (WaitForStop(Duration(300))) return 0;
    }
    double owed_ms = 0;
    while (true) {
      std::exponential_distribution<double> gap(options_.rate * factor_.load() / 1000);
      // Gaps shorter than a millisecond are sent together.
      for (owed_ms += gap(random_); owed_ms < 1; owed_ms += gap(random_)) Send();
      const auto wait = Duration(static_cast<int64_t>(owed_ms));
      owed_ms -= static_cast<double>(wait.count());
      if (WaitForStop(std::min(wait, Duration(1000)))) return 0;
      Send();
    }
  }

 private:
  void Handle(const HttpRequest& request, const Responder& respond) {
    if (request.path == "/healthz") return respond(TextResponse(200, "ok\n"));
    if (request.path == "/metrics") {
      return respond(TextResponse(200, registry_.Write(), "text/plain; version=0.0.4"));
    }
    if (request.path == "/rate" && request.method == "POST") {
      const auto factor = ReadJsonNumber(request.body, "factor");
      if (!factor.ok() || *factor < 0.01 || *factor > 20) {
        return respond(ErrorResponse(400, "factor is a number from 0.01 to 20"));
      }
      factor_ = *factor;
      return respond(JsonResponse(200, "{}"));
    }
    respond(ErrorResponse(404, "nothing here"));
  }

  bool ShopIsOpen() {
    FetchRequest request;
    request.url = options_.target + "/healthz";
    request.timeout = Duration(500);
    const FetchResult result = client_.FetchAndWait(std::move(request));
    return result.status.ok() && result.code == 200;
  }

  void Send() {
    if (under_way_.load() >= kUnderWayMax) return Count("not_sent");
    ++under_way_;
    FetchRequest request;
    const double dice = std::uniform_real_distribution<double>(0, 1)(random_);
    request.url = options_.target + (dice < 0.2 ? "/buy" : dice < 0.5 ? "/cart" : "/list");
    request.timeout = Duration(6000);
    client_.Fetch(std::move(request), [this](const FetchResult& result) {
      --under_way_;
      Count(result.status.ok() ? std::to_string(result.code) : "none");
    });
  }

  void Count(const std::string& code) {
    registry_
        .GetCounter("client_requests_total", "Requests by the code they got.", {{"code", code}})
        .Add();
  }

  const DemoLoadOptions options_;
  Registry registry_;
  std::atomic<double> factor_{1};
  std::atomic<int> under_way_{0};
  std::mt19937_64 random_;
  HttpClient client_;  // last: its callbacks use the others
};

}  // namespace

int RunDemoLoad(const DemoLoadOptions& options) {
  BlockStopSignals();
  return Load(options).Run();
}

}  // namespace kizashi
