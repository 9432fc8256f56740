// What people do about an incident, done to its groups of alerts too: who acknowledges an incident
// takes care of what pages for it, who resolves it ends that.
//
// The other way is incident_feed.h: what is done to a group is an event of its incident. An event
// of a group whose `via` is kViaIncident came from here, and is not told to incidents again.
// Any thread; waits for the disk of the alert service.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "act/alert/alert_service.h"
#include "act/incident/incident.h"
#include "act/incident/incident_view.h"

namespace kizashi::incidents {

/// `via` of what is done to a group because it was done to its incident.
inline constexpr std::string_view kViaIncident = "incident";

/// Those of `open` that have a firing alert of the incident.
std::vector<alerts::OpenGroup> GroupsOf(const Incident& incident,
                                        const std::vector<alerts::OpenGroup>& open);

/// Does to the incident's open groups what `edit` did to it, when that acknowledges or resolves.
/// What the alert service does not take is logged.
void ActOnGroups(const Incident& incident, const Edit& edit, alerts::AlertService* service);

/// The same of what people did last to each incident, to groups that did not change since: a crash
/// came in between. Call once at a start.
void CatchUpGroups(const IncidentViews& incidents, alerts::AlertService* service);

}  // namespace kizashi::incidents
