// Where does the ranking of origins place the service that a fault was injected into?
//
// Standard input: lines in order of time, what is known of a fleet as it would come in:
//   milliseconds<TAB>L<TAB>service<TAB>message
//   milliseconds<TAB>S<TAB>trace<TAB>span<TAB>parent<TAB>service<TAB>name<TAB>kind<TAB>start_ns
//   milliseconds<TAB>M<TAB>service<TAB>metric<TAB>value
// with ids as hexadecimal digits, "-" for no parent, kind as OpenTelemetry's number, and the span's
// end as its time. Argument: a file of lines "milliseconds<TAB>service<TAB>type", one a fault. Logs
// go through LogFinder, spans through TraceJoin and SpanCounts, their text through the scrape's
// reader into TrafficWatch. Streaming, without look-ahead: ranked after every five seconds in which
// something came in, the last time at most 180 s after the fault and before its recording ends (a
// gap of 20 s). origin_quality.py makes both.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ingest/span_counts.h"
#include "ingest/trace_join.h"
#include "judge/anomaly/origin.h"
#if __has_include("judge/anomaly/series_detector.h")
#include "judge/anomaly/series_detector.h"
#endif
#include "judge/graph/traffic_watch.h"
#include "judge/logs/log_finder.h"
#include "lib/fleet_logs.h"
#include "wire/exposition.h"

namespace kizashi {
namespace {

constexpr int64_t kStepMs = LogFinder::kStep.count();
constexpr int64_t kLimitMs = 180'000;
constexpr int64_t kGapSteps = 4;

std::vector<std::string_view> Split(std::string_view line, size_t fields) {
  std::vector<std::string_view> parts;
  while (parts.size() + 1 < fields) {
    const size_t tab = line.find('\t');
    if (tab == line.npos) break;
    parts.push_back(line.substr(0, tab));
    line.remove_prefix(tab + 1);
  }
  parts.push_back(line);
  return parts;
}

uint64_t Hex(std::string_view text) { return std::stoull(std::string(text), nullptr, 16); }

/// Logs as evidence: tells the ranker; returns the nats of each service.
std::map<std::string, double> LookAtLogs(const FleetLogs& logs, OriginRanker* ranker, Time now) {
  std::map<std::string, double> nats;
  for (const auto& [name, score] : logs.Scores()) {
    bool is_less = false;
    std::string what;
    if (score.finding) {
      const PatternChange change = score.finding->change;
      is_less = change == PatternChange::kDown || change == PatternChange::kGone;
      const LogFinder& finder = logs.finders().at(name);
      what =
          fmt::format("{} {} {:.0f} ({:.1f} expected) {}", FormatTime(now).substr(11, 8),
                      PatternChangeName(change), score.finding->observed, score.finding->expected,
                      finder.pattern(score.finding->slot).example.substr(0, 160));
    }
    const double found = std::max(0.0, score.nats);
    ranker->Add({OriginSource::kLog, name, "", is_less ? 0 : found, is_less ? "" : what}, now);
    ranker->Add({OriginSource::kLogLess, name, "", is_less ? found : 0, is_less ? what : ""}, now);
    nats[name] = found;
  }
  return nats;
}

/// Spans as evidence: counted, scraped every step of the watch, watched.
class Traffic {
 public:
  void Add(const std::vector<std::string_view>& row, Time end) {
    JoinedSpan span;
    span.id = Hex(row[3]);
    span.parent = row[4] == "-" ? 0 : Hex(row[4]);
    span.service_name = row[5];
    span.service = counts_.ServiceOf(row[5]);
    span.operation = counts_.OperationOf(span.service, row[6]);
    span.kind = static_cast<OtlpSpan::Kind>(std::stoi(std::string(row[7])));
    span.start_ns = std::stoll(std::string(row[8]));
    span.end_ns = std::max(span.start_ns, ToMs(end) * 1'000'000);
    const double seconds = static_cast<double>(span.end_ns - span.start_ns) / 1e9;
    counts_.CountSpan(span.operation, span.kind, SpanCounts::Outcome::kUnset, seconds);
    join_.Add({Hex(row[2].substr(0, 16)), Hex(row[2].substr(16))}, std::move(span), end);
  }
  void Scrape(Time now) {
    join_.Settle(now);
    const std::string text = counts_.Write();
    ExpositionReader reader(text);
    ExpositionSample sample;
    while (reader.Next(&sample)) {
      auto known = series_.find(sample.series);
      if (known == series_.end()) {
        const StatusOr<Labels> labels = ParseSeriesText(sample.series);
        if (!labels.ok()) continue;
        const uint32_t feed =
            watch_.Plan(*labels, [](std::string_view name) { return std::string(name); });
        known = series_.emplace(std::string(sample.series), Series{feed, 0}).first;
      }
      watch_.Add(known->second.feed, sample.value - known->second.value, now);
      known->second.value = sample.value;
    }
    watch_.EndStep();
  }
  void SkipWindow() { watch_.SkipWindow(); }
  void Look(OriginRanker* ranker, Time now) const {
    for (const TrafficWatch::Finding& finding : watch_.Look()) {
      ranker->Add({OriginSourceOf(finding.aspect), finding.service, finding.callee, finding.nats,
                   fmt::format("{} {:.0f} of {:.0f} ({:.2f} expected) over {:g} s, {}",
                               FormatTime(now).substr(11, 8), finding.observed, finding.requests,
                               finding.expected, finding.bound_seconds, finding.operation)},
                  now);
    }
  }
  const DependencyGraph& graph() const { return watch_.graph(); }

