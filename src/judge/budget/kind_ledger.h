// What is known of the kinds of anomaly of one service: when each was seen, what people decided
// about it, and so whether an episode is news, came back, or is expected.
//
// Part of the judge's state; one thread. Limits: kKindsMax kinds, of which those that nobody
// decided anything about and that were seen longest ago are forgotten first; an edit's id is known
// for the next kEditsMax edits.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "store/journal.h"
#include "store/records.h"

namespace kizashi {

class KindLedger {
 public:
  static constexpr size_t kKindsMax = 20'000;
  static constexpr size_t kEditsMax = 1'000;
  /// A kind that was not seen for so long comes back.
  static constexpr Duration kAbsent = std::chrono::days(14);

  struct Kind {
    Time last_seen{};  // begin or end of an episode, whatever was later
    uint64_t episodes = 0;
    std::optional<Time> expected_until;
    std::string expected_because;
    std::optional<Time> fixed;
    std::string fixed_by;
    bool decided() const { return expected_until || fixed; }
    template <typename A>
    void Fields(A& a) {
      a(last_seen, episodes, expected_until, expected_because, fixed, fixed_by);
    }
  };

  /// An episode of `kind` begins: what it is told of its kind.
  EpisodeLedger Begin(const std::string& kind, Time begin, Time now);
  void End(const std::string& kind, Time end);

  /// Decides what `edit` says about its kind. Nothing when an edit of this id was applied before.
  /// What an acknowledgement does is the episode's, so its `before` and `after` are the caller's.
  std::optional<LedgerEditRecord> Apply(const LedgerEdit& edit, Time now);

  /// Nullptr when nothing is known of it.
  const Kind* Find(const std::string& kind) const;
  /// The end of the time in which it is expected, when that is after `now`.
  std::optional<Time> ExpectedUntil(const std::string& kind, Time now) const;

  template <typename A>
  void Fields(A& a) {
    a(kinds_, edits_);
  }

 private:
  Kind& At(const std::string& kind);

  std::map<std::string, Kind> kinds_;
  std::deque<std::string> edits_;  // ids of the newest
};

}  // namespace kizashi
