// How long the board of many SLOs takes, from the request to the last byte, over loopback: 100
// services with five SLOs each, every curve full, as one client after another asks and four at
// once.
//
// Then, with a directory to write in: how long a team's review of a week takes, from stored slices.
//
//   build/release/bench/slo_board_figures [services] [requests] [DIRECTORY]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "act/report/slo_report.h"
#include "api/slo_routes.h"
#include "base/bytes.h"
#include "base/check.h"
#include "catalog/load.h"
#include "catalog/slo_alerts.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace kizashi {
namespace {

constexpr int kSlosEach = 5;
constexpr int kClients = 4;
constexpr Time kNow = TimeFromMs(1'767'225'600'000);

std::shared_ptr<const Catalog> ManyServices(int services) {
  std::string yaml;
  for (int i = 0; i < services; ++i) {
    yaml += fmt::format("service:\n  name: service-{}\n  owner: team-{}\n  slo:\n", i, i % 20);
    for (int k = 0; k < kSlosEach; ++k) {
      yaml += fmt::format(
          "    - {{name: slo-{}, target: 99.9, good: good_{}, total: total_{}, policy: [{{spent: "
          "50%, do: tell, text: Talk about it}}, {{spent: 100%, do: hold}}]}}\n",
          k, k, k);
    }
    yaml += "---\n";
  }
  for (int i = 0; i < 20; ++i) {
    yaml += fmt::format("team: {{name: team-{}, time_zone: Asia/Tokyo}}\n---\n", i);
  }
  const CatalogLoad load = LoadCatalog({{"many.yaml", yaml}});
  KZ_CHECK(load.errors.empty(), "{}", load.errors.at(0).ToString());
  return load.catalog;
}

SloSnapshot MakeSlo(const SloSpec& spec, double remaining) {
  SloSnapshot slo;
  slo.spec = &spec;
  slo.state = SloState::kOk;
  slo.first = kNow - std::chrono::days(30);
  slo.measured = kNow;
  slo.budget.window = {kNow - std::chrono::days(30), kNow};
  slo.budget.allowance_minutes = 43.2;
  slo.budget.spent_share = 1 - remaining;
  slo.budget.spent_minutes = 43.2 * (1 - remaining);
  slo.budget.remaining_share = remaining;
  slo.budget.covered_share = slo.budget.filled_share = 0.99;
  for (const BurnPair& pair : ReachablePairs(spec)) {
    BurnState burn;
    burn.pair = pair;
    burn.long_burn = 1.0 / 3;
    burn.short_burn = 1.0 / 7;
    slo.pairs.push_back({burn, false});
  }
  for (const PolicyStep& step : spec.policy) slo.policy.push_back({step, kNow, nullptr});
  auto curve = std::make_shared<SloCurve>();
  curve->step = std::chrono::hours(6);
  for (int i = 0; i < 120; ++i) {
    curve->points.push_back({kNow - curve->step * (119 - i), remaining + i / 1234.5, 0.1, {}});
  }
  slo.curve = std::move(curve);
  return slo;
}

std::shared_ptr<const Snapshot> ManySlos(int services) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->version = 1;
  snapshot->now = kNow;
  snapshot->catalog = ManyServices(services);
  int number = 0;
  for (const Service& service : snapshot->catalog->services()) {
    ServiceSnapshot one;
    one.name = service.name;
    one.owner = service.owner;
    for (const SloSpec& spec : service.slos) {
      one.slos.push_back(MakeSlo(spec, 1 - (number++ % 97) / 71.0));
    }
    snapshot->services.push_back(std::move(one));
  }
  return snapshot;
}

struct Asked {
  std::vector<double> ms;
  size_t bytes = 0;
};

Asked Ask(const std::string& url, int requests) {
  HttpClient client;
  Asked asked;
  for (int i = 0; i < requests; ++i) {
    FetchRequest request;
    request.method = "GET";
    request.url = url;
    request.timeout = std::chrono::seconds(20);
    const auto begin = std::chrono::steady_clock::now();
    const FetchResult result = client.FetchAndWait(request);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    KZ_CHECK(result.status.ok() && result.code == 200, "{}", result.code);
    asked.ms.push_back(took.count());
    asked.bytes = result.body.size();
  }
  return asked;
}

