#include "act/oncall/check.h"

#include <algorithm>
#include <tuple>

namespace kizashi::oncall {
namespace {

/// Parts of an override in which its person is away.
void AddAway(const OnCall& oncall, const Schedule& schedule, const Override& one, Time from,
             Time to, std::vector<Finding>* findings) {
  for (const Leave& leave : oncall.leave()) {
    if (leave.person != one.person) continue;
    const Time begin = std::max({one.begin, leave.begin, from});
    const Time end = std::min({one.end, leave.end, to});
    if (begin >= end) continue;
    findings->push_back({Finding::Kind::kAwayOverride, schedule.name, one.person, begin, end});
  }
}

/// Whether the schedule says anywhere in the takeover's time that it is in force.
bool TakesEffect(const OnCall& oncall, const Schedule& schedule, const Takeover& one) {
  for (const Span& span : oncall.Spans(schedule.name, one.begin, one.end)) {
    if (span.duty && span.duty->why == Duty::Why::kTakeover && span.duty->person == one.taker &&
        span.duty->instead_of == one.giver) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string_view FindingName(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::kGap: return "gap";
    case Finding::Kind::kAwayOverride: return "override_of_away";
    case Finding::Kind::kIdleTakeover: return "idle_swap";
  }
  return "";
}

std::vector<Finding> FindFindings(const OnCall& oncall, Time from, Time to) {
  std::vector<Finding> findings;
  for (const Schedule& schedule : oncall.schedules()) {
    for (const Gap& gap : oncall.Gaps(schedule.name, from, to)) {
      findings.push_back({Finding::Kind::kGap, schedule.name, "", gap.begin, gap.end});
    }
    for (const Override& one : schedule.overrides) {
      AddAway(oncall, schedule, one, from, to, &findings);
    }
    for (const Takeover& one : schedule.takeovers) {
      if (one.end <= from || one.begin >= to || TakesEffect(oncall, schedule, one)) continue;
      findings.push_back(
          {Finding::Kind::kIdleTakeover, schedule.name, one.giver, one.begin, one.end});
    }
  }
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.schedule, a.begin) < std::tie(b.schedule, b.begin);
  });
  return findings;
}

}  // namespace kizashi::oncall
