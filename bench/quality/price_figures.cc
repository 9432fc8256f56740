// How well prices hold: on runs of OpenStack with injected faults, on simulated fleets whose
// hazards are known, and on kinds that have nothing to do with failures. price_quality.py runs it.
//
// price_figures depl FOLDER | fleets N | unrelated N
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "judge/price/price.h"
#include "judge/price/price_book.h"

namespace kizashi {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);
constexpr Duration kLearnt = std::chrono::hours(24 * 7 * 8);
constexpr Time kBegin = TimeFromMs(1'767'225'600'000);

struct Episode {
  Time at{};
  int service = 0;
  int kind = 0;
  double caused_minutes = 0;  // of the failure that it led to
};
struct Failure {
  Time at{};
  int service = 0;
  double minutes = 0;
};

std::string ServiceName(int service) { return fmt::format("s{}", service); }

// Plays episodes and failures through a book, minute by minute.
class Player {
 public:
  Player(PriceBook* book, const std::map<std::string, std::vector<std::string>>& services)
      : book_(*book) {
    for (const auto& [name, dependents] : services) measuring_.insert(name);
    book_.Follow(services);
  }
  void AdvanceTo(Time time) {
    while (now_ + kMinute <= time) {
      now_ += kMinute;
      EndFailures();
      book_.Advance(now_, measuring_);
    }
  }
  void Fail(const Failure& failure) {
    book_.FailureBegan(ServiceName(failure.service), failure.at);
    ends_.emplace_back(failure.at + Duration(int64_t(failure.minutes * 60'000)), failure);
  }
  Time now() const { return now_; }

 private:
  void EndFailures() {
    std::erase_if(ends_, [this](const auto& end) {
      if (end.first > now_) return false;
      book_.FailureEnded(ServiceName(end.second.service), end.first, end.second.minutes);
      return true;
    });
  }
  PriceBook& book_;
  std::set<std::string> measuring_;
  Time now_ = kBegin;
  std::vector<std::pair<Time, Failure>> ends_;
};

struct Run {
  std::vector<int> kinds;
  bool failed = false;
};

std::vector<Run> ReadRuns(const std::string& folder) {
  std::ifstream labels(folder + "/Failure_Labels.txt");
  std::ifstream table(folder + "/LCS_with_VMM.tsv");
  std::vector<Run> runs;
  std::string line;
  std::getline(table, line);
  int label = 0;
  while (labels >> label && std::getline(table, line)) {
    Run run;
    run.failed = label != 6;
    std::istringstream values(line);
    double value = 0;
    for (int kind = 0; values >> value; ++kind) {
      if (value != 0) run.kinds.push_back(kind);
    }
    runs.push_back(run);
  }
  return runs;
}

// Every run is a situation of one service: its kinds of anomaly, then a failure or none.
double BrierSkill(const std::vector<Run>& runs, const std::function<size_t(size_t)>& fold_of) {
  const Duration apart = std::chrono::hours(3);
  const Duration after = std::chrono::minutes(30);
  double errors = 0;
  double base_errors = 0;
  for (size_t fold = 0; fold < 10; ++fold) {
    PriceBook book;
    Player player(&book, {{"s0", {}}});
    const auto begin = [&](PriceBook* to, const Run& run, Time at) {
      for (const int kind : run.kinds) to->Begin("s0", "logs", fmt::format("s0/logs/{}", kind), at);
    };
    Time at = kBegin + apart;
    double failed = 0;
    double count = 0;
    for (size_t i = 0; i < runs.size(); ++i) {
      if (fold_of(i) == fold) continue;
      player.AdvanceTo(at);
      begin(&book, runs[i], at);
      player.AdvanceTo(at + after);
      if (runs[i].failed) player.Fail({at + after, 0, 10});
      failed += runs[i].failed ? 1 : 0;
      count += 1;
      at += apart;
    }
    player.AdvanceTo(at);
    for (size_t i = 0; i < runs.size(); ++i) {
      if (fold_of(i) != fold) continue;
      PriceBook copy = book;
      begin(&copy, runs[i], at);
      const double truth = runs[i].failed ? 1 : 0;
      errors += std::pow(copy.ChanceAt("s0", at + after) - truth, 2);
      base_errors += std::pow(failed / count - truth, 2);
    }
  }
  return 1 - errors / base_errors;
}

int Depl(const std::string& folder) {
  const std::vector<Run> runs = ReadRuns(folder);
  if (runs.empty()) return 1;
  fmt::print("depl_runs\t{}\n", runs.size());
  fmt::print("depl_brier_skill\t{:.4f}\n", BrierSkill(runs, [](size_t i) { return i % 10; }));
  const size_t count = runs.size();
  fmt::print("depl_brier_skill_in_blocks\t{:.4f}\n",
             BrierSkill(runs, [count](size_t i) { return i * 10 / count; }));
  return 0;
}

// A fleet whose hazards are known: most kinds lead to nothing, some rarely, few often; followers go
// along with another kind; a third of the failures hit a service that depends on the one at fault.
struct Fleet {
  static constexpr int kServices = 30;
  static constexpr int kDays = 26 * 7;
  std::map<std::string, std::vector<std::string>> affects;
  std::vector<Episode> episodes;
  std::vector<Failure> failures;
};

class FleetMaker {
 public:
  explicit FleetMaker(uint64_t seed) : random_(seed) {}

  Fleet Make() {
    for (int service = 0; service < Fleet::kServices; ++service) {
      fleet_.affects[ServiceName(service)];
      if (service > 0 && Uniform(0, 1) < 0.5) {
        const int on = int(Uniform(0, service));
        fleet_.affects[ServiceName(on)].push_back(ServiceName(service));
        dependents_[on].push_back(service);
      }
    }
    for (int service = 0; service < Fleet::kServices; ++service) MakeService(service);
    const auto by_time = [](const auto& a, const auto& b) { return a.at < b.at; };
    std::sort(fleet_.episodes.begin(), fleet_.episodes.end(), by_time);
    std::sort(fleet_.failures.begin(), fleet_.failures.end(), by_time);
    return std::move(fleet_);
  }

 private:
  double Uniform(double low, double high) {
    return std::uniform_real_distribution<>(low, high)(random_);
  }
  double LogUniform(double low, double high) {
    return std::exp(Uniform(std::log(low), std::log(high)));
  }
  // Twice as much by day as by night.
  std::vector<Time> Arrivals(double per_day) {
    std::vector<Time> times;
    double day = 0;
    while ((day += std::exponential_distribution<>(per_day * 4 / 3)(random_)) < Fleet::kDays - 1) {
      const double hour = std::fmod(day, 1) * 24;
      if (hour < 12 && Uniform(0, 1) < 0.5) continue;
      times.push_back(kBegin + Duration(int64_t(day * 86'400'000)));
    }
    return times;
  }
  double Minutes(double mean) {
    constexpr double kSpread = 0.8;
    return mean * std::exp(kSpread * std::normal_distribution<>()(random_) - kSpread * kSpread / 2);
  }
  void AddEpisode(int service, int kind, Time at, double hazard, double cost) {
    Episode episode{at, service, kind, 0};
    if (Uniform(0, 1) < -std::expm1(-hazard)) {
      episode.caused_minutes = Minutes(cost);
      int victim = service;
      const auto& others = dependents_[service];
      if (!others.empty() && Uniform(0, 1) < 1.0 / 3) {
        victim = others[size_t(Uniform(0, double(others.size())))];
      }
      const auto delay = Duration(int64_t(Uniform(1, 55) * 60'000));
      fleet_.failures.push_back({at + delay, victim, episode.caused_minutes});
    }
    fleet_.episodes.push_back(episode);
  }
  void MakeService(int service) {
    const double cost = LogUniform(3, 30);
    for (const Time at : Arrivals(1 / Uniform(30, 120))) {
      fleet_.failures.push_back({at, service, Minutes(cost)});
    }
    const int kinds = int(Uniform(4, 16));
    for (int kind = 0; kind < kinds; ++kind) {
      const double sort = Uniform(0, 1);
      const double hazard = sort < 0.7   ? 0
                            : sort < 0.9 ? LogUniform(0.01, 0.1)
                                         : LogUniform(0.15, 0.8);
      const bool followed = Uniform(0, 1) < 0.2;
      for (const Time at : Arrivals(LogUniform(0.1, 7) / 7)) {
        AddEpisode(service, kind, at, hazard, cost);
        if (followed && Uniform(0, 1) < 0.6) {
          AddEpisode(service, 100 + kind, at + Duration(int64_t(Uniform(0, 300'000))), 0, cost);
        }
      }
    }
  }

  std::mt19937_64 random_;
  Fleet fleet_;
  std::map<int, std::vector<int>> dependents_;
};

std::string SourceOf(int kind) { return kind % 3 == 0 ? "metrics" : "logs"; }
std::string KindOf(const Episode& episode) {
  return fmt::format("s{}/{}/{}", episode.service, SourceOf(episode.kind), episode.kind);
}

// Each episode's price as it was told at its begin, before anybody knew what came.
void PlayFleet(const Fleet& fleet, PriceBook* book,
               const std::function<void(const Episode&, const Price&)>& told) {
  Player player(book, fleet.affects);
  size_t next = 0;
  for (const Episode& episode : fleet.episodes) {
    while (next < fleet.failures.size() && fleet.failures[next].at <= episode.at) {
      player.AdvanceTo(fleet.failures[next].at);
      player.Fail(fleet.failures[next++]);
    }
    player.AdvanceTo(episode.at);
    const std::string service = ServiceName(episode.service);
    const std::string source = SourceOf(episode.kind);
    told(episode, book->PriceOf(service, source, KindOf(episode), episode.at, PriceNovelty()));
    book->Begin(service, source, KindOf(episode), episode.at);
  }
  player.AdvanceTo(player.now() + std::chrono::hours(8));
}

int Fleets(int fleets) {
  struct Told {
    double price = 0;
    double realised = 0;
  };
  std::vector<Told> all;
  for (int seed = 1; seed <= fleets; ++seed) {
    const Fleet fleet = FleetMaker(uint64_t(seed)).Make();
    PriceBook book;
    PlayFleet(fleet, &book, [&](const Episode& episode, const Price& price) {
      // Split by time: the first weeks are history.
      if (episode.at < kBegin + kLearnt) return;
      all.push_back({price.mean_minutes, episode.caused_minutes});
    });
    fmt::print(stderr, "fleet {}: weights {:.3f} pool {:.4f} calibration {:.3f} {:.3f}\n", seed,
               fmt::join(book.fleet().weights, " "), book.fleet().mean(), book.calibration().offset,
               book.calibration().slope);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Told& a, const Told& b) { return a.price < b.price; });
  fmt::print("fleet_episodes\t{}\n", all.size());
  double worst = 0;
  double price_all = 0;
  double realised_all = 0;
  for (size_t decile = 0; decile < 10; ++decile) {
    double price = 0;
    double realised = 0;
    for (size_t i = all.size() * decile / 10; i < all.size() * (decile + 1) / 10; ++i) {
      price += all[i].price;
      realised += all[i].realised;
    }
    price_all += price;
    realised_all += realised;
    worst = std::max(worst, std::abs(realised / price - 1));
    fmt::print("decile {}: priced {:.0f}, realised {:.0f} minutes, ratio {:.3f}\n", decile + 1,
               price, realised, realised / price);
  }
  fmt::print("fleet_realised_over_priced\t{:.4f}\n", realised_all / price_all);
  fmt::print("fleet_decile_worst\t{:.4f}\n", worst);
  return 0;
}

// The failures of every service moved by a time of their own, round the end to the begin: nothing
// that stands before them has to do with them any more.
int Unrelated(int fleets) {
  double kinds = 0;
  double above = 0;
  double ratio_above = 0;
  double mean_above = 0;
  for (int seed = 1; seed <= fleets; ++seed) {
    Fleet fleet = FleetMaker(uint64_t(seed)).Make();
    std::mt19937_64 random(uint64_t(seed) + 1'000'000);
    std::map<int, Duration> shift;
    const Duration length = std::chrono::hours(24 * (Fleet::kDays));
    for (Failure& failure : fleet.failures) {
      auto [it, fresh] = shift.try_emplace(failure.service);
      if (fresh) {
        it->second = std::chrono::hours(
            std::uniform_int_distribution<>(24 * 7, 24 * (Fleet::kDays - 7))(random));
      }
      failure.at = kBegin + (failure.at - kBegin + it->second) % length;
    }
    std::sort(fleet.failures.begin(), fleet.failures.end(),
              [](const Failure& a, const Failure& b) { return a.at < b.at; });
    PriceBook book;
    PlayFleet(fleet, &book, [](const Episode&, const Price&) {});
    for (const auto& [service, dependents] : fleet.affects) {
      const Price base = book.PriceOf(service, "none", "none", kBegin, PriceNovelty());
      for (const ServiceEvidence::Kind& kind : book.Find(service)->kinds()) {
        if (kind.episodes < PriceBook::kFewEpisodes) continue;
        const Price price = book.PriceOf(service, kind.source, kind.name, kBegin, PriceNovelty());
        kinds += 1;
        above += price.low_minutes > base.mean_minutes ? 1 : 0;
        mean_above += price.mean_minutes > 2 * base.mean_minutes ? 1 : 0;
        ratio_above += RatioOf(kind.followed, kind.expected).low > 1 ? 1 : 0;
      }
    }
  }
  fmt::print("unrelated_kinds\t{:.0f}\n", kinds);
  fmt::print("unrelated_above_base\t{:.4f}\n", above / kinds);
  fmt::print("unrelated_mean_twice_base\t{:.4f}\n", mean_above / kinds);
  fmt::print("unrelated_ratio_above_one\t{:.4f}\n", ratio_above / kinds);
  return 0;
}

}  // namespace
}  // namespace kizashi

int main(int argc, char** argv) {
  const std::string what = argc == 3 ? argv[1] : "";
  if (what == "depl") return kizashi::Depl(argv[2]);
  if (what == "fleets") return kizashi::Fleets(std::atoi(argv[2]));
  if (what == "unrelated") return kizashi::Unrelated(std::atoi(argv[2]));
  fmt::print(stderr, "usage: price_figures depl FOLDER | fleets N | unrelated N\n");
  return 2;
}
