// Who takes care of a group: acknowledging, escalating, ending by hand, and what listeners hear.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/alert/engine_test_support.h"

namespace kizashi::alerts {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;
using Kind = AlertEvent::Kind;

constexpr std::string_view kConfig = R"(
route:
  receiver: developers
  group_by: [alertname]
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 30m
  escalation:
  - {receiver: sre, after: 10m}
  - {receiver: boss, after: 25m}
receivers:
- name: developers
  webhook_configs: [{url: 'http://a/'}]
- name: sre
  webhook_configs: [{url: 'http://b/'}]
- name: boss
  webhook_configs: [{url: 'http://c/'}]
)";

class EngineStatesTest : public testing::Test {
 protected:
  std::vector<std::string> Heard() {
    std::vector<std::string> heard;
    for (const AlertEvent& event : world.engine.TakeAlertEvents()) {
      std::string text(AlertEventName(event.kind));
      if (event.again) text += " again";
      if (!event.by.empty()) text += " by " + event.by;
      heard.push_back(text);
      last = event;
    }
    return heard;
  }
  // Everything is delivered at once.
  std::vector<std::string> Pass(Duration time) {
    std::vector<std::string> told;
    for (const Time end = world.now + time; world.now < end;) {
      for (std::string& one : world.Pass(Duration(1000))) told.push_back(std::move(one));
      world.DeliverAll();
      world.now += Duration(1000);
    }
    return told;
  }
  Status Act(GroupAction::Kind kind) {
    const Status status = world.engine.Act(Group(), {kind, "alice", "api", "on it"}, world.now);
    world.TakeEvents();
    return status;
  }
  static uint64_t Group() { return Hash64("{}:{alertname=\"Disk\"}"); }

  EngineWorld world{kConfig};
  AlertEvent last;
};

TEST_F(EngineStatesTest, OnCallCallsOneMoreReceiver) {
  // Routes that on-call escalates have no steps of their own.
  const std::string plain(kConfig.substr(0, kConfig.find("  escalation:")));
  world.engine.Configure(ConfigOf(plain + std::string(kConfig.substr(kConfig.find("receivers:")))),
                         world.now);
  world.Fire("alertname=Disk,host=a,severity=page", minutes(90));
  EXPECT_THAT(Pass(minutes(1)), ElementsAre("developers/webhook/0 +host=a"));
  Heard();
  GroupAction call{GroupAction::Kind::kCall, "schedule", "schedule", "you are on call", "boss"};
  call.key = "oncall/1/0/0";
  const auto act = [&] { return world.engine.Act(Group(), call, world.now); };
  EXPECT_TRUE(act().ok());
  EXPECT_THAT(Heard(), IsEmpty()) << "the first step is no escalation";
  EXPECT_TRUE(act().ok());
  EXPECT_THAT(Pass(minutes(1)), ElementsAre("boss/webhook/0 +host=a"));
  EXPECT_EQ(world.engine.FindTold("{}:{alertname=\"Disk\"}", "boss/webhook/0")->page, 1U);

  // The same key once more is the same page; another one pages again only when it is to.
  EXPECT_TRUE(act().ok());
  call.key = "oncall/1/2/0";
  call.level = 2;
  EXPECT_TRUE(act().ok());
  EXPECT_THAT(Heard(), ElementsAre("escalated"));
  EXPECT_TRUE(world.engine.Waiting().empty());
  call.key = "oncall/1/4/0";
  call.again = true;
  EXPECT_TRUE(act().ok());
  ASSERT_EQ(world.engine.Waiting().size(), 1U);
  Notification again = *world.engine.FindWaiting(world.engine.Waiting()[0]);
  EXPECT_EQ(again.destination, "boss/webhook/0");
  EXPECT_EQ(again.page, 2U);
  world.engine.Complete(&again);
  EXPECT_EQ(again.reason, "you are on call");
  world.DeliverAll();

  // Its end is told to who was called.
  world.Resolve("alertname=Disk,host=a,severity=page");
  EXPECT_THAT(Pass(minutes(2)),
              ElementsAre("developers/webhook/0 -host=a", "boss/webhook/0 -host=a"));
}

