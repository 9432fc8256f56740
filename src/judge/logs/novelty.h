// Log patterns that a service never logged before.
//
// A new pattern is news only where news is rare. The chance that the next line's pattern is new is
// estimated as the share of lines whose pattern was seen exactly once (Good 1953, "The population
// frequencies of species"); a service's log counts as learnt once that share is at most 1 % over at
// least 200 lines, and before that new patterns are learnt in silence.
//
// One per service, owned by the judge, one thread. Memory: at most kPatternsMax patterns; lines of
// further ones are counted together and never reported.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace kizashi {

class Novelty {
 public:
  static constexpr size_t kPatternsMax = 20'000;
  static constexpr uint64_t kLinesMin = 200;
  static constexpr double kUnseenShareMax = 0.01;

  struct Pattern {
    uint64_t count = 0;
    Time first_seen{};
    Time last_seen{};
    template <typename A>
    void Fields(A& a) {
      a(count, first_seen, last_seen);
    }
  };

  struct News {
    uint64_t pattern_id = 0;
    double unseen_share = 0;  // the estimate before this line
    uint64_t lines = 0;       // lines before this one
  };

  /// Counts one line of pattern `pattern_id`; tells when it is new in a log that is learnt.
  std::optional<News> Add(uint64_t pattern_id, Time time);

  bool IsLearnt() const;
  /// Good's estimate of the chance that the next line's pattern is new; 1 before the first line.
  double UnseenShare() const;
  uint64_t lines() const { return lines_; }
  const Pattern* Find(uint64_t pattern_id) const;
  size_t size() const { return patterns_.size(); }

  template <typename A>
  void Fields(A& a) {
    a(patterns_, lines_, seen_once_, other_lines_);
  }

 private:
  std::map<uint64_t, Pattern> patterns_;
  uint64_t lines_ = 0;
  uint64_t seen_once_ = 0;
  uint64_t other_lines_ = 0;  // of patterns beyond the limit
};

}  // namespace kizashi
