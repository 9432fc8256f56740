#include "act/foreign_alert_feed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "act/test_support.h"
#include "store/test_points.h"

namespace kizashi {
namespace {

using Strings = std::vector<std::string>;

const Time kNow = *ParseTime("2026-11-23T08:20:00Z");

class ForeignAlertFeedTest : public testing::Test {
 protected:
  ForeignAlertFeedTest() { Open(); }

  void Open() {
    feed_.reset();
    service_.reset();
    alerts::AlertServiceOptions options;
    options.load_config = [] {
      return alerts::ReadAlertConfig(
          "route: {receiver: r, group_by: [alert_id], group_wait: 0s, group_interval: 1s}\n"
          "receivers: [{name: r}]\n",
          "c", {});
    };
    options.log = {folder_.path() + "/alerts", "alerts"};
    registry_ = std::make_unique<Registry>();
    auto service = alerts::AlertService::Open(std::move(options), clock_, *registry_);
    ASSERT_TRUE(service.ok()) << service.status();
    service_ = *std::move(service);
    feed_ = std::make_unique<ForeignAlertFeed>(*service_, telemetry_,
                                               ForeignAlertFeed::Options{"http://page"});
  }
  ForeignAlertFeed::Taken Put(const std::vector<ForeignAlert>& alerts,
                              const ForeignAlertFeed::Sender& sender = {AlertSource::kDatadog,
                                                                        "datadog"}) {
    clock_.Advance(Duration(1000));
    std::promise<ForeignAlertFeed::Taken> taken;
    feed_->Put(sender, alerts, *ShopCatalog(),
               [&](ForeignAlertFeed::Taken got) { taken.set_value(std::move(got)); });
    return taken.get_future().get();
  }
  ForeignAlert Urgent(const std::string& id, const std::string& service = "shop") const {
    ForeignAlert alert;
    alert.id = id;
    alert.name = "CPU is high";
    alert.text = "90 %";
    alert.severity = "p1";
    alert.urgent = true;
    alert.time = clock_.Now();
    alert.labels = Labels({{"service", service}, {"host", "a"}});
    return alert;
  }
  ForeignAlert Over(const std::string& id, const std::string& service = "shop") const {
    ForeignAlert alert = Urgent(id, service);
    alert.resolved = true;
    alert.urgent = false;
    return alert;
  }
  std::vector<alerts::AlertPtr> Firing() const {
    return service_->Where(
        [this](const alerts::Alert& alert) { return !alert.Resolved(clock_.Now()); });
  }
  /// "id resolved" of each alert of the journal.
  Strings Journal() {
    Strings all;
    for (const AlertBatch& batch : telemetry_.alert_batches) {
      for (const ForeignAlert& alert : batch.alerts) {
        all.push_back(alert.id + (alert.resolved ? " over" : " fires"));
      }
    }
    telemetry_.alert_batches.clear();
    return all;
  }

