#include "act/incident/incident_feed.h"

#include <algorithm>
#include <set>

#include "act/alert_feed.h"
#include "act/format.h"
#include "act/incident/incident_groups.h"
#include "act/report/slo_review.h"
#include "base/hash.h"
#include "base/log.h"

namespace kizashi::incidents {
namespace {

constexpr int kRecordsMax = 2000;
constexpr int kPageRank = 4;  // alerts::SeverityRank
constexpr Duration kBefore = std::chrono::minutes(10);
constexpr Duration kBeforeMax = std::chrono::hours(1);

/// As many fields, and as much of each, as an event takes.
kizashi::Fields Bounded(const kizashi::Fields& fields, size_t most) {
  kizashi::Fields out;
  for (const auto& [name, value] : fields) {
    if (out.size() == most) break;
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr || text->size() <= kEventTextBytesMax) {
      out.emplace_back(name, value);
    } else {
      // Characters have four bytes at most.
      out.emplace_back(name, CutText(*text, kEventTextBytesMax / 4));
    }
  }
  return out;
}

// An alert of ours has its record's id; one of another program is known by its group.
std::string GroupAlert(const alerts::AlertEvent& event) {
  return GroupAlertId(event.group_id, event.episode);
}

std::vector<std::pair<std::string, std::string>> LinksOf(const alerts::AlertEvent& event) {
  std::vector<std::pair<std::string, std::string>> links;
  for (const alerts::ToldAlert& one : event.alerts) {
    const std::string_view id = one.alert->annotations.Get(kAlertIdAnnotation);
    if (!id.empty() && links.size() < kEventListMax) links.emplace_back("alert", id);
  }
  if (links.empty()) links.emplace_back("alert", GroupAlert(event));
  return links;
}

// Whether all of its alerts have records of ours.
bool IsOurs(const alerts::AlertEvent& event) {
  return !event.alerts.empty() &&
         std::all_of(event.alerts.begin(), event.alerts.end(), [](const alerts::ToldAlert& one) {
           return one.alert->annotations.Has(kAlertIdAnnotation);
         });
}

// Whom an escalation told: a person or a team by its name.
std::string ToldName(const alerts::AlertEvent& event) {
  std::string_view name = event.destination.empty() ? event.receiver : event.destination;
  for (const std::string_view kind : {"person ", "team "}) {
    if (name.starts_with(kind)) name.remove_prefix(kind.size());
  }
  return std::string(name);
}

std::vector<IncidentEvent> BeginOrEnd(const alerts::AlertEvent& event, IncidentEvent out,
                                      const Catalog& catalog) {
  const bool begins = event.kind == alerts::AlertEvent::Kind::kOpened;
  if (begins && out.links.front().second != GroupAlert(event)) return {};
  if (!begins && IsOurs(event)) return {};
  // One of ours may have joined it meanwhile.
  if (!begins) out.links = {{"alert", GroupAlert(event)}};
  const bool pages = event.rank >= kPageRank;
  // The end does not say how grave it was: of what was no page it is passed over.
  out.kind =
      begins ? (pages ? EventKind::kPageBegin : EventKind::kTicketBegin) : EventKind::kPageEnd;
  out.id = GroupAlert(event);
  out.time = begins ? event.opened_at : event.at;
  out.fields = {{"name", std::string(event.labels.Get("alertname"))}};
  const Service* const service = catalog.FindService(event.service);
  if (service == nullptr) return {out};
  out.team = service->owner;
  if (begins) out.services = service->depends_on;
  if (out.services.size() > kEventListMax) out.services.resize(kEventListMax);
  return {out};
}

}  // namespace

std::string GroupAlertId(uint64_t group_id, uint64_t episode) {
  return fmt::format("{}-{}", HexId(group_id), episode);
}

std::vector<IncidentEvent> EventsOf(const AlertRecord& alert, const Catalog& catalog) {
  IncidentEvent event;
  const bool pages = alert.severity == Severity::kPage;
  event.kind = pages ? EventKind::kPageBegin : EventKind::kTicketBegin;
  event.time = alert.begin;
  event.id = alert.id;
  event.service = alert.service;
  event.team = alert.owner;
  event.links = {{"alert", alert.id}};
  event.fields = {{"name", alert.slo}};
  for (auto& field : Bounded(alert.fields, kEventListMax - 1)) event.fields.push_back(field);
  if (const Service* service = catalog.FindService(alert.service)) {
    event.services = service->depends_on;
    if (event.services.size() > kEventListMax) event.services.resize(kEventListMax);
  }
  std::vector<IncidentEvent> events = {event};
  if (!alert.end) return events;
  event.kind = pages ? EventKind::kPageEnd : EventKind::kTicketEnd;
  event.time = *alert.end;
  event.services.clear();
  event.fields = {{"name", alert.slo}};
  events.push_back(std::move(event));
  return events;
}