TEST_F(EngineStatesTest, OnCallIsNotAskedAboutWhatSomebodyTakesCareOf) {
  GroupAction call{GroupAction::Kind::kCall, "schedule", "schedule", "", "boss"};
  call.key = "k";
  EXPECT_EQ(world.engine.Act(Group(), call, world.now).code(), absl::StatusCode::kNotFound);
  world.Fire("alertname=Disk,host=a,severity=page", minutes(90));
  Pass(minutes(1));
  ASSERT_TRUE(Act(GroupAction::Kind::kAcknowledge).ok());
  EXPECT_EQ(world.engine.Act(Group(), call, world.now).code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(Act(GroupAction::Kind::kEscalate).ok());
  EXPECT_EQ(world.engine.OpenGroups(world.now)[0].state.asked_by, "alice");
  call.by.clear();
  EXPECT_TRUE(world.engine.Act(Group(), call, world.now).ok());
  EXPECT_EQ(world.engine.OpenGroups(world.now)[0].state.asked_at, world.now) << "another step";
  call.key = "k2";
  call.by = "alice";
  call.at = world.now;
  EXPECT_TRUE(world.engine.Act(Group(), call, world.now).ok());
  EXPECT_EQ(world.engine.OpenGroups(world.now)[0].state.asked_at, Time{}) << "it was done";
}

TEST_F(EngineStatesTest, WhomOnCallCalledOutlivesARestart) {
  world.Fire("alertname=Disk,host=a,severity=page", minutes(90));
  Pass(minutes(1));
  GroupAction call{GroupAction::Kind::kCall, "schedule", "schedule", "why", "boss"};
  call.key = "k";
  ASSERT_TRUE(world.engine.Act(Group(), call, world.now).ok());
  GroupAction next{GroupAction::Kind::kNext, "", "", "", "sam"};
  next.at = world.now + minutes(5);
  ASSERT_TRUE(world.engine.Act(Group(), next, world.now).ok());
  world.TakeEvents();
  const GroupState before = world.engine.OpenGroups(world.now)[0].state;
  AlertEngine restarted;
  for (const std::string& record : world.records) EXPECT_TRUE(restarted.Restore(record));
  restarted.Configure(ConfigOf(kConfig), world.now);
  restarted.Advance(world.now);
  ASSERT_EQ(restarted.OpenGroups(world.now).size(), 1U);
  const OpenGroup after = restarted.OpenGroups(world.now)[0];
  EXPECT_EQ(after.state.called, before.called);
  EXPECT_EQ(after.state.called.size(), 1U);
  EXPECT_EQ(after.next[0].receiver, "sam");
  EXPECT_THAT(after.destinations, ElementsAre("developers/webhook/0", "boss/webhook/0"));
}

TEST_F(EngineStatesTest, EscalatesUntilSomebodyAcknowledges) {
  world.Fire("alertname=Disk,host=a,service=shop,severity=page", minutes(90));
  EXPECT_THAT(Pass(minutes(9)), ElementsAre("developers/webhook/0 +host=a"));
  EXPECT_THAT(Heard(), ElementsAre("opened"));
  EXPECT_EQ(last.service, "shop");
  EXPECT_EQ(last.rank, 4);
  EXPECT_EQ(last.episode, 1U);
  const auto open = world.engine.OpenGroups(world.now);
  ASSERT_EQ(open.size(), 1U);
  ASSERT_EQ(open[0].next.size(), 2U);
  EXPECT_EQ(open[0].next[0].receiver, "sre");
  EXPECT_EQ(open[0].next[0].at, open[0].state.opened_at + minutes(10));
  EXPECT_THAT(Pass(minutes(2)), ElementsAre("sre/webhook/0 +host=a"));
  EXPECT_THAT(Heard(), ElementsAre("escalated"));
  EXPECT_TRUE(Act(GroupAction::Kind::kAcknowledge).ok());
  EXPECT_TRUE(Act(GroupAction::Kind::kAcknowledge).ok()) << "twice is fine";
  EXPECT_THAT(Heard(), ElementsAre("acknowledged by alice"));
  EXPECT_THAT(Pass(minutes(60)), IsEmpty()) << "neither repeated nor escalated";
  world.Resolve("alertname=Disk,host=a,service=shop,severity=page");
  EXPECT_THAT(Pass(minutes(2)),
              ElementsAre("developers/webhook/0 -host=a", "sre/webhook/0 -host=a"));
  EXPECT_THAT(Heard(), ElementsAre("resolved"));
  EXPECT_TRUE(world.engine.OpenGroups(world.now).empty());
  EXPECT_EQ(Act(GroupAction::Kind::kAcknowledge).code(), absl::StatusCode::kNotFound);
}

TEST_F(EngineStatesTest, AGraverMemberEndsTheAcknowledgement) {
  world.Fire("alertname=Disk,host=a,severity=ticket", minutes(90));
  Pass(minutes(1));
  EXPECT_TRUE(Act(GroupAction::Kind::kAcknowledge).ok());
  world.Fire("alertname=Disk,host=b,severity=page", minutes(90));
  EXPECT_THAT(Pass(minutes(1)), ElementsAre("developers/webhook/0 +host=a +host=b"));
  EXPECT_FALSE(world.engine.OpenGroups(world.now)[0].state.is_acknowledged());
  EXPECT_THAT(Heard(), ElementsAre("opened", "acknowledged by alice", "changed"));
  EXPECT_THAT(Pass(minutes(10)), ElementsAre("sre/webhook/0 +host=a +host=b"));
}

TEST_F(EngineStatesTest, EscalatesWhenAskedTo) {
  world.Fire("alertname=Disk,host=a", minutes(90));
  Pass(minutes(1));
  EXPECT_TRUE(Act(GroupAction::Kind::kAcknowledge).ok());
  EXPECT_TRUE(Act(GroupAction::Kind::kEscalate).ok());
  EXPECT_THAT(Heard(), ElementsAre("opened", "acknowledged by alice", "escalated by alice"));
  EXPECT_EQ(world.engine.Waiting().size(), 1U) << "sre is told at once";
  world.DeliverAll();
  EXPECT_THAT(Pass(minutes(14)), IsEmpty());
  EXPECT_THAT(Pass(minutes(2)), ElementsAre("boss/webhook/0 +host=a")) << "15 minutes after sre";
}

TEST_F(EngineStatesTest, WhatAPersonEndedStaysOverUntilItFiresAnew) {
  world.Fire("alertname=Disk,host=a", minutes(90));
  const Time began = world.now;
  Pass(minutes(1));
  EXPECT_TRUE(Act(GroupAction::Kind::kResolve).ok());
  EXPECT_THAT(Pass(Duration(2000)), ElementsAre("developers/webhook/0 -host=a"));
  EXPECT_THAT(Heard(), ElementsAre("opened", "resolved_by by alice", "resolved"));
  // Its source goes on with the same firing.
  Alert again;
  again.labels = LabelsOf("alertname=Disk,host=a");
  again.starts_at = began;
  again.ends_at = world.now + minutes(90);
  world.Put(again);
  EXPECT_THAT(Pass(minutes(5)), IsEmpty());
  again.starts_at = world.now;
  world.Put(again);
  EXPECT_THAT(Pass(minutes(2)), ElementsAre("developers/webhook/0 +host=a"));
  EXPECT_THAT(Heard(), ElementsAre("opened"));
  EXPECT_EQ(last.episode, 2U);
}

TEST_F(EngineStatesTest, SilencedIsTold) {
  world.Fire("alertname=Disk,host=a", minutes(90));
  Pass(minutes(1));
  world.Silence("host=a", minutes(30));
  EXPECT_THAT(Pass(minutes(20)), IsEmpty()) << "what is silenced does not escalate";
  EXPECT_THAT(Heard(), ElementsAre("opened", "silenced"));
  EXPECT_EQ(last.detail, world.engine.silences().all().begin()->first);
  EXPECT_THAT(Pass(minutes(12)),
              ElementsAre("developers/webhook/0 +host=a", "sre/webhook/0 +host=a"))
      << "when the silence is over it is late already, and due to be repeated";
}

TEST_F(EngineStatesTest, SurvivesARestart) {
  world.Fire("alertname=Disk,host=a", minutes(90));
  Pass(minutes(11));
  EXPECT_TRUE(Act(GroupAction::Kind::kAcknowledge).ok());
  AlertEngine after;
  for (const std::string& record : world.records) EXPECT_TRUE(after.Restore(record));
  after.Configure(ConfigOf(kConfig), world.now);
  after.Advance(world.now + minutes(30));
  const auto open = after.OpenGroups(world.now + minutes(30));
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].state.acknowledged_by, "alice");
  EXPECT_EQ(open[0].state.level, 1);
  EXPECT_THAT(open[0].destinations, ElementsAre("developers/webhook/0", "sre/webhook/0"));
  EXPECT_TRUE(after.Waiting().empty()) << "nobody is told again";
  const std::vector<AlertEvent> heard = after.TakeAlertEvents();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_TRUE(heard[0].again);
  EXPECT_EQ(heard[0].kind, Kind::kOpened);
}

}  // namespace
}  // namespace kizashi::alerts
