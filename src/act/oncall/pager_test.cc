#include "act/oncall/pager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>

#include "act/catalog_routes.h"
#include "act/oncall/oncall_test_support.h"
#include "base/hash.h"
#include "catalog/watch.h"

namespace kizashi::oncall {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::string_view kPeople =
    "person: {name: ann, phone: 'sip:ann@127.0.0.1'}\n---\n"
    "person: {name: bob}\n---\nperson: {name: cy}\n---\n"
    "person: {name: sam, phone: 'sip:sam@127.0.0.1'}\n---\nperson: {name: sue}\n---\n";
constexpr std::string_view kPolicies =
    "schedule:\n  name: shop-primary\n  team: dev\n  time_zone: UTC\n"
    "  layers: [{rotation: weekly, start: 2026-01-05 00:00, people: [ann]}]\n---\n"
    "escalation:\n  name: shop\n  team: dev\n  services: [shop]\n"
    "  steps:\n  - {tell: {schedule: shop-primary}, wait: 5m}\n"
    "  - {tell: {person: sam}, wait: 5m}\n  repeat: 1\n";

// Takes everything, and remembers what it was told.
class Willing final : public alerts::Receiver {
 public:
  Willing(std::string name, std::mutex* mutex, std::vector<std::string>* told)
      : name_(std::move(name)), mutex_(mutex), told_(told) {}
  void Send(const alerts::Notification& notification, Done done) override {
    const auto& state = notification.state;
    std::string text = name_ + (notification.firing() ? " fires" : " is over");
    if (state.is_acknowledged()) text += ", " + state.acknowledged_by;
    {
      const std::lock_guard lock(*mutex_);
      told_->push_back(text);
    }
    done({});
  }

 private:
  const std::string name_;
  std::mutex* const mutex_;
  std::vector<std::string>* const told_;
};

class PagerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "pager_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::filesystem::create_directory(folder_ / "catalog");
    Write(std::string(kTestCatalog) + std::string(kPeople) + std::string(kPolicies));
    Begin();
  }
  void TearDown() override {
    End();
    std::filesystem::remove_all(folder_);
  }
  void Write(const std::string& text) {
    std::ofstream(folder_ / "catalog" / "all.yaml") << text;
    catalog_ = std::make_unique<CatalogHolder>((folder_ / "catalog").string(), &clock_);
    catalog_->Reload();
    for (const CatalogError& error : catalog_->Current()->errors) {
      ADD_FAILURE() << error.ToString();
    }
    holder_ = std::make_unique<OnCallHolder>(catalog_.get(), nullptr);
    for (const CatalogError& error : holder_->Current().errors) ADD_FAILURE() << error.ToString();
  }
  void Begin() {
    registry_ = std::make_unique<Registry>();
    auto log = EscalationLog::Open({(folder_ / "escalations").string(), "e"}, registry_.get());
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    pager_ = std::make_unique<Pager>(
        Pager::Parts{log_.get(), holder_.get(), &clock_, registry_.get()}, options_);
    alerts::AlertServiceOptions options;
    options.load_config = [this] {
      CatalogRouteOptions routes;
      routes.has_phone = true;
      std::vector<std::string> notes;
      return alerts::ReadAlertConfig(CatalogRoutes(*catalog_->Current()->catalog, routes, &notes),
                                     "c", {"webhook", "phone"});
    };
    options.log = {(folder_ / "alerts").string(), "alerts"};
    options.engine.sent_kinds = {"webhook", "phone"};
    options.receivers.kinds = {"webhook", "phone"};
    options.receivers.make = [this](const auto&, const alerts::ReceiverConfig& of, const auto&) {
      return std::make_shared<Willing>(of.name, &mutex_, &told_);
    };
    options.listeners = {pager_.get()};
    auto service = alerts::AlertService::Open(std::move(options), clock_, *registry_);
    ASSERT_TRUE(service.ok()) << service.status();
    service_ = *std::move(service);
    pager_->Attach(service_.get());
  }
  // As kill -9 does: nothing is told of what is under way.
  void End() {
    service_.reset();
    pager_.reset();
    log_.reset();
  }
  void Post(bool fires, const std::string& severity = "page") {
    alerts::Alert alert;
    alert.labels = Labels(
        {{"alertname", "Burn"}, {"service", "shop"}, {"owner", "dev"}, {"severity", severity}});
    alert.starts_at = clock_.Now();
    alert.ends_at = clock_.Now() + (fires ? std::chrono::hours(24) : std::chrono::hours(0));
    std::promise<void> done;
    service_->Post({alert}, [&done](const auto& result) {
      EXPECT_TRUE(result.status.ok()) << result.status;
      done.set_value();
    });
    done.get_future().wait();
  }
  // Lets the service's own thread look, then the pager.
  std::vector<std::string> Look() {
    service_->Reload().IgnoreError();  // wakes its thread and flushes what is due
    pager_->Look();
    const std::lock_guard lock(mutex_);
    return std::exchange(told_, {});
  }
  uint64_t Group() {
    const auto groups = service_->OpenGroups();
    return groups.empty() ? 0 : groups[0].state.id();
  }

  std::filesystem::path folder_;
  ManualClock clock_{At("2026-11-04T12:00:00Z")};
  PagerOptions options_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<CatalogHolder> catalog_;
  std::unique_ptr<OnCallHolder> holder_;
  std::unique_ptr<EscalationLog> log_;
  std::unique_ptr<Pager> pager_;
  std::unique_ptr<alerts::AlertService> service_;
  std::mutex mutex_;
  std::vector<std::string> told_;
};

