// Finds what changed in the log of one service: patterns never seen, more often, less often, gone.
//
// Lines are counted by pattern; every five seconds the last minute is compared with what every
// pattern's CountModel and its Companions expect. A deviation begins when its surprise passes the
// alarm level, is one episode until it was quiet for kQuiet, and becomes the new normal after
// kNewLevel. A pattern is gone when it stays away longer than it ever did, by a factor, and its
// silence passes the alarm level.
//
// False findings are held down by a budget: all tests of one service and week together may give
// kFalsePerWeek findings when nothing changed (Bonferroni over patterns and steps; a minute looked
// at in steps of five seconds counts as four looks). AlarmNats() is that level.
//
// One per service, part of the judge's saved state; one thread; reads no clock. Memory: at most
// kPatternsMax patterns of some 300 bytes; lines of further ones are counted together.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "judge/logs/companions.h"
#include "judge/logs/count_model.h"
#include "judge/logs/sightings.h"
#include "wire/telemetry.h"

namespace kizashi {

enum class PatternChange : uint8_t { kNew, kUp, kDown, kGone };
/// "new", "up", "down", "gone"
std::string_view PatternChangeName(PatternChange change);

class LogFinder {
 public:
  static constexpr size_t kPatternsMax = 20'000;
  static constexpr size_t kExampleBytesMax = 160;
  static constexpr Duration kStep = std::chrono::seconds(5);
  static constexpr int kWindowSteps = 12;  // a window is a minute
  /// A new pattern is news in a log of so many lines of which so few are of a pattern seen once.
  static constexpr uint64_t kLinesMin = 200;
  static constexpr double kUnseenShareMax = 0.01;
  /// And only where news is rare in time (sightings.h).
  static constexpr Duration kQuietMax = std::chrono::hours(24);
  static constexpr Duration kErrorQuietMax = std::chrono::hours(12);
  /// A log that began so recently is not learnt, however many lines it has.
  static constexpr Duration kLifeMin = std::chrono::minutes(1);
  /// Changes of rate are looked for after so many minutes with lines.
  static constexpr double kWindowsMin = 60;
  static constexpr double kActiveMin = 20;
  static constexpr double kFalsePerWeek = 0.05;
  static constexpr Duration kQuiet = std::chrono::minutes(10);
  static constexpr Duration kNewLevel = std::chrono::hours(1);
  /// Gone is only what stayed away so many times longer than ever before.
  static constexpr double kGapFactor = 3;

  struct Pattern {
    uint64_t id = 0;
    LogSeverity severity = LogSeverity::kNone;  // the worst it was logged with
    Time first_seen{};
    Time last_seen{};
    uint64_t count = 0;
    std::string example;  // the beginning of its first line
    CountModel model;
    uint64_t windows_at_last = 0;  // windows and lines of the service, when it was last learnt
    uint64_t lines_at_last = 0;
    uint64_t longest_gap = 0;  // in windows
    uint32_t occasions = 0;    // steps it was learnt in, at most 2
    uint32_t member = Companions::kNone;
    uint32_t window = 0;  // lines of the last minute, without the step that is going on
    uint32_t step = 0;    // of that step
    uint32_t minute = 0;  // of the window being learnt
    template <typename A>
    void Fields(A& a) {
      a(id, severity, first_seen, last_seen, count, example, model, windows_at_last, lines_at_last,
        longest_gap, occasions, member, step, minute);
    }
  };

  struct News {
    double unseen_share = 0;  // Good's estimate before this line
    uint64_t lines = 0;       // before this one
    bool rare = false;        // in time too: worth telling
  };
  /// Counts one line; tells when its pattern is new in a log that is learnt.
  /// A line that was held since the log was not learnt yet (`was_learnt` false) is no news.
  std::optional<News> Add(uint64_t pattern_id, LogSeverity severity, std::string_view text,
                          Time now, bool was_learnt = true);

  /// The last news is explained otherwise: it does not make further news less rare.
  void ExplainNews();

  /// Two ids turned out to be one pattern: `old_id` is counted as `new_id` from now on, and what
  /// was counted is added up. False when too many were folded.
  bool Alias(uint64_t old_id, uint64_t new_id);

