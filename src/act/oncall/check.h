// What is wrong with on-call before it happens: nobody on call, and changes without effect.
//
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "act/oncall/oncall.h"

namespace kizashi::oncall {

struct Finding {
  enum class Kind {
    kGap,           // nobody is on call of a schedule within its coverage
    kAwayOverride,  // an override names a person who is away for a part of it
    kIdleTakeover,  // a swap gives turns that the giver does not have
  };
  Kind kind = Kind::kGap;
  std::string schedule;
  std::string person;  // empty of a gap
  Time begin{};
  Time end{};
  bool operator==(const Finding&) const = default;
};
std::string_view FindingName(Finding::Kind kind);  // "gap", "override_of_away", "idle_swap"

/// Of all schedules in [from, to), by schedule and time.
std::vector<Finding> FindFindings(const OnCall& oncall, Time from, Time to);

}  // namespace kizashi::oncall
