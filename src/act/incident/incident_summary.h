// What all incidents come to: action items to be followed, statistics, and what a team's daily
// report says of them.
//
// Pure functions of views; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "act/incident/incident_view.h"
#include "act/texts.h"
#include "base/clock.h"

namespace kizashi::incidents {

struct FollowedAction {
  uint64_t incident = 0;
  std::string title;  // of the incident
  std::string team;
  size_t place = 0;  // in the report's list, from 0
  ActionItem item;
  bool overdue = false;
};

/// Those of reports of incidents that stand for themselves, the earliest due first, those without a
/// day last. `team`: "" for all; `state`: "all", "unfinished", "overdue" or one of kActionStates.
std::vector<FollowedAction> ListActions(const IncidentViews& views, std::string_view team,
                                        std::string_view state, std::string_view today);

struct IncidentStats {
  size_t incidents = 0;
  size_t open = 0;
  size_t unpublished = 0;                    // over, and no published report
  std::map<std::string, size_t> by_trigger;  // of reports
  std::map<std::string, size_t> by_cause;
  std::map<std::string, size_t> by_service;
  std::map<int, size_t> by_severity;
  size_t actions_unfinished = 0;
  size_t actions_overdue = 0;
  size_t actions_ended = 0;
  /// Medians, from the begin; negative when there is none.
  Duration to_acknowledge{-1};
  Duration to_resolve{-1};
};

/// Of incidents that began in [since, until); `team`: "" for all.
IncidentStats CountIncidents(const IncidentViews& views, std::string_view team, Time since,
                             Time until, std::string_view today);

/// Lines of Markdown for a team's daily report ("" for all teams): incidents under way, reports
/// that are not published yet, action items that are overdue or due within three days. "" when
/// there is nothing to tell.
std::string DailyIncidents(const IncidentViews& views, std::string_view team, Language language,
                           std::string_view time_zone, Time now);

}  // namespace kizashi::incidents