  struct Finding {
    PatternChange change = PatternChange::kUp;
    uint32_t slot = 0;
    double nats = 0;
    double observed = 0;        // lines in the last minute
    double silent_minutes = 0;  // of kGone that is told by the length of its silence
    double expected = 0;
    double low = 0;  // the middle 99 % of what is expected
    double high = 0;
    std::optional<Companions::Break> companion;  // what it is compared with, if that is one
  };
  struct Event {
    enum class What { kBegin, kGoesOn, kEnd } what = What::kBegin;
    Finding finding;
    std::string_view reason;  // of kEnd: "quiet", "back", "new_level"
  };

  /// Ends the step that is going on; its counts go to `companions` under `service`.
  void EndStep(uint64_t service, Companions* companions);
  /// Nothing was measured for longer than a window.
  void SkipWindow();
  /// Looks at the last minute, after every finder and `companions` have ended their step.
  std::vector<Event> Look(Time now, const Companions& companions);

  /// How much changed in the last minute against all before, to rank services by: the largest of
  /// the surprises, each less what the number of tests explains, and a tenth of the others.
  struct Score {
    double nats = 0;
    std::optional<Finding> finding;  // the largest
  };
  Score ScoreNow(uint64_t service, const Companions& companions) const;

  double AlarmNats() const;
  bool IsLearnt() const;
  /// The chance that the next line's pattern is new: the share of lines whose pattern was seen
  /// exactly once (Good 1953, "The population frequencies of species"); 1 before the first line.
  double UnseenShare() const;
  const Pattern* Find(uint64_t pattern_id) const;
  const Pattern& pattern(uint32_t slot) const { return patterns_[slot]; }
  size_t size() const { return patterns_.size(); }
  uint64_t lines() const { return lines_; }
  uint64_t other_lines() const { return other_lines_; }

  template <typename A>
  void Fields(A& a) {
    a(patterns_, aliases_, recent_, minute_steps_, minute_lines_, step_lines_, lines_,
      learnt_lines_, windows_, window_count_, seen_once_, other_lines_, open_, sightings_,
      error_sightings_, error_was_last_);
    if constexpr (A::kReading) Mend();
  }

 private:
  using Step = std::vector<std::pair<uint32_t, uint32_t>>;  // slot, lines
  struct Open {
    PatternChange change = PatternChange::kUp;
    Time begin{};
    Time last_over{};
    template <typename A>
    void Fields(A& a) {
      a(change, begin, last_over);
    }
  };

  uint32_t SlotOf(uint64_t pattern_id) const;
  bool IsRare(LogSeverity severity, bool learnt, Time now);
  void LearnOldestStep();
  void LearnWindow();
  std::optional<Finding> Rate(uint32_t slot, const Companions& companions) const;
  std::optional<Finding> Silence(uint32_t slot) const;
  std::optional<Finding> Newest() const;
  std::optional<std::string_view> EndOf(const Open& open, const Pattern& pattern, Time now) const;
  void Mend();

  std::vector<Pattern> patterns_;
  std::vector<std::pair<uint64_t, uint64_t>> aliases_;  // old id, the id it is counted as
  std::deque<Step> recent_;                             // ended steps of the last minute
  int32_t minute_steps_ = 0;
  uint64_t minute_lines_ = 0;
  uint64_t step_lines_ = 0;
  uint64_t lines_ = 0;
  uint64_t learnt_lines_ = 0;
  double windows_ = 0;         // learnt, with lines; halved when the past is
  uint64_t window_count_ = 0;  // learnt, with lines
  uint64_t seen_once_ = 0;
  uint64_t other_lines_ = 0;       // of patterns beyond the limit
  std::map<uint32_t, Open> open_;  // by slot
  Sightings sightings_;
  Sightings error_sightings_;
  bool error_was_last_ = false;  // the last new pattern was of an error

  // Follows from the above.
  std::unordered_map<uint64_t, uint32_t> slots_;
  Step touched_;
  uint64_t window_lines_ = 0;
};

}  // namespace kizashi
