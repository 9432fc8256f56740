// The same past for three servers: ten thousand series, every 15 seconds, as a data directory of
// ours, as OpenMetrics text for promtool and as JSON lines for VictoriaMetrics' /api/v1/import.
// bench/macro/metrics_rivals_bench.py asks all three.
//
//   build/release/bench/metrics_backfill FOLDER END_SECONDS SCRAPES
//
// requests_total: 2,500 counters, 40 in each namespace, 500 in each cluster; latency_bucket: 500
// histograms of 7 buckets; queue_length: 4,000 gauges. 40 targets with 250 of them each.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <semaphore>
#include <string>
#include <vector>

#include "base/check.h"
#include "store/telemetry_store.h"

namespace kizashi {
namespace {

constexpr size_t kCounters = 2500;
constexpr size_t kBuckets = 3500;
constexpr size_t kGauges = 4000;
constexpr size_t kTargets = 40;
constexpr int64_t kStepMs = 15'000;
constexpr int kInFlight = 32;
const char* const kBounds[] = {"0.1", "0.5", "1", "2", "5", "10", "+Inf"};

struct Series {
  Labels labels;
  size_t target = 0;
  int kind = 0;
  size_t number = 0;

  double At(int64_t s) const {
    const auto rise = static_cast<double>(number * 7919 % 61 + 1);
    const auto at = static_cast<double>(s);
    if (kind == 0) return std::floor(at * rise * 2.5 + static_cast<double>(s * s % 13));
    if (kind == 1) return std::floor(at * static_cast<double>(number % 7 + 1) * 3);
    return std::floor(100 * (rise + std::sin(at / (7 + rise)) * rise)) / 100;
  }
};

std::vector<Series> AllSeries() {
  std::vector<Series> all;
  for (size_t i = 0; i < kCounters + kBuckets + kGauges; ++i) {
    Series one;
    one.kind = i < kCounters ? 0 : i < kCounters + kBuckets ? 1 : 2;
    one.number = one.kind == 0 ? i : one.kind == 1 ? i - kCounters : i - kCounters - kBuckets;
    const size_t owner = one.kind == 1 ? one.number / 7 : one.number;
    one.target = owner % kTargets;
    std::vector<Label> labels = {{"cluster", fmt::format("tokyo-{}", owner % 5)},
                                 {"namespace", fmt::format("team-{}", owner / 40)},
                                 {"pod", fmt::format("shop-7f9c6d5b8-{}", owner)},
                                 {"instance", fmt::format("10.0.0.{}:9100", one.target)},
                                 {"job", "shop"}};
    const char* const names[] = {"requests_total", "latency_bucket", "queue_length"};
    labels.push_back({"__name__", names[one.kind]});
    if (one.kind == 1) labels.push_back({"le", kBounds[one.number % 7]});
    one.labels = Labels(std::move(labels));
    all.push_back(std::move(one));
  }
  return all;
}

// A target is scraped at a moment of its own within the step.
int64_t TimeMs(int64_t end_s, int64_t scrapes, size_t target, int64_t s) {
  return end_s * 1000 - (scrapes - s) * kStepMs + static_cast<int64_t>(target) * 370;
}

void WriteOurs(const std::string& folder, const std::vector<Series>& all, int64_t end_s,
               int64_t scrapes) {
  const std::string work = folder + "/work";
  std::filesystem::create_directories(work);
  ManualClock clock(TimeFromMs(TimeMs(end_s, scrapes, 0, 0)));
  StoreOptions options;
  options.directory = work + "/telemetry";
  auto opened = TelemetryStore::Open(options, clock, nullptr);
  KZ_CHECK(opened.ok(), "{}", Message(opened.status()));
  const std::unique_ptr<TelemetryStore> store = *std::move(opened);
  store->Start([](const TelemetryStore::Entries&) {});
  std::vector<std::vector<const Series*>> targets(kTargets);
  std::vector<SeriesLayout> layouts;
  for (const Series& one : all) targets[one.target].push_back(&one);
  for (const auto& target : targets) {
    auto ids = std::make_shared<std::vector<SeriesId>>();
    for (const Series* one : target) ids->push_back(*store->InternSeries(one->labels));
    layouts.push_back(std::move(ids));
  }
  std::counting_semaphore<> in_flight(kInFlight);
  for (int64_t s = 0; s < scrapes; ++s) {
    for (size_t t = 0; t < kTargets; ++t) {
      ScrapeBatch batch;
      batch.source = fmt::format("shop/{}", t);
      batch.time = TimeFromMs(TimeMs(end_s, scrapes, t, s));
      batch.layout = layouts[t];
      for (const Series* one : targets[t]) batch.values.push_back(one->At(s));
      clock.Set(batch.time);
      in_flight.acquire();
      store->Append(std::move(batch), [&](const Status& status) {
        KZ_CHECK(status.ok(), "{}", Message(status));
        in_flight.release();
      });
    }
  }
  for (int i = 0; i < kInFlight; ++i) in_flight.acquire();
  const Status made = store->Snapshot(folder + "/ours/telemetry");
  KZ_CHECK(made.ok(), "{}", Message(made));
  store->Stop();
  std::filesystem::remove_all(work);
}

void WriteTheirs(const std::string& folder, const std::vector<Series>& all, int64_t end_s,
                 int64_t scrapes) {
  std::FILE* const text = std::fopen((folder + "/data.om").c_str(), "w");
  std::FILE* const lines = std::fopen((folder + "/data.jsonl").c_str(), "w");
  KZ_CHECK(text != nullptr && lines != nullptr);
  int kind = -1;
  for (const Series& one : all) {
    if (std::exchange(kind, one.kind) != one.kind) {
      fmt::print(text, "# TYPE {} {}\n", one.kind == 0 ? "requests" : one.labels.Get("__name__"),
                 one.kind == 0 ? "counter" : "unknown");
    }
    std::string head;  // OpenMetrics allows no spaces
    std::string metric;
    std::string values;
    std::string times;
    for (const Label& label : one.labels) {
      if (label.name != kMetricName) {
        head += fmt::format("{}{}=\"{}\"", head.empty() ? "" : ",", label.name, label.value);
      }
      metric += fmt::format("{}\"{}\":\"{}\"", metric.empty() ? "" : ",", label.name, label.value);
    }
    for (int64_t s = 0; s < scrapes; ++s) {
      const int64_t time = TimeMs(end_s, scrapes, one.target, s);
      fmt::print(text, "{}{{{}}} {} {}.{:03}\n", one.labels.Get(kMetricName), head, one.At(s),
                 time / 1000, time % 1000);
      values += fmt::format("{}{}", s == 0 ? "" : ",", one.At(s));
      times += fmt::format("{}{}", s == 0 ? "" : ",", time);
    }
    fmt::print(lines, "{{\"metric\":{{{}}},\"values\":[{}],\"timestamps\":[{}]}}\n", metric, values,
               times);
  }
  fmt::print(text, "# EOF\n");
  std::fclose(text);
  std::fclose(lines);
}

}  // namespace
}  // namespace kizashi

int main(int argc, char** argv) {
  using namespace kizashi;
  if (argc != 4) return 2;
  const std::vector<Series> all = AllSeries();
  const int64_t end_s = std::atoll(argv[2]);
  const int64_t scrapes = std::atoll(argv[3]);
  WriteOurs(argv[1], all, end_s, scrapes);
  WriteTheirs(argv[1], all, end_s, scrapes);
  return 0;
}
