// What the log finder costs: a line counted, its parameters watched, and a step of five seconds
// ended and looked at.
#include <benchmark/benchmark.h>

#include <vector>

#include "base/hash.h"
#include "judge/logs/companions.h"
#include "judge/logs/log_finder.h"
#include "judge/logs/parameter_watch.h"
#include "pattern/split.h"

namespace kizashi {
namespace {

constexpr Time kBegin = TimeFromMs(1'767'225'600'000);

uint64_t IdOf(int64_t i, int64_t patterns) {
  const auto number = static_cast<uint64_t>(i * 7919 % patterns);
  return Hash64({reinterpret_cast<const char*>(&number), sizeof(number)});
}

void CountLine(benchmark::State& state) {
  const int64_t patterns = state.range(0);
  std::vector<uint64_t> ids;
  for (int64_t i = 0; i < 8192; ++i) ids.push_back(IdOf(i, patterns));
  LogFinder finder;
  size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(finder.Add(ids[at++ & 8191], LogSeverity::kInfo, "a line", kBegin));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(CountLine)->Arg(100)->Arg(5000);

// Lines of so many forms with three parameters: a time taken, a code, an identifier.
void WatchParameters(benchmark::State& state) {
  std::vector<std::string> lines;
  std::vector<std::vector<Slot>> slots;
  std::vector<uint64_t> skeletons;
  for (int64_t i = 0; i < 8192; ++i) {
    const std::string form(static_cast<size_t>(i * 7919 % state.range(0)) + 1, '!');
    lines.push_back(fmt::format("{} {:016x} took {} ms, status={}", form, IdOf(i, 8192),
                                10 + i % 80, i % 9 == 0 ? 404 : 200));
    skeletons.push_back(SplitLine(lines.back(), &slots.emplace_back()));
  }
  ParameterWatch watch;
  size_t at = 0;
  for (auto _ : state) {
    const size_t i = at++ & 8191;
    benchmark::DoNotOptimize(watch.Add(skeletons[i], lines[i], slots[i], kBegin));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(WatchParameters)->Arg(30)->Arg(300);

// Patterns that have been logged for two hours, each a few times a step.
void EndStepAndLook(benchmark::State& state) {
  const int64_t patterns = state.range(0);
  LogFinder finder;
  Companions companions;
  Time now = kBegin;
  const auto step = [&] {
    for (int64_t i = 0; i < patterns; ++i) {
      const int64_t lines = 1 + (i + ToMs(now) / 5000) % 5;
      for (int64_t line = 0; line < lines; ++line) {
        finder.Add(IdOf(i, patterns), LogSeverity::kInfo, "a line", now);
      }
    }
    now += LogFinder::kStep;
  };
  for (int i = 0; i < 1440; ++i) {
    step();
    finder.EndStep(1, &companions);
    companions.EndStep();
    finder.Look(now, companions);
  }
  for (auto _ : state) {
    state.PauseTiming();
    step();
    state.ResumeTiming();
    finder.EndStep(1, &companions);
    companions.EndStep();
    benchmark::DoNotOptimize(finder.Look(now, companions));
  }
  state.SetItemsProcessed(state.iterations() * patterns);
}
BENCHMARK(EndStepAndLook)->Arg(100)->Arg(1000);

}  // namespace
}  // namespace kizashi

BENCHMARK_MAIN();
