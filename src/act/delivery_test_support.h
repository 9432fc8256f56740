// What the tests of the sender share: a receiver that answers as scripted, and a sender with its
// own store, clock and client.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "act/delivery.h"
#include "act/test_support.h"
#include "base/clock.h"
#include "net/http_server.h"

namespace kizashi {

using Strings = std::vector<std::string>;

/// Polls until `condition` holds; false after ten seconds.
inline bool WaitFor(const std::function<bool()>& condition) {
  const Stopwatch watch;
  while (!condition()) {
    if (watch.Elapsed() > std::chrono::seconds(10)) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// A receiver of messages that answers as scripted, 200 after the script's end; while it holds, it
/// keeps every answer back.
class Receiver {
 public:
  explicit Receiver(std::deque<HttpResponse> script = {}) : script_(std::move(script)) {
    auto server = HttpServer::Start(
        {}, [this](HttpRequest request, Responder respond) { Take(std::move(request), respond); },
        nullptr);
    EXPECT_TRUE(server.ok()) << Message(server.status());
    if (server.ok()) server_ = *std::move(server);
  }
  ~Receiver() { Release(); }

  std::string Url(const std::string& path = "/hook") const {
    return fmt::format("http://127.0.0.1:{}{}", server_->port(), path);
  }
  void Hold() {
    const std::lock_guard lock(mutex_);
    hold_ = true;
  }
  void Release() {
    std::vector<Responder> held;
    {
      const std::lock_guard lock(mutex_);
      hold_ = false;
      held.swap(held_);
    }
    for (const Responder& respond : held) respond(TextResponse(200, "ok"));
  }
  size_t count() const {
    const std::lock_guard lock(mutex_);
    return requests_.size();
  }
  /// The dedup keys in order of arrival.
  std::vector<std::string> Keys() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> keys;
    for (const HttpRequest& request : requests_) {
      keys.emplace_back(request.Header("idempotency-key"));
    }
    return keys;
  }
  HttpRequest request(size_t i) const {
    const std::lock_guard lock(mutex_);
    return requests_.at(i);
  }

 private:
  void Take(HttpRequest request, const Responder& respond) {
    HttpResponse answer = TextResponse(200, "ok");
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(std::move(request));
      if (hold_) {
        held_.push_back(respond);
        return;
      }
      if (!script_.empty()) {
        answer = std::move(script_.front());
        script_.pop_front();
      }
    }
    respond(std::move(answer));
  }

  mutable std::mutex mutex_;
  std::deque<HttpResponse> script_;
  std::vector<HttpRequest> requests_;
  std::vector<Responder> held_;
  bool hold_ = false;
  std::unique_ptr<HttpServer> server_;  // last: its threads use the others
};

class DeliveryTest : public testing::Test {
 protected:
  void SetUp() override { store_ = folder_.OpenRecords(); }

  void Add(const std::string& alert_id, const std::string& event, const std::string& url,
           const std::string& kind = "webhook") {
    AlertRecord alert = ShopAlert();
    alert.id = alert_id;
    DeliveryRecord delivery;
    delivery.alert_id = alert_id;
    delivery.event = event;
    delivery.kind = kind;
    delivery.url = url;
    delivery.created = delivery.next_attempt = clock_.Now();
    ASSERT_TRUE(store_->Apply({{}, {alert}, {}}, {delivery}).ok());
  }

  DeliveryOptions Options() {
    DeliveryOptions options;
    options.catalog = [catalog = ShopCatalog()] { return catalog; };
    options.page_url = "http://kizashi.example";
    options.poll = Duration(20);
    return options;
  }
  std::unique_ptr<DeliverySender> Start(const DeliveryOptions& options) {
    return std::make_unique<DeliverySender>(*store_, client_, clock_, registry_, options);
  }
  DeliveryRecord Stored(const std::string& alert_id, size_t i = 0) {
    const auto deliveries = store_->ListDeliveries(alert_id);
    EXPECT_TRUE(deliveries.ok() && i < deliveries->size());
    return deliveries.ok() && i < deliveries->size() ? (*deliveries)[i] : DeliveryRecord();
  }
  bool WaitForState(const std::string& alert_id, DeliveryRecord::State state, size_t i = 0) {
    return WaitFor([&] { return Stored(alert_id, i).state == state; });
  }
  bool WaitForAttempts(const std::string& alert_id, int attempts) {
    return WaitFor([&] { return Stored(alert_id).attempts >= attempts; });
  }

  TempFolder folder_;
  std::unique_ptr<RecordStore> store_;
  ManualClock clock_{*ParseTime("2026-11-23T08:15:00Z")};
  Registry registry_;
  HttpClient client_;
};

inline constexpr auto kDelivered = DeliveryRecord::State::kDelivered;
inline constexpr auto kGivenUp = DeliveryRecord::State::kGivenUp;
inline constexpr auto kWaiting = DeliveryRecord::State::kWaiting;

}  // namespace kizashi
