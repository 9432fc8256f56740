// Writes every acknowledged sample on to one receiver by Prometheus' remote write, in the journal's
// order, on a thread of its own.
//
// Nobody waits for it. What does not fit into its memory is read from the journal again; its
// position there is a file, so it goes on after a restart or a crash where it was. Samples are sent
// round by round: those of one round are divided by series into requests that are under way at the
// same time, so that each series keeps its order, and the next round begins when all are answered.
// A request is tried until it is answered; when something in it is refused (400) it is divided,
// until what is refused stands alone and is dropped. What retention deletes before the receiver
// could have it is counted as lost.
//
// Owned by RemoteWriters; journal, clock and registry outlive it. Limits: RemoteWriteConfig
// (capacity, samples of a request, requests at once), kDivisionsMax
// in a round.
// Metrics: kizashi_remote_write_*.
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
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "ingest/remote_write_config.h"
#include "net/http_client.h"
#include "query/remote/sample_request.h"
#include "query/remote/send_position.h"
#include "query/remote/send_verdict.h"
#include "store/telemetry_store.h"

namespace kizashi {

class RemoteSender {
 public:
  static constexpr int kDivisionsMax = 64;  // of a round's requests, when halves are refused too
  /// A receiver that is away for longer does not hold up what the journal wants to delete.
  static constexpr Duration kPatience = std::chrono::seconds(10);
  static constexpr Duration kIdle = std::chrono::seconds(1);
  static constexpr Duration kStopWait = std::chrono::seconds(2);

  using Fetch = std::function<void(FetchRequest, HttpClient::Callback)>;
  struct Parts {
    TelemetryStore* journal = nullptr;
    Fetch fetch;
    const Clock* clock = nullptr;
    Registry* registry = nullptr;
    std::string directory;  // of the positions
  };

  RemoteSender(RemoteWriteConfigPtr config, Parts parts);
  ~RemoteSender();
  RemoteSender(const RemoteSender&) = delete;
  RemoteSender& operator=(const RemoteSender&) = delete;

  const RemoteWriteConfig& config() const { return *config_; }

  /// Begins where the position is; without one, with what comes from now on.
  void Start();
  /// Entries in order, from the journal's listener. Does not wait.
  void Push(const TelemetryStore::Entries& entries);
  /// Waits shortly for the answer that is under way; what has none is sent again by the next one.
  void Stop();

 private:
  struct Piece {
    size_t begin = 0;
    size_t end = 0;
    size_t size() const { return end - begin; }
  };
  /// Requests one after the other.
  struct Lane {
    std::vector<Piece> pieces;  // not answered yet, the first one last
    bool is_under_way = false;  // the first one
    Duration backoff{0};
    Duration wait{0};  // until it is tried again
    Stopwatch since_answer;
  };
  /// The way of answers from the client's thread.
  struct Mailbox {
    std::mutex mutex;
    std::condition_variable came;
    std::vector<std::pair<size_t, FetchResult>> answers;  // under mutex, with their lanes
  };
  struct Counters {
    Counter& sent;
    Counter& refused;
    Counter& retried;
    Counter& relabelled;
    Counter& too_old;
    Counter& lost;
    Gauge& pending;
    Gauge& lag_entries;
    Gauge& lag_seconds;
  };
  static Counters MakeCounters(const std::string& name, Registry* registry);

  void LoadPosition();
  void SavePosition();
  void Run();
  void TakeQueued();
  void CatchUp();
  void NoteLost();
  bool Take(const JournalEntry& entry, std::optional<Duration> patience);
  bool Step(JournalPlace next, std::optional<Duration> patience);
  void Collect(const SampleBatch::Sample& sample, Time entry_time);
  bool Deliver(std::optional<Duration> patience);
  void BeginRound();
  bool FinishRound(std::optional<Duration> patience);
  void Send(size_t lane);
  void TakeAnswer(const FetchResult& result, Lane* lane);
  bool Pause(Duration wait);
  void Complain(const SendVerdict& verdict, size_t samples);
  void UpdateGauges();

  const RemoteWriteConfigPtr config_;
  const Parts parts_;
  const std::string position_file_;
  const Counters counters_;
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<const JournalEntry>> queue_;
  size_t queue_samples_ = 0;
  bool behind_ = false;  // something did not fit into the queue
  std::atomic<bool> stopping_{false};

  // The thread's own.
  RemoteLabels labels_;
  SendPosition position_;              // as it is
  std::optional<SendPosition> saved_;  // as it is in the file
  Stopwatch since_saved_;
  JournalPlace next_;                // up to here samples were collected
  std::optional<JournalPlace> cut_;  // where the request ended that a crash left unanswered
  SampleRequest request_;
  std::vector<Lane> lanes_;  // of the round that is begun; none: there is none
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  int divisions_ = 0;      // in the round
  Time oldest_{};          // when its first sample was accepted
  Stopwatch since_first_;  // was collected
  std::optional<Stopwatch> since_complaint_;
};

/// How many samples an entry has.
size_t SamplesOf(const JournalEntry& entry);

}  // namespace kizashi
