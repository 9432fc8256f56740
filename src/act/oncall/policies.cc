#include "act/oncall/policies.h"

#include <algorithm>

namespace kizashi::oncall {
namespace {

constexpr Duration kWait = std::chrono::minutes(10);

void AddChannel(const Team& team, std::vector<Target>* targets) {
  if (!team.notify.empty()) targets->push_back({Target::Kind::kChannel, team.name});
}

/// Of a team: who is on call; without a schedule `people`, else its members.
std::vector<Target> FirstOf(const Team& team, const std::vector<std::string>& people,
                            const std::vector<Schedule>& schedules) {
  std::vector<Target> targets;
  const auto schedule = std::find_if(schedules.begin(), schedules.end(),
                                     [&](const Schedule& one) { return one.team == team.name; });
  if (schedule != schedules.end()) {
    targets.push_back({Target::Kind::kSchedule, schedule->name});
  } else {
    for (const std::string& person : people.empty() ? team.members : people) {
      targets.push_back({Target::Kind::kPerson, person});
    }
  }
  AddChannel(team, &targets);
  return targets;
}

}  // namespace

std::vector<Target> EverybodyOf(const Catalog& catalog, std::string_view name) {
  std::vector<Target> targets;
  const Team* team = catalog.FindTeam(name);
  if (team == nullptr) return targets;
  for (const std::string& person : team->members) {
    targets.push_back({Target::Kind::kPerson, person});
  }
  AddChannel(*team, &targets);
  return targets;
}

EscalationPolicy DefaultPolicy(std::string_view service, const Catalog& catalog,
                               const std::vector<Schedule>& schedules, std::string_view sre_team) {
  EscalationPolicy policy;
  policy.name = "default";
  policy.is_default = true;
  policy.repeat = 1;
  const Service* described = catalog.FindService(service);
  const Team* owner = described == nullptr ? nullptr : catalog.FindTeam(described->owner);
  const Team* sre = catalog.FindTeam(sre_team);
  const auto add = [&](const Team& team, const std::vector<std::string>& people, Duration wait) {
    EscalationStep step;
    step.targets = FirstOf(team, people, schedules);
    step.wait = wait;
    if (!step.targets.empty()) policy.steps.push_back(std::move(step));
    const std::vector<Target> all = EverybodyOf(catalog, team.name);
    policy.last_resort.insert(policy.last_resort.end(), all.begin(), all.end());
  };
  if (owner != nullptr) {
    policy.team = owner->name;
    add(*owner, described->developers, kWait);
  }
  if (sre != nullptr && sre != owner) add(*sre, {}, kWait);
  return policy;
}

EscalationPolicy PolicyFor(std::string_view service, const Catalog& catalog,
                           const std::vector<Schedule>& schedules,
                           const std::vector<EscalationPolicy>& policies,
                           std::string_view sre_team) {
  for (const EscalationPolicy& policy : policies) {
    if (std::find(policy.services.begin(), policy.services.end(), service) !=
        policy.services.end()) {
      return policy;
    }
  }
  if (const Service* described = catalog.FindService(service)) {
    for (const EscalationPolicy& policy : policies) {
      if (policy.services.empty() && policy.team == described->owner) return policy;
    }
  }
  return DefaultPolicy(service, catalog, schedules, sre_team);
}

}  // namespace kizashi::oncall
