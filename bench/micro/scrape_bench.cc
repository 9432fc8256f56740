// What a scrape costs: TargetScrape::Parse of a target with 1,000 series whose values change from
// scrape to scrape, as a server's exporter writes them. The figure is samples a second on one core.
#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "ingest/scrape_target.h"

namespace kizashi {
namespace {

constexpr int kSeries = 1'000;
constexpr int kBodies = 8;

/// Gives out ids and keeps nothing: the parsing alone is measured.
class NullSink final : public TelemetrySink {
 public:
  StatusOr<SeriesId> InternSeries(const Labels&) override { return next_++; }
  StatusOr<StreamId> InternStream(const Labels&) override { return 0; }
  void Append(ScrapeBatch, Done) override {}
  std::vector<RefusedSample> Append(SampleBatch, Done) override { return {}; }
  void Append(LogBatch, Done) override {}
  std::string ReadCursor(const std::string&) override { return ""; }

 private:
  SeriesId next_ = 0;
};

/// Families of ten series with labels as a web server has them. `skip` is left out, -1 for none.
std::string MakeBody(int scrape, int skip) {
  std::string body;
  for (int i = 0; i < kSeries; ++i) {
    if (i % 10 == 0) {
      body += fmt::format("# HELP http_requests_{0}_total Requests of kind {0}.\n", i / 10);
      body += fmt::format("# TYPE http_requests_{}_total counter\n", i / 10);
    }
    if (i == skip) continue;
    body += fmt::format(
        "http_requests_{}_total{{method=\"GET\",route=\"/api/v1/items/{}\",code=\"200\"}} {}\n",
        i / 10, i % 10, 1000.5 * i + scrape * (i % 7));
  }
  return body;
}

Labels TargetLabels() { return Labels({{"job", "shop"}, {"instance", "127.0.0.1:9100"}}); }

template <typename MakeNext>
void Measure(benchmark::State& state, MakeNext make_next) {
  std::array<std::string, kBodies> bodies;
  for (int i = 0; i < kBodies; ++i) bodies[static_cast<size_t>(i)] = make_next(i);
  NullSink sink;
  TargetScrape target(sink, TargetLabels());
  size_t at = 0;
  int64_t ms = 0;
  int64_t samples = 0;
  int64_t bytes = 0;
  for (auto _ : state) {
    const std::string& body = bodies[at++ % kBodies];
    auto batch = target.Parse(TimeFromMs(ms += 15'000), body, 0.01);
    if (!batch.ok()) state.SkipWithError("the body was refused");
    benchmark::DoNotOptimize(batch->values.data());
    samples += static_cast<int64_t>(target.last_samples());
    bytes += static_cast<int64_t>(body.size());
  }
  state.SetItemsProcessed(samples);
  state.SetBytesProcessed(bytes);
}

/// The same series every time.
void BM_ScrapeSame(benchmark::State& state) {
  Measure(state, [](int i) { return MakeBody(i, -1); });
}
BENCHMARK(BM_ScrapeSame);

/// Another series missing every time.
void BM_ScrapeMoving(benchmark::State& state) {
  Measure(state, [](int i) { return MakeBody(i, 100 * i + 50); });
}
BENCHMARK(BM_ScrapeMoving);

/// A target seen for the first time: every text is taken apart.
void BM_ScrapeFirst(benchmark::State& state) {
  const std::string body = MakeBody(0, -1);
  for (auto _ : state) {
    NullSink sink;
    TargetScrape target(sink, TargetLabels());
    auto batch = target.Parse(TimeFromMs(1), body, 0.01);
    benchmark::DoNotOptimize(batch->values.data());
  }
  state.SetItemsProcessed(state.iterations() * kSeries);
}
BENCHMARK(BM_ScrapeFirst);

}  // namespace
}  // namespace kizashi

BENCHMARK_MAIN();
