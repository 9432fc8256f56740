// Which escalation a group of alerts follows, and the one that holds when no file says anything:
// the developers of the service first, the SRE team second.
//
// Functions of the catalog and the plan; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "act/oncall/schedule.h"
#include "catalog/catalog.h"

namespace kizashi::oncall {

/// The name that the second team has in the catalog unless the server is told another one.
inline constexpr std::string_view kSreTeam = "sre";

/// All members of a team and its channel.
std::vector<Target> EverybodyOf(const Catalog& catalog, std::string_view team);

/// The policy that names the service; else that of the team that owns it which names none; else the
/// default. `policies` are a plan's, `schedules` too.
EscalationPolicy PolicyFor(std::string_view service, const Catalog& catalog,
                           const std::vector<Schedule>& schedules,
                           const std::vector<EscalationPolicy>& policies,
                           std::string_view sre_team = kSreTeam);

/// First: who is on call of the first schedule of the owning team, else the service's developers,
/// else the team's members; with the team's channel. Ten minutes later: the same of `sre_team`,
/// then both once more, after ten more. Without owner and SRE team there are no steps.
EscalationPolicy DefaultPolicy(std::string_view service, const Catalog& catalog,
                               const std::vector<Schedule>& schedules, std::string_view sre_team);

}  // namespace kizashi::oncall
