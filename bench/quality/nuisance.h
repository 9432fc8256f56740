// Series with what comes again and is no fault, and faults that are: generated, seeded.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "generated.h"

namespace kizashi::bench {

using Occurrences = std::vector<std::pair<int64_t, int64_t>>;  // begin and end, in seconds

/// What is wrong once, after the occurrences are known.
struct NuisanceFault {
  std::string name;
  int64_t lasts_s = 900;
  bool during = false;  // begins with an occurrence; else two hours from any
  // What becomes of the value, `since_s` after its begin; also of those after its end.
  std::function<double(double value, int64_t since_s, int64_t lasts_s)> change;
  bool marked = false;  // a release is known at its begin
};

/// One series, of which occurrences are known; what is told during them counts from the third on.
struct Nuisance {
  std::string name;
  int64_t step_s = 60;
  int64_t days = 14;
  // Fills begins and ends, in seconds, and gives the value at a second.
  std::function<std::function<double(int64_t)>(Random*, Occurrences*)> make;
  std::vector<NuisanceFault> faults;
};

inline bool During(const Occurrences& all, int64_t second) {
  for (const auto& [begin, end] : all) {
    if (second >= begin && second < end) return true;
  }
  return false;
}

// At random times, `every_s` apart on average.
inline Occurrences AtRandom(Random* random, int64_t days, double every_s, int64_t lasts_s) {
  Occurrences all;
  double at = double(kDayS) + Uniform(random, 0, every_s);
  for (; at < double(days * kDayS); at += every_s * Uniform(random, 0.5, 1.5)) {
    all.emplace_back(int64_t(at), int64_t(at) + lasts_s);
  }
  return all;
}

// Every `period_s`, some minutes off.
inline Occurrences Regular(Random* random, int64_t days, int64_t period_s, int64_t at_s,
                           int64_t lasts_s) {
  Occurrences all;
  for (int64_t at = at_s; at < days * kDayS; at += period_s) {
    const auto off = int64_t(Uniform(random, -180, 180));
    all.emplace_back(at + off, at + off + lasts_s);
  }
  return all;
}

inline NuisanceFault Plus(const std::string& name, double height, int64_t lasts_s,
                          bool during = false) {
  return {name, lasts_s, during, [=](double value, int64_t since_s, int64_t lasts) {
            return since_s < lasts ? std::max(0.0, value + height) : value;
          }};
}

inline NuisanceFault Release(NuisanceFault fault) {
  fault.marked = true;
  return fault;
}

inline NuisanceFault Times(const std::string& name, double factor, int64_t lasts_s,
                           bool during = false) {
  return {name, lasts_s, during, [=](double value, int64_t since_s, int64_t lasts) {
            return since_s < lasts ? factor * value : value;
          }};
}

inline Nuisance Spikes(const std::string& name, int64_t step_s, int64_t days, double height,
                       const std::function<Occurrences(Random*, int64_t)>& when,
                       std::vector<NuisanceFault> faults) {
  return {name, step_s, days,
          [=](Random* random, Occurrences* all) {
            *all = when(random, days);
            return [=, occurrences = *all](int64_t s) {
              const double busy = During(occurrences, s) ? height * Uniform(random, 0.95, 1.05) : 0;
              return std::max(0.0, 20 * DayShape(double(s)) + Normal(random) + busy);
            };
          },
          std::move(faults)};
}

inline std::vector<Nuisance> SpikesOfSuite() {
  std::vector<Nuisance> suite;
  suite.push_back(
      Spikes("daily job", 60, 14, 60,
             [](Random* r, int64_t days) { return Regular(r, days, kDayS, 7200, 600); },
             {Plus("another time", 60, 600), Plus("three times as high", 120, 600, true)}));
  suite.push_back(
      Spikes("weekly job", 300, 42, 60,
             [](Random* r, int64_t days) { return Regular(r, days, 7 * kDayS, 14'400, 1800); },
             {Plus("another time", 60, 1800), Plus("three times as high", 120, 1800, true)}));
  suite.push_back(
      Spikes("deploy restarts", 60, 21, -30,
             [](Random* r, int64_t days) { return AtRandom(r, days, 2.0 * double(kDayS), 180); },
             {Plus("does not come back", -60, 3600, true), Plus("a spike", 40, 600),
              Release(Plus("down after a release", -60, 7200, true))}));
  suite.push_back(
      Spikes("autoscaling", 60, 21, 40,
             [](Random* r, int64_t days) { return Regular(r, days, kDayS, 32'400, 32'400); },
             {Plus("another time", 40, 3600), Plus("three times as high", 80, 3600, true)}));
  return suite;
}

inline Nuisance DaylightSaving() {
  return {"daylight saving",
          300,
          42,
          [](Random* random, Occurrences* all) {
            for (int64_t day = 21; day < 42; ++day) {
              all->emplace_back(day * kDayS, (day + 1) * kDayS);
            }
            return [random](int64_t s) {
              const int64_t local = s + (s >= 21 * kDayS ? 3600 : 0);
              return 100 * DayShape(double(local)) + 3 * Normal(random);
            };
          },
          {}};
}

inline Nuisance FlatThenResume() {
  return {"flat then resume",
          60,
          21,
          [](Random* random, Occurrences* all) {
            *all = AtRandom(random, 21, 2.0 * double(kDayS), 7200);
            return [random, occurrences = *all, held = 0.0](int64_t s) mutable {
              if (!During(occurrences, s)) held = 50 * DayShape(double(s)) + 2 * Normal(random);
              return held;
            };
          },
          {Times("half as much again", 1.5, 1800), Plus("to zero", -200, 600)}};
}

inline Nuisance CounterResets() {
  const NuisanceFault twice = {"twice as fast", 1200, false,
                               [](double value, int64_t since_s, int64_t lasts_s) {
                                 return value + 10 * double(std::min(since_s, lasts_s));
                               }};
  return {"counter resets",
          60,
          21,
          [](Random* random, Occurrences* all) {
            *all = AtRandom(random, 21, 1.5 * double(kDayS), 60);
            return [random, occurrences = *all, total = 0.0](int64_t s) mutable {
              if (During(occurrences, s)) total = 0;
              total += std::max(0.0, 600 * DayShape(double(s)) + 30 * Normal(random));
              return total;
            };
          },
          {twice}};
}

inline Nuisance Holidays() {
  return {"holidays",
          300,
          56,
          [](Random* random, Occurrences* all) {
            for (const int64_t day : {17, 25, 36, 45, 52}) {
              all->emplace_back(day * kDayS, (day + 1) * kDayS);
            }
            return [random, occurrences = *all](int64_t s) {
              const double share = During(occurrences, s) ? 0.5 : 1;
              return share * 100 * DayShape(double(s)) + 3 * Normal(random);
            };
          },
          {Times("half of an hour is gone", 0.5, 3600), Times("a tenth is left", 0.1, 1800),
           Times("a holiday with a tenth", 0.2, kDayS, true)}};
}

inline std::vector<Nuisance> Suite() {
  std::vector<Nuisance> suite = SpikesOfSuite();
  suite.push_back(DaylightSaving());
  suite.push_back(FlatThenResume());
  suite.push_back(CounterResets());
  suite.push_back(Holidays());
  return suite;
}

/// When a fault begins: after three occurrences, and away from any or with one.
inline std::optional<int64_t> BeginOfFault(const Nuisance& nuisance, const NuisanceFault& fault,
                                           const Occurrences& all, Random* random) {
  if (all.size() < 4) return std::nullopt;
  const auto fourth = all.begin() + 3;
  if (fault.during) {
    const auto which = std::uniform_int_distribution<size_t>(3, all.size() - 1)(*random);
    return all[which].first;
  }
  for (int tries = 0; tries < 1000; ++tries) {
    const auto at = int64_t(Uniform(random, double(fourth->second),
                                    double(nuisance.days * kDayS - fault.lasts_s - 3600)));
    const bool near = std::any_of(all.begin(), all.end(), [&](const auto& one) {
      return at + fault.lasts_s > one.first - 7200 && at < one.second + 7200;
    });
    if (!near) return at;
  }
  return std::nullopt;
}

}  // namespace kizashi::bench
