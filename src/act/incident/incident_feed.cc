#include "act/incident/incident_feed.h"

#include <algorithm>
#include <set>

#include "act/format.h"
#include "act/report/slo_review.h"
#include "base/log.h"

namespace kizashi::incidents {
namespace {

constexpr int kRecordsMax = 2000;
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

}  // namespace

std::vector<IncidentEvent> EventsOf(const AlertRecord& alert, const Catalog& catalog) {
  if (alert.service.empty()) return {};
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

std::optional<IncidentEvent> EventOf(const DeliveryRecord& delivery) {
  if (delivery.attempts == 0) return std::nullopt;
  IncidentEvent event;
  event.kind = EventKind::kDelivery;
  event.time = delivery.last_attempt;
  event.id = fmt::format("{}-{}", delivery.id, delivery.attempts);
  event.links = {{"alert", delivery.alert_id}};
  const bool delivered = delivery.state == DeliveryRecord::State::kDelivered;
  const bool given_up = delivery.state == DeliveryRecord::State::kGivenUp;
  event.fields = {
      {"destination", DestinationName(delivery.kind, delivery.url)},
      {"event", delivery.event},
      {"result", delivered  ? "delivered"
                 : given_up ? "given_up"
                            : "failed"},
      {"attempt", static_cast<double>(delivery.attempts)},
      {"answer", delivered ? "taken" : CutText(delivery.last_error, kEventTextBytesMax / 4)}};
  return event;
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
    KZ_ASSIGN_OR_RETURN(const auto deliveries, records.ListDeliveries(alert.id));
    for (const DeliveryRecord& delivery : deliveries) {
      if (auto event = EventOf(delivery)) events.push_back(*std::move(event));
    }
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