std::vector<IncidentEvent> EventsOf(const AnomalyRecord& anomaly) {
  IncidentEvent event;
  event.kind = EventKind::kAnomalyBegin;
  event.time = anomaly.begin;
  event.id = anomaly.id;
  event.service = anomaly.service;
  event.team = anomaly.owner;
  event.links = {{"anomaly", anomaly.id}};
  event.fields = {{"code", anomaly.code},
                  {"source", anomaly.source},
                  {"anomaly_kind", anomaly.kind},
                  {"price", anomaly.price.mean_minutes}};
  for (auto& field : Bounded(anomaly.fields, kEventListMax - 4)) event.fields.push_back(field);
  std::vector<IncidentEvent> events = {event};
  if (!anomaly.end) return events;
  event.kind = EventKind::kAnomalyEnd;
  event.time = *anomaly.end;
  events.push_back(std::move(event));
  return events;
}

std::vector<IncidentEvent> EventsOf(const VerdictBatch& batch, const Catalog& catalog) {
  // A record comes along whenever it changed; the same event told again counts once.
  std::vector<IncidentEvent> events;
  for (const AnomalyRecord& anomaly : batch.anomalies) {
    for (IncidentEvent& event : EventsOf(anomaly)) events.push_back(std::move(event));
  }
  for (const AlertRecord& alert : batch.alerts) {
    for (IncidentEvent& event : EventsOf(alert, catalog)) events.push_back(std::move(event));
  }
  return events;
}

IncidentEvent EventOf(const ReleaseSeen& release, const Catalog& catalog) {
  IncidentEvent event;
  event.kind = EventKind::kDeploy;
  event.time = release.at;
  event.id = CutText(fmt::format("{}-{}-{}", release.service, ToMs(release.at), release.version),
                     kEventTextBytesMax / 4);
  event.service = release.service;
  if (const Service* service = catalog.FindService(release.service)) event.team = service->owner;
  const auto bounded = [](const std::string& text) {
    return CutText(text, kEventTextBytesMax / 8);
  };
  event.fields = {{"version", bounded(release.version)}, {"before", bounded(release.before)}};
  return event;
}

std::vector<IncidentEvent> EventsOf(const alerts::AlertEvent& event, const Catalog& catalog) {
  using Kind = alerts::AlertEvent::Kind;
  if (event.via == kViaIncident) return {};  // it has that line already
  IncidentEvent out;
  out.time = event.at;
  out.id = event.id;
  out.service = event.service;
  out.links = LinksOf(event);
  const std::string detail = CutText(event.detail, kEventTextBytesMax / 4);
  switch (event.kind) {
    case Kind::kDelivered:
    case Kind::kFailed:
    case Kind::kGivenUp:
      out.kind = EventKind::kDelivery;
      out.fields = {{"destination", event.destination},
                    {"event", event.firing ? "firing" : "resolved"},
                    {"result", std::string(AlertEventName(event.kind))},
                    {"attempt", static_cast<double>(event.attempt)},
                    {"answer", event.kind == Kind::kDelivered ? "taken" : detail}};
      return {out};
    case Kind::kAcknowledged:
    case Kind::kResolvedBy:
      out.kind = EventKind::kAcknowledged;
      out.fields = {{"by", event.by}, {"via", event.via}};
      return {out};
    case Kind::kEscalated:
      out.kind = EventKind::kEscalated;
      out.fields = {{"step", static_cast<double>(event.level)},
                    {"to", ToldName(event)},
                    {"by", event.by},
                    {"reason", detail}};
      return {out};
    case Kind::kOpened:
    case Kind::kResolved: return BeginOrEnd(event, std::move(out), catalog);
    case Kind::kChanged:
    case Kind::kSilenced:
    case Kind::kAttempted: return {};
  }
  return {};
}

