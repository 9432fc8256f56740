#include "act/alert/cluster.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>
#include <utility>

#include "base/hash.h"
#include "base/log.h"

namespace kizashi::alerts {
namespace {

constexpr std::string_view kHello = "/kizashi/v1/peer/hello";
constexpr std::string_view kRecords = "/kizashi/v1/peer/records";
constexpr Duration kAskBackMin{100};
constexpr Duration kLookMax{200};

std::string RandomName() {
  std::random_device device;
  return HexId((static_cast<uint64_t>(device()) << 32) | device());
}

std::string Body(const std::vector<std::string>& records) {
  std::string body = AppendLogHeader(0);
  for (const std::string& record : records) body += FrameRecord(record);
  return body;
}

// "name address\naddress\n...": who answers, and whom it knows.
std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool IsAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  return colon != text.npos && colon > 0 && text.size() <= 256 &&
         text.find_first_of("/ @?#") == text.npos;
}

}  // namespace

Cluster::Cluster(ClusterOptions options, HttpClient& client)
    : options_(std::move(options)), client_(client), name_(RandomName()) {}

StatusOr<std::unique_ptr<Cluster>> Cluster::Make(ClusterOptions options, HttpClient& client) {
  for (const std::string& peer : options.peers) {
    if (!IsAddress(peer)) return InvalidArgument("--cluster.peer {}: expected HOST:PORT", peer);
  }
  return std::unique_ptr<Cluster>(new Cluster(std::move(options), client));
}

Cluster::~Cluster() { Stop(); }

Status Cluster::Start(AlertService* service) {
  HttpServerOptions http;
  http.host = options_.host;
  http.port = options_.port;
  http.connections_max = 256;
  http.body_bytes_max = 256 << 20;
  const Lock lock(mutex_);
  KZ_ASSIGN_OR_RETURN(server_, HttpServer::Start(
                                   http,
                                   [this](const HttpRequest& request, const Responder& respond) {
                                     Answer(request, respond);
                                   },
                                   nullptr));
  address_ = options_.advertise.empty() ? fmt::format("{}:{}", options_.host, server_->port())
                                        : options_.advertise;
  for (const std::string& peer : options_.peers) Learn(peer);
  service_ = service;
  thread_ = std::thread([this] { Run(); });
  return OkStatus();
}

void Cluster::Stop() {
  server_.reset();
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  Lock lock(mutex_);
  changed_.wait(lock, [this] { return calls_ == 0; });
  service_ = nullptr;
}

ClusterHooks Cluster::hooks() {
  ClusterHooks hooks;
  hooks.share = [this](const std::string& record) {
    const Lock lock(mutex_);
    for (auto& [address, peer] : peers_) {
      if (peer.is_self || peer.wants_all) continue;
      if (peer.outbox.size() == kOutboxMax) {
        peer.wants_all = true;
        peer.outbox.clear();
        continue;
      }
      peer.outbox.push_back(record);
    }
    changed_.notify_all();
  };
  hooks.wait = [this] {
    const Lock lock(mutex_);
    return static_cast<int64_t>(Position()) * options_.peer_timeout;
  };
  hooks.settled = [this] { return settled(); };
  return hooks;
}

bool Cluster::IsAlive(const Peer& peer) const {
  return !peer.is_self && !peer.name.empty() &&
         since_start_.Elapsed() - peer.answered < 5 * options_.probe_interval;
}

size_t Cluster::Position() const {
  return static_cast<size_t>(std::count_if(peers_.begin(), peers_.end(), [this](const auto& entry) {
    return IsAlive(entry.second) && entry.second.name < name_;
  }));
}

bool Cluster::settled() const {
  const Lock lock(mutex_);
  if (since_start_.Elapsed() >= options_.settle_timeout) return true;
  // Everybody was asked, and whoever answered gave all that it has.
  return std::all_of(peers_.begin(), peers_.end(), [this](const auto& entry) {
    const Peer& peer = entry.second;
    return peer.is_self || (peer.was_tried && (!IsAlive(peer) || peer.synced != kLongAgo));
  });
}

std::string Cluster::status() const { return settled() ? "ready" : "settling"; }

std::vector<ClusterPeer> Cluster::peers() const {
  const Lock lock(mutex_);
  std::vector<ClusterPeer> all = {{name_, address_}};
  for (const auto& [address, peer] : peers_) {
    if (IsAlive(peer)) all.push_back({peer.name, address});
  }
  std::sort(all.begin(), all.end(),
            [](const ClusterPeer& a, const ClusterPeer& b) { return a.name < b.name; });
  all.erase(
      std::unique(all.begin(), all.end(),
                  [](const ClusterPeer& a, const ClusterPeer& b) { return a.name == b.name; }),
      all.end());
  return all;
}

void Cluster::Learn(const std::string& address) {
  if (!IsAddress(address) || peers_.size() >= kPeersMax) return;
  if (!peers_.try_emplace(address).second) return;
  changed_.notify_all();
}

