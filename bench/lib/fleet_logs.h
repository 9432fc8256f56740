// The logs of a fleet with injected faults, as the judge's log finder sees them: shared by the
// benchmarks that rank services after a fault.
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/hash.h"
#include "judge/logs/companions.h"
#include "judge/logs/line_patterns.h"
#include "judge/logs/log_finder.h"
#include "wire/log_fields.h"

namespace kizashi {

struct InjectedFault {
  int64_t ms = 0;
  std::string service;
  std::string type;
};

/// From a file of lines "milliseconds<TAB>service<TAB>type".
inline std::vector<InjectedFault> ReadInjectedFaults(const char* path) {
  std::vector<InjectedFault> faults;
  std::ifstream in(path);
  InjectedFault fault;
  while (in >> fault.ms >> fault.service >> fault.type) faults.push_back(fault);
  return faults;
}

class FleetLogs {
 public:
  void Add(const std::string& service, const std::string& text, Time time) {
    const LogLine line{time, text, SeverityOfLine(text)};
    if (const auto pattern = patterns_[service].Add(line, 0, finders_[service].IsLearnt())) {
      finders_[service].Add(pattern->id, line.severity, text, line.time);
    }
  }
  /// A step of LogFinder::kStep is over.
  void EndStep() {
    for (auto& [name, patterns] : patterns_) {
      LogFinder& finder = finders_[name];
      patterns.Resolve([&](uint64_t old_id, uint64_t new_id) { finder.Alias(old_id, new_id); },
                       [&](const LinePatterns::Held& held, const LinePatterns::Named& pattern) {
                         for (uint64_t i = 0; i < held.count; ++i) {
                           finder.Add(pattern.id, held.line.severity, held.line.text,
                                      held.line.time);
                         }
                       });
    }
    for (auto& [name, finder] : finders_) finder.EndStep(Hash64(name), &companions_);
    companions_.EndStep();
  }
  void SkipWindow() {
    for (auto& [name, finder] : finders_) finder.SkipWindow();
    companions_.SkipWindow();
  }

  const std::map<std::string, LogFinder>& finders() const { return finders_; }
  /// How much each service shows now.
  std::map<std::string, LogFinder::Score> Scores() const {
    std::map<std::string, LogFinder::Score> scores;
    for (const auto& [name, finder] : finders_) {
      scores[name] = finder.ScoreNow(Hash64(name), companions_);
    }
    return scores;
  }

 private:
  std::map<std::string, LinePatterns> patterns_;
  std::map<std::string, LogFinder> finders_;
  Companions companions_;
};

}  // namespace kizashi
