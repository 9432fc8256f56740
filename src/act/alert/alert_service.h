// Alerts at work: the engine, its log, the queues of the destinations and the receivers, on real
// time.
//
// An alert is answered once it is on disk; it is told as soon as the system has it, which may be
// earlier: a crash of the machine in between leaves a notification about an alert that its sender
// still has to send again, never an accepted alert that nobody is told of. What is told is written
// before the next message to the same destination starts, so that kill -9 repeats at most one.
//
// Owned by main. Any thread may call; nothing is called back under its lock. The client, clock and
// registry outlive it.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "act/alert/delivery_queues.h"
#include "act/alert/engine.h"
#include "act/alert/receiver.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "store/append_log.h"

namespace kizashi::alerts {

/// What peers are told, and what tells when to speak (src/act/alert/cluster.h). All may be empty.
struct ClusterHooks {
  std::function<void(std::string record)> share;  // a silence or what was told, as a record
  std::function<Duration()> wait;                 // before this peer may tell
  std::function<bool()> settled;
};

struct AlertServiceOptions {
  std::string config_file;
  /// Instead of the file: gives the configuration at the start and at each reload.
  std::function<AlertConfigResult()> load_config;
  /// Outlive the service.
  std::vector<AlertListener*> listeners;
  AppendLogOptions log;
  EngineOptions engine;
  QueuePolicy queues;
  ReceiverKinds receivers;
  ClusterHooks cluster;
};

class AlertService {
 public:
  /// Reads the configuration and what was kept. InvalidArgument with every error of the
  /// configuration, a line each.
  static StatusOr<std::unique_ptr<AlertService>> Open(AlertServiceOptions options,
                                                      const Clock& clock, Registry& registry);
  /// Stops.
  ~AlertService();
  AlertService(const AlertService&) = delete;
  AlertService& operator=(const AlertService&) = delete;

  /// Reads the configuration again; on errors everything stays as it was.
  Status Reload();
  /// Sends nothing more; what is being sent is sent again after the next start unless its answer
  /// comes within `deadline`.
  void Stop(Duration deadline);

  /// What became of alerts that were received: `done` is OK when all good ones are on disk.
  struct PostResult {
    Status status;                     // of the log: nothing was taken when it is not OK
    std::vector<std::string> refused;  // why, of each alert that is none
  };
  /// Times that are zero are not known yet. `done` may be called on any thread.
  void Post(std::vector<Alert> received, std::function<void(PostResult)> done);

  /// Somebody acknowledges, escalates or ends a group. Waits for the disk. NotFound for a group
  /// that is not open; Unavailable when the disk does not take it: it is done until a restart.
  Status Act(uint64_t group_id, const GroupAction& action);

  /// Waits for the disk. The id.
  StatusOr<std::string> SetSilence(Silence wanted);
  Status ExpireSilence(std::string_view id);
  std::vector<Silence> ListSilences() const;

  /// A record that a peer shared. False when it is none, or of a kind that peers do not share.
  bool MergeShared(std::string_view record);
  /// Everything that a peer that comes anew needs.
  std::vector<std::string> Shared() const;

  std::vector<ListedAlert> List() const;
  /// Those that `wanted` takes, also ones that are over: looks at each, under the lock.
  std::vector<AlertPtr> Where(const std::function<bool(const Alert&)>& wanted) const;
  std::vector<ListedGroup> Groups() const;
  std::vector<OpenGroup> OpenGroups() const;
  StatusOr<ToldOf> WhoWasTold(uint64_t fingerprint) const;
  std::vector<QueueStatus> Queues() const;
  std::optional<std::pair<int, Time>> Attempts(const std::string& destination,
                                               uint64_t number) const;
  AlertConfigPtr config() const;
  uint64_t server_id() const { return log_->server_id(); }
  Time Now() const { return clock_.Now(); }

 private:
  struct Sending {
    std::shared_ptr<Receiver> receiver;
    Notification notification;
  };
  // Outlives the service for answers that come late.
  struct Alive {
    std::mutex mutex;
    std::condition_variable ended;
    AlertService* service = nullptr;
    int calls = 0;  // of Finish, under way
  };
  using Lock = std::unique_lock<std::mutex>;

  AlertService(AlertServiceOptions options, const Clock& clock, Registry& registry);
  StatusOr<std::map<std::string, std::shared_ptr<Receiver>>> MakeReceivers(
      const AlertConfig& config) const;
  Status LoadConfig(AlertConfigPtr* config,
                    std::map<std::string, std::shared_ptr<Receiver>>* receivers) const;
  void Use(AlertConfigPtr config, std::map<std::string, std::shared_ptr<Receiver>> receivers);
  /// Lets time pass, writes what that makes, gives what is to be sent.
  std::vector<Sending> Pump(Time now);
  /// Keeps and acts on them. An error is that of the disk; they are acted on all the same.
  Status Write(const std::vector<Event>& events);
  void Send(std::vector<Sending> sending);
  void Finish(const std::string& destination, uint64_t number, const SendResult& result);
  Status PostGood(std::vector<Alert> good, Time now);
  Status WriteSilences(const std::vector<Silence>& silences);
  Status WaitForDisk();
  void Tell(std::vector<AlertEvent> events) const;
  void Hear(AlertEvent::Kind kind, uint64_t number, int attempt, std::string detail, Time now);
  void Wake();
  void Run();
  void Maintain(Time now);
  void AddMetrics();
  void CountAttempt(const std::string& destination, const SendResult& result);

  const AlertServiceOptions options_;
  const Clock& clock_;
  Registry& registry_;
  const std::shared_ptr<Alive> alive_ = std::make_shared<Alive>();

  std::mutex silence_mutex_;  // one change of silences at a time; before mutex_
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  AlertEngine engine_;
  DeliveryQueues queues_;
  std::map<std::string, std::shared_ptr<Receiver>> receivers_;
  size_t sending_ = 0;
  bool stopping_ = false;
  std::optional<Time> wakes_at_;
  Time maintained_{};
  Time last_now_{};
  std::vector<AlertEvent> heard_;  // that listeners are still to be told
  std::unique_ptr<AppendLog> log_;
  std::thread thread_;

  Counter* received_firing_ = nullptr;
  Counter* received_resolved_ = nullptr;
  Counter* invalid_ = nullptr;
  Counter* refused_ = nullptr;
  Counter* reloads_failed_ = nullptr;
  Gauge* reload_ok_ = nullptr;
  Gauge* reload_time_ = nullptr;
  Gauge* config_hash_ = nullptr;
};

}  // namespace kizashi::alerts
