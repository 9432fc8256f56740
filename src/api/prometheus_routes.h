// Prometheus' HTTP API over the stored samples: /api/v1/... and /federate, with the answers, errors
// and limits of Prometheus 2.42, so that Grafana and everything else made for it just works.
//
// Each request runs on a thread of this object's own pool, so that pushes never wait behind a
// query, and at a lower priority than what comes in; it ends when its client leaves. Owned by main;
// any thread may call. Limits: kThreads queries at once, kQueuedMax wait, others are told 503; each
// has QueryLimits and kPointsMax steps.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "api/prometheus_params.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "ingest/exemplar_ring.h"
#include "ingest/scrape_worker.h"
#include "net/handler_pool.h"
#include "net/http.h"
#include "query/promql/engine.h"
#include "query/rules/rule_status.h"
#include "store/telemetry_store.h"

namespace kizashi {

class PrometheusRoutes {
 public:
  static constexpr size_t kThreads = 4;
  static constexpr size_t kQueuedMax = 256;
  static constexpr int kNiceness = 10;
  static constexpr int64_t kPointsMax = 11'000;
  static constexpr size_t kFederatedMax = 5'000'000;  // series of one answer
  static constexpr size_t kTopMax = 10;               // of each list of status/tsdb

  struct Parts {
    TelemetryStore* store = nullptr;
    const Clock* clock = nullptr;
    std::function<std::vector<TargetStatus>()> targets;
    std::function<std::shared_ptr<const rules::RuleSnapshot>()> rules;
    const ExemplarRing* exemplars = nullptr;  // null: there are none
    std::string version;
    std::string directory;  // of the data, told by status/runtimeinfo; snapshots go below it
    Duration retention{0};
    std::string flags_json = "{}";
    promql::QueryLimits limits = {};
  };
  PrometheusRoutes(Parts parts, Registry* registry);
  ~PrometheusRoutes();

  /// Whether `path` is one of these.
  static bool IsMine(std::string_view path);
  /// An HttpHandler.
  void Handle(HttpRequest request, const Responder& respond);
  /// Ends what runs, so that the server can drain.
  void Stop();

 private:
  using Gone = std::shared_ptr<std::atomic<bool>>;
  /// Who waits for an answer: until it leaves, and since when.
  struct Client {
    Gone gone;
    Stopwatch since;
  };

  HttpResponse Answer(const HttpRequest& request, const Client& client);
  StatusOr<std::string> Data(const HttpRequest& request, const PrometheusParams& params,
                             const std::string& path, const Client& client);
  StatusOr<std::string> Query(const PrometheusParams& params, const Client& client);
  StatusOr<std::string> QueryRange(const PrometheusParams& params, const Client& client);
  StatusOr<std::string> Series(const PrometheusParams& params);
  StatusOr<std::string> LabelNames(const PrometheusParams& params);
  StatusOr<std::string> LabelValues(const std::string& name, const PrometheusParams& params);
  StatusOr<std::string> QueryExemplars(const PrometheusParams& params);
  StatusOr<std::string> Targets(const PrometheusParams& params);
  StatusOr<std::string> Rules(const std::string& path, const PrometheusParams& params);
  StatusOr<std::string> StatusOf(const std::string& what);
  StatusOr<std::string> TsdbStatus();
  StatusOr<std::string> DeleteSeries(const PrometheusParams& params);
  StatusOr<std::string> Snapshot();
  HttpResponse Federate(const PrometheusParams& params, const Gone& gone);
  StatusOr<promql::QueryOptions> OptionsOf(const PrometheusParams& params,
                                           const Client& client) const;

  const Parts parts_;
  const Time started_;
  Histogram& seconds_;
  Counter& refused_;

  std::mutex running_mutex_;
  std::set<Gone> running_;
  bool stopping_ = false;

  HandlerPool pool_;  // last: its threads use the others
};

}  // namespace kizashi