void Print(const std::string& name, std::vector<double> ms) {
  std::sort(ms.begin(), ms.end());
  const auto at = [&](double share) {
    return ms[static_cast<size_t>(share * static_cast<double>(ms.size() - 1))];
  };
  fmt::print("{}, p99\t{:.2f}\tms\tp50 {:.2f}, max {:.2f}\n", name, at(0.99), at(0.5), ms.back());
}

void Measure(int services, int requests) {
  const std::shared_ptr<const Snapshot> snapshots[] = {ManySlos(services), ManySlos(services)};
  std::atomic<size_t> asked_for = 0;
  const SystemClock clock;
  // Each asks for a board that nobody asked for before, as after every change.
  SloRoutes routes({nullptr, nullptr, &clock, [&] { return snapshots[asked_for++ % 2]; }});
  auto server = HttpServer::Start(
      {},
      [&](const HttpRequest& request, const Responder& respond) {
        routes.Handle(request, respond);
      },
      nullptr);
  KZ_CHECK(server.ok());
  const std::string url = fmt::format("http://127.0.0.1:{}/kizashi/v1/slos", (*server)->port());
  const std::string name = fmt::format("board of {} SLOs", services * kSlosEach);
  const std::clock_t before = std::clock();
  const Asked alone = Ask(url, requests);
  const double cpu_ms = 1e3 * static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  Print(name, alone.ms);
  fmt::print("{}, CPU of server and client\t{:.2f}\tms\t\n", name, cpu_ms / requests);
  fmt::print("{}, answer\t{}\tbytes\t\n", name, alone.bytes);
  std::vector<Asked> together(kClients);
  std::vector<std::thread> clients;
  clients.reserve(kClients);
  for (Asked& asked : together) {
    clients.emplace_back([&asked, &url, requests] { asked = Ask(url, requests / kClients); });
  }
  for (std::thread& client : clients) client.join();
  std::vector<double> all;
  for (const Asked& asked : together) all.insert(all.end(), asked.ms.begin(), asked.ms.end());
  Print(name + ", four at once", std::move(all));
}

/// Slices of ten seconds of a week for one team's SLOs, and the review of them.
void MeasureReview(int services, const std::string& directory) {
  constexpr int kSlices = 7 * 24 * 360;
  const SystemClock clock;
  Registry registry;
  StoreOptions options;
  options.directory = directory + "/telemetry";
  options.retention = std::chrono::days(3650);
  auto telemetry = TelemetryStore::Open(options, clock, &registry);
  KZ_CHECK(telemetry.ok());
  auto records = RecordStore::Open(directory + "/records.db");
  KZ_CHECK(records.ok());
  const auto snapshot = ManySlos(services);
  ByteWriter value;
  for (const double one : {99.0, 100.0, 10.0}) value.Double(one);
  const std::string bytes = value.Take();
  int slos = 0;
  for (const ServiceSnapshot& service : snapshot->services) {
    if (service.owner != "team-0") continue;
    for (const SloSnapshot& slo : service.slos) {
      std::vector<DerivedPoint> points;
      const std::string name = fmt::format("{}/{}", service.name, slo.spec->name);
      for (int i = kSlices; i > 0; --i) {
        points.push_back({'s', name, kNow - std::chrono::seconds(10) * i, bytes});
      }
      KZ_CHECK((*telemetry)->PutPoints(points).ok());
      ++slos;
    }
  }
  SloReportOptions report;
  report.team = "team-0";
  report.until = report.now = kNow;
  const auto begin = std::chrono::steady_clock::now();
  KZ_CHECK(MakeSloReport(*snapshot, **records, **telemetry, report).ok());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  fmt::print("review of a week, {} SLOs\t{:.2f}\ts\t\n", slos, took.count());
  fmt::print("review, one slice\t{:.2f}\tus\t\n", 1e6 * took.count() / slos / kSlices);
}

}  // namespace
}  // namespace kizashi

int main(int argc, char** argv) {
  const int services = argc > 1 ? std::atoi(argv[1]) : 100;
  kizashi::Measure(services, argc > 2 ? std::atoi(argv[2]) : 400);
  if (argc > 3) kizashi::MeasureReview(services, argv[3]);
  return 0;
}
