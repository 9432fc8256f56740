// Reads a prometheus.yml as it is: `global`, `scrape_configs` and `remote_write`.
// Source: Prometheus' documentation, "Configuration".
//
// Used are static_configs, file_sd_configs and http_sd_configs, relabelling, limits,
// authentication and TLS. What Prometheus knows and Kizashi does not (other discovery, rule_files,
// remote_read, ...) and what neither knows is named in `notes`, and the rest is used; a job or a
// receiver the way to which is not understood (a proxy, OAuth 2) is left out and named. Reading is
// total; all errors are told at once, each with its place. Any thread. Limits: those of
// wire/yaml.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "ingest/remote_write_config.h"
#include "ingest/scrape_job.h"
#include "ingest/target_file.h"

namespace kizashi {

struct HttpDiscovery {
  std::string url;
  Duration refresh{60'000};
  ScrapeHttp http;
};

struct PrometheusJob {
  std::shared_ptr<const ScrapeJob> job;
  std::vector<RawTarget> static_targets;
  std::vector<std::string> files;  // globs of file_sd_configs
  std::vector<HttpDiscovery> discoveries;
};

struct PrometheusConfig {
  std::vector<PrometheusJob> jobs;
  std::vector<RemoteWriteConfigPtr> remotes;
  /// "file:line:column: what"; with any of them, jobs and remotes are empty.
  std::vector<std::string> errors;
  std::vector<std::string> notes;  // of the same form: what is passed over
};

/// Paths in the file are relative to the folder of `file`.
PrometheusConfig ParsePrometheusConfig(const std::string& file, std::string_view text);

}  // namespace kizashi
