// How well the forecast of redundancy groups holds: simulated groups whose rates and common cause
// are known, a year of history each, the forecast of the next thirty days beside the truth.
// price_quality.py runs it.
//
// together_figures [GROUPS [SEED...]]: a fleet of so many groups for each seed, of which those are
// counted that independence is off by ten or more; "alone" is what is said of each without the
// others. Those that are far off are told on standard error.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <random>
#include <vector>

#include "judge/together/group_forecast.h"

namespace kizashi {
namespace {

constexpr Time kBegin = TimeFromMs(1'767'225'600'000);
constexpr double kDay = 24 * 60;
constexpr double kHistory = 365 * kDay;
constexpr Duration kWindow = std::chrono::hours(24 * 30);
constexpr uint64_t kSeed = 20'261'127;

struct Truth {
  int need = 1;
  int of = 1;
  double single = 0;     // events of one member and minute
  double common = 0;     // events of the group that take several, a minute
  double lethality = 0;  // chance that such an event takes a member
  double repair = 0;     // of a member, a minute
};

// Events one after the other: the time of the next, by all rates together.
class Group {
 public:
  Group(const Truth& truth, uint64_t seed) : truth_(truth), random_(seed) {}

  int down() const { return static_cast<int>(down_.size()); }
  double now() const { return now_; }
  // Plays until `end`, or until fewer than needed are up; tells `change(minutes, went, came)`.
  template <typename F>
  bool Play(double end, bool stop_when_too_few, F change) {
    while (true) {
      const double up = truth_.of - down();
      const double rate = up * truth_.single + truth_.common + down() * truth_.repair;
      now_ += std::exponential_distribution<>(rate)(random_);
      if (now_ >= end) {
        now_ = end;
        return false;
      }
      double pick = Uniform() * rate;
      int went = 0;
      int came = 0;
      if ((pick -= up * truth_.single) < 0) {
        went = 1;
      } else if ((pick -= truth_.common) < 0) {
        for (int i = 0; i < int(up); ++i) went += Uniform() < truth_.lethality ? 1 : 0;
      } else {
        came = 1;
      }
      down_.resize(down_.size() + size_t(went));
      down_.resize(down_.size() - size_t(came));
      change(now_, went, came);
      if (stop_when_too_few && truth_.of - down() < truth_.need) return true;
    }
  }

