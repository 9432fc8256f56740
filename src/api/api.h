// The routes: from a request's path to its answer.
//
// Handlers run on the HTTP server's pool; everything they use is safe for any thread. With tokens
// configured every route but /healthz, /readyz and the page's own files wants one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "act/alert_feed.h"
#include "api/foreign_alert_routes.h"
#include "api/incident_routes.h"
#include "api/ledger_routes.h"
#include "api/oncall_routes.h"
#include "api/page.h"
#include "api/price_routes.h"
#include "api/slack_event_routes.h"
#include "api/slo_routes.h"
#include "api/tel_routes.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "catalog/watch.h"
#include "judge/snapshot.h"
#include "net/http.h"
#include "net/http_client.h"
#include "store/record_store.h"
#include "store/series/series_budget.h"
#include "store/telemetry_store.h"

namespace kizashi {

class Api {
 public:
  struct Parts {
    RecordStore* records = nullptr;
    TelemetryStore* telemetry = nullptr;
    CatalogHolder* catalog = nullptr;
    HttpClient* client = nullptr;
    Registry* registry = nullptr;
    const Clock* clock = nullptr;
    oncall::OnCallHolder* oncall = nullptr;  // none: no routes of on-call
    oncall::EditLog* oncall_edits = nullptr;
    /// Of OnCallRoutes.
    std::optional<oncall::PagerOptions> paging = oncall::PagerOptions();
    const oncall::EscalationLog* escalations = nullptr;
    oncall::Reaches reaches = {};
    SlackEventRoutes* slack_events = nullptr;  // none: no such path
    TelRoutes* tel = nullptr;                  // none: no routes of telephone calls
    std::function<std::shared_ptr<const Snapshot>()> snapshot;
    std::function<bool()> ready;
    std::function<std::vector<SeriesBudget::OwnerUse>(size_t most)> series_uses;
    HttpHandler loki_push;
    HttpHandler ndjson_push;
    HttpHandler otlp_logs;
    HttpHandler otlp_metrics;
    HttpHandler otlp_traces;
    HttpHandler remote_write;
    HttpHandler metric_metadata;
    HttpHandler log_queries;                          // every GET below /kizashi/v1/logs/
    HttpHandler prometheus;                           // what PrometheusRoutes::IsMine says
    incidents::IncidentService* incidents = nullptr;  // nullptr: there are none
    const ForeignAlertRoutes* foreign_alerts = nullptr;
    /// What AlertmanagerRoutes::Has says, but for alerts of other programs; may be empty.
    std::function<void(const HttpRequest&, Responder, std::string_view actor)> alertmanager;
    /// Who was told of an alert; may be empty.
    std::function<std::vector<AlertDelivery>(const AlertRecord&)> deliveries;
  };
  struct Options {
    std::string version;
    std::vector<std::string> tokens;  // "TOKEN" or "NAME TOKEN"; empty: none are asked for
    std::string demo_control;         // the demo supervisor's address, "" when there is no demo
  };

  Api(Parts parts, Options options);

  /// An HttpHandler.
  void Handle(HttpRequest request, Responder respond);
  /// A newer snapshot is there: those who wait for a change are answered.
  void OnSnapshot(const std::shared_ptr<const Snapshot>& snapshot);
  /// Answers everyone who waits, so that the server can drain.
  void ReleaseWaiting();
  /// Puts other tokens in force.
  void SetTokens(std::vector<std::string> tokens);

 private:
  using Route = void (Api::*)(HttpRequest&, Responder&);

  /// The name of the token that came with it, "" when it has none; nothing when it is refused.
  std::optional<std::string> ActorOf(const HttpRequest& request);
  static HttpResponse Refusal(const HttpRequest& request);
  void HandleForeignAlerts(const HttpRequest& request, const Responder& respond);
  void HandleAllowed(HttpRequest& request, Responder& respond);
  /// Answers a GET whose path holds a name; false when there is no such path.
  bool GetNamed(HttpRequest& request, Responder& respond);
  void GetStatus(HttpRequest& request, Responder& respond);
  void WaitForChange(HttpRequest& request, Responder& respond);
  void GetBoard(HttpRequest& request, Responder& respond);
  void GetService(const std::string& name, Responder& respond);
  void GetSignals(const std::string& name, HttpRequest& request, Responder& respond);
  void ListAlerts(HttpRequest& request, Responder& respond);
  void ListSeries(HttpRequest& request, Responder& respond);
  void GetDailyReport(HttpRequest& request, Responder& respond);
  std::vector<AlertDelivery> DeliveriesOf(const AlertRecord& alert) const;
  void ForwardToDemo(HttpRequest& request, Responder& respond);

  const Parts parts_;
  const Options options_;
  const Time started_;
  const Page page_;
  SloRoutes slo_routes_;
  LedgerRoutes ledger_routes_;
  const PriceRoutes price_routes_;
  const OnCallRoutes oncall_routes_;
  const IncidentRoutes incident_routes_;

  std::mutex tokens_mutex_;
  std::vector<std::string> tokens_;

  struct Waiting {
    uint64_t since = 0;
    Time deadline{};
    Responder respond;
  };
  std::mutex waiting_mutex_;
  std::vector<Waiting> waiting_;
  bool closing_ = false;
};

}  // namespace kizashi
