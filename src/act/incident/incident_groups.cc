#include "act/incident/incident_groups.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "act/alert_feed.h"
#include "act/incident/incident_feed.h"
#include "base/hash.h"
#include "base/log.h"

namespace kizashi::incidents {
namespace {

using alerts::GroupAction;

std::optional<GroupAction::Kind> ActionOf(std::string_view what) {
  if (what == EditName(Edit::What::kAcknowledge)) return GroupAction::Kind::kAcknowledge;
  if (what == EditName(Edit::What::kResolve)) return GroupAction::Kind::kResolve;
  return std::nullopt;
}

bool IsOf(const Incident& incident, const alerts::OpenGroup& group) {
  if (incident.FindAlert(GroupAlertId(group.state.id(), group.state.episode)) != nullptr) {
    return true;
  }
  return std::any_of(group.alerts.begin(), group.alerts.end(), [&](const alerts::ToldAlert& one) {
    return one.firing &&
           incident.FindAlert(one.alert->annotations.Get(kAlertIdAnnotation)) != nullptr;
  });
}

void Act(const alerts::OpenGroup& group, GroupAction::Kind kind, const std::string& by,
         uint64_t incident, alerts::AlertService* service) {
  const bool is_done = kind == GroupAction::Kind::kAcknowledge && group.state.is_acknowledged();
  if (is_done) return;
  const GroupAction action{kind, by, std::string(kViaIncident),
                           fmt::format("incident {}", incident)};
  const Status status = service->Act(group.state.id(), action);
  // It may have ended meanwhile.
  if (status.ok() || status.code() == absl::StatusCode::kNotFound) return;
  Log(LogLevel::kError, "a group of alerts does not follow its incident",
      {{"incident", incident}, {"group", HexId(group.state.id())}, {"reason", Message(status)}});
}

}  // namespace

std::vector<alerts::OpenGroup> GroupsOf(const Incident& incident,
                                        const std::vector<alerts::OpenGroup>& open) {
  std::vector<alerts::OpenGroup> groups;
  for (const alerts::OpenGroup& group : open) {
    if (IsOf(incident, group)) groups.push_back(group);
  }
  return groups;
}

void ActOnGroups(const Incident& incident, const Edit& edit, alerts::AlertService* service) {
  const auto kind = ActionOf(EditName(edit.what));
  if (!kind) return;
  for (const alerts::OpenGroup& group : GroupsOf(incident, service->OpenGroups())) {
    Act(group, *kind, edit.actor, incident.number, service);
  }
}

void CatchUpGroups(const IncidentViews& incidents, alerts::AlertService* service) {
  const std::vector<alerts::OpenGroup> open = service->OpenGroups();
  if (open.empty()) return;
  for (const auto& view : incidents) {
    const Incident& incident = view->incident;
    if (incident.merged_into != 0) continue;
    const TimelineEntry* last = nullptr;
    for (const TimelineEntry& line : incident.timeline) {
      if (line.actor != kSystem && ActionOf(line.what)) last = &line;
    }
    if (last == nullptr) continue;
    for (const alerts::OpenGroup& group : GroupsOf(incident, open)) {
      if (group.state.updated_at >= last->time) continue;
      Act(group, *ActionOf(last->what), last->actor, incident.number, service);
    }
  }
}

}  // namespace kizashi::incidents
