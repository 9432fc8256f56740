// False alerts of the detectors of anomalies on generated series in which nothing is wrong, and
// what they cost; detect_quality.py runs it. usage: detect_generated nuisance | steady [SERVICES
// [WEEKS]] | cost SERIES | restore
#include <fmt/format.h>
#include <time.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive.h"
#include "judge/anomaly/service_detector.h"

namespace kizashi::bench {
namespace {

constexpr Time kBegin = TimeFromMs(1'767'571'200'000);  // 2026-01-05, a Monday, 00:00 UTC
constexpr int64_t kDayS = 86'400;

using Random = std::mt19937_64;

double Normal(Random* random) { return std::normal_distribution<double>()(*random); }
double Uniform(Random* random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(*random);
}

double DayShape(double second) { return 1 + 0.6 * std::sin(2 * M_PI * second / double(kDayS)); }

// One series, of which occurrences are known; what is told during them counts from the third on.
struct Nuisance {
  std::string name;
  int64_t step_s = 60;
  int64_t days = 14;
  // Fills begins and ends, in seconds, and gives the value at a second.
  std::function<std::function<double(int64_t)>(Random*, std::vector<std::pair<int64_t, int64_t>>*)>
      make;
};

using Occurrences = std::vector<std::pair<int64_t, int64_t>>;

bool During(const Occurrences& all, int64_t second) {
  for (const auto& [begin, end] : all) {
    if (second >= begin && second < end) return true;
  }
  return false;
}

// At random times, `every_s` apart on average.
Occurrences AtRandom(Random* random, int64_t days, double every_s, int64_t lasts_s) {
  Occurrences all;
  double at = double(kDayS) + Uniform(random, 0, every_s);
  for (; at < double(days * kDayS); at += every_s * Uniform(random, 0.5, 1.5)) {
    all.emplace_back(int64_t(at), int64_t(at) + lasts_s);
  }
  return all;
}

// Every `period_s`, some minutes off.
Occurrences Regular(Random* random, int64_t days, int64_t period_s, int64_t at_s, int64_t lasts_s) {
  Occurrences all;
  for (int64_t at = at_s; at < days * kDayS; at += period_s) {
    const auto off = int64_t(Uniform(random, -180, 180));
    all.emplace_back(at + off, at + off + lasts_s);
  }
  return all;
}

Nuisance Spikes(const std::string& name, int64_t step_s, int64_t days, double height,
                std::function<Occurrences(Random*, int64_t)> when) {
  return {name, step_s, days, [=](Random* random, Occurrences* all) {
            *all = when(random, days);
            return [=, occurrences = *all](int64_t s) {
              const double busy = During(occurrences, s) ? height * Uniform(random, 0.95, 1.05) : 0;
              return std::max(0.0, 20 * DayShape(double(s)) + Normal(random) + busy);
            };
          }};
}

std::vector<Nuisance> Suite() {
  std::vector<Nuisance> suite;
  suite.push_back(Spikes("daily job", 60, 14, 60, [](Random* r, int64_t days) {
    return Regular(r, days, kDayS, 7200, 600);
  }));
  suite.push_back(Spikes("weekly job", 300, 42, 60, [](Random* r, int64_t days) {
    return Regular(r, days, 7 * kDayS, 14'400, 1800);
  }));
  suite.push_back(Spikes("deploy restarts", 60, 21, -30, [](Random* r, int64_t days) {
    return AtRandom(r, days, 2.0 * double(kDayS), 180);
  }));
  suite.push_back(Spikes("autoscaling", 60, 21, 40, [](Random* r, int64_t days) {
    return Regular(r, days, kDayS, 32'400, 32'400);
  }));
  suite.push_back({"daylight saving", 300, 42, [](Random* random, Occurrences* all) {
                     for (int64_t day = 21; day < 42; ++day) {
                       all->emplace_back(day * kDayS, (day + 1) * kDayS);
                     }
                     return [random](int64_t s) {
                       const int64_t local = s + (s >= 21 * kDayS ? 3600 : 0);
                       return 100 * DayShape(double(local)) + 3 * Normal(random);
                     };
                   }});
  suite.push_back({"flat then resume", 60, 21, [](Random* random, Occurrences* all) {
                     *all = AtRandom(random, 21, 2.0 * double(kDayS), 7200);
                     return [random, occurrences = *all, held = 0.0](int64_t s) mutable {
                       if (!During(occurrences, s)) {
                         held = 50 * DayShape(double(s)) + 2 * Normal(random);
                       }
                       return held;
                     };
                   }});
  suite.push_back({"counter resets", 60, 21, [](Random* random, Occurrences* all) {
                     *all = AtRandom(random, 21, 1.5 * double(kDayS), 60);
                     return [random, occurrences = *all, total = 0.0](int64_t s) mutable {
                       if (During(occurrences, s)) total = 0;
                       total += std::max(0.0, 600 * DayShape(double(s)) + 30 * Normal(random));
                       return total;
                     };
                   }});
  suite.push_back({"holidays", 300, 56, [](Random* random, Occurrences* all) {
                     for (const int64_t day : {17, 25, 36, 45, 52}) {
                       all->emplace_back(day * kDayS, (day + 1) * kDayS);
                     }
                     return [random, occurrences = *all](int64_t s) {
                       const double share = During(occurrences, s) ? 0.5 : 1;
                       return share * 100 * DayShape(double(s)) + 3 * Normal(random);
                     };
                   }});
  return suite;
}

void RunNuisance() {
  for (const Nuisance& nuisance : Suite()) {
    int early = 0;
    int late = 0;
    int elsewhere = 0;
    constexpr int kSeries = 20;
    for (int seed = 0; seed < kSeries; ++seed) {
      Random random(uint64_t(seed) + 1);
      Occurrences all;
      const auto value = nuisance.make(&random, &all);
      SeriesDetector detector;
      for (int64_t s = 0; s < nuisance.days * kDayS; s += nuisance.step_s) {
        const Time at = kBegin + std::chrono::seconds(s);
        if (!detector.Observe(at, value(s)).alert) continue;
        int occurrence = -1;
        for (size_t i = 0; i < all.size(); ++i) {
          if (s >= all[i].first - 600 && s < all[i].second + 3600) occurrence = int(i);
        }
        ++(occurrence < 0 ? elsewhere : occurrence < 2 ? early : late);
      }
    }
    fmt::print(
        "nuisance {:18} from the third on {:3}, first two {:3}, elsewhere {:3} ({} series, "
        "{} days)\n",
        nuisance.name, late, early, elsewhere, kSeries, nuisance.days);
  }
  // A backfill: the last hour again, in the middle of each day.
  Random random(7);
  SeriesDetector detector;
  int alerts = 0;
  for (int64_t s = 0; s < 14 * kDayS; s += 60) {
    const auto feed = [&](int64_t at) {
      alerts += detector
                    .Observe(kBegin + std::chrono::seconds(at),
                             50 * DayShape(double(at)) + Normal(&random))
                    .alert;
    };
    if (s % kDayS == kDayS / 2) {
      for (int64_t back = s - 3600; back < s; back += 60) feed(back);
    }
    feed(s);
  }
  fmt::print("nuisance {:18} alerts {}, late samples {}\n", "backfill", alerts,
             detector.late_samples());
}

// A service's signals: they share traffic; each has a kind.
class SteadyService {
 public:
  explicit SteadyService(uint64_t seed, size_t signals) : random_(seed) {
    for (size_t i = 0; i < signals; ++i) {
      signals_.push_back({int(i % 6), std::exp(Uniform(&random_, 0, 8)),
                          Uniform(&random_, 0.02, 0.2), Uniform(&random_, 0, 0.8), 0});
    }
    phase_ = Uniform(&random_, 0, double(kDayS));
  }
  double Value(size_t signal, int64_t second) {
    Signal& s = signals_[signal];
    const double day = 1 + s.swing * std::sin(2 * M_PI * (double(second) + phase_) / double(kDayS));
    const double noise = 1 + s.noise * Normal(&random_);
    switch (s.kind) {
      case 0: return s.level * day * noise;
      case 1: return s.level * std::exp(2 * s.noise * Normal(&random_)) * day;  // latency
      case 2: return double(std::poisson_distribution<int>(5 * day)(random_));  // few requests
      case 3: return Uniform(&random_, 0, 1) < 0.02 ? double(1 + int(Uniform(&random_, 0, 3))) : 0;
      case 4: return std::min(100.0, 60 * day * noise);  // saturates
      default: s.walk = 0.99 * s.walk + s.noise * Normal(&random_); return s.level * (10 + s.walk);
    }
  }

 private:
  struct Signal {
    int kind;
    double level;
    double noise;
    double swing;
    double walk;
  };
  Random random_;
  std::vector<Signal> signals_;
  double phase_ = 0;
};

void RunSteady(int services, int weeks) {
  constexpr size_t kSignals = 20;
  int alerts = 0;
  int young = 0;  // hours 1 to 24
  int series_alerts = 0;
  for (int number = 0; number < services; ++number) {
    SteadyService service(uint64_t(number) + 100, kSignals);
    ServiceDetector detector(kSignals);
    for (int64_t s = 0; s < weeks * 7 * kDayS; s += 60) {
      const Time at = kBegin + std::chrono::seconds(s);
      for (size_t i = 0; i < kSignals; ++i) {
        series_alerts += detector.Observe(uint32_t(i), at, service.Value(i, s)).alert;
      }
      if (!detector.Judge(at).alert) continue;
      ++alerts;
      young += s < kDayS ? 1 : 0;
    }
  }
  const double all = double(services) * weeks;
  fmt::print(
      "steady: {} services x {} signals, {} weeks of minutes: {:.3f} false alerts per "
      "service-week; {:.3f} of one series alone per series-week\n",
      services, kSignals, weeks, alerts / all, series_alerts / all / double(kSignals));
  const double first = young / (double(services) / 7);
  const double later = (alerts - young) / (all - double(services) / 7);
  fmt::print("age: hours 1 to 24 {:.3f} per service-week, later {:.3f}\n", first, later);
}

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return double(now.tv_sec) + double(now.tv_nsec) / 1e9;
}

void RunCost(size_t count) {
  std::vector<SeriesDetector> series(count);
  Random random(3);
  std::vector<float> noise(65'536);
  for (float& n : noise) n = float(Normal(&random));
  const int64_t rounds = std::max<int64_t>(20, int64_t(20'000'000 / count));
  const auto feed = [&](int64_t round) {
    const Time at = kBegin + std::chrono::minutes(round);
    const double shape = DayShape(double(round * 60));
    for (size_t i = 0; i < count; ++i) {
      if (i + 4 < count) series[i + 4].Prefetch();
      const auto n = noise[size_t(round * 7919 + int64_t(i) * 31) & 65'535];
      series[i].Observe(at, double(i % 100 + 1) * (10 * shape + double(n)));
    }
  };
  for (int64_t round = 0; round < 20; ++round) feed(round);
  const double before = CpuSeconds();
  for (int64_t round = 20; round < 20 + rounds; ++round) feed(round);
  const double spent = CpuSeconds() - before;
  fmt::print("cost: {} series: {:.3f} core-s per 1 M samples, {} bytes per series\n", count,
             spent * 1e6 / (double(count) * double(rounds)), sizeof(SeriesDetector));
}

void RunRestore() {
  SteadyService service(5, 20);
  ServiceDetector straight(20);
  ServiceDetector resumed(20);
  int64_t differences = 0;
  int64_t readings = 0;
  for (int64_t s = 0; s < 15 * kDayS; s += 60) {
    if (s % 50'000 < 60) {
      StateWriter out;
      out(resumed);
      const std::string state = out.Take();
      ServiceDetector fresh;
      StateReader in(state);
      in(fresh);
      if (!in.ok() || !in.AtEnd()) ++differences;
      resumed = std::move(fresh);
    }
    const Time at = kBegin + std::chrono::seconds(s);
    for (uint32_t i = 0; i < 20; ++i) {
      const double value = service.Value(i, s);
      const Reading a = straight.Observe(i, at, value);
      const Reading b = resumed.Observe(i, at, value);
      ++readings;
      differences += a.log10_weeks != b.log10_weeks || a.news != b.news || a.alert != b.alert;
    }
    differences += straight.Judge(at).news != resumed.Judge(at).news;
  }
  fmt::print("restore: {} readings, saved and restored every 14 hours: {} differences\n", readings,
             differences);
}

}  // namespace
}  // namespace kizashi::bench

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  const auto number = [&](int i, long standard) {
    return argc > i ? std::strtol(argv[i], nullptr, 10) : standard;
  };
  if (what == "nuisance") {
    kizashi::bench::RunNuisance();
  } else if (what == "steady") {
    kizashi::bench::RunSteady(int(number(2, 100)), int(number(3, 4)));
  } else if (what == "cost" && number(2, 0) > 0) {
    kizashi::bench::RunCost(size_t(number(2, 0)));
  } else if (what == "restore") {
    kizashi::bench::RunRestore();
  } else {
    fmt::print(stderr,
               "usage: detect_generated nuisance | steady [SERVICES [WEEKS]] | "
               "cost SERIES | restore\n");
    return 2;
  }
  return 0;
}
