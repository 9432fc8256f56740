// Alertmanager's HTTP API of version 2, and what its server answers beside it, over the alert
// service.
//
// Handle may be called on any thread; it answers at once, but for alerts that are received, which
// wait for the disk. Source: Alertmanager's api/v2/openapi.yaml; amtool, Prometheus and Grafana
// read the answers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "act/alert/alert_service.h"
#include "act/alert/http_sender.h"
#include "base/metrics.h"
#include "net/http.h"

namespace kizashi {

class AlertActionRoutes;
class AlertMembersCache;

class AlertmanagerRoutes {
 public:
  struct Peer {
    std::string name;
    std::string address;
  };
  struct ClusterView {
    std::string status = "disabled";  // "ready", "settling", "disabled"
    std::string name;
    std::vector<Peer> peers;  // this server among them
  };
  struct Parts {
    alerts::AlertService* service = nullptr;
    Registry* registry = nullptr;
    std::string version;
    std::function<ClusterView()> cluster;  // may be empty
    std::function<bool()> ready;           // may be empty
    /// Secrets of Slack and PagerDuty, for AlertActionRoutes.
    std::vector<std::string> slack_secrets = {};
    std::vector<std::string> pagerduty_secrets = {};
    alerts::FetchFunction fetch = {};
  };

  explicit AlertmanagerRoutes(Parts parts);
  ~AlertmanagerRoutes();

  /// Whether `path` is one of these: below /api/v2/, of alerts below /kizashi/v1/alerts/, or one of
  /// AlertActionRoutes.
  static bool Has(std::string_view path);
  /// Those of Has. `actor` is who the token belongs to, "" when nobody is told apart.
  void Handle(const HttpRequest& request, Responder respond, std::string_view actor = "") const;
  /// Those of a server that does nothing else: also /-/healthy, /-/ready, /-/reload, /metrics and a
  /// page at /.
  void HandleServer(const HttpRequest& request, Responder respond) const;

 private:
  HttpResponse Answer(const HttpRequest& request) const;
  HttpResponse Status() const;
  HttpResponse Alerts(const HttpRequest& request) const;
  HttpResponse Groups(const HttpRequest& request) const;
  HttpResponse Silences(const HttpRequest& request) const;
  HttpResponse Told(std::string_view fingerprint) const;
  HttpResponse Queues() const;
  HttpResponse Page() const;
  void PostAlerts(const HttpRequest& request, const Responder& respond) const;
  HttpResponse PostSilence(const HttpRequest& request) const;

  const Parts parts_;
  const Time start_;
  const std::unique_ptr<AlertMembersCache> members_;
  const std::unique_ptr<AlertActionRoutes> actions_;
};

}  // namespace kizashi
