// `kizashi alert serve`: an alert server with Alertmanager's flags, configuration and API.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kizashi {

/// Named and meant as Alertmanager's flags.
struct AlertServeOptions {
  std::string config_file = "alertmanager.yml";
  std::string storage_path = "data";
  std::string retention = "120h";
  std::string listen = ":9093";
  std::string external_url;
  std::string route_prefix;
  std::string cluster_listen;  // empty: no cluster unless there are peers
  std::string cluster_advertise;
  std::vector<std::string> cluster_peers;
  std::string cluster_peer_timeout = "15s";
  std::string cluster_settle_timeout = "1m";
  std::string cluster_probe_interval = "1s";
  std::string cluster_sync_interval = "1m";
  std::string cluster_request_timeout = "10s";
  std::string log_level = "info";
  std::string log_format = "logfmt";
  // Ours.
  std::string slack_signing_secret_file;      // of the buttons' requests
  std::string pagerduty_webhook_secret_file;  // of PagerDuty's webhooks
  std::string phone_config;                   // a phone.yml; "": phone_configs are refused
  std::string give_up_after = "24h";
  uint64_t parallel = 1;
  uint64_t alerts_max = 200'000;
  uint64_t flap_firings = 4;
  std::string flap_window = "15m";
  std::string flap_hold = "5m";
  /// Flags of Alertmanager that were given and have nothing to set here.
  std::vector<std::string> without_meaning;
  std::string version;
};

/// Exit code: 0 stopped as told, 2 wrong options or configuration, 3 could not run.
int AlertServe(const AlertServeOptions& options);

/// Prints what is wrong with configurations, all at once. Exit code: 0 fine, 1 errors.
int CheckAlertConfig(const std::vector<std::string>& files);

}  // namespace kizashi
