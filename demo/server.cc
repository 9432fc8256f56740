// One of the shop's five application servers.
#include <fmt/core.h>

#include <array>
#include <atomic>
#include <cmath>
#include <mutex>
#include <random>
#include <thread>

#include "base/metrics.h"
#include "demo/demo.h"
#include "demo/fault.h"
#include "demo/process.h"
#include "net/http_server.h"

namespace kizashi {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

class ShopServer {
 public:
  explicit ShopServer(const DemoServerOptions& options)
      : options_(options),
        log_(options.log_file),
        random_(options.name.empty() ? 1 : options.name[0]) {
    AddProcessMetrics(&registry_);
    orders_ = &registry_.GetCounter("shop_orders_total", "Orders placed.");
    duration_ = &registry_.GetHistogram("shop_request_duration_seconds", "Time to answer.",
                                        {0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5});
  }

  int Run() {
    HttpServerOptions http;
    http.port = options_.port;
    const auto server = HttpServer::Start(
        http, [this](HttpRequest request, Responder respond) { Handle(request, respond); },
        nullptr);
    if (!server.ok()) {
      fmt::print(stderr, "demo-server {}: {}\n", options_.name, Message(server.status()));
      return 3;
    }
    log_.Write("INFO",
               fmt::format("server {} listening on port {}", options_.name, (*server)->port()));
    for (int tick = 0; !WaitForStop(Duration(100)); ++tick) EachTenth(tick);
    log_.Write("INFO", "stopping on signal");
    (*server)->Drain(std::chrono::seconds(1));
    StopBurning();
    return 0;
  }

 private:
  bool IsOn(Fault fault) const {
    return std::chrono::steady_clock::now().time_since_epoch().count() <
           until_[static_cast<size_t>(fault)].load();
  }

  void Handle(const HttpRequest& request, const Responder& respond) {
    if (request.path == "/healthz") return respond(TextResponse(200, "ok\n"));
    if (request.path == "/metrics") {
      return respond(TextResponse(200, registry_.Write(), "text/plain; version=0.0.4"));
    }
    if (request.path == "/fault") return SetFault(request, respond);
    if (request.path == "/buy" || request.path == "/cart" || request.path == "/list") {
      return Serve(request, respond);
    }
    respond(ErrorResponse(404, "the shop has no such page"));
  }

  void SetFault(const HttpRequest& request, const Responder& respond) {
    if (request.method == "DELETE") {
      for (auto& until : until_) until = 0;
      StopBurning();
      return respond(JsonResponse(200, "{}"));
    }
    const auto parsed = ParseFaultRequest(request.body, {options_.name});
    if (!parsed.ok()) return respond(ErrorResponse(400, Message(parsed.status())));
    until_[static_cast<size_t>(parsed->fault)] =
        (std::chrono::steady_clock::now() + parsed->duration).time_since_epoch().count();
    if (parsed->fault == Fault::kCpu) StartBurning();
    respond(JsonResponse(200, "{}"));
  }

  double Uniform() {
    const std::lock_guard lock(random_mutex_);
    return std::uniform_real_distribution<double>(0, 1)(random_);
  }

  void Serve(const HttpRequest& request, const Responder& respond) {
    const bool failed = IsOn(Fault::kErrors) && Uniform() < 0.4;
    const auto delay =
        Duration(3 + static_cast<int64_t>(12 * Uniform()) + (IsOn(Fault::kSlow) ? 800 : 0));
    const SteadyTime begin = std::chrono::steady_clock::now();
    timers_.After(
        delay, [this, path = request.path, remote = request.remote, respond, failed, begin] {
          const double seconds =
              std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
          const int code = failed ? 500 : 200;
          registry_
              .GetCounter("shop_requests_total", "Requests answered.",
                          {{"code", std::to_string(code)}, {"handler", path}})
              .Add();
          duration_->Observe(seconds);
          WriteLines(path, remote, code, seconds);
          respond(failed ? ErrorResponse(500, "out of luck") : JsonResponse(200, "{\"ok\":true}"));
        });
  }

  void WriteLines(const std::string& path, const std::string& remote, int code, double seconds) {
    const auto id = ++request_id_;
    log_.Write(code == 200 ? "INFO" : "ERROR",
               fmt::format("request req-{:06x} {} from {} answered {} in {:.1f} ms", id,
                           path.substr(1), remote, code, seconds * 1000));
    if (path == "/buy" && code == 200) {
      orders_->Add();
      log_.Write("INFO",
                 fmt::format("order {} placed sku SKU-{:04} quantity {} total {}.{:02} EUR",
                             100'000 + id, id * 7919 % 9973, 1 + id % 4, 5 + id % 95, id % 100));
    }
  }

  void EachTenth(int tick) {
    if (tick % 50 == 0) {
      log_.Write("INFO", fmt::format("cache refreshed {} entries in {} ms", 900 + tick % 173,
                                     2 + tick % 9));
    }
    if (tick % 70 == 35) {
      log_.Write("WARN", fmt::format("inventory feed behind by {} s", 1 + tick % 5));
    }
    if (IsOn(Fault::kNewLine) && tick % 20 == 0) {
      log_.Write("ERROR", fmt::format("ledger mismatch for account {} expected {} got {}",
                                      4000 + tick % 1000, 1200 + tick, 1180 + tick));
    }
    if (IsOn(Fault::kLogFlood)) {
      for (int i = 0; i < 20; ++i) {
        log_.Write("WARN", fmt::format("inventory feed behind by {} s", 1 + i % 5));
      }
    }
    if (!IsOn(Fault::kCpu)) StopBurning();
  }

  void StartBurning() {
    const std::lock_guard lock(burner_mutex_);
    if (burner_.joinable()) return;
    burning_ = true;
    burner_ = std::thread([this] {
      volatile double sink = 0;
      while (burning_.load()) sink = std::sqrt(sink + 1);
    });
  }

  void StopBurning() {
    const std::lock_guard lock(burner_mutex_);
    burning_ = false;
    if (burner_.joinable()) burner_.join();
  }

  const DemoServerOptions options_;
  DemoLog log_;
  Registry registry_;
  Counter* orders_ = nullptr;
  Histogram* duration_ = nullptr;
  std::array<std::atomic<int64_t>, 7> until_{};  // by fault, on the steady clock
  std::atomic<uint64_t> request_id_{0};
  std::mutex random_mutex_;
  std::mt19937_64 random_;
  std::mutex burner_mutex_;
  std::atomic<bool> burning_{false};
  std::thread burner_;
  Timers timers_;  // last: its functions use the others
};

}  // namespace

int RunDemoServer(const DemoServerOptions& options) {
  BlockStopSignals();
  return ShopServer(options).Run();
}

}  // namespace kizashi
