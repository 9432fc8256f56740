// Where samples are written on to, and how: what a remote_write section of Prometheus says.
//
// Immutable; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "ingest/relabel.h"
#include "ingest/scrape_job.h"
#include "wire/telemetry.h"

namespace kizashi {

struct RemoteWriteConfig {
  /// As given, or made of the URL. Metrics and the position in the journal go by it.
  std::string name;
  std::string url;
  /// Stands for all that the configuration says of it: with the same, sending goes on.
  uint64_t fingerprint = 0;
  ScrapeHttp http;
  Duration timeout{30'000};
  Labels external_labels;  // given to series that have no such label, before relabelling
  Relabeler relabel;
  // Of queue_config.
  size_t capacity = 500'000;  // samples that wait in memory; those beyond are read again
  size_t samples_per_send_max = 2'000;
  size_t requests_at_once = 4;
  Duration send_deadline{5'000};  // how long a request that is not full waits for more
  Duration backoff_min{30};
  Duration backoff_max{5'000};
  Duration sample_age_max{0};  // older ones are dropped; 0: none
};
using RemoteWriteConfigPtr = std::shared_ptr<const RemoteWriteConfig>;

}  // namespace kizashi
