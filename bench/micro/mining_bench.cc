// How fast lines become patterns and counts: PatternSet::Add over a text in memory, on one core.
//
// The text is the file that KIZASHI_BENCH_LOG names, one message a line, repeated to at least 1 GB
// of reading, or without it lines made up here. Patterns are updated once a million lines.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "pattern/pattern_set.h"
#include "pattern/templates.h"

namespace kizashi {
namespace {

constexpr size_t kBytesMin = 1'000'000'000;
constexpr size_t kUpdateEvery = 1'000'000;

std::string MadeUp() {
  std::string text;
  for (int i = 0; i < 100'000; ++i) {
    text += fmt::format(
        "2026-01-02T03:{:02}:{:02}.{:03}Z INFO [http-{}] c.e.OrderController#{} TraceID: "
        "{:016x}{:016x} [placeOrder][Order placed][Order(id={}, from=berlin, to=tokyo, "
        "price={}.5)]\n",
        i / 60 % 60, i % 60, i % 1000, i % 16, i % 40, i * 0x9e3779b97f4a7c15ULL, i * 77777ULL, i,
        i % 900);
  }
  return text;
}

std::string Text() {
  const char* file = std::getenv("KIZASHI_BENCH_LOG");
  if (file == nullptr) return MadeUp();
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void Mine(benchmark::State& state) {
  const std::string text = Text();
  std::vector<std::string_view> lines;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    lines.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  if (lines.empty()) return state.SkipWithError("the text is empty");
  const size_t rounds = (kBytesMin + text.size() - 1) / text.size();
  uint64_t counted = 0;
  size_t patterns = 0;
  for (auto _ : state) {
    PatternSet set;
    for (size_t round = 0; round < rounds; ++round) {
      for (const std::string_view line : lines) {
        set.Add(line);
        if (set.lines() % kUpdateEvery == 0) set.Update();
      }
    }
    counted = patterns = 0;
    set.Drain([&](const PatternSet::Count& count) { counted += count.lines; });
    set.ForEach([&](uint32_t) { ++patterns; });
    if (counted != set.lines()) return state.SkipWithError("counts do not add up");
  }
  const auto done = static_cast<int64_t>(rounds * static_cast<size_t>(state.iterations()));
  state.SetBytesProcessed(done * static_cast<int64_t>(text.size()));
  state.SetItemsProcessed(done * static_cast<int64_t>(lines.size()));
  state.counters["patterns"] = static_cast<double>(patterns);
}
BENCHMARK(Mine)->Unit(benchmark::kMillisecond);

// Which template of a team a line is of: `hit` of them are of one.
void FindTemplates(benchmark::State& state, size_t count, bool hit, bool inside) {
  const std::string text = Text();
  std::vector<std::string_view> lines;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    lines.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  std::vector<PatternTemplate> made;
  for (size_t i = 0; i < count; ++i) {
    made.push_back(
        {0, inside ? fmt::format("<*> job {} of <*>", i) : fmt::format("job {} of <*> ended", i),
         ""});
  }
  if (hit) made.back().text = "<*> INFO <*> c.e.OrderController#<*> TraceID: <*>";
  const PatternTemplates templates(std::move(made));
  size_t found = 0;
  for (auto _ : state) {
    found = 0;
    for (const std::string_view line : lines) found += templates.Find(line) != nullptr ? 1 : 0;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(lines.size()));
  state.counters["found"] = static_cast<double>(found) / static_cast<double>(lines.size());
}
BENCHMARK_CAPTURE(FindTemplates, ten_by_first_word_none, 10, false, false);
BENCHMARK_CAPTURE(FindTemplates, two_hundred_by_first_word_none, 200, false, false);
BENCHMARK_CAPTURE(FindTemplates, ten_inside_none, 10, false, true);
BENCHMARK_CAPTURE(FindTemplates, two_hundred_inside_none, 200, false, true);
BENCHMARK_CAPTURE(FindTemplates, ten_inside_every_line, 10, true, true);

}  // namespace
}  // namespace kizashi

BENCHMARK_MAIN();
