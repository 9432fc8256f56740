// A schedule made ready to be asked: people as numbers, times of leave joined, hand-offs as times.
//
// Immutable; any thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "act/oncall/oncall.h"
#include "act/oncall/schedule.h"
#include "act/oncall/zone.h"

namespace kizashi::oncall {

inline constexpr Time kNever = Time::max();

/// When one is away: intervals in order that do not touch.
class AwayTimes {
 public:
  AwayTimes() = default;
  explicit AwayTimes(std::vector<std::pair<Time, Time>> intervals);
  /// `until` is lowered to the time at which the answer changes.
  bool Contains(Time at, Time* until) const;

 private:
  std::vector<std::pair<Time, Time>> intervals_;
};

class CompiledSchedule {
 public:
  /// `schedule` outlives this. `leave` is of everybody.
  CompiledSchedule(const Schedule& schedule, const std::vector<Leave>& leave);

  struct Answer {
    static constexpr int kNobody = -1;
    int person = kNobody;
    Duty::Why why = Duty::Why::kTurn;
    int layer = -1;
    int instead_of = kNobody;
    uint64_t edit = 0;
    bool operator==(const Answer&) const = default;
  };
  /// A turn: [begin, end). What a walk over time has at hand from the step before.
  struct Turn {
    int64_t number = -1;
    Time begin = kNever;
    Time end = kNever;
  };
  using Turns = std::vector<Turn>;
  Turns NoTurns() const { return Turns(layers_.size()); }

  /// Who is on call at `at`, and a time behind it up to which nothing changes.
  Answer At(Time at, Turns* turns, Time* until) const;
  /// What one layer gives by itself, likewise: with swaps and leave, without overrides. `turns` is
  /// of all layers.
  Answer OfLayer(size_t layer, Time at, Turns* turns, Time* until) const;
  /// Whether somebody has to be on call, likewise.
  bool IsCovered(Time at, Time* until) const;

  std::optional<Duty> DutyOf(const Answer& answer) const;

 private:
  struct CompiledLayer {
    const Layer* layer;
    std::vector<int> people;
    WeekSet only;
    Time begin;
    Time end;
  };
  struct Change {  // an override, or a takeover
    int person;
    Time begin;
    Time end;
    uint64_t edit;
  };

  int NumberOf(const std::string& person);
  LocalTime HandOff(const Rotation& rotation, int64_t number) const;
  Turn TurnAt(const Rotation& rotation, Time at) const;
  bool Holds(const WeekSet& set, Time at, Time* until) const;
  /// The last of `changes` that holds and whose person is not away.
  const Change* LastThatHolds(const std::vector<Change>& changes, Time at, Time* until) const;
  bool FromLayer(size_t layer, Time at, Turns* turns, Time* until, Answer* answer) const;

  const Schedule& schedule_;
  std::shared_ptr<const Zone> zone_;
  std::vector<std::string> people_;
  std::map<std::string, int, std::less<>> numbers_;
  std::vector<AwayTimes> away_;                 // of each person
  std::vector<std::vector<Change>> takeovers_;  // of each giver
  std::vector<Change> overrides_;
  std::vector<CompiledLayer> layers_;
  WeekSet coverage_;
};

}  // namespace kizashi::oncall
