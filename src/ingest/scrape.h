// Scrapes Prometheus targets: when, and which.
//
// Owned by main. One thread plans: each target has its place within the interval (NextScrape), and
// never two scrapes under way. The HTTP client fetches, and a
// ScrapeWorker's threads read what came. Limits: answers of FetchRequest::body_bytes_max, the
// samples of ScrapeLimits, kTargetsMax targets a file.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <queue>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "ingest/scrape_worker.h"
#include "ingest/target_file.h"
#include "ingest/telemetry_sink.h"
#include "net/http_client.h"

namespace kizashi {

struct ScrapeOptions {
  Duration interval{15'000};
  /// Never longer than the interval.
  Duration timeout{10'000};
  /// Time between two looks at the target files.
  Duration file_check{2'000};
  /// What they point to outlives Stop.
  ScrapeHooks hooks{};
};

/// When a target is scraped next, strictly after `now`: at its own place within the interval, which
/// follows from the hash of its labels. There are sixty places or more, at most 250 ms apart, and
/// those at one place are scraped together: what wakes up, writes and syncs does so for all of
/// them.
Time NextScrape(Time now, Duration interval, uint64_t hash);

class ScrapeManager {
 public:
  using Fetch = std::function<void(FetchRequest, HttpClient::Callback)>;

  /// All that is handed in outlives Stop; the registry outlives the sink's last answer.
  ScrapeManager(TelemetrySink& sink, HttpClient& client, const Clock& clock, Registry* registry,
                const ScrapeOptions& options = {})
      : ScrapeManager(
            sink,
            [&client](FetchRequest request, HttpClient::Callback done) {
              client.Fetch(std::move(request), std::move(done));
            },
            clock, registry, options) {}
  /// The same with another way to fetch.
  ScrapeManager(TelemetrySink& sink, Fetch fetch, const Clock& clock, Registry* registry,
                const ScrapeOptions& options);
  ~ScrapeManager();

  /// A target as MakeScrapeTarget reads it; its job is "static" unless given. The Add functions may
  /// be called before and after Start. Of two targets with the same labels the first is scraped.
  kizashi::Status AddStatic(const std::string& address, Labels labels);
  /// Follows the list in a file (target_file.h), whether it is there already or not.
  void AddTargetFile(const std::string& path);
  /// Follows what another source knows of.
  void AddSource(std::unique_ptr<TargetSource> source);
  /// A target inside the process. `text` gives its exposition text on a thread of the worker.
  void AddInternal(Labels labels, std::function<std::string()> text);

  void Start();
  /// Plans no more and waits for the batch being made; answers that come later are dropped. Series
  /// get no stale markers: the next start goes on with them.
  void Stop();

  /// Every target, by labels.
  std::vector<TargetStatus> Status() const;

 private:
  using TargetPtr = std::shared_ptr<ScrapedTarget>;
  struct Wanted {
    ScrapeTarget spec;
    std::function<std::string()> text;
  };
  struct Planned {
    Time due{};
    TargetPtr target;
    bool operator>(const Planned& other) const { return due > other.due; }
  };

  void Run();
  void PollSources(Time now);
  void SyncTargets(Time now);
  void StartDue(Time now);
  void Begin(const TargetPtr& target, Time now);
  void Send(const TargetPtr& target, Time now);
  Duration IntervalOf(const ScrapedTarget& target) const;
  void Plan(const TargetPtr& target, Time now);
  void Replan(Time now);

  TelemetrySink& sink_;
  const Fetch fetch_;
  const Clock& clock_;
  const ScrapeOptions options_;
  const std::shared_ptr<ScrapeWorker> worker_;
  Gauge& target_count_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stopping_ = false;    // under mutex_
  bool is_changed_ = false;     // under mutex_: wanted_ or sources_ grew
  std::vector<Wanted> wanted_;  // under mutex_: static and internal targets
  std::vector<std::unique_ptr<TargetSource>>
      sources_;                          // under mutex_; what they hold: the planning thread
  std::map<Labels, TargetPtr> targets_;  // under mutex_

  // The planning thread alone.
  std::priority_queue<Planned, std::vector<Planned>, std::greater<>> plan_;
  Duration longest_interval_{0};
  Time next_check_{};
  std::thread thread_;
};

}  // namespace kizashi
