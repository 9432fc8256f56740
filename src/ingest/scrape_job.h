// How the targets of one job are scraped: what a scrape_config of Prometheus says. Immutable once
// its targets are made; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "ingest/relabel.h"
#include "net/http_client.h"

namespace kizashi {

/// Of one scrape. A scrape beyond one of them fails as a whole; 0: no limit beside samples_max.
struct ScrapeLimits {
  size_t samples_max = 200'000;        // lines, before metric relabelling
  size_t sample_limit = 0;             // series, after metric relabelling
  size_t label_limit = 0;              // labels of a series, its name counted
  size_t label_name_length_limit = 0;  // bytes
  size_t label_value_length_limit = 0;
  bool operator==(const ScrapeLimits&) const = default;
};

/// A secret as it is, or the file that holds it, which is read at each use.
struct SecretText {
  std::string text;
  std::string file;

  bool empty() const { return text.empty() && file.empty(); }
  /// Without white space at its ends. Unavailable when the file cannot be read.
  StatusOr<std::string> Read() const;
};

/// How a job asks its targets, or its discovery, over HTTP.
struct ScrapeHttp {
  std::string username;  // with `password`: basic authentication
  SecretText password;
  std::string authorization_type = "Bearer";
  SecretText credentials;
  std::vector<std::pair<std::string, SecretText>> headers;
  FetchTls tls;
  bool follow_redirects = true;

  /// Puts all of it into a request; the error is that of a secret's file.
  Status Apply(FetchRequest* request) const;
};

struct ScrapeJob {
  std::string name;
  /// Stands for all that the configuration says of the job: with the same, targets go on.
  uint64_t fingerprint = 0;
  Duration interval{60'000};
  Duration timeout{10'000};
  bool honor_labels = false;
  bool honor_timestamps = true;
  std::string scheme = "http";
  std::string metrics_path = "/metrics";
  std::vector<std::pair<std::string, std::vector<std::string>>> params;
  ScrapeHttp http;
  ScrapeLimits limits;
  size_t target_limit = 0;
  size_t body_bytes_max = 64 << 20;
  Relabeler relabel;
  Relabeler metric_relabel;
};

}  // namespace kizashi
