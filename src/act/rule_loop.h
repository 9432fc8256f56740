// Evaluates the rule files over the stored samples as time goes on.
//
// Each group at its own aligned times; an evaluation that comes too late is left out and counted,
// they never pile up. Results and the series ALERTS go to the store as samples, alerts to
// RuleAlerts. The files are looked at every kPollEvery; while one has errors the last good state
// stays in use and the snapshot tells the errors.
//
// Owned by main; one thread of its own, which alone touches groups. Any thread may ask for the
// snapshot. Stop before the store is stopped: a write waits for the store's answer.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "act/rule_alerts.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "ingest/telemetry_sink.h"
#include "query/rules/rule_status.h"
#include "store/record_store.h"

namespace kizashi {

class RuleLoop {
 public:
  static constexpr Duration kPollEvery = std::chrono::seconds(5);
  static constexpr size_t kFileBytesMax = 4 << 20;
  static constexpr Duration kWriteTimeout = std::chrono::seconds(30);

  struct Options {
    std::vector<std::string> files;  // paths or globs; besides, the catalog's SLOs (slo_measures.h)
    std::string external_url;
    std::function<std::shared_ptr<const Catalog>()> catalog;
    /// Alerts that began or ended, once they are kept; on the loop's thread.
    RuleAlerts::OnAlerts on_alerts = [](const std::vector<AlertRecord>&) {};
  };

  /// All of these outlive the loop.
  RuleLoop(const SeriesSource& source, TelemetrySink& sink, RecordStore& records,
           const Clock& clock, Registry* registry, Options options);
  ~RuleLoop();

  /// Reads the files, InvalidArgument with all their errors, and the open alerts.
  Status Load();
  /// Starts the thread. Call after Load.
  void Start();
  void Stop();
  /// Looks at the files now. Any thread.
  void AskReload();

  /// Evaluates the groups that are due at `now`; the thread does this, a test may instead.
  void Tick(Time now);
  /// Reads the files and takes them into use when they changed and have no errors.
  void Reload(Time now);

  /// Never nullptr.
  std::shared_ptr<const rules::RuleSnapshot> Current() const;

 private:
  struct Entry {
    std::unique_ptr<rules::RuleGroup> group;
    Time last{};  // the last time at which it was evaluated or left out
    int evaluations = 0;
    bool restores = false;
    std::shared_ptr<const rules::RuleGroupStatus> status;
  };
  struct Files {
    std::vector<rules::RuleGroupSpec> groups;
    std::vector<std::string> errors;
    uint64_t hash = 0;
  };

  void Run();
  Files Read() const;
  void Install(std::vector<rules::RuleGroupSpec> specs, Time now, bool first);
  void EndRemoved(std::vector<Entry> removed, Time now);
  void Evaluate(Entry* entry, Time at);
  void HandleAlerts(const Entry& entry, Time at);
  void CountFailures(const rules::RuleGroup& group);
  Status Write(const std::vector<rules::RuleSample>& samples, Time at);
  void Publish();
  rules::RuleIo MakeIo();

  const SeriesSource& source_;
  TelemetrySink& sink_;
  const Clock& clock_;
  const Options options_;
  RuleAlerts alerts_;
  std::vector<Entry> entries_;  // sorted by file and name
  uint64_t files_hash_ = 0;
  std::vector<std::string> errors_;

  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool reload_ = false;
  std::atomic<bool> stopping_{false};

  mutable std::mutex snapshot_mutex_;
  std::shared_ptr<const rules::RuleSnapshot> snapshot_;

  Counter& evaluations_;
  Counter& failures_;
  Counter& missed_;
  Counter& samples_;
  Counter& refused_;
  Gauge& groups_;
  Gauge& alerts_open_;
  Gauge& files_fine_;
  Histogram& seconds_;
};

}  // namespace kizashi
