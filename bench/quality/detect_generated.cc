// False alerts of the detectors of anomalies on generated series in which nothing is wrong, what
// they find of what is, and what they cost; detect_quality.py runs it. usage: detect_generated
// nuisance | steady [SERVICES [WEEKS]] | young [SERVICES] | cost SERIES | restore
#include <fmt/format.h>
#include <time.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive.h"
#include "generated.h"
#include "judge/anomaly/service_detector.h"
#include "nuisance.h"

namespace kizashi::bench {
namespace {

// Seeds: the first set is for making the detectors, the second for judging them.
constexpr int kSeries = 20;
constexpr uint64_t kFirstSeeds[] = {1, 101};

struct NuisanceTally {
  int late = 0;  // alerts from the third occurrence on
  int early = 0;
  int elsewhere = 0;
};

void CountAlerts(const Nuisance& nuisance, uint64_t seed, NuisanceTally* tally) {
  Random random(seed);
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
    ++(occurrence < 0 ? tally->elsewhere : occurrence < 2 ? tally->early : tally->late);
  }
}

// Found: an alert while it lasts or within ten minutes of its begin.
bool Finds(const Nuisance& nuisance, const NuisanceFault& fault, uint64_t seed) {
  Random random(seed);
  Random chance(seed + 5000);
  Occurrences all;
  const auto value = nuisance.make(&random, &all);
  const auto begin = BeginOfFault(nuisance, fault, all, &chance);
  if (!begin) return false;
  SeriesDetector detector;
  const int64_t end = *begin + std::max<int64_t>(fault.lasts_s, 600) + nuisance.step_s;
  bool found = false;
  for (int64_t s = 0; s < std::min(end, nuisance.days * kDayS); s += nuisance.step_s) {
    double now = value(s);
    if (s >= *begin) now = fault.change(now, s - *begin, fault.lasts_s);
    if (fault.marked && s >= *begin && s < *begin + nuisance.step_s) {
      detector.Mark(Change::kRelease, kBegin + std::chrono::seconds(s));
    }
    const bool alert = detector.Observe(kBegin + std::chrono::seconds(s), now).alert;
    found = found || (alert && s >= *begin);
  }
  return found;
}

void RunNuisance() {
  int found_of_all[2] = {};
  int faults_of_all = 0;
  for (const Nuisance& nuisance : Suite()) {
    NuisanceTally tally[2];
    for (int set = 0; set < 2; ++set) {
      for (uint64_t i = 0; i < kSeries; ++i)
        CountAlerts(nuisance, kFirstSeeds[set] + i, &tally[set]);
    }
    fmt::print(
        "nuisance {:18} from the third on {:3}, held out {:3}; first two {:3}, {:3}; elsewhere "
        "{:3}, {:3} ({} series each, {} days)\n",
        nuisance.name, tally[0].late, tally[1].late, tally[0].early, tally[1].early,
        tally[0].elsewhere, tally[1].elsewhere, kSeries, nuisance.days);
    for (const NuisanceFault& fault : nuisance.faults) {
      int found[2] = {};
      for (int set = 0; set < 2; ++set) {
        for (uint64_t i = 0; i < kSeries; ++i) {
          found[set] += Finds(nuisance, fault, kFirstSeeds[set] + i) ? 1 : 0;
        }
        found_of_all[set] += found[set];
      }
      faults_of_all += kSeries;
      fmt::print("  fault: {:22} found {:2} of {}, held out {:2}\n", fault.name, found[0], kSeries,
                 found[1]);
    }
  }
  fmt::print("nuisance faults found {} of {}, held out {}\n", found_of_all[0], faults_of_all,
             found_of_all[1]);
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

struct SteadyTally {
  int young = 0;  // alerts in hours 1 to 24
  int later = 0;
  int64_t series = 0;  // alerts of one series alone
};

void RunSteadyService(uint64_t seed, int64_t seconds, size_t signals, SteadyTally* tally) {
  SteadyService service(seed, signals);
  ServiceDetector detector(signals);
  for (int64_t s = 0; s < seconds; s += 60) {
    const Time at = kBegin + std::chrono::seconds(s);
    for (size_t i = 0; i < signals; ++i) {
      tally->series += detector.Observe(uint32_t(i), at, service.Value(i, s)).alert;
    }
    if (!detector.Judge(at).alert) continue;
    ++(s < kDayS ? tally->young : tally->later);
  }
}

// First days are short: many more services have one than are watched for weeks.
void RunSteady(int services, int weeks) {
  constexpr size_t kSignals = 20;
  constexpr int kFirstDays = 30;  // for each service of the weeks
  SteadyTally tally;
  for (int number = 0; number < services; ++number) {
    RunSteadyService(uint64_t(number) + 100, weeks * 7 * kDayS, kSignals, &tally);
  }
  const double all = double(services) * weeks;
  fmt::print(
      "steady: {} services x {} signals, {} weeks of minutes: {:.3f} false alerts per "
      "service-week; {:.3f} of one series alone per series-week\n",
      services, kSignals, weeks, (tally.young + tally.later) / all,
      double(tally.series) / all / double(kSignals));
  for (int number = services; number < services * kFirstDays; ++number) {
    RunSteadyService(uint64_t(number) + 100, kDayS, kSignals, &tally);
  }
  const auto print = [](const char* what, int count, double service_weeks) {
    const auto [low, high] = IntervalOfCount(count);
    fmt::print("age: {} {:.3f} per service-week ({} in {:.0f}; {:.3f} to {:.3f})\n", what,
               count / service_weeks, count, service_weeks, low / service_weeks,
               high / service_weeks);
  };
  print("hours 1 to 24", tally.young, services * kFirstDays / 7.0);
  print("later", tally.later, all - services / 7.0);
}

void BorrowAll(const std::vector<ServiceDetector>& siblings, ServiceDetector* young) {
  std::vector<const ServiceDetector*> services;
  for (const ServiceDetector& sibling : siblings) services.push_back(&sibling);
  young->Borrow(services);
  for (uint32_t i = 0; i < young->size(); ++i) {
    if (!young->signal(i).Borrows()) continue;
    std::vector<const SeriesDetector*> signals;
    for (const ServiceDetector& sibling : siblings) signals.push_back(&sibling.signal(i));
    young->signal(i).Borrow(signals);
  }
}

// Young services, alone and borrowing from siblings: what is told in a day in which nothing is
// wrong, and whether a fault of minutes 15 to 30 is found by minute 30: six of 20 signals go up.
void RunYoung(int services) {
  constexpr size_t kSignals = 20;
  constexpr int kSiblings = 8;
  constexpr int64_t kFault = 900;
  std::vector<ServiceDetector> siblings;
  for (int number = 0; number < kSiblings; ++number) {
    SteadyService service(uint64_t(number) + 900'000, kSignals);
    ServiceDetector& detector = siblings.emplace_back(kSignals);
    for (int64_t s = 0; s < 3 * kDayS; s += 60) {
      const Time at = kBegin + std::chrono::seconds(s);
      for (size_t i = 0; i < kSignals; ++i) detector.Observe(uint32_t(i), at, service.Value(i, s));
      detector.Judge(at);
    }
  }
  const Time begin = kBegin + std::chrono::seconds(3 * kDayS);
  const auto first_alert = [&](uint64_t seed, bool borrows, bool fault, int* alerts) {
    SteadyService service(seed, kSignals);
    ServiceDetector detector(kSignals);
    int64_t first = -1;
    for (int64_t s = 0; s < (fault ? 2 * kFault : kDayS); s += 60) {
      if (borrows) BorrowAll(siblings, &detector);
      const Time at = begin + std::chrono::seconds(s);
      for (size_t i = 0; i < kSignals; ++i) {
        const double value = service.Value(i, s);
        detector.Observe(uint32_t(i), at, fault && i < 6 && s >= kFault ? 3 * value + 3 : value);
      }
      if (!detector.Judge(at).alert) continue;
      ++*alerts;
      if (first < 0 && s >= kFault) first = s;
    }
    return first;
  };
  for (const bool borrows : {false, true}) {
    int alerts = 0;
    int found = 0;
    for (int number = 0; number < services; ++number) {
      int ignored = 0;
      first_alert(uint64_t(number) + 1'000'000, borrows, false, &alerts);
      found += first_alert(uint64_t(number) + 1'000'000, borrows, true, &ignored) >= 0 ? 1 : 0;
    }
    const auto [low, high] = IntervalOfCount(alerts);
    const double weeks = services / 7.0;
    fmt::print(
        "young, {}: fault at minute 15 found by minute 30 in {} of {}; first day {:.3f} false "
        "alerts per service-week ({} in {:.0f}; {:.3f} to {:.3f})\n",
        borrows ? fmt::format("{} siblings", kSiblings) : "no siblings", found, services,
        alerts / weeks, alerts, weeks, low / weeks, high / weeks);
  }
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
  } else if (what == "young") {
    kizashi::bench::RunYoung(int(number(2, 2000)));
  } else if (what == "cost" && number(2, 0) > 0) {
    kizashi::bench::RunCost(size_t(number(2, 0)));
  } else if (what == "restore") {
    kizashi::bench::RunRestore();
  } else {
    fmt::print(stderr,
               "usage: detect_generated nuisance | steady [SERVICES [WEEKS]] | "
               "young [SERVICES] | cost SERIES | restore\n");
    return 2;
  }
  return 0;
}
