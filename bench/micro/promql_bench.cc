// What PromQL costs over samples in memory: two hours at every 15 seconds (480 steps), one thread.
// The figure is milliseconds a query, parsing and all.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "query/promql/engine.h"
#include "query/promql/memory_source.h"

namespace kizashi::promql {
namespace {

constexpr int64_t kStepMs = 15'000;
constexpr int kSamples = 720;  // three hours, so that ranges of an hour are full
constexpr int kSteps = 480;

/// Counters with labels as Kubernetes has them, or buckets of histograms.
void AddSeries(MemorySource* source, const std::string& name, int count, bool buckets) {
  constexpr const char* kBounds[] = {"0.1", "0.5", "1", "2", "5", "10", "+Inf"};
  uint32_t noise = 12345;
  for (int i = 0; i < count; ++i) {
    const int owner = buckets ? i / 7 : i;
    std::vector<Label> labels = {{"__name__", name},
                                 {"cluster", "tokyo-" + std::to_string(owner % 5)},
                                 {"namespace", "team-" + std::to_string(owner % 50)},
                                 {"pod", "shop-7f9c6d5b8-" + std::to_string(owner)},
                                 {"instance", "10.0.0." + std::to_string(owner % 250) + ":9100"},
                                 {"job", "shop"}};
    if (buckets) labels.push_back({"le", kBounds[i % 7]});
    SampleColumns* const series = source->Intern(Labels(std::move(labels)));
    double value = 0;
    for (int s = 0; s < kSamples; ++s) {
      noise = noise * 1664525 + 1013904223;
      value += (buckets ? i % 7 + 1 : 1) * (noise >> 24) * 0.25;
      MemorySource::Add(series, s * kStepMs + i % 97 * 100, value);
    }
  }
}

const MemorySource& Source() {
  static const MemorySource* const source = [] {
    auto* made = new MemorySource;
    AddSeries(made, "requests_total", 2'500, false);
    AddSeries(made, "latency_bucket", 3'500, true);
    AddSeries(made, "cpu_total", 1'000, false);
    AddSeries(made, "memory_bytes", 10'000, false);
    AddSeries(made, "few_total", 40, false);
    return made;
  }();
  return *source;
}

void Query(benchmark::State& state, const std::string& query) {
  const MemorySource& source = Source();
  const int64_t end_ms = (kSamples - 1) * kStepMs;
  for (auto _ : state) {
    const auto result = QueryRange(source, query, TimeFromMs(end_ms - (kSteps - 1) * kStepMs),
                                   TimeFromMs(end_ms), Duration(kStepMs), QueryOptions());
    if (!result.ok() || result->series.empty()) std::abort();
    benchmark::DoNotOptimize(result->series.data());
  }
}

BENCHMARK_CAPTURE(Query, sum_by_rate_2500, "sum by (cluster, namespace) (rate(requests_total[5m]))")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Query, histogram_quantile_3500,
                  "histogram_quantile(0.99, rate(latency_bucket[5m]))")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Query, topk_rate_1000, "topk(10, rate(cpu_total[5m]))")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Query, max_max_over_time_1000, "max(max_over_time(cpu_total[1h]))")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Query, sum_10000, "sum(memory_bytes)")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Query, rate_40, "rate(few_total[5m])")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kizashi::promql

BENCHMARK_MAIN();
