// Which service does the log finder rank first after a fault was injected?
//
// Standard input: lines of "milliseconds<TAB>service<TAB>message" in order of time. Argument: a
// file of lines "milliseconds<TAB>service<TAB>type", one a fault. Streaming, without look-ahead:
// after every five seconds all services are ranked by LogFinder::ScoreNow. find_quality.py makes
// both.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "judge/logs/log_finder.h"
#include "lib/fleet_logs.h"

namespace kizashi {
namespace {

constexpr int64_t kStepMs = LogFinder::kStep.count();
constexpr int64_t kLimitMs = 60'000;

struct Rank {
  int64_t ms = 0;
  int rank = 0;
  LogFinder::Score score;
  std::string shown;
  std::string first;  // the service ranked first, with what it shows
};

class Fleet {
 public:
  FleetLogs& logs() { return logs_; }
  Rank RankOf(const std::string& service, int64_t ms) const {
    Rank rank;
    rank.ms = ms;
    double best = -1;
    std::map<std::string, LogFinder::Score> scores = logs_.Scores();
    rank.score = scores[service];
    rank.shown = Show(service, rank.score);
    rank.rank = 1;
    for (const auto& [name, score] : scores) {
      if (name == service) continue;
      if (score.nats >= rank.score.nats) ++rank.rank;
      if (score.nats > best) {
        best = score.nats;
        rank.first = Show(name, score);
      }
    }
    return rank;
  }
  size_t size() const { return logs_.finders().size(); }

 private:
  std::string Show(const std::string& service, const LogFinder::Score& score) const {
    const auto finder = logs_.finders().find(service);
    if (!score.finding || finder == logs_.finders().end()) return fmt::format("{} -", service);
    const LogFinder::Finding& finding = *score.finding;
    std::string text = finder->second.pattern(finding.slot).example;
    if (const size_t at = text.find("SpanID:"); at != text.npos && text.size() > at + 25) {
      text = text.substr(at + 25);
    }
    std::string by;
    if (finding.companion) by = fmt::format(" after {:.0f} alike", finding.companion->common);
    return fmt::format("{} {:.1f} {} {:.0f} ({:.1f} expected{}): {}", service, score.nats,
                       PatternChangeName(finding.change), finding.observed, finding.expected, by,
                       text.substr(0, 60));
  }

  FleetLogs logs_;
};

// Steps that nothing came in for are not measured; after a minute of them the window is empty.
void Advance(int64_t to_step, int64_t* step, bool measured, FleetLogs* logs) {
  if (measured) logs->EndStep();
  const int64_t missing = to_step - *step - 1;
  for (int64_t i = 0; i < std::min<int64_t>(missing, LogFinder::kWindowSteps); ++i) {
    logs->EndStep();
  }
  if (missing > LogFinder::kWindowSteps) logs->SkipWindow();
  *step = to_step;
}

int Run(const char* faults_path) {
  const std::vector<InjectedFault> faults = ReadInjectedFaults(faults_path);
  std::vector<std::vector<Rank>> ranks(faults.size());
  Fleet fleet;
  int64_t step = -1;
  int64_t lines = 0;
  const auto look = [&](int64_t end_ms) {
    for (size_t i = 0; i < faults.size(); ++i) {
      if (end_ms <= faults[i].ms || end_ms > faults[i].ms + kLimitMs) continue;
      ranks[i].push_back(fleet.RankOf(faults[i].service, end_ms));
    }
  };
  std::string line;
  while (std::getline(std::cin, line)) {
    const size_t tab = line.find('\t');
    const size_t second = line.find('\t', tab + 1);
    if (second == line.npos) continue;
    const int64_t ms = std::stoll(line.substr(0, tab));
    const int64_t now = ms / kStepMs;
    for (; step >= 0 && step < now && now - step <= LogFinder::kWindowSteps; ++step) {
      fleet.logs().EndStep();
      look((step + 1) * kStepMs);
    }
    if (step >= 0 && step < now) {
      Advance(now, &step, true, &fleet.logs());
    }
    step = now;
    fleet.logs().Add(line.substr(tab + 1, second - tab - 1), line.substr(second + 1),
                     TimeFromMs(ms));
    ++lines;
  }
  std::map<std::string, std::pair<int, int>> by_type;
  for (size_t i = 0; i < faults.size(); ++i) {
    auto& [found, all] = by_type[faults[i].type];
    ++all;
    const Rank last = ranks[i].empty() ? Rank{} : ranks[i].back();
    found += last.rank == 1;
    int64_t since = -1;
    for (auto it = ranks[i].rbegin(); it != ranks[i].rend() && it->rank == 1; ++it) {
      since = it->ms - faults[i].ms;
    }
    fmt::print("{} {:14} rank {:2} {:>10}  {}\n",
               FormatTime(TimeFromMs(faults[i].ms)).substr(11, 8), faults[i].type, last.rank,
               since < 0 ? "-" : fmt::format("after {} s", since / 1000), last.shown);
    if (last.rank != 1) fmt::print("{:42}first: {}\n", "", last.first);
  }
  fmt::print("{} lines, {} services\n", lines, fleet.size());
  for (const auto& [type, counts] : by_type) {
    fmt::print("{}: {} of {} first within 60 s\n", type, counts.first, counts.second);
  }
  return 0;
}

}  // namespace
}  // namespace kizashi

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: find_faults FAULTS < ROWS\n");
    return 2;
  }
  return kizashi::Run(argv[1]);
}
