#include "act/alert_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <thread>

#include "act/test_support.h"

namespace kizashi {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Time kNow = *ParseTime("2026-11-23T08:20:00Z");

// Answers 200 at once, and remembers what it was told.
class Willing final : public alerts::Receiver {
 public:
  Willing(std::mutex* mutex, std::vector<std::string>* told) : mutex_(mutex), told_(told) {}
  void Send(const alerts::Notification& notification, Done done) override {
    std::unique_lock lock(*mutex_);
    for (const alerts::ToldAlert& one : notification.alerts) {
      told_->push_back((one.firing ? "+" : "-") +
                       std::string(one.alert->annotations.Get("kizashi_id")));
    }
    lock.unlock();
    done({});
  }

 private:
  std::mutex* const mutex_;
  std::vector<std::string>* const told_;
};

class AlertFeedTest : public testing::Test {
 protected:
  AlertFeedTest() : records_(folder_.OpenRecords()) { Open(); }

  void Open() {
    feed_.reset();
    service_.reset();
    alerts::AlertServiceOptions options;
    options.load_config = [] {
      return alerts::ReadAlertConfig(
          "route: {receiver: r, group_by: [...], group_wait: 0s, group_interval: 1s}\n"
          "receivers: [{name: r, webhook_configs: [{url: 'http://h/'}]}]\n",
          "c", {"webhook"});
    };
    options.log = {folder_.path() + "/alerts", "alerts"};
    options.receivers.kinds = {"webhook"};
    options.receivers.make = [this](const auto&, const auto&, const auto&) {
      return std::make_shared<Willing>(&mutex_, &told_);
    };
    registry_ = std::make_unique<Registry>();
    auto service = alerts::AlertService::Open(std::move(options), clock_, *registry_);
    ASSERT_TRUE(service.ok()) << service.status();
    service_ = *std::move(service);
    AlertFeed::Options feed;
    feed.catalog = [] { return ShopCatalog(); };
    feed.page_url = "http://page";
    feed_ = std::make_unique<AlertFeed>(*records_, *service_, std::move(feed));
  }
  void Keep(const AlertRecord& alert) {
    VerdictBatch batch;
    batch.alerts = {alert};
    ASSERT_TRUE(records_->Apply(batch).ok());
  }
  // Some seconds later.
  std::vector<std::string> Told() {
    clock_.Advance(Duration(3000));
    std::promise<void> done;
    service_->Post({}, [&](const auto&) { done.set_value(); });
    done.get_future().wait();
    // What the service's own thread took is under way.
    const auto waits = [this] {
      const auto queues = service_->Queues();
      return std::any_of(queues.begin(), queues.end(),
                         [](const auto& queue) { return queue.waiting > 0; });
    };
    while (waits()) std::this_thread::yield();
    const std::lock_guard lock(mutex_);
    return std::exchange(told_, {});
  }
  AlertRecord Ended(AlertRecord alert) const {
    alert.end = clock_.Now();
    return alert;
  }

  TempFolder folder_;
  std::unique_ptr<RecordStore> records_;
  ManualClock clock_{kNow};
  std::unique_ptr<Registry> registry_;
  std::mutex mutex_;
  std::vector<std::string> told_;
  std::unique_ptr<alerts::AlertService> service_;
  std::unique_ptr<AlertFeed> feed_;
};

TEST(AlertOfRecordTest, SaysWhatTheRecordSays) {
  const alerts::Alert alert = AlertOfRecord(ShopAlert(), *ShopCatalog(), "http://page");
  EXPECT_EQ(alerts::LabelSetText(alert.labels),
            R"({alertname="ErrorBudgetBurn", owner="shop-team", service="shop", severity="page", )"
            R"(slo="availability"})");
  EXPECT_EQ(alert.annotations.Get("title"),
            "🔴 呼び出し: Shop | front がエラーバジェットを急速に消費しています");
  EXPECT_EQ(alert.annotations.Get("long_burn"), "20.125");
  EXPECT_EQ(alert.annotations.Get("link"), "http://page/slos/shop/availability");
  EXPECT_EQ(alert.ends_at, kUntilEnded);
  AlertRecord rule = ShopAlert();
  rule.slo = "Down";
  rule.fields = {{"alertname", "Down"},
                 {"rule_group", "g"},
                 {"labels", R"({alertname="Down", host="a\"b", severity="critical"})"}};
  const alerts::Alert of_rule = AlertOfRecord(rule, *ShopCatalog(), "");
  EXPECT_EQ(of_rule.labels.Get("host"), "a\"b");
  EXPECT_EQ(of_rule.labels.Get("severity"), "page");
  EXPECT_EQ(of_rule.labels.Get("slo"), "");
}

TEST_F(AlertFeedTest, TellsBeginningAndEndOnce) {
  Keep(ShopAlert());
  feed_->Put({ShopAlert()});
  EXPECT_THAT(Told(), IsEmpty()) << "the journal is not judged yet";
  feed_->Start();
  EXPECT_THAT(Told(), ElementsAre("+00000000000000aa"));
  feed_->Put({ShopAlert()});
  EXPECT_THAT(Told(), IsEmpty());
  const auto deliveries = feed_->DeliveriesOf(ShopAlert());
  ASSERT_EQ(deliveries.size(), 1U);
  EXPECT_EQ(deliveries[0].destination, "r/webhook/0");
  EXPECT_TRUE(deliveries[0].firing);
  EXPECT_FALSE(deliveries[0].waits);
  const AlertRecord ended = Ended(ShopAlert());
  Keep(ended);
  feed_->Put({ended});
  EXPECT_THAT(Told(), ElementsAre("-00000000000000aa"));
}

TEST_F(AlertFeedTest, BringsTheEngineInLineAfterARestart) {
  Keep(ShopAlert());
  feed_->Start();
  EXPECT_THAT(Told(), ElementsAre("+00000000000000aa"));
  // It ended, and another began, and the process was killed before the engine knew.
  Keep(Ended(ShopAlert()));
  AlertRecord other = ShopAlert();
  other.id = "00000000000000bb";
  other.service = "cart";
  Keep(other);
  AlertRecord of_nobody = ShopAlert();
  of_nobody.id = "00000000000000cc";
  of_nobody.service.clear();
  Keep(of_nobody);
  Open();
  Told();
  feed_->Start();
  EXPECT_THAT(Told(), testing::UnorderedElementsAre("-00000000000000aa", "+00000000000000bb"));
}

}  // namespace
}  // namespace kizashi