  TempFolder folder_;
  ManualClock clock_{kNow};
  PointsOnly telemetry_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<alerts::AlertService> service_;
  std::unique_ptr<ForeignAlertFeed> feed_;
};

TEST_F(ForeignAlertFeedTest, AnUrgentOneIsAnAlertOfTheOwningTeam) {
  const ForeignAlertFeed::Taken taken = Put({Urgent("1")});
  EXPECT_TRUE(taken.status.ok());
  EXPECT_EQ(taken.alerts, 1u);
  EXPECT_EQ(taken.anomalies, 0u);
  ASSERT_EQ(Firing().size(), 1u);
  const alerts::Alert& alert = *Firing()[0];
  EXPECT_EQ(alerts::LabelSetText(alert.labels),
            R"({alert_id="1", alert_source="datadog", alertname="CPU is high", host="a", )"
            R"(owner="shop-team", service="shop", severity="page"})");
  EXPECT_EQ(alert.annotations.Get("title"), "🔴 CPU is high が発生しています: Shop | front");
  EXPECT_EQ(alert.annotations.Get("summary"), "datadog: 90 %");
  EXPECT_EQ(alert.annotations.Get("severity_sent"), "p1");
  EXPECT_EQ(alert.annotations.Get("link"), "http://page/services/shop");
  EXPECT_EQ(Journal(), Strings{"1 over"}) << "it may have been an anomaly";
}

TEST_F(ForeignAlertFeedTest, SentAgainItIsTheSameWhateverItsLabelsAreNow) {
  Put({Urgent("1")});
  const uint64_t first = Firing()[0]->fingerprint;
  const Time begin = Firing()[0]->starts_at;
  ForeignAlert again = Urgent("1");
  again.labels = Labels({{"service", "shop"}, {"host", "b"}});
  again.text = "95 %";
  Put({again});
  Open();
  ASSERT_EQ(Firing().size(), 1u);
  Put({again});
  ASSERT_EQ(Firing().size(), 1u);
  EXPECT_EQ(Firing()[0]->fingerprint, first);
  EXPECT_EQ(Firing()[0]->starts_at, begin);
  EXPECT_EQ(Firing()[0]->annotations.Get("summary"), "datadog: 95 %");
  // What says that it is over need not know its labels.
  ForeignAlert over = Over("1");
  over.labels = Labels(std::vector<Label>{{"service", "shop"}});
  const ForeignAlertFeed::Taken taken = Put({over});
  EXPECT_EQ(taken.alerts, 1u);
  EXPECT_TRUE(Firing().empty());
}

TEST_F(ForeignAlertFeedTest, WhatNoServiceClaimsIsTakenWhenItIsUrgentAlone) {
  ForeignAlert low = Urgent("2", "nobody");
  low.urgent = false;
  const ForeignAlertFeed::Taken taken = Put({Urgent("1", "nobody"), low, Over("3", "nobody")});
  EXPECT_EQ(taken.alerts, 1u);
  EXPECT_EQ(taken.unclaimed, (std::vector<size_t>{0}));
  EXPECT_EQ(taken.left_out, (std::vector<size_t>{1, 2}));
  ASSERT_EQ(Firing().size(), 1u);
  EXPECT_FALSE(Firing()[0]->labels.Has("owner"));
  EXPECT_EQ(Journal(), Strings{});
  const ForeignAlertFeed::Taken over = Put({Over("1", "nobody")});
  EXPECT_EQ(over.alerts, 1u);
  EXPECT_TRUE(over.left_out.empty());
  EXPECT_TRUE(Firing().empty());
}

TEST_F(ForeignAlertFeedTest, OneThatBecomesLowIsAnAnomalyAndTheOtherWayRound) {
  ForeignAlert low = Urgent("1");
  low.urgent = false;
  Put({low});
  EXPECT_TRUE(Firing().empty());
  EXPECT_EQ(Journal(), Strings{"1 fires"});
  Put({Urgent("1")});
  EXPECT_EQ(Firing().size(), 1u);
  EXPECT_EQ(Journal(), Strings{"1 over"});
  Put({low});
  EXPECT_TRUE(Firing().empty());
  EXPECT_EQ(Journal(), Strings{"1 fires"});
}

TEST_F(ForeignAlertFeedTest, ThoseOfOneRequestKnowEachOther) {
  ForeignAlert over = Over("1");
  over.labels = Labels(std::vector<Label>{{"service", "shop"}});
  Put({Urgent("1"), over});
  EXPECT_TRUE(Firing().empty());
}

TEST_F(ForeignAlertFeedTest, SourcesDoNotMeet) {
  Put({Urgent("1")});
  Put({Urgent("1")}, {AlertSource::kGeneric, "backup"});
  EXPECT_EQ(Firing().size(), 2u);
  EXPECT_EQ(Journal(), (Strings{"1 over", "backup/1 over"}));
  Put({Over("1")}, {AlertSource::kGeneric, "backup"});
  ASSERT_EQ(Firing().size(), 1u);
  EXPECT_EQ(Firing()[0]->labels.Get("alert_source"), "datadog");
}

TEST_F(ForeignAlertFeedTest, AnAlarmThatComesAfterItsEndIsOver) {
  const ForeignAlertFeed::Sender cloudwatch = {AlertSource::kCloudWatch, "cloudwatch"};
  const ForeignAlert first = Urgent("1");
  Put({first}, cloudwatch);
  Put({Over("1")}, cloudwatch);
  Put({first}, cloudwatch);
  EXPECT_TRUE(Firing().empty());
  Put({Urgent("1")}, cloudwatch);
  EXPECT_EQ(Firing().size(), 1u) << "a new one";
}

TEST_F(ForeignAlertFeedTest, NobodyHeardOfItForAWeek) {
  Put({Urgent("1")});
  clock_.Advance(ForeignAlertFeed::kSilent - Duration(2000));
  EXPECT_EQ(Firing().size(), 1u);
  clock_.Advance(Duration(3000));
  EXPECT_TRUE(Firing().empty());
}

TEST_F(ForeignAlertFeedTest, WhatAPersonEndedStaysOverWhileItsSourceSaysTheSame) {
  const ForeignAlert first = Urgent("1");
  Put({first});
  std::vector<alerts::OpenGroup> open;
  for (int i = 0; i < 1000 && open.empty(); ++i) {
    clock_.Advance(Duration(1000));
    Put({first});
    open = service_->OpenGroups();
  }
  ASSERT_EQ(open.size(), 1u);
  ASSERT_TRUE(
      service_->Act(open[0].state.id(), {alerts::GroupAction::Kind::kResolve, "aiko", "api", ""})
          .ok());
  EXPECT_TRUE(Firing().empty());
  Put({first});
  EXPECT_TRUE(Firing().empty());
  Put({Urgent("1")});
  EXPECT_EQ(Firing().size(), 1u) << "it began anew";
}

TEST_F(ForeignAlertFeedTest, AJournalThatRefusesIsToldToTheSender) {
  telemetry_.edits_answer = Unavailable("the disk is full");
  ForeignAlert low = Urgent("2");
  low.urgent = false;
  const ForeignAlertFeed::Taken taken = Put({Urgent("1", "nobody"), low});
  EXPECT_EQ(Message(taken.status), "the disk is full");
}

}  // namespace
}  // namespace kizashi
