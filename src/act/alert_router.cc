#include "act/alert_router.h"

#include <algorithm>

namespace kizashi {
namespace {

/// Deeper than any organisation: ends the walk when parents form a ring.
constexpr int kParentsMax = 32;

std::string_view KindName(Destination::Kind kind) {
  return kind == Destination::Kind::kSlack ? "slack" : "webhook";
}

std::string_view EventOf(const Verdict& verdict) {
  if (verdict.type == "alert_firing") return "firing";
  if (verdict.type == "alert_resolved") return "resolved";
  return "";
}

}  // namespace

std::vector<Destination> DestinationsOf(std::string_view owner, const Catalog& catalog,
                                        const std::vector<Destination>& fallback) {
  const std::vector<Destination>* found = &fallback;
  const Team* team = catalog.FindTeam(owner);
  for (int step = 0; team != nullptr && step < kParentsMax; ++step) {
    if (!team->notify.empty()) {
      found = &team->notify;
      break;
    }
    team = team->parent.empty() ? nullptr : catalog.FindTeam(team->parent);
  }
  std::vector<Destination> destinations;
  for (const Destination& destination : *found) {
    const bool is_double =
        std::any_of(destinations.begin(), destinations.end(),
                    [&](const Destination& other) { return other.url == destination.url; });
    if (!is_double) destinations.push_back(destination);
  }
  return destinations;
}

std::vector<DeliveryRecord> RouteAlerts(const VerdictBatch& batch, const Catalog& catalog,
                                        const std::vector<Destination>& default_destinations,
                                        Time now) {
  std::vector<DeliveryRecord> deliveries;
  for (const Verdict& verdict : batch.verdicts) {
    const std::string_view event = EventOf(verdict);
    if (event.empty()) continue;
    const auto alert = std::find_if(batch.alerts.begin(), batch.alerts.end(),
                                    [&](const AlertRecord& a) { return a.id == verdict.subject; });
    if (alert == batch.alerts.end()) continue;
    for (const Destination& destination :
         DestinationsOf(alert->owner, catalog, default_destinations)) {
      DeliveryRecord delivery;
      delivery.alert_id = alert->id;
      delivery.event = event;
      delivery.kind = KindName(destination.kind);
      delivery.url = destination.url;
      delivery.created = now;
      delivery.next_attempt = now;
      deliveries.push_back(std::move(delivery));
    }
  }
  return deliveries;
}

}  // namespace kizashi
