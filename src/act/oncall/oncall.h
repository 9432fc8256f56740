// Who is on call: of a schedule at a time, when that changes, over an interval, and where nobody
// is.
//
// A function of the plan, the edits and the times it is asked about; it has no clock. Immutable
// once made; any thread, readers share it by shared_ptr<const OnCall>.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "act/oncall/edits.h"
#include "act/oncall/schedule.h"
#include "base/clock.h"

namespace kizashi::oncall {

class CompiledSchedule;

/// How somebody came to be on call.
struct Duty {
  enum class Why : uint8_t {
    kTurn,      // of a layer's rotation
    kInstead,   // whose turn it is is away: the next of the rotation
    kTakeover,  // by a swap
    kOverride,
  };
  std::string person;
  Why why = Why::kTurn;
  std::string layer;       // its name; empty of an override
  std::string instead_of;  // whose turn it would be; empty of kTurn and kOverride
  uint64_t edit = 0;       // the edit's id, of an override or a takeover; 0 for one of a file
  bool operator==(const Duty&) const = default;
};

/// [begin, end) with one duty, or with nobody.
struct Span {
  Time begin{};
  Time end{};
  std::optional<Duty> duty;
  bool operator==(const Span&) const = default;
};

/// Nobody is on call although somebody has to be.
struct Gap {
  std::string schedule;
  Time begin{};
  Time end{};
  bool operator==(const Gap&) const = default;
};

class OnCall {
 public:
  /// How far Spans and Gaps look at most from `from`, and how many they give at most.
  static constexpr Duration kIntervalMax = std::chrono::hours(24 * 366 * 11);
  static constexpr size_t kSpansMax = 1'000'000;

  /// Edits of schedules that are not in the plan have no effect. Time zones that cannot be loaded
  /// count as UTC; the reader refuses them.
  OnCall(Plan plan, const std::vector<Edit>& edits);
  ~OnCall();

  /// Sorted by name. Their overrides and takeovers include those of edits.
  const std::vector<Schedule>& schedules() const { return plan_.schedules; }
  const std::vector<EscalationPolicy>& policies() const { return plan_.policies; }
  const std::vector<Leave>& leave() const { return plan_.leave; }
  /// nullptr when there is none of that name.
  const Schedule* Find(std::string_view schedule) const;

  /// Nothing when nobody is on call or there is no such schedule.
  std::optional<Duty> At(std::string_view schedule, Time at) const;
  /// The first change of the person after `at`: the span that begins then, with nobody perhaps.
  /// Nothing when nothing changes within `within`.
  std::optional<Span> Next(std::string_view schedule, Time at,
                           Duration within = std::chrono::hours(24 * 400)) const;
  /// All of [from, to), in order, without holes; neighbours differ in their duty.
  std::vector<Span> Spans(std::string_view schedule, Time from, Time to) const;
  /// The same of one layer by itself: with swaps and leave, without overrides and other layers.
  /// `layer` is a place in the schedule's `layers`.
  std::vector<Span> LayerSpans(std::string_view schedule, size_t layer, Time from, Time to) const;
  /// The same, neighbours differ in the person; `why` is that of the beginning.
  std::vector<Span> PersonSpans(std::string_view schedule, Time from, Time to) const;
  /// When nobody is on call within the schedule's coverage.
  std::vector<Gap> Gaps(std::string_view schedule, Time from, Time to) const;

  bool IsAway(std::string_view person, Time at) const;

 private:
  const CompiledSchedule* Compiled(std::string_view schedule) const;

  Plan plan_;
  std::vector<std::unique_ptr<const CompiledSchedule>> compiled_;  // as plan_.schedules
};

}  // namespace kizashi::oncall
