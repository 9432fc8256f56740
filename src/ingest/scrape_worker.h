// Turns answers of scrape targets into batches for the sink, on two threads of its own: one for
// long answers, so that a target with ever new series holds up no other.
//
// Owned by the scrape manager and shared with the HTTP client's callbacks, which may come later
// than Stop: they are dropped then. Push may be called on any thread and never waits. The queues
// hold at most one answer for each target, and kQueueBytesMax bytes of them; an answer beyond that
// counts as a failed scrape.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "ingest/scrape_target.h"
#include "ingest/target_file.h"
#include "net/http_client.h"

namespace kizashi {

struct TargetStatus {
  Labels labels;
  std::string url;         // empty for a target inside the process
  std::string last_error;  // of the last scrape; empty when it went well; when `up`, which of its
                           // series are refused and why
  std::optional<Time> last_scrape;
  Duration duration{0};
  size_t samples = 0;
  size_t refused = 0;  // of the samples: their series are too many
  bool up = false;
};

/// What a job says of its targets' samples; the defaults without a job.
ScrapeRules RulesOf(const ScrapeJob* job);

/// One target and what is known about it.
struct ScrapedTarget {
  ScrapedTarget(TelemetrySink& sink, ScrapeTarget spec_in, std::function<std::string()> text_in,
                const ScrapeHooks& hooks)
      : spec(std::move(spec_in)),
        text(std::move(text_in)),
        scrape(sink, spec.labels, RulesOf(spec.job.get()), hooks) {
    status.labels = spec.labels;
    status.url = spec.url;
  }

  const ScrapeTarget spec;
  const std::function<std::string()> text;  // set for a target inside the process
  std::atomic<bool> is_under_way{false};
  std::atomic<bool> is_removed{false};

  std::mutex work_mutex;  // held while one of the worker's threads is at an answer
  TargetScrape scrape;    // under work_mutex

  std::mutex mutex;
  TargetStatus status;  // under mutex
};

struct ScrapeAnswer {
  std::shared_ptr<ScrapedTarget> target;
  Time time{};           // when the scrape began
  FetchResult result;    // of a target inside the process: made by the worker
  bool is_last = false;  // the target is scraped no more
};

class ScrapeWorker {
 public:
  static constexpr size_t kQueueBytesMax = 256 << 20;
  static constexpr size_t kLongBytes = 1 << 20;  // an answer of so many waits with its like
  /// What a byte of a compressed answer counts as, there.
  static constexpr size_t kCodedRatio = 10;
  /// Waking a thread costs as much as reading a small answer: the first of those that wait does so
  /// for this long, until there are many.
  static constexpr Duration kGather{20};
  static constexpr size_t kManyAnswers = 64;

  /// What is handed in outlives Stop; the counters outlive the last answer of the sink.
  ScrapeWorker(TelemetrySink& sink, const Clock& clock, Registry* registry);

  void Start();
  /// Ends after the job under way; what still waits is dropped.
  void Stop();
  void Push(ScrapeAnswer job);

 private:
  struct Lane {
    std::condition_variable changed;
    std::deque<ScrapeAnswer> queue;  // under mutex_
    std::string decoded;             // a body, of the thread
    std::thread thread;
  };
  void Run(Lane* lane);
  void Work(ScrapeAnswer job, std::string* decoded);
  ScrapeBatch MakeBatch(ScrapedTarget* target, const ScrapeAnswer& job, std::string* decoded);
  void Append(ScrapeBatch batch);
  void AppendTimed(const ScrapedTarget& target, SampleBatch batch);

  TelemetrySink& sink_;
  const Clock& clock_;
  Counter& samples_;
  Counter& good_;
  Counter& failed_;
  Counter& lost_;
  Counter& refused_;

  std::mutex mutex_;
  size_t queue_bytes_ = 0;  // under mutex_
  bool is_open_ = true;     // under mutex_
  Lane short_;
  Lane long_;
};

}  // namespace kizashi
