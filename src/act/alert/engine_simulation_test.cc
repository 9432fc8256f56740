// Whole days of random alerts, silences, failures and crashes on a virtual clock: whatever happens,
// in the end everybody was told what is true, and nothing before it began.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <utility>

#include "act/alert/delivery_queues.h"
#include "act/alert/engine.h"
#include "act/alert/engine_test_support.h"

namespace kizashi::alerts {
namespace {

constexpr std::string_view kConfig = R"(
route:
  receiver: all
  group_by: [alertname]
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 3h
  routes:
  - receiver: pair
    matchers: [team="a"]
    continue: true
  - receiver: each
    matchers: [team=~"a|b"]
    group_by: [...]
    group_wait: 0s
receivers:
- name: all
  webhook_configs: [{url: 'http://a/'}]
- name: pair
  webhook_configs: [{url: 'http://b/'}, {url: 'http://c/'}]
- name: each
  webhook_configs: [{url: 'http://d/'}]
inhibit_rules:
- source_matchers: [severity=critical]
  target_matchers: [severity=warning]
  equal: [alertname]
)";

// The engine with queues, a disk that keeps every record, and destinations that fail at random.
class World {
 public:
  explicit World(uint64_t seed) : random_(seed), config_(ConfigOf(kConfig)) { Start(); }