std::vector<IncidentEvent> EventsOfCall(const alerts::Notification& notification,
                                        const std::string& person, const phone::PhoneEvent& event) {
  using phone::PhoneEventKind;
  if (event.end == phone::PhoneEnd::kStopped) return {};
  const bool has_ended = event.kind == PhoneEventKind::kEnded;
  // What a key ended was told by its digit.
  if (event.end == phone::PhoneEnd::kAcknowledged || event.end == phone::PhoneEnd::kEscalated) {
    return {};
  }
  IncidentEvent out;
  out.kind = EventKind::kCall;
  out.time = event.at;
  out.id = fmt::format("{}-{}-{}", event.call_id, PhoneEventName(event.kind), ToMs(event.at));
  alerts::AlertEvent of;
  of.group_id = Hash64(notification.group_key);
  of.episode = notification.state.episode;
  of.alerts = notification.alerts;
  out.links = LinksOf(of);
  out.service = std::string(CommonOf(notification.alerts, &alerts::Alert::labels).Get("service"));
  out.fields = {
      {"to", person},
      {"state", std::string(has_ended ? PhoneEndName(event.end) : PhoneEventName(event.kind))}};
  if (event.digit != 0) out.fields.emplace_back("digit", std::string(1, event.digit));
  if (!event.detail.empty()) out.fields.emplace_back("reason", event.detail);
  return {out};
}

std::vector<IncidentEvent> EventsOfChat(const alerts::OpenGroup& group, const std::string& id,
                                        const std::string& by, const std::string& text, Time at) {
  IncidentEvent out;
  out.kind = EventKind::kChat;
  out.time = at;
  out.id = id;
  alerts::AlertEvent of;
  of.group_id = group.state.id();
  of.episode = group.state.episode;
  of.alerts = group.alerts;
  out.links = LinksOf(of);
  out.service = std::string(CommonOf(group.alerts, &alerts::Alert::labels).Get("service"));
  out.fields = {{"by", by}, {"text", text}};
  return {out};
}

StatusOr<std::vector<IncidentEvent>> EventsSince(RecordStore& records, const Catalog& catalog,
                                                 Time since) {
  RecordFilter filter;
  filter.overlapping_since = since;
  filter.limit = kRecordsMax;
  std::vector<IncidentEvent> events;
  KZ_ASSIGN_OR_RETURN(const auto anomalies, records.ListAnomalies(filter));
  KZ_ASSIGN_OR_RETURN(const auto alerts, records.ListAlerts(filter));
  for (const AnomalyRecord& anomaly : anomalies) {
    for (IncidentEvent& event : EventsOf(anomaly)) events.push_back(std::move(event));
  }
  for (const AlertRecord& alert : alerts) {
    for (IncidentEvent& event : EventsOf(alert, catalog)) events.push_back(std::move(event));
  }
  std::stable_sort(events.begin(), events.end(), [](const auto& a, const auto& b) {
    return a.time != b.time ? a.time < b.time : a.kind < b.kind;
  });
  return events;
}

std::vector<Impact> MeasureImpact(const Snapshot& snapshot, TelemetryStore& telemetry,
                                  const Incident& incident) {
  SloPeriod period;
  period.since = incident.begin - kBefore;
  for (const TimelineEntry& line : incident.timeline) {
    if (line.what != EventKindName(EventKind::kAnomalyBegin)) continue;
    period.since = std::min(period.since, std::max(line.time, incident.begin - kBeforeMax));
    break;  // lines are in order of time
  }
  period.until = std::max(incident.resolved.value_or(snapshot.now), period.since + kBefore);
  period.now = snapshot.now;
  period.time_zone = "UTC";
  std::vector<Impact> impacts;
  std::set<std::pair<std::string, std::string>> done;
  for (const RelatedAlert& alert : incident.alerts) {
    const ServiceSnapshot* service = snapshot.Find(alert.service);
    if (!alert.pages || service == nullptr) continue;
    if (!done.emplace(alert.service, alert.name).second) continue;
    for (const SloSnapshot& slo : service->slos) {
      if (slo.spec == nullptr || slo.spec->name != alert.name) continue;
      const auto review = ReviewSlo(*service, slo, telemetry, period, {});
      if (!review.ok()) {
        Log(LogLevel::kWarn, "impact not measured", {{"reason", Message(review.status())}});
        continue;
      }
      impacts.push_back({service->name, slo.spec->name, period.since, period.until,
                         review->counted.bad(), review->counted.total,
                         std::max(0.0, review->spent_minutes)});
    }
  }
  return impacts;
}

}  // namespace kizashi::incidents
