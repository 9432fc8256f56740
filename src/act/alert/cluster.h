// Several alert servers as one: each takes all alerts, and one tells.
//
// What was told and silenced goes to every peer as soon as it is known here, and a peer that was
// away is brought up to date whole. The peers that answer are put in order by their names; peer n
// waits n times `peer_timeout` before it decides whom to tell, so that in a whole network the first
// one tells and the others see that it did. In a network that is split each part tells: twice
// rather than never. There is no leader and no quorum, as with Alertmanager.
//
// The protocol is HTTP on an address of its own, with the records of docs/internals/alerts.md as
// bodies: whoever reaches that address can end silences, as with Alertmanager's gossip; keep it
// inside. One thread of its own; any thread may call.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "act/alert/alert_service.h"
#include "base/clock.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace kizashi::alerts {

struct ClusterOptions {
  std::string host = "0.0.0.0";
  uint16_t port = 0;
  std::string advertise;           // "host:port" that peers reach this one by; empty: as it listens
  std::vector<std::string> peers;  // "host:port"; this one itself may be among them
  Duration peer_timeout{15'000};
  Duration settle_timeout{60'000};
  Duration probe_interval{1'000};
  Duration sync_interval{60'000};  // between exchanges of everything
  Duration request_timeout{10'000};
};

struct ClusterPeer {
  std::string name;
  std::string address;
};

class Cluster {
 public:
  static constexpr size_t kOutboxMax = 10'000;  // records for one peer; beyond, it gets everything
  static constexpr size_t kPeersMax = 64;

  static StatusOr<std::unique_ptr<Cluster>> Make(ClusterOptions options, HttpClient& client);
  /// Stops.
  ~Cluster();

  /// For the service; valid as long as this is.
  ClusterHooks hooks();
  /// Binds, and begins to speak with peers. `service` outlives what follows up to Stop.
  Status Start(AlertService* service);
  /// Speaks and answers no more.
  void Stop();

  std::string name() const { return name_; }
  std::string status() const;              // "ready" or "settling"
  std::vector<ClusterPeer> peers() const;  // that answer, and this one; by name
  bool settled() const;

 private:
  static constexpr Duration kLongAgo{-24 * 3'600'000};
  using Lock = std::unique_lock<std::mutex>;
  struct Peer {
    std::string name;  // empty: never answered
    bool is_self = false;
    // Since this server's start; kLongAgo for never.
    Duration answered = kLongAgo;
    Duration asked = kLongAgo;
    Duration synced = kLongAgo;
    bool asking = false;
    bool sending = false;
    bool wants_all = true;  // it has to be brought up to date
    bool was_tried = false;
    bool said_hello = false;  // since it was last asked: it has just come
    std::deque<std::string> outbox;
  };

  Cluster(ClusterOptions options, HttpClient& client);
  void Run();
  void Ask(const std::string& address, Peer& peer);
  void Push(Lock& lock, const std::string& address, Peer& peer);
  void Answer(const HttpRequest& request, const Responder& respond);
  void OnHello(const std::string& address, const FetchResult& result);
  void Learn(const std::string& address);
  bool MergeBody(std::string_view body);
  bool IsAlive(const Peer& peer) const;
  size_t Position() const;

  const ClusterOptions options_;
  HttpClient& client_;
  const std::string name_;
  std::string address_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  AlertService* service_ = nullptr;
  std::map<std::string, Peer> peers_;  // by address
  const Stopwatch since_start_;
  bool stopping_ = false;
  int calls_ = 0;  // answers of the client under way
  std::thread thread_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace kizashi::alerts
