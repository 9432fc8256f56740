#include "act/incident/incident_groups.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <thread>

#include "act/alert_feed.h"
#include "act/incident/incident_feed.h"
#include "act/incident/incident_service.h"
#include "act/incident/incident_test_support.h"
#include "catalog/load.h"
#include "catalog/test_folder.h"

namespace kizashi::incidents {
namespace {

using Strings = std::vector<std::string>;

/// Incidents and alerts joined as `kizashi serve` joins them.
class IncidentGroupsTest : public testing::Test {
 protected:
  IncidentGroupsTest() {
    catalog_ = LoadCatalog({{"a.yaml", "service: {name: shop}"}}).catalog;
    Open();
  }
  void Open() {
    alerts_.reset();
    incidents_.reset();
    registry_ = std::make_unique<Registry>();
    IncidentServiceOptions options;
    options.log = {folder_.name() + "/incidents", "incidents"};
    options.catalog = [this] { return catalog_; };
    if (follows_) {
      options.on_edit = [this](const Incident& incident, const Edit& edit) {
        ActOnGroups(incident, edit, alerts_.get());
      };
    }
    incidents_ = *IncidentService::Open(std::move(options), clock_, registry_.get());
    alerts::AlertServiceOptions alerts;
    alerts.log = {folder_.name() + "/alerts", "alerts"};
    alerts.load_config = [] {
      return alerts::ReadAlertConfig(
          "route: {receiver: r, group_by: [service, alert_source], group_wait: 0s,"
          " group_interval: 1s}\nreceivers: [{name: r}]\n",
          "c", {});
    };
    alerts.listeners = {&listener_};
    alerts_ = *alerts::AlertService::Open(std::move(alerts), clock_, *registry_);
  }
  void Post(const std::string& name, const std::string& source, const std::string& record) {
    alerts::Alert alert;
    alert.labels = Labels({{"alertname", name}, {"service", "shop"}, {"severity", "page"}});
    if (!source.empty()) alert.labels.Set("alert_source", source);
    if (!record.empty()) alert.annotations.Set(kAlertIdAnnotation, record);
    alert.starts_at = clock_.Now();
    alert.ends_at = kUntilEnded;
    std::promise<void> done;
    alerts_->Post({alert}, [&done](const auto&) { done.set_value(); });
    done.get_future().wait();
  }
  /// Lets the alert service's own thread come to what is due, until `is_so`.
  void Until(const std::function<bool()>& is_so) {
    for (int i = 0; i < 5000 && !is_so(); ++i) {
      clock_.Advance(Duration(1000));
      std::promise<void> done;
      alerts_->Post({}, [&done](const auto&) { done.set_value(); });
      done.get_future().wait();
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    ASSERT_TRUE(is_so());
  }
  void Do(Edit::What what) {
    clock_.Advance(Duration(1000));
    Edit edit = EditAt(0, what, 1);
    edit.time = clock_.Now();
    edit.id += std::to_string(ToMs(edit.time));
    const auto done = incidents_->Do(edit);
    ASSERT_TRUE(done.ok()) << done.status();
  }
  const Incident& One() const { return views_.emplace_back(incidents_->Find(1))->incident; }
  size_t Lines(std::string_view what) const {
    const auto& lines = One().timeline;
    return static_cast<size_t>(std::count_if(lines.begin(), lines.end(),
                                             [&](const auto& one) { return one.what == what; }));
  }
  /// "source who" of each open group.
  Strings OpenNow() const {
    Strings open;
    for (const alerts::OpenGroup& group : alerts_->OpenGroups()) {
      open.push_back(std::string(group.labels.Get("alert_source")) + " " +
                     group.state.acknowledged_by);
    }
    std::sort(open.begin(), open.end());
    return open;
  }
  // One of ours, which has a record, and one of another program: both pages of the shop.
  void TwoPages() {
    incidents_->Tell({PageAt(0, "rec-1")});
    Post("ErrorBudgetBurn", "", "rec-1");
    Post("CPU is high", "datadog", "");
    Until([this] { return One().alerts.size() == 2 && alerts_->OpenGroups().size() == 2; });
  }

  TestFolder folder_;
  ManualClock clock_{kDay};
  std::unique_ptr<Registry> registry_;
  std::shared_ptr<const Catalog> catalog_;
  bool follows_ = true;
  mutable std::vector<std::shared_ptr<const IncidentView>> views_;
  std::unique_ptr<IncidentService> incidents_;
  AlertListener listener_{
      [this](std::vector<IncidentEvent> events) { incidents_->Tell(std::move(events)); },
      [this] { return catalog_; }};
  std::unique_ptr<alerts::AlertService> alerts_;
};

TEST_F(IncidentGroupsTest, WhoAcknowledgesAnIncidentAcknowledgesItsGroupsOnce) {
  TwoPages();
  EXPECT_EQ(OpenNow(), (Strings{" ", "datadog "}));
  Do(Edit::What::kAcknowledge);
  EXPECT_EQ(OpenNow(), (Strings{" aiko", "datadog aiko"}));
  Do(Edit::What::kResolve);
  Until([this] { return alerts_->OpenGroups().empty(); });
  EXPECT_EQ(Lines("acknowledge"), 1u);
  EXPECT_EQ(Lines("acknowledged"), 0u) << "what came from the incident is not told to it again";
  EXPECT_EQ(Lines("resolve"), 1u);
}

TEST_F(IncidentGroupsTest, WhoAcknowledgesAGroupAcknowledgesItsIncidentOnce) {
  TwoPages();
  const uint64_t id = alerts_->OpenGroups()[0].state.id();
  ASSERT_TRUE(alerts_->Act(id, {alerts::GroupAction::Kind::kAcknowledge, "bob", "slack", ""}).ok());
  Until([this] { return One().state == State::kAcknowledged; });
  EXPECT_EQ(One().acknowledged_by, "bob");
  EXPECT_EQ(Lines("acknowledged"), 1u);
  EXPECT_EQ(Lines("acknowledge"), 0u);
}

TEST_F(IncidentGroupsTest, WhatACrashCameInBetweenIsDoneAtTheNextStart) {
  follows_ = false;
  Open();
  TwoPages();
  Do(Edit::What::kAcknowledge);
  EXPECT_EQ(OpenNow(), (Strings{" ", "datadog "}));
  Open();
  CatchUpGroups(incidents_->All(), alerts_.get());
  EXPECT_EQ(OpenNow(), (Strings{" aiko", "datadog aiko"}));
  // Somebody asked for others since: that stays.
  clock_.Advance(Duration(1000));
  for (const alerts::OpenGroup& group : alerts_->OpenGroups()) {
    ASSERT_TRUE(
        alerts_->Act(group.state.id(), {alerts::GroupAction::Kind::kEscalate, "bob", "api", ""})
            .ok());
  }
  Open();
  CatchUpGroups(incidents_->All(), alerts_.get());
  EXPECT_EQ(OpenNow(), (Strings{" ", "datadog "}));
  Do(Edit::What::kResolve);
  Open();
  CatchUpGroups(incidents_->All(), alerts_.get());
  Until([this] { return alerts_->OpenGroups().empty(); });
}

TEST_F(IncidentGroupsTest, GroupsOfOthersAreLeftAlone) {
  TwoPages();
  alerts::Alert other;
  other.labels = Labels({{"alertname", "Down"}, {"service", "pay"}, {"severity", "page"}});
  other.ends_at = kUntilEnded;
  other.starts_at = clock_.Now();
  alerts_->Post({other}, [](const auto&) {});
  Until([this] { return alerts_->OpenGroups().size() == 3; });
  Do(Edit::What::kAcknowledge);
  EXPECT_EQ(OpenNow(), (Strings{" ", " aiko", "datadog aiko"}));
}

}  // namespace
}  // namespace kizashi::incidents