 private:
  struct Series {
    uint32_t feed = TrafficWatch::kNone;
    double value = 0;
  };
  Registry registry_;
  SpanCounts counts_{&registry_};
  TraceJoin join_{&counts_, &registry_};
  TrafficWatch watch_;
  std::unordered_map<std::string, Series, StringHash, std::equal_to<>> series_;
};

/// Resource signals as evidence: the most unusual one of a service, as of its last sample.
class Signals {
 public:
  void Add(const std::string& service, const std::string& name, double value, Time time) {
#if __has_include("judge/anomaly/series_detector.h")
    Series& series = services_[service][name];
    const Reading reading = series.detector.Observe(time, value);
    series.nats = OriginRanker::NatsOfRarity(std::pow(10.0, reading.log10_weeks));
    series.value = value;
    series.time = time;
#else
    (void)service, (void)name, (void)value, (void)time;
#endif
  }
  void Look(OriginRanker* ranker, Time now) const {
#if __has_include("judge/anomaly/series_detector.h")
    for (const auto& [service, signals] : services_) {
      double most = 0;
      std::string what;
      for (const auto& [name, series] : signals) {
        if (series.nats <= most || now - series.time > kStale) continue;
        most = series.nats;
        what = fmt::format("{} {:g}", name, series.value);
      }
      most = std::max(0.0, most - std::log(static_cast<double>(signals.size())));
      ranker->Add({OriginSource::kSignal, service, "", most, what}, now);
    }
#else
    (void)ranker, (void)now;
#endif
  }

 private:
#if __has_include("judge/anomaly/series_detector.h")
  static constexpr Duration kStale = std::chrono::minutes(2);
  struct Series {
    SeriesDetector detector;
    double nats = 0;
    double value = 0;
    Time time{};
  };
  std::map<std::string, std::map<std::string, Series>> services_;
#endif
};

/// How much longer requests take in the last minute than ever before: the floor.
class Latency {
 public:
  void Add(const std::string& service, int64_t ms, double seconds) {
    Service& one = services_[service];
    one.recent.emplace_back(ms, seconds);
  }
  std::map<std::string, double> Look(int64_t now_ms) {
    std::map<std::string, double> changes;
    for (auto& [name, one] : services_) {
      while (!one.recent.empty() && one.recent.front().first <= now_ms - 60'000) {
        one.sum += one.recent.front().second;
        one.count += 1;
        one.recent.pop_front();
      }
      double sum = 0;
      for (const auto& [ms, seconds] : one.recent) sum += seconds;
      if (one.recent.empty() || one.count == 0) continue;
      changes[name] = sum / static_cast<double>(one.recent.size()) / (one.sum / one.count + 1e-9);
    }
    return changes;
  }