TEST_F(PagerTest, TheOneOnCallThenTheNextThenOnceMore) {
  Post(true);
  EXPECT_THAT(Look(), ElementsAre("team dev fires", "person ann fires"));
  EXPECT_EQ(service_->OpenGroups()[0].next[0].receiver, "sam");
  clock_.Advance(minutes(5));
  EXPECT_THAT(Look(), ElementsAre("person sam fires"));
  EXPECT_EQ(service_->OpenGroups()[0].state.level, 1);
  clock_.Advance(minutes(5));
  EXPECT_THAT(Look(), ElementsAre("person ann fires")) << "the second round pages again";
  Post(false);
  EXPECT_THAT(Look(),
              UnorderedElementsAre("team dev is over", "person ann is over", "person sam is over"));
  EXPECT_THAT(log_->List(), IsEmpty());
}

TEST_F(PagerTest, WhoeverAcknowledgesStopsIt) {
  Post(true);
  Look();
  ASSERT_TRUE(service_->Act(Group(), {alerts::GroupAction::Kind::kAcknowledge, "ann"}).ok());
  Look();
  clock_.Advance(minutes(60));
  EXPECT_THAT(Look(), IsEmpty());
  EXPECT_EQ(log_->List()[0].acknowledged_by, "ann");
  ASSERT_TRUE(service_->Act(Group(), {alerts::GroupAction::Kind::kEscalate, "ann"}).ok());
  EXPECT_THAT(Look(), ElementsAre("person sam fires")) << "at once";
}

TEST_F(PagerTest, WhatDoesNotPageWakesNobody) {
  Post(true, "ticket");
  EXPECT_THAT(Look(), ElementsAre("team dev fires"));
  EXPECT_THAT(log_->List(), IsEmpty());
  Post(true, "page");
  EXPECT_THAT(Look(), testing::Contains("person ann fires")) << "now one of its alerts does";
}

TEST_F(PagerTest, GoesOnBehindAKill) {
  Post(true);
  Look();
  End();
  clock_.Advance(minutes(5));
  Begin();
  EXPECT_THAT(Look(), ElementsAre("person sam fires"));
  // What was done while only one of the two logs knew of it.
  ASSERT_TRUE(service_->Act(Group(), {alerts::GroupAction::Kind::kEscalate, "sam"}).ok());
  End();
  Begin();
  EXPECT_THAT(Look(), ElementsAre("person ann fires"));
  ASSERT_TRUE(service_->Act(Group(), {alerts::GroupAction::Kind::kAcknowledge, "ann"}).ok());
  End();
  Begin();
  clock_.Advance(minutes(60));
  EXPECT_THAT(Look(), IsEmpty());
  EXPECT_EQ(log_->List()[0].acknowledged_by, "ann");
  Post(false);
  service_->Reload().IgnoreError();
  End();
  Begin();
  Look();
  EXPECT_THAT(log_->List(), IsEmpty());
}

TEST_F(PagerTest, TheDefaultTellsTheOwnersThenSre) {
  Write(std::string(kTestCatalog) + std::string(kPeople));
  EscalationPolicy policy = PolicyOf("shop", holder_->Current(), options_);
  ASSERT_EQ(policy.steps.size(), 2U);
  EXPECT_EQ(policy.steps[0].wait, minutes(10));
  EXPECT_THAT(policy.steps[1].targets, ElementsAre(Target{Target::Kind::kPerson, "sam"},
                                                   Target{Target::Kind::kPerson, "sue"},
                                                   Target{Target::Kind::kChannel, "sre"}));
  options_.sre_team = "none";
  options_.default_destinations = {{Destination::Kind::kWebhook, "http://127.0.0.1:1/dev"}};
  policy = PolicyOf("shop", holder_->Current(), options_);
  EXPECT_EQ(policy.steps.size(), 1U) << "they are told already";
  options_.default_destinations = {{Destination::Kind::kWebhook, "http://127.0.0.1:1/all"}};
  policy = PolicyOf("shop", holder_->Current(), options_);
  ASSERT_EQ(policy.steps.size(), 2U);
  EXPECT_EQ(ReceiverOf(policy.steps[1].targets[0]), "default");
  options_.escalate_after = Duration(0);
  policy = PolicyOf("shop", holder_->Current(), options_);
  EXPECT_EQ(policy.steps.size(), 1U);
  EXPECT_EQ(policy.repeat, 0);
}

}  // namespace
}  // namespace kizashi::oncall
