// Alerts of other programs (wire/foreign_alerts.h): the urgent ones as alerts of the alert engine,
// the others as anomalies, by the journal.
//
// The same alert (source and id) is the same alert of the engine however often it is sent, and
// whatever its labels have become since. One that grew urgent is no anomaly any more, and the other
// way round. What no service claims is told by the default route when it is urgent, else left out.
// An alert that nobody ends is over when it was not heard of for kSilent. One that a person ended
// fires again when it begins anew, or when its source still says so once the engine forgot it
// (EngineOptions::keep_resolved).
//
// Owned by main; any thread. Service, store and clock outlive it.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "act/alert/alert_service.h"
#include "base/clock.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "store/telemetry_store.h"
#include "wire/foreign_alerts.h"

namespace kizashi {

/// Labels of an alert of another program: where it is from, and its id there.
inline constexpr std::string_view kAlertSourceLabel = "alert_source";
inline constexpr std::string_view kAlertIdLabel = "alert_id";

class ForeignAlertFeed {
 public:
  static constexpr Duration kSilent = std::chrono::hours(7 * 24);

  struct Options {
    std::string page_url;
  };
  /// Who sent.
  struct Sender {
    AlertSource kind = AlertSource::kGeneric;
    std::string name;  // "alertmanager", or that of a source of one's own
  };
  struct Taken {
    Status status;  // OK when all are on disk; else some may be: to be sent again
    size_t alerts = 0;
    size_t anomalies = 0;
    std::vector<size_t> unclaimed;     // urgent ones that no service claims: they were taken
    std::vector<size_t> left_out;      // others that no service claims
    std::vector<std::string> refused;  // why, of what the engine does not take
  };

  ForeignAlertFeed(alerts::AlertService& service, TelemetryStore& telemetry, Options options)
      : service_(service), telemetry_(telemetry), options_(std::move(options)) {}

  /// `done` is called once, on any thread, when they are on disk.
  void Put(const Sender& sender, const std::vector<ForeignAlert>& alerts, const Catalog& catalog,
           std::function<void(Taken)> done);

 private:
  struct Plan;
  Plan MakePlan(const Sender& sender, const std::vector<ForeignAlert>& alerts,
                const Catalog& catalog) const;

  alerts::AlertService& service_;
  TelemetryStore& telemetry_;
  const Options options_;
  std::mutex mutex_;  // of two requests with the same alert the second finds what the first put
};

/// An alert of another program as the engine has it. `service` may be null; `known` is what the
/// engine has of it already, whose labels stay, or null. Labels: its own, alertname, alert_source,
/// alert_id, severity "page", and service and owner where one claims it. Annotations: title,
/// summary and description in the owner's language, link, and severity_sent.
alerts::Alert AlertOfForeign(const ForeignAlertFeed::Sender& sender, const ForeignAlert& alert,
                             const Service* service, const Catalog& catalog,
                             std::string_view page_url, const alerts::Alert* known, Time now);

}  // namespace kizashi
