// What it costs to turn a file's lines into records (ingest/record_reader.h): plain lines, CRI
// lines, and lines of which one in ten belongs to a stack trace. The figure is lines a second on
// one core.
#include <benchmark/benchmark.h>

#include "ingest/record_reader.h"

namespace kizashi {
namespace {

constexpr int kLines = 10'000;

std::vector<std::string> PlainLines() {
  std::vector<std::string> lines;
  for (int i = 0; i < kLines; ++i) {
    lines.push_back(fmt::format(
        "2026-01-02 15:04:05,{:03} INFO  [exec-{}] c.s.OrderService : order {} paid in {} ms",
        i % 1000, i % 16, 100'000 + i, i % 90));
  }
  return lines;
}

std::vector<std::string> CriLines() {
  std::vector<std::string> lines = PlainLines();
  for (std::string& line : lines) line = "2026-01-02T15:04:05.123456789Z stdout F " + line;
  return lines;
}

std::vector<std::string> TraceLines() {
  std::vector<std::string> lines = PlainLines();
  for (size_t i = 0; i + 10 < lines.size(); i += 100) {
    lines[i] = "2026-01-02 15:04:05,123 ERROR [exec-1] c.s.OrderService : order failed";
    lines[i + 1] = "java.lang.IllegalStateException: order";
    for (size_t j = 2; j < 10; ++j) {
      lines[i + j] = "\tat com.shop.OrderService.pay(OrderService.java:12)";
    }
  }
  return lines;
}

void Records(benchmark::State& state, std::vector<std::string> (*make)()) {
  const std::vector<std::string> lines = make();
  for (auto _ : state) {
    RecordReader reader({});
    Record record;
    for (const std::string& line : lines) {
      reader.Add(line, false, TimeFromMs(1'767'366'245'000));
      while (reader.Next(&record)) benchmark::DoNotOptimize(record);
    }
  }
  state.SetItemsProcessed(state.iterations() * kLines);
}
BENCHMARK_CAPTURE(Records, plain, PlainLines);
BENCHMARK_CAPTURE(Records, cri, CriLines);
BENCHMARK_CAPTURE(Records, traces, TraceLines);

}  // namespace
}  // namespace kizashi

BENCHMARK_MAIN();
