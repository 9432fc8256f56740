// `kizashi serve`: puts the parts together, runs until told to stop, takes them apart in order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "log_receivers.h"

namespace kizashi {

struct ServeOptions {
  std::string listen = "127.0.0.1:7600";
  std::string data = "kizashi-data";
  std::string catalog;                    // a directory; "": none
  std::vector<std::string> scrape;        // URL or host:port, then ,label=value
  std::vector<std::string> scrape_files;  // Prometheus' file_sd
  std::string scrape_interval = "15s";
  std::string prometheus_config;          // a prometheus.yml; "": none
  std::vector<std::string> tail;          // GLOB, then ,label=value
  LogReceiverOptions logs;                // its tls_* are those below
  std::vector<std::string> rule_files;    // paths or globs
  std::string alert_config;               // an alertmanager.yml; "": routes are the catalog's
  std::string phone_config;               // a phone.yml; "": nobody is called
  std::string slack_token_file;           // of the app that posts into channels
  std::string slack_app_url;              // of its chat.postMessage; "": Slack's own
  std::string slack_signing_secret_file;  // of its buttons' requests
  std::string pagerduty_webhook_secret_file;
  std::string sre_team = "sre";        // told of pages that nobody acknowledges
  std::string escalate_after = "10m";  // "0s": never
  std::vector<std::string> webhooks;
  std::vector<std::string> slack;
  std::string report_dir;          // of daily reports as files; "": none
  std::string smtp;                // "smtp://USER@HOST:PORT"; "": no e-mail
  std::string smtp_password_file;  // secret
  std::string smtp_ca_file;
  std::string mail_from;  // an address
  std::string token_file;
  std::string alert_sources;       // a file of who sends alerts; "": none has a secret
  std::string sentry_secret_file;  // secrets
  std::string tls_cert;
  std::string tls_key;
  std::string page_url;
  std::string retention = "30d";
  uint64_t retention_bytes = 50ULL << 30;
  uint64_t series_block_seconds = 600;     // of samples, until a series block is made
  uint64_t log_block_bytes = 64ULL << 20;  // of text, until a log block is made
  std::string demo_control;
  std::string version;
};

/// Exit code: 0 stopped as told, 2 wrong options, 3 could not run. Says why on standard error.
int Serve(const ServeOptions& options);

}  // namespace kizashi