 private:
  struct Service {
    std::deque<std::pair<int64_t, double>> recent;
    double sum = 0;
    double count = 0;
  };
  std::map<std::string, Service> services_;
};

/// One look after a fault.
struct Ranked {
  int64_t after_ms = 0;
  int rank = 0;
  int by_log = 0;
  int by_latency = 0;
  std::vector<Origin> first;  // the first three
  Origin injected;
};

int RankIn(const std::map<std::string, double>& scores, const std::string& service) {
  const auto own = scores.find(service);
  const double mine = own == scores.end() ? -1 : own->second;
  int rank = 1;
  for (const auto& [name, score] : scores) rank += name != service && score >= mine ? 1 : 0;
  return rank;
}

class Run {
 public:
  explicit Run(std::vector<InjectedFault> faults)
      : faults_(std::move(faults)), looks_(faults_.size()), over_(faults_.size()) {}

  void Row(const std::string& line) {
    auto row = Split(line, 4);
    if (row.size() < 4) return;
    if (row[1] != "L") row = Split(line, 9);
    const int64_t ms = std::stoll(std::string(row[0]));
    Advance(ms / kStepMs);
    const std::string service(row[1] == "S" && row.size() > 5 ? row[5] : row[2]);
    services_.insert(service);
    if (row[1] == "M") {
      const double value = std::strtod(std::string(row.back()).c_str(), nullptr);
      return signals_.Add(service, std::string(row[3]), value, TimeFromMs(ms));
    }
    had_rows_ = true;
    if (row[1] == "L") logs_.Add(service, std::string(row[3]), TimeFromMs(ms));
    if (row[1] == "S" && row.size() == 9) {
      traffic_.Add(row, TimeFromMs(ms));
      const double seconds = static_cast<double>(ms - std::stoll(std::string(row[8])) / 1'000'000);
      if (row[7] == "2") latency_.Add(service, ms, seconds);
    }
  }
  void End() { Advance(step_ + 1); }
  int Print() const;

 private:
  void Advance(int64_t to) {
    if (step_ < 0) step_ = to;
    for (int64_t ended = 0; step_ < to && ended <= LogFinder::kWindowSteps; ++ended, ++step_) {
      EndStep();
    }
    if (step_ < to) {  // nothing was measured for long
      logs_.SkipWindow();
      traffic_.SkipWindow();
      step_ = to;
    }
  }
  void EndStep() {
    const int64_t end_ms = (step_ + 1) * kStepMs;
    const Time now = TimeFromMs(end_ms);
    logs_.EndStep();
    const bool scrapes = end_ms % TrafficWatch::kStep.count() == 0;
    if (scrapes) traffic_.Scrape(now);
    if (!had_rows_) return;
    had_rows_ = false;
    // The recording of a fault ends with a gap; what follows is the next one's.
    if (step_ - last_rows_ > kGapSteps) {
      for (size_t i = 0; i < faults_.size(); ++i) {
        over_[i] = over_[i] || faults_[i].ms < (last_rows_ + 1) * kStepMs;
      }
    }
    last_rows_ = step_;
    const auto by_log = LookAtLogs(logs_, &ranker_, now);
    traffic_.Look(&ranker_, now);
    signals_.Look(&ranker_, now);
    const auto by_latency = latency_.Look(end_ms);
    for (size_t i = 0; i < faults_.size(); ++i) {
      const int64_t after = end_ms - faults_[i].ms;
      if (over_[i] || after <= 0 || after > kLimitMs) continue;
      looks_[i].push_back(RankOf(faults_[i].service, after, now, by_log, by_latency));
    }
  }
  Ranked RankOf(const std::string& service, int64_t after, Time now,
                const std::map<std::string, double>& by_log,
                const std::map<std::string, double>& by_latency) const {
    Ranked ranked;
    ranked.after_ms = after;
    ranked.by_log = RankIn(by_log, service);
    ranked.by_latency = RankIn(by_latency, service);
    const std::vector<Origin> origins = ranker_.Rank(traffic_.graph(), now);
    ranked.rank = static_cast<int>(services_.size());
    for (size_t i = 0; i < origins.size(); ++i) {
      if (i < 3) ranked.first.push_back(origins[i]);
      if (origins[i].service != service) continue;
      ranked.rank = static_cast<int>(i) + 1;
      ranked.injected = origins[i];
    }
    return ranked;
  }

