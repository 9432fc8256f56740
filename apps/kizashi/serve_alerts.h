// The part of `kizashi serve` that tells people: the alert engine with its receivers, on call, the
// telephone, and the routes of all three.
//
// Owned by serve. ReadOptions, then Start, then Stop and StopPhone.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "act/alert/alert_service.h"
#include "act/alert/receiver_kinds.h"
#include "act/alert_feed.h"
#include "act/catalog_routes.h"
#include "act/incident/incident_event.h"
#include "act/notify/phone/phone_desk.h"
#include "act/oncall/escalation_log.h"
#include "act/oncall/pager.h"
#include "api/alertmanager_routes.h"
#include "api/slack_event_routes.h"
#include "api/tel_routes.h"
#include "net/http_client.h"
#include "net/mail.h"
#include "serve.h"
#include "store/record_store.h"

namespace kizashi {

/// Those of --slack and --webhook.
std::vector<Destination> DefaultDestinations(const ServeOptions& options);

class ServeAlerts {
 public:
  /// All outlive this, but for `client`, which ends between StopPhone and the end of this.
  struct Parts {
    const Clock* clock = nullptr;
    Registry* registry = nullptr;
    HttpClient* client = nullptr;
    const CatalogHolder* catalog = nullptr;
    RecordStore* records = nullptr;
    oncall::OnCallHolder* oncall = nullptr;
    alerts::AlertListener* incidents = nullptr;
    std::function<void(std::vector<incidents::IncidentEvent>)> tell_incidents;
    std::string page_url;
  };

  explicit ServeAlerts(const ServeOptions& options) : options_(options) {}

  /// Checks what can be checked before anything runs.
  Status ReadOptions(const MailServer& mail);
  Status Start(Parts parts);
  /// The routes anew: after a change of the catalog, or of --alert-config.
  void Reload();
  void Stop(Duration deadline);
  /// Behind the end of the HTTP server, whose requests may be a provider's.
  void StopPhone();

  // From Start on.
  alerts::AlertService& service() { return *service_; }
  AlertFeed& feed() { return *feed_; }
  AlertmanagerRoutes& routes() { return *routes_; }
  TelRoutes& tel() { return *tel_; }
  SlackEventRoutes& slack_events() { return *slack_events_; }
  const oncall::EscalationLog& escalations() const { return *escalations_; }
  bool Reaches(const oncall::Target& target) const {
    return oncall::IsReached(*service_->config(), target);
  }
  /// Nothing when --alert-config says whom alerts tell.
  std::optional<oncall::PagerOptions> paging() const;

 private:
  alerts::AlertConfigResult Routes() const;
  Status StartPhone();
  Status StartService();
  void StartRoutes();
  void TellOfCall(const alerts::Notification& notification, const std::string& person,
                  const phone::PhoneEvent& event) const;
  void Announce(const std::string& person, const std::string& text) const;
  void PostToSlack(const std::string& url, const std::string& channel,
                   const std::string& text) const;
  alerts::FetchFunction Fetch() const;

  const ServeOptions& options_;
  CatalogRouteOptions route_options_;
  oncall::PagerOptions pager_options_;
  std::vector<std::string> slack_secrets_;
  std::vector<std::string> pagerduty_secrets_;
  std::optional<phone::PhoneConfig> phone_config_;

  Parts parts_;
  std::unique_ptr<phone::PhoneDesk> desk_;
  std::unique_ptr<oncall::EscalationLog> escalations_;
  std::unique_ptr<oncall::Pager> pager_;
  std::unique_ptr<alerts::AlertService> service_;
  std::unique_ptr<alerts::Receivers> receivers_;
  std::unique_ptr<AlertFeed> feed_;
  std::unique_ptr<AlertmanagerRoutes> routes_;
  std::unique_ptr<TelRoutes> tel_;
  std::unique_ptr<SlackEventRoutes> slack_events_;
};

}  // namespace kizashi
