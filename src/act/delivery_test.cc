#include "act/delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "act/test_support.h"
#include "net/http_server.h"

namespace kizashi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Polls until `condition` holds; false after ten seconds.
bool WaitFor(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
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

/// A record store that can refuse to store what became of deliveries.
class StubbornStore final : public RecordStore {
 public:
  explicit StubbornStore(RecordStore& real) : real_(real) {}
  std::atomic<bool> refuse = false;
  std::atomic<int> refused = 0;

  Status Apply(const VerdictBatch& batch, const std::vector<DeliveryRecord>& d) override {
    return real_.Apply(batch, d);
  }
  StatusOr<std::vector<AnomalyRecord>> ListAnomalies(const RecordFilter& f) override {
    return real_.ListAnomalies(f);
  }
  StatusOr<std::optional<AnomalyRecord>> GetAnomaly(const std::string& id) override {
    return real_.GetAnomaly(id);
  }
  StatusOr<std::vector<AlertRecord>> ListAlerts(const RecordFilter& f) override {
    return real_.ListAlerts(f);
  }
  StatusOr<std::optional<AlertRecord>> GetAlert(const std::string& id) override {
    return real_.GetAlert(id);
  }
  StatusOr<std::vector<Verdict>> ListVerdicts() override { return real_.ListVerdicts(); }
  StatusOr<std::vector<DeliveryRecord>> ListDeliveries(const std::string& id) override {
    return real_.ListDeliveries(id);
  }
  StatusOr<std::vector<DeliveryRecord>> DueDeliveries(Time now, int limit) override {
    return real_.DueDeliveries(now, limit);
  }
  StatusOr<int64_t> CountWaitingDeliveries() override { return real_.CountWaitingDeliveries(); }
  Status UpdateDelivery(const DeliveryRecord& delivery) override {
    if (!refuse) return real_.UpdateDelivery(delivery);
    ++refused;
    return ResourceExhausted("disk full");
  }

 private:
  RecordStore& real_;
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

constexpr auto kDelivered = DeliveryRecord::State::kDelivered;
constexpr auto kGivenUp = DeliveryRecord::State::kGivenUp;
constexpr auto kWaiting = DeliveryRecord::State::kWaiting;

TEST_F(DeliveryTest, AMessageIsPostedAndMarked) {
  Receiver receiver;
  Add("a", "firing", receiver.Url("/hook?x=1"));
  Add("b", "firing", receiver.Url("/slack"), "slack");
  const auto sender = Start(Options());
  ASSERT_TRUE(WaitForState("a", kDelivered));
  ASSERT_TRUE(WaitForState("b", kDelivered));
  EXPECT_EQ(Stored("a").attempts, 1);
  EXPECT_EQ(Stored("a").last_attempt, clock_.Now());
  for (size_t i = 0; i < 2; ++i) {
    const HttpRequest request = receiver.request(i);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.Header("content-type"), "application/json");
    if (request.path == "/slack") {
      EXPECT_THAT(request.body, HasSubstr("\"blocks\":"));
      EXPECT_THAT(request.body, HasSubstr("呼び出し"));  // the team's language
    } else {
      EXPECT_EQ(request.query, "x=1");
      EXPECT_EQ(request.Header("idempotency-key"), "a-firing");
      EXPECT_THAT(request.body, HasSubstr(R"("dedup_key":"a-firing")"));
    }
  }
  ASSERT_TRUE(WaitFor([&] {
    return registry_.Write().find("kizashi_notifications_waiting 0\n") != std::string::npos;
  }));
  EXPECT_THAT(registry_.Write(),
              HasSubstr(R"(kizashi_notifications_total{kind="slack",outcome="delivered"} 1)"));
}

TEST_F(DeliveryTest, WakeSendsWithoutWaitingForThePoll) {
  Receiver receiver;
  DeliveryOptions options = Options();
  options.poll = std::chrono::hours(1);
  const auto sender = Start(options);
  Add("a", "firing", receiver.Url());
  sender->Wake();
  EXPECT_TRUE(WaitForState("a", kDelivered));
}

TEST_F(DeliveryTest, RetryAfterHoldsTheDestinationExactlyThatLong) {
  Receiver limited({HttpResponse{429, {{"Retry-After", "1"}}, "slow down"}});
  Receiver other;
  Add("a", "firing", limited.Url());
  const auto sender = Start(Options());
  ASSERT_TRUE(WaitForAttempts("a", 1));
  EXPECT_EQ(Stored("a").next_attempt, clock_.Now() + std::chrono::seconds(1));
  EXPECT_EQ(Stored("a").state, kWaiting);

  clock_.Advance(Duration(999));
  Add("b", "firing", limited.Url());  // the same destination: held as well
  Add("c", "firing", other.Url());    // tells that the sender has looked at what is due
  sender->Wake();
  ASSERT_TRUE(WaitForState("c", kDelivered));
  EXPECT_EQ(limited.count(), 1u);

  clock_.Advance(Duration(1));
  sender->Wake();
  ASSERT_TRUE(WaitForState("a", kDelivered));
  ASSERT_TRUE(WaitForState("b", kDelivered));
  EXPECT_THAT(limited.Keys(), ElementsAre("a-firing", "a-firing", "b-firing"));
}

TEST_F(DeliveryTest, AServerInTroubleIsTriedAgainAndResolvedNeverOvertakesFiring) {
  Receiver receiver({TextResponse(503, "busy"), TextResponse(500, "oops")});
  Add("a", "firing", receiver.Url());
  Add("a", "resolved", receiver.Url());
  Add("b", "firing", receiver.Url());
  const auto sender = Start(Options());
  ASSERT_TRUE(WaitForAttempts("a", 1));
  // Another alert may go meanwhile; it takes the second bad answer.
  ASSERT_TRUE(WaitForAttempts("b", 1));
  EXPECT_EQ(Stored("a").last_error, "answered 503: busy");
  clock_.Advance(Duration(1'000));
  sender->Wake();
  ASSERT_TRUE(WaitForState("a", kDelivered, 1));
  ASSERT_TRUE(WaitForState("b", kDelivered));
  const auto keys = receiver.Keys();
  const auto last_firing = std::find(keys.rbegin(), keys.rend(), "a-firing");
  const auto resolved = std::find(keys.rbegin(), keys.rend(), "a-resolved");
  EXPECT_LT(resolved, last_firing);  // read backwards
  EXPECT_EQ(std::count(keys.begin(), keys.end(), "a-resolved"), 1);
  EXPECT_EQ(std::count(keys.begin(), keys.end(), "a-firing"), 2);
}

TEST_F(DeliveryTest, NobodyThereIsTriedAgainForADay) {
  std::string url;
  {
    Receiver gone;
    url = gone.Url("/services/topsecret");
  }
  Add("a", "firing", url);
  const auto sender = Start(Options());
  ASSERT_TRUE(WaitForAttempts("a", 1));
  EXPECT_EQ(Stored("a").state, kWaiting);
  EXPECT_THAT(Stored("a").last_error, Not(HasSubstr("topsecret")));
  EXPECT_NE(Stored("a").last_error, "");
  clock_.Advance(std::chrono::hours(24));
  sender->Wake();
  ASSERT_TRUE(WaitForState("a", kGivenUp));
  EXPECT_THAT(Stored("a").last_error, HasSubstr("given up 24h"));
  EXPECT_THAT(registry_.Write(),
              HasSubstr(R"(kizashi_notifications_total{kind="webhook",outcome="given_up"} 1)"));
}

TEST_F(DeliveryTest, ARefusalIsGivenUpAtOnce) {
  Receiver receiver({TextResponse(404, "no_service at /hook/topsecret")});
  Add("a", "firing", receiver.Url("/hook/topsecret"));
  Add("a", "resolved", receiver.Url("/hook/topsecret"));
  const auto sender = Start(Options());
  ASSERT_TRUE(WaitForState("a", kGivenUp));
  EXPECT_EQ(Stored("a").last_error, "answered 404: no_service at [hidden]");
  EXPECT_TRUE(WaitForState("a", kDelivered, 1));  // what comes after it is not held up
  EXPECT_EQ(receiver.count(), 2u);
}

TEST_F(DeliveryTest, ASilentDestinationHoldsUpNobodyElseAndGetsOneAtATime) {
  Receiver silent;
  Receiver other;
  silent.Hold();
  for (const char* id : {"a", "b", "c"}) Add(id, "firing", silent.Url());
  for (const char* id : {"d", "e", "f"}) Add(id, "firing", other.Url());
  const auto sender = Start(Options());
  for (const char* id : {"d", "e", "f"}) ASSERT_TRUE(WaitForState(id, kDelivered)) << id;
  ASSERT_TRUE(WaitFor([&] { return silent.count() > 0; }));
  EXPECT_EQ(silent.count(), 1u);
  silent.Release();
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(WaitForState(id, kDelivered)) << id;
  EXPECT_EQ(silent.count(), 3u);
}

TEST_F(DeliveryTest, AnAnswerThatNeverComesIsATimeout) {
  Receiver silent;
  silent.Hold();
  Add("a", "firing", silent.Url());
  DeliveryOptions options = Options();
  options.request_timeout = Duration(50);
  const auto sender = Start(options);
  ASSERT_TRUE(WaitForAttempts("a", 1));
  EXPECT_EQ(Stored("a").state, kWaiting);
  EXPECT_NE(Stored("a").last_error, "");
}

TEST_F(DeliveryTest, NotMoreAtOnceThanAllowed) {
  Receiver silent;
  silent.Hold();
  for (int i = 0; i < 6; ++i) {
    Add(std::to_string(i), "firing", silent.Url(fmt::format("/{}", i)));
  }
  DeliveryOptions options = Options();
  options.parallel_max = 3;
  const auto sender = Start(options);
  ASSERT_TRUE(WaitFor([&] { return silent.count() == 3; }));
  sender->Wake();
  silent.Release();
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(WaitForState(std::to_string(i), kDelivered));
  EXPECT_EQ(silent.count(), 6u);
}

TEST_F(DeliveryTest, StopWaitsShortlyAndTheNextStartSendsAgain) {
  Receiver silent;
  silent.Hold();
  Add("a", "firing", silent.Url());
  DeliveryOptions options = Options();
  options.stop_wait = Duration(50);
  auto sender = Start(options);
  ASSERT_TRUE(WaitFor([&] { return silent.count() == 1; }));
  const auto begin = std::chrono::steady_clock::now();
  sender->Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  sender->Stop();
  EXPECT_EQ(Stored("a").state, kWaiting);
  EXPECT_EQ(Stored("a").attempts, 0);

  silent.Release();
  sender = Start(options);
  ASSERT_TRUE(WaitForState("a", kDelivered));
  EXPECT_THAT(silent.Keys(), ElementsAre("a-firing", "a-firing"));  // the extra copy, recognisable
}

TEST_F(DeliveryTest, StopFilesAnAnswerThatComesInTime) {
  Receiver slow;
  slow.Hold();
  Add("a", "firing", slow.Url());
  auto sender = Start(Options());
  ASSERT_TRUE(WaitFor([&] { return slow.count() == 1; }));
  std::thread releaser([&] { slow.Release(); });
  sender->Stop();
  releaser.join();
  EXPECT_EQ(Stored("a").state, kDelivered);
}

TEST_F(DeliveryTest, WhatCannotBeStoredIsNotSentAgain) {
  StubbornStore stubborn(*store_);
  stubborn.refuse = true;
  Receiver receiver;
  Add("a", "firing", receiver.Url());
  DeliverySender sender(stubborn, client_, clock_, registry_, Options());
  ASSERT_TRUE(WaitFor([&] { return stubborn.refused >= 5; }));
  EXPECT_EQ(receiver.count(), 1u);
  EXPECT_EQ(Stored("a").state, kWaiting);
  stubborn.refuse = false;
  ASSERT_TRUE(WaitForState("a", kDelivered));
  EXPECT_EQ(receiver.count(), 1u);
}

}  // namespace
}  // namespace kizashi
