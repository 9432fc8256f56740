// The nouns of on-call: schedules of rotations, who is away, and whom an escalation tells.
//
// Plain values that reader.h reads from the catalog's files (docs/use/oncall.md) and edits.h adds
// to. Names of people, teams and services are the catalog's. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace kizashi::oncall {

/// What a clock on the wall shows; which one is said by a time zone beside it.
using LocalTime = std::chrono::local_time<Duration>;

inline constexpr int kWeekMinutes = 7 * 24 * 60;

/// A part of the week on the wall's clock, minutes from Monday 00:00: [begin, end). `end` may lie
/// in the next week. 0 <= begin < kWeekMinutes, begin < end <= begin + kWeekMinutes.
struct WeekRange {
  int begin = 0;
  int end = 0;
  bool operator==(const WeekRange&) const = default;
};

/// Turns of equal length on the wall's clock: turn k begins `k * every` units after `start` and is
/// that of people[k mod n]. Where the clock leaves a hand-off out it is at the jump, where it shows
/// it twice it is the first. In a month without the day of `start` it is the month's last day.
struct Rotation {
  enum class Unit : uint8_t { kHourly, kDaily, kWeekly, kMonthly };
  Unit unit = Unit::kWeekly;
  int every = 1;
  LocalTime start{};
  std::vector<std::string> people;  // not empty
  bool operator==(const Rotation&) const = default;
};

/// One rotation with the parts of the week in which it holds; none: always.
struct Layer {
  std::string name;
  Rotation rotation;
  std::optional<LocalTime> until;
  std::vector<WeekRange> only;
  bool operator==(const Layer&) const = default;
};

// What changes a schedule, over [begin, end). `id` and `author` are those of an edit; 0 and empty
// for one of a file.

/// Is on call, whatever the layers say.
struct Override {
  std::string person;
  Time begin{};
  Time end{};
  uint64_t id = 0;
  std::string author;
  bool operator==(const Override&) const = default;
};

/// `taker` has the turns of `giver`: half of a swap.
struct Takeover {
  std::string giver;
  std::string taker;
  Time begin{};
  Time end{};
  uint64_t id = 0;
  std::string author;
  bool operator==(const Takeover&) const = default;
};

/// Away, in every schedule: never on call.
struct Leave {
  std::string person;
  Time begin{};
  Time end{};
  uint64_t id = 0;
  std::string author;
  bool operator==(const Leave&) const = default;
};

/// Who is on call at a time is the first of these that gives somebody who is not away: the last
/// override that holds; the layers from the last to the first. A layer gives, beginning with whose
/// turn it is and going on in the rotation's order, the first who is not away, or who has a taker
/// that is not (the last takeover that holds and whose taker is not away).
struct Schedule {
  std::string name;
  std::string title;
  std::string team;
  std::string time_zone = "UTC";
  std::vector<Layer> layers;
  std::vector<Override> overrides;
  std::vector<Takeover> takeovers;
  /// When somebody has to be on call: always when not given; empty: at no time.
  std::optional<std::vector<WeekRange>> coverage;
  std::string file;
  int line = 0;
};

/// Whom a step tells.
struct Target {
  enum class Kind : uint8_t {
    kSchedule,  // who is on call
    kPerson,
    kChannel,  // where a team's messages go: the `notify` of the team of this name
  };
  Kind kind = Kind::kPerson;
  std::string name;
  bool operator==(const Target&) const = default;
};

struct EscalationStep {
  std::vector<Target> targets;
  Duration wait{std::chrono::minutes(5)};  // until the next step; above 0
  std::vector<WeekRange> only;             // none: always
  std::string time_zone = "UTC";           // of `only`
  std::vector<std::string> severities;     // none: all
  bool operator==(const EscalationStep&) const = default;
};

struct EscalationPolicy {
  std::string name;
  std::string team;
  std::vector<std::string> services;  // none: all of the team that no other policy names
  std::vector<EscalationStep> steps;  // one at least is for all times and severities
  int repeat = 0;                     // how often all steps follow once more
  /// Told when all steps of a round told nobody: nobody was on call, or all are away.
  std::vector<Target> last_resort;
  /// Made by DefaultPolicy: no file says otherwise.
  bool is_default = false;
  bool operator==(const EscalationPolicy&) const = default;
};

/// Everything that the files say.
struct Plan {
  std::vector<Schedule> schedules;         // by name
  std::vector<EscalationPolicy> policies;  // by name
  std::vector<Leave> leave;
};

}  // namespace kizashi::oncall
