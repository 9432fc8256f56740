#include "alert_commands.h"

#include <memory>
#include <utility>
#include <vector>

#include "alert_serve.h"

namespace kizashi {
namespace {

// Alertmanager's flags that have nothing to set here, and would stop an installation that gives
// them.
constexpr const char* kWithoutMeaning[] = {
    "--data.maintenance-interval",  "--alerts.gc-interval",
    "--web.get-concurrency",        "--web.timeout",
    "--cluster.gossip-interval",    "--cluster.probe-timeout",
    "--cluster.reconnect-interval", "--cluster.reconnect-timeout"};

void AddClusterFlags(Command serve, AlertServeOptions* options) {
  serve.Option("--cluster.listen-address", &options->cluster_listen,
               "Where peers reach this one; 0.0.0.0:9094 when there are peers");
  serve.Option("--cluster.advertise-address", &options->cluster_advertise,
               "The address that peers are told, when it is another");
  serve.Option("--cluster.peer", &options->cluster_peers, "A peer, as HOST:PORT; repeat for more");
  serve.Option("--cluster.peer-timeout", &options->cluster_peer_timeout,
               "How long each peer waits for the one before it");
  serve.Option("--cluster.settle-timeout", &options->cluster_settle_timeout,
               "How long to wait for peers before anybody is told");
  serve.Option("--cluster.probe-interval", &options->cluster_probe_interval,
               "How often each peer is asked whether it is there");
  serve.Option("--cluster.pushpull-interval", &options->cluster_sync_interval,
               "How often peers exchange everything");
  serve.Option("--cluster.tcp-timeout", &options->cluster_request_timeout,
               "How long such an exchange may take");
}

void AddAlertServe(Command alert, const std::string& version) {
  Command serve = alert.Add(
      "serve",
      "An alert server with Alertmanager's flags, configuration and API that loses nothing");
  auto options = std::make_shared<AlertServeOptions>();
  options->version = version;
  serve.Option("--config.file", &options->config_file, "An alertmanager.yml");
  serve.Option("--storage.path", &options->storage_path, "Where alerts and silences are kept");
  serve.Option("--data.retention", &options->retention, "How long what is over is kept");
  serve.Option("--web.listen-address", &options->listen, "Where it listens");
  serve.Option("--web.external-url", &options->external_url, "Where people reach it");
  serve.Option("--web.route-prefix", &options->route_prefix,
               "The path before all paths; that of --web.external-url");
  AddClusterFlags(serve, options.get());
  serve.Option("--log.level", &options->log_level, "Lines at least so important",
               {.choices = {"debug", "info", "warn", "error"}});
  serve.Option("--log.format", &options->log_format, "How they are printed",
               {.choices = {"logfmt", "json"}});
  serve.Option("--slack-signing-secret-file", &options->slack_signing_secret_file,
               "The Slack app's signing secret: messages then have buttons");
  serve.Option("--pagerduty-webhook-secret-file", &options->pagerduty_webhook_secret_file,
               "Secrets of PagerDuty's webhooks, one a line");
  serve.Option("--phone-config", &options->phone_config,
               "A phone.yml: receivers may have phone_configs; docs/use/phone.md");
  serve.Option("--notify.give-up-after", &options->give_up_after,
               "How long one notification is tried again");
  serve.Option("--notify.parallel", &options->parallel,
               "Messages that one destination gets at once; kill -9 may repeat as many");
  serve.Option("--alerts.limit", &options->alerts_max, "Most alerts that are kept");
  serve.Option("--alerts.flap-firings", &options->flap_firings,
               "An alert that fires so often in the window below flaps; 0: none does");
  serve.Option("--alerts.flap-window", &options->flap_window, "See --alerts.flap-firings");
  serve.Option("--alerts.flap-hold", &options->flap_hold,
               "How long one that flaps must be quiet before its end is told");
  auto given = std::make_shared<std::vector<std::pair<std::string, std::string>>>();
  for (const char* flag : kWithoutMeaning) given->emplace_back(flag, "");
  for (auto& [flag, value] : *given) serve.HiddenOption(flag, &value);
  serve.Footer("Exit code: 0 stopped as told, 2 wrong options or configuration, 3 could not run.");
  serve.Action([options, given] {
    for (const auto& [flag, value] : *given) {
      if (!value.empty()) options->without_meaning.push_back(flag);
    }
    return AlertServe(*options);
  });
}

}  // namespace

void AddAlertCommands(Command root, const std::string& version) {
  Command alert = root.Add("alert", "Alerts: who is told of what");
  alert.RequireCommand();
  AddAlertServe(alert, version);
  Command check = alert.Add("check", "Check an alertmanager.yml; all errors at once");
  auto files = std::make_shared<std::vector<std::string>>();
  check.Option("file", files.get(), "Alertmanager's configuration files", {.required = true});
  check.Footer("Exit code: 0 fine, 1 a file has errors.");
  check.Action([=] { return CheckAlertConfig(*files); });
}

}  // namespace kizashi
