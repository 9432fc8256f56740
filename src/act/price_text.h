// How a price came about, in words, with every number that it was computed from; and what a
// redundancy group has to fear.
//
// Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "act/texts.h"
#include "judge/snapshot.h"

namespace kizashi {

/// "2.5%", or "1/23,400" for what is rare.
std::string FormatChance(double chance);

/// The price computed again from its own fields, by the rule that it names; nothing when it is of a
/// prior or of a rule that this version has not.
std::optional<Price> PriceAgain(const Price& price);

/// One sentence a line.
std::vector<std::string> ExplainPrice(std::string_view kind, const Price& price, Language language);
/// That the price was told at `time`, and that it comes out the same today.
std::string ExplainTold(const Price& price, Time time, Language language);

/// What GroupForecast says of a group: its answers, computed once.
struct GroupAnswers {
  GroupState state;
  Duration now_window{};
  Duration window{};
  bool has_history = false;
  Range failures_a_month;  // of a member
  Range repair_minutes;
  Range common_cause;
  Range now;                  // fewer than needed within now_window, from what is down now
  Range general;              // within window, from all up
  Range independent;          // the same without common cause
  int fatal = 1;              // so many at once are too many
  Range at_once;              // within window
  std::optional<Price> next;  // of the next member that goes; nothing when too few are left
  Range more_members;
  Range faster_repair;
  Range half_common_cause;
};
GroupAnswers AnswersOf(const GroupSnapshot& group, Duration now_window, Duration window);
std::vector<std::string> ExplainGroup(std::string_view service, const GroupSnapshot& group,
                                      const GroupAnswers& answers, Language language);

}  // namespace kizashi