  void Run(int steps) {
    for (int i = 0; i < steps; ++i) {
      const int what = Pick(100);
      if (what < 45) Toggle();
      if (what >= 45 && what < 50) SilenceSomething();
      if (what >= 50 && what < 53) Crash();
      if (what >= 53 && what < 55) engine_->Configure(config_, now_);
      if (what == 56) engine_->Forget(now_);
      Pass(Duration(1000 * (1 + Pick(40))));
    }
    // The storm is over: what fires goes on, silences end, everybody answers.
    calm_ = true;
    for (int i = 0; i < 200; ++i) {
      for (const int alert : firing_) Put(alert, true);
      Pass(Duration(60'000));
    }
  }

  void CheckEverybodyKnows() {
    for (const auto& [key, said] : said_) {
      const bool fires = firing_.count(key.second) != 0;
      const bool quiet = IsInhibited(key.second);
      if (!quiet) {
        EXPECT_EQ(said, fires) << key.first << " alert " << key.second;
      }
    }
    for (const int alert : firing_) {
      if (IsInhibited(alert)) continue;
      for (const std::string& destination : DestinationsOf(alert)) {
        EXPECT_TRUE((said_[{destination, alert}])) << destination << " alert " << alert;
      }
    }
    EXPECT_EQ(engine_->waiting(), 0U);
  }

 private:
  static constexpr int kAlerts = 12;
  int Pick(int below) { return static_cast<int>(random_() % static_cast<uint64_t>(below)); }

  Labels LabelsOfAlert(int alert) const {
    return Labels({{"alertname", "N" + std::to_string(alert % 3)},
                   {"number", std::to_string(alert)},
                   {"severity", alert % 4 == 0   ? "critical"
                                : alert % 4 == 1 ? "warning"
                                                 : "info"},
                   {"team", alert % 5 == 0   ? "a"
                            : alert % 5 == 1 ? "b"
                                             : "c"}});
  }
  std::vector<std::string> DestinationsOf(int alert) const {
    if (alert % 5 == 0) return {"pair/webhook/0", "pair/webhook/1", "each/webhook/0"};
    if (alert % 5 == 1) return {"each/webhook/0"};
    return {"all/webhook/0"};
  }
  bool IsInhibited(int alert) const {
    if (alert % 4 != 1) return false;
    for (const int other : firing_) {
      if (other % 4 == 0 && other % 3 == alert % 3) return true;
    }
    return false;
  }

  void Put(int number, bool fires) {
    Alert alert;
    alert.labels = LabelsOfAlert(number);
    alert.starts_at = now_;
    alert.ends_at = fires ? now_ + Duration(5 * 60'000) : now_;
    alert.timeout = fires;
    alert.updated_at = now_;
    Alert merged = engine_->Merged(std::move(alert), now_);
    disk_.push_back(EncodeRecord(merged));
    engine_->Put(std::move(merged), now_);
  }
  void Toggle() {
    const int alert = Pick(kAlerts);
    const bool fires = firing_.count(alert) == 0;
    if (fires) {
      firing_.insert(alert);
    } else {
      firing_.erase(alert);
    }
    Put(alert, fires);
  }
  void SilenceSomething() {
    Silence silence;
    silence.matchers = *ParseMatchers("alertname=N" + std::to_string(Pick(3)));
    silence.starts_at = now_;
    silence.ends_at = now_ + Duration(60'000 * (1 + Pick(60)));
    std::vector<Silence> plan = *engine_->silences().PlanSet(silence, now_);
    for (Silence& one : plan) {
      disk_.push_back(EncodeRecord(one));
      engine_->SetSilence(std::move(one));
    }
  }

  // kill -9: what was written is all there is. Half of the time it was compacted shortly before.
  void Crash() {
    if (Pick(2) == 0) {
      std::vector<std::string> records;
      engine_->Save([&](std::string_view record) { records.emplace_back(record); });
      disk_ = std::move(records);
    }
    Start();
  }
  void Start() {
    EngineOptions options;
    options.flap_firings = 0;
    engine_ = std::make_unique<AlertEngine>(options);
    queues_ = std::make_unique<DeliveryQueues>(QueuePolicy{});
    for (const std::string& record : disk_) ASSERT_TRUE(engine_->Restore(record));
    for (const uint64_t number : engine_->Waiting()) {
      const Notification& waiting = *engine_->FindWaiting(number);
      queues_->Add(waiting.destination, number, waiting.group_key, waiting.created_at);
    }
    engine_->Configure(config_, now_);
    Act();
  }

  void Act() {
    for (const Event& event : engine_->Take()) {
      disk_.push_back(event.record);
      if (event.kind == Event::Kind::kQueued && event.is_new) {
        const Notification* queued = engine_->FindWaiting(event.number);
        queues_->Add(event.destination, event.number, queued->group_key, queued->created_at);
      }
      if (event.kind == Event::Kind::kEnded) queues_->Remove(event.destination, event.number);
    }
  }
  void Pass(Duration time) {
    const Time end = now_ + time;
    while (now_ < end) {
      now_ += Duration(1000);
      // Sources send again what fires.
      if (ToMs(now_) % 120'000 == 0) {
        for (const int alert : firing_) Put(alert, true);
      }
      engine_->Advance(now_);
      Act();
      for (const uint64_t number : queues_->Start(now_)) Attempt(number);
    }
  }
  void Attempt(uint64_t number) {
    const Notification sent = *engine_->FindWaiting(number);
    engine_->Begin(number);
    SendResult result;
    if (!calm_ && Pick(3) == 0) {
      result.outcome = Pick(2) == 0 ? SendResult::Outcome::kFailed : SendResult::Outcome::kNoAnswer;
    }
    if (result.outcome == SendResult::Outcome::kDelivered) {
      for (const ToldAlert& told : sent.alerts) Hear(sent, told);
    }
    if (queues_->Result(sent.destination, number, result, now_) == DeliveryQueues::Then::kEnded) {
      engine_->End(number, EndReason::kDelivered, now_);
    } else {
      engine_->Back(number);
    }
    Act();
  }
  void Hear(const Notification& sent, const ToldAlert& told) {
    const int alert = std::stoi(std::string(told.alert->labels.Get("number")));
    said_[{sent.destination, alert}] = told.firing;
  }

  std::mt19937_64 random_;
  AlertConfigPtr config_;
  Time now_ = *ParseTime("2026-01-05T00:00:00Z");
  std::unique_ptr<AlertEngine> engine_;
  std::unique_ptr<DeliveryQueues> queues_;
  std::vector<std::string> disk_;
  std::set<int> firing_;
  std::map<std::pair<std::string, int>, bool>
      said_;  // by destination and alert: what it heard last
  bool calm_ = false;
};

TEST(EngineSimulationTest, EverybodyKnowsInTheEnd) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed);
    world.Run(150);
    world.CheckEverybodyKnows();
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace kizashi::alerts