  const std::vector<InjectedFault> faults_;
  std::vector<std::vector<Ranked>> looks_;
  std::vector<bool> over_;  // the recording of the fault
  int64_t last_rows_ = 0;   // the last step in which something came in
  std::set<std::string> services_;
  FleetLogs logs_;
  Traffic traffic_;
  Latency latency_;
  Signals signals_;
  OriginRanker ranker_;
  int64_t step_ = -1;
  bool had_rows_ = false;
};

void Explain(const Origin& origin) {
  fmt::print("      {} {:.1f} nats, p {:.2f}\n", origin.service, origin.log_odds,
             origin.probability);
  for (size_t i = 0; i < origin.reasons.size() && i < 4; ++i) {
    const OriginReason& reason = origin.reasons[i];
    fmt::print("        {:+5.1f} of {:.1f} {} {} {}: {}\n", reason.gain, reason.evidence.nats,
               OriginSourceName(reason.evidence.source), reason.evidence.service,
               reason.evidence.peer, reason.evidence.what);
  }
}

struct Sums {
  int count = 0;
  int first[3] = {};  // by the ranking, by the log alone, by latency alone
  int third[3] = {};
  void Add(const Ranked& ranked) {
    ++count;
    const int ranks[3] = {ranked.rank, ranked.by_log, ranked.by_latency};
    for (int i = 0; i < 3; ++i) {
      first[i] += ranks[i] == 1;
      third[i] += ranks[i] >= 1 && ranks[i] <= 3;
    }
  }
};

int Run::Print() const {
  const bool explain = std::getenv("EXPLAIN") != nullptr;
  std::map<std::string, Sums> sums;
  for (size_t i = 0; i < faults_.size(); ++i) {
    const InjectedFault& fault = faults_[i];
    const Ranked last = looks_[i].empty() ? Ranked{} : looks_[i].back();
    int64_t since = -1;
    for (auto it = looks_[i].rbegin(); it != looks_[i].rend() && it->rank == 1; ++it) {
      since = it->after_ms;
    }
    const std::string first = last.first.empty() ? "-" : last.first[0].service;
    fmt::print("{:2} {} {:14} {:28} rank {:2} {:>12} log {:2} latency {:2} p {:.2f} {}\n", i + 1,
               FormatTime(TimeFromMs(fault.ms)).substr(11, 8), fault.type, fault.service, last.rank,
               since < 0 ? "-" : fmt::format("since {} s", since / 1000), last.by_log,
               last.by_latency, last.injected.probability, last.rank == 1 ? "" : "first: " + first);
    if (explain) {
      if (last.rank != 1) Explain(last.injected);
      for (const Origin& origin : last.first) Explain(origin);
    }
    for (const std::string& name :
         {fault.type, std::string(i % 2 == 0 ? "odd ones" : "even ones"), std::string("sum")}) {
      sums[name].Add(last);
    }
  }
  const double n = static_cast<double>(services_.size());
  fmt::print("\n{:16} {:>5}  {:>12} {:>12} {:>14} {:>12}\n", "first / top 3", "of", "ranking",
             "log alone", "latency alone", "random");
  for (const auto& [name, sum] : sums) {
    fmt::print("{:16} {:5}  {:>6} / {:<3} {:>6} / {:<3} {:>8} / {:<3} {:>6.1f} / {:.1f}\n", name,
               sum.count, sum.first[0], sum.third[0], sum.first[1], sum.third[1], sum.first[2],
               sum.third[2], sum.count / n, 3 * sum.count / n);
  }
  return 0;
}

int Main(const char* path) {
  Run run(ReadInjectedFaults(path));
  std::string line;
  while (std::getline(std::cin, line)) run.Row(line);
  run.End();
  return run.Print();
}

}  // namespace
}  // namespace kizashi

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: origin_faults FAULTS < ROWS\n");
    return 2;
  }
  return kizashi::Main(argv[1]);
}