void Cluster::Ask(const std::string& address, Peer& peer) {
  peer.asking = true;
  peer.said_hello = false;
  peer.asked = since_start_.Elapsed();
  ++calls_;
  FetchRequest request;
  request.url = fmt::format("http://{}{}?name={}&address={}", address, kHello, name_,
                            PercentEncode(address_));
  request.timeout = std::max(Duration(500), options_.probe_interval);
  request.body_bytes_max = 64 << 10;
  client_.Fetch(std::move(request), [this, address](const FetchResult& result) {
    OnHello(address, result);
    const Lock lock(mutex_);
    --calls_;
    changed_.notify_all();
  });
}

void Cluster::OnHello(const std::string& address, const FetchResult& result) {
  const Lock lock(mutex_);
  Peer& peer = peers_[address];
  peer.asking = false;
  peer.was_tried = true;
  const std::vector<std::string> lines = Lines(result.body);
  if (result.code != 200 || lines.empty()) return;
  if (peer.name != lines[0]) peer.wants_all = true;
  peer.name = lines[0];
  peer.is_self = peer.name == name_;
  if (!peer.is_self && since_start_.Elapsed() - peer.answered > 5 * options_.probe_interval) {
    peer.wants_all = true;  // it was away
  }
  peer.answered = since_start_.Elapsed();
  for (size_t i = 1; i < lines.size(); ++i) Learn(lines[i]);
}

// Sends what the peer does not have, and takes, when that is everything, everything it has.
void Cluster::Push(Lock& lock, const std::string& address, Peer& peer) {
  const bool all = peer.wants_all;
  std::vector<std::string> records(peer.outbox.begin(), peer.outbox.end());
  peer.outbox.clear();
  peer.sending = true;
  // From here on what is shared goes into the outbox: nothing falls between.
  peer.wants_all = false;
  ++calls_;
  AlertService* const service = service_;
  lock.unlock();
  if (all) records = service->Shared();
  FetchRequest request;
  request.method = "POST";
  request.url = fmt::format("http://{}{}{}", address, kRecords, all ? "?all=1" : "");
  request.body = Body(records);
  request.timeout = options_.request_timeout;
  request.body_bytes_max = 256 << 20;
  client_.Fetch(std::move(request), [this, address, all](const FetchResult& result) {
    const bool merged = result.code == 200 && (!all || MergeBody(result.body));
    const Lock held(mutex_);
    Peer& to = peers_[address];
    to.sending = false;
    if (!merged) to.wants_all = true;
    if (merged && all) to.synced = since_start_.Elapsed();
    --calls_;
    changed_.notify_all();
  });
  lock.lock();
}

bool Cluster::MergeBody(std::string_view body) {
  AlertService* service = nullptr;
  {
    const Lock lock(mutex_);
    if (stopping_) return false;
    service = service_;
  }
  if (service == nullptr) return false;
  bool all_known = true;
  const AppendLogScan scan = ScanAppendLog(body, [&](std::string_view record) {
    all_known = service->MergeShared(record) && all_known;
  });
  return all_known && scan.good_bytes == body.size();
}

void Cluster::Answer(const HttpRequest& request, const Responder& respond) {
  if (request.path == kHello) {
    const auto address = request.Query("address");
    std::string body = name_ + "\n";
    {
      const Lock lock(mutex_);
      if (address && request.Query("name") != name_) {
        Learn(*address);
        const auto found = peers_.find(*address);
        if (found != peers_.end() && !IsAlive(found->second)) {
          found->second.said_hello = true;
          changed_.notify_all();
        }
      }
      for (const auto& [known, peer] : peers_) {
        if (IsAlive(peer)) body += known + "\n";
      }
    }
    return respond(TextResponse(200, body));
  }
  if (request.path != kRecords || request.method != "POST") {
    return respond(ErrorResponse(404, "this address is for peers", request.path));
  }
  if (!MergeBody(request.body)) {
    return respond(ErrorResponse(400, "these are no records that peers share"));
  }
  if (!request.Query("all")) return respond(TextResponse(200, ""));
  AlertService* service = nullptr;
  {
    const Lock lock(mutex_);
    service = service_;
  }
  respond(TextResponse(200, service == nullptr ? "" : Body(service->Shared()),
                       "application/octet-stream"));
}

void Cluster::Run() {
  Lock lock(mutex_);
  while (!stopping_) {
    const auto now = since_start_.Elapsed();
    std::vector<std::string> addresses;
    for (const auto& [address, peer] : peers_) addresses.push_back(address);
    for (const std::string& address : addresses) {
      Peer& peer = peers_[address];
      if (peer.is_self || stopping_) continue;
      // Whoever has just come is asked back at once, but not as often as somebody likes to say so.
      const Duration wait = peer.said_hello ? std::min(kAskBackMin, options_.probe_interval)
                                            : options_.probe_interval;
      if (!peer.asking && now - peer.asked >= wait) Ask(address, peer);
      if (IsAlive(peer) && now - peer.synced >= options_.sync_interval) peer.wants_all = true;
      if (IsAlive(peer) && !peer.sending && (peer.wants_all || !peer.outbox.empty())) {
        Push(lock, address, peer);
      }
    }
    if (!stopping_) changed_.wait_for(lock, std::min(kLookMax, options_.probe_interval / 5));
  }
}

}  // namespace kizashi::alerts