 private:
  double Uniform() { return std::uniform_real_distribution<>(0, 1)(random_); }
  const Truth truth_;
  std::mt19937_64 random_;
  double now_ = 0;
  std::vector<char> down_;
};

Time TimeOf(double minutes) { return kBegin + Duration(int64_t(minutes * 60'000)); }

// A year of the group, as the judge would see it.
GroupHistory Watch(const Truth& truth, uint64_t seed) {
  Group group(truth, seed);
  GroupHistory history;
  double advanced = 0;
  int down = 0;
  const auto advance = [&](double until) {
    for (; advanced + 1 <= until; advanced += 1) {
      history.Advance(TimeOf(advanced + 1), truth.of - down, down);
    }
  };
  group.Play(kHistory, false, [&](double at, int went, int came) {
    advance(at);
    for (int i = 0; i < went; ++i) history.Down(TimeOf(at));
    for (int i = 0; i < came; ++i) history.Up();
    down += went - came;
  });
  advance(kHistory);
  return history;
}

// The share of windows that begin with all members up in which too few were left: of as many as are
// needed to count kFailuresMin, which leaves an error of 5 %.
double TruthOf(const Truth& truth, uint64_t seed) {
  constexpr int kFailuresMin = 400;
  constexpr int kWindowsMax = 200'000;
  int failed = 0;
  int windows = 0;
  while (failed < kFailuresMin && windows < kWindowsMax) {
    Group group(truth, seed + uint64_t(windows));
    failed += group.Play(ToMinutes(kWindow), true, [](double, int, int) {}) ? 1 : 0;
    ++windows;
  }
  return double(failed) / windows;
}

double Factor(double a, double b) { return a > b ? a / b : b / a; }

// Of the groups of all fleets.
struct Tally {
  std::vector<double> factors;
  std::vector<double> independent_factors;
  int above = 0;    // forecast too high
  int covered = 0;  // by the interval
  void Add(const Range& range, double independent, double truly) {
    factors.push_back(Factor(range.mean, truly));
    independent_factors.push_back(Factor(independent, truly));
    above += range.mean > truly ? 1 : 0;
    covered += truly >= range.low && truly <= range.high ? 1 : 0;
  }
};

Truth DrawTruth(std::mt19937_64& random) {
  const auto log_uniform = [&](double low, double high) {
    return std::exp(std::uniform_real_distribution<>(std::log(low), std::log(high))(random));
  };
  Truth truth;
  truth.of = std::uniform_int_distribution<>(3, 8)(random);
  truth.need = truth.of - std::uniform_int_distribution<>(1, std::max(1, truth.of / 2))(random);
  truth.single = 1 / (log_uniform(5, 60) * kDay);
  truth.common = 1 / (log_uniform(10, 90) * kDay);
  truth.lethality = std::uniform_real_distribution<>(0.3, 1)(random);
  truth.repair = 1 / log_uniform(10, 240);
  return truth;
}

// The history and the forecast on standard error, for those that ask why it is off.
void TellWorst(const Truth& truth, const GroupHistory::Counts& counts, const Range& range,
               double truly) {
  fmt::print(stderr,
             "{} of {}: truly {:.4f}, forecast {:.4f} ({:.4f} to {:.4f}); single 1/{:.0f} d, "
             "common 1/{:.0f} d, lethality {:.2f}; watched {:.0f} d, events",
             truth.need, truth.of, truly, range.mean, range.low, range.high,
             1 / (truth.single * kDay), 1 / (truth.common * kDay), truth.lethality,
             counts.group_minutes / kDay);
  for (int i = 0; i < truth.of; ++i) fmt::print(stderr, " {:.1f}", counts.events[size_t(i)]);
  fmt::print(stderr, "\n");
}

struct Watched {
  Truth truth;
  uint64_t seed = 0;
  GroupHistory::Counts counts;
};

// `fleet`: forecasts rest on what all groups show; else on the stated prior, as of a group alone.
void RunSeed(uint64_t seed_of_fleet, int groups, Tally* fleet, Tally* alone) {
  constexpr double kTellFactor = 2.5;
  std::mt19937_64 random(seed_of_fleet);
  std::vector<Watched> all;
  std::vector<GroupSeen> seen;
  for (int i = 0; i < groups; ++i) {
    const Truth truth = DrawTruth(random);
    const auto seed = random();
    all.push_back({truth, seed, Watch(truth, seed).counts()});
    seen.push_back({all.back().counts, truth.of});
  }
  const GroupPool pool = PoolGroups(seen);
  for (const auto& [truth, seed, counts] : all) {
    const double truly = TruthOf(truth, seed + 1);
    if (truly < 0.002) continue;  // a chance that cannot be counted
    const GroupState state{truth.need, truth.of, 0, 0};
    const GroupForecast forecast(counts, pool);
    const double independent = forecast.TooFewIndependent(state, kWindow).mean;
    if (Factor(independent, truly) < 10) continue;  // where independence is good enough
    const Range range = forecast.TooFew(state, kWindow);
    fleet->Add(range, independent, truly);
    alone->Add(GroupForecast(counts).TooFew(state, kWindow), independent, truly);
    if (fleet->factors.back() > kTellFactor) TellWorst(truth, counts, range, truly);
  }
}

double At(const std::vector<double>& sorted, double p) {
  return sorted[std::min(sorted.size() - 1, size_t(p * double(sorted.size())))];
}

void Print(std::string_view name, Tally* tally) {
  std::vector<double>& factors = tally->factors;
  std::sort(factors.begin(), factors.end());
  const auto share = [&](auto count) { return double(count) / double(factors.size()); };
  const auto share_within = [&](double most) {
    return share(std::upper_bound(factors.begin(), factors.end(), most) - factors.begin());
  };
  fmt::print("{}_off_median\t{:.3f}\n", name, At(factors, 0.5));
  fmt::print("{}_off_p90\t{:.3f}\n", name, At(factors, 0.9));
  fmt::print("{}_off_worst\t{:.3f}\n", name, factors.back());
  fmt::print("{}_too_high\t{:.4f}\n", name, share(tally->above));
  fmt::print("{}_within_3\t{:.4f}\n", name, share_within(3));
  fmt::print("{}_within_2\t{:.4f}\n", name, share_within(2));
  fmt::print("{}_interval_holds\t{:.4f}\n", name, share(tally->covered));
}

int Run(int groups, const std::vector<uint64_t>& seeds) {
  Tally fleet;
  Tally alone;
  for (const uint64_t seed : seeds) RunSeed(seed, groups, &fleet, &alone);
  if (fleet.factors.empty()) return 1;
  fmt::print("together_groups\t{}\n", fleet.factors.size());
  std::vector<double>& independent = fleet.independent_factors;
  std::sort(independent.begin(), independent.end());
  fmt::print("together_independent_off_median\t{:.1f}\n", At(independent, 0.5));
  Print("together", &fleet);
  Print("together_alone", &alone);
  return 0;
}

}  // namespace
}  // namespace kizashi

int main(int argc, char** argv) {
  std::vector<uint64_t> seeds;
  for (int i = 2; i < argc; ++i) seeds.push_back(std::strtoull(argv[i], nullptr, 10));
  if (seeds.empty()) seeds = {kizashi::kSeed};
  return kizashi::Run(argc > 1 ? std::atoi(argv[1]) : 100, seeds);
}
