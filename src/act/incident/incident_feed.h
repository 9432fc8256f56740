// What the judge, the rules and the alert engine say, as events for incidents; and what an
// incident did to SLOs.
//
// Pure functions but for MeasureImpact, which reads the store; any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "act/alert/alert_events.h"
#include "act/alert/engine.h"
#include "act/incident/incident_event.h"
#include "act/incident/report_draft.h"
#include "act/notify/phone/phone.h"
#include "catalog/catalog.h"
#include "judge/output.h"
#include "judge/snapshot.h"
#include "store/record_store.h"
#include "store/telemetry_store.h"

namespace kizashi::incidents {

/// The begin of an alert, and its end when it has one. None of an alert that is not about a
/// service.
std::vector<IncidentEvent> EventsOf(const AlertRecord& alert, const Catalog& catalog);
/// The same of an anomaly.
std::vector<IncidentEvent> EventsOf(const AnomalyRecord& anomaly);
std::vector<IncidentEvent> EventsOf(const VerdictBatch& batch, const Catalog& catalog);

/// The id in incidents of what a group of alerts of other programs fired in one episode.
std::string GroupAlertId(uint64_t group_id, uint64_t episode);

/// A version that telemetry shows as deployed.
IncidentEvent EventOf(const ReleaseSeen& release, const Catalog& catalog);

/// What happened to a group of alerts: each answer of a destination, who acknowledged, each step of
/// an escalation, linked to the group's alerts. Begin and end of a group are told of alerts of
/// other programs alone, as those of ours have their records; what has severity page or graver
/// pages. What was done to it because it was done to its incident (incident_groups.h) is none.
/// Without secrets.
std::vector<IncidentEvent> EventsOf(const alerts::AlertEvent& event, const Catalog& catalog);

/// One event of a telephone call to `person` about a group of alerts. None of a call that the end
/// of the server stopped.
std::vector<IncidentEvent> EventsOfCall(const alerts::Notification& notification,
                                        const std::string& person, const phone::PhoneEvent& event);

/// What `by` wrote about a group of alerts; `id` is the message's.
std::vector<IncidentEvent> EventsOfChat(const alerts::OpenGroup& group, const std::string& id,
                                        const std::string& by, const std::string& text, Time at);

/// Everything that overlaps the time since `since`, as a start tells it again, in order of time:
/// alerts and anomalies. Fails when the store does.
StatusOr<std::vector<IncidentEvent>> EventsSince(RecordStore& records, const Catalog& catalog,
                                                 Time since);

/// What failed of each SLO whose alert paged, from ten minutes before the incident's begin (an
/// alert needs that long to be certain), or from the first anomaly when that is earlier, at most an
/// hour, to its end. An SLO that the snapshot does not have is left out.
std::vector<Impact> MeasureImpact(const Snapshot& snapshot, TelemetryStore& telemetry,
                                  const Incident& incident);

/// Tells what happens to groups of alerts as it comes.
class AlertListener : public alerts::AlertListener {
 public:
  AlertListener(std::function<void(std::vector<IncidentEvent>)> tell,
                std::function<std::shared_ptr<const Catalog>()> catalog)
      : tell_(std::move(tell)), catalog_(std::move(catalog)) {}
  void OnAlertEvent(const alerts::AlertEvent& event) override {
    tell_(EventsOf(event, *catalog_()));
  }

 private:
  const std::function<void(std::vector<IncidentEvent>)> tell_;
  const std::function<std::shared_ptr<const Catalog>()> catalog_;
};

}  // namespace kizashi::incidents
