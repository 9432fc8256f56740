#include "act/alert/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/alert/engine_test_support.h"

namespace kizashi::alerts {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kTwoHooks = R"(
route:
  receiver: all
  group_by: [alertname]
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 1h
  routes:
  - receiver: quiet
    match: {team: b}
    mute_time_intervals: [night]
receivers:
- name: all
  webhook_configs: [{url: 'http://a/'}]
- name: quiet
  webhook_configs: [{url: 'http://b/', send_resolved: false}]
time_intervals:
- name: night
  time_intervals: [{times: [{start_time: '00:00', end_time: '06:00'}]}]
inhibit_rules:
- source_matchers: [severity=critical]
  target_matchers: [severity=warning]
  equal: [alertname]
)";

TEST(AlertEngineTest, WaitsForTheGroupAndTellsItOnce) {
  EngineWorld world(kTwoHooks);
  world.Fire("alertname=Disk,host=a", minutes(600));
  world.Pass(seconds(5));
  world.Fire("alertname=Disk,host=b", minutes(600));
  EXPECT_THAT(world.Pass(seconds(4)), IsEmpty());
  EXPECT_THAT(world.Pass(seconds(2)), ElementsAre("all/webhook/0 +host=a +host=b"));
  world.DeliverAll();
  EXPECT_THAT(world.Pass(minutes(30)), IsEmpty());
  world.Fire("alertname=Disk,host=a", minutes(600));  // again, as sources do
  EXPECT_THAT(world.Pass(minutes(31)), ElementsAre("all/webhook/0 +host=a +host=b"));
}

TEST(AlertEngineTest, TellsTheEndAndForgets) {
  EngineWorld world(kTwoHooks);
  world.Fire("alertname=Disk,host=a");
  world.Pass(seconds(10));
  world.DeliverAll();
  world.Resolve("alertname=Disk,host=a");
  EXPECT_THAT(world.Pass(minutes(2)), ElementsAre("all/webhook/0 -host=a"));
  world.DeliverAll();
  EXPECT_THAT(world.Pass(minutes(200)), IsEmpty());
  world.engine.Forget(world.now);
  EXPECT_EQ(world.engine.alerts(), 0U);
  EXPECT_EQ(world.engine.groups(), 0U);
  EXPECT_EQ(world.engine.FindTold("{}:{alertname=\"Disk\"}", "all/webhook/0"), nullptr);
}

// Each alert of a large group is looked at a few times, not once for each other.
TEST(AlertEngineTest, ALargeGroupEndsQuickly) {
  EngineWorld world(kTwoHooks);
  constexpr int kMany = 20'000;
  for (int i = 0; i < kMany; ++i)
    world.Fire("alertname=Disk,severity=page,host=" + std::to_string(i));
  world.Pass(seconds(10));
  world.DeliverAll();
  for (int i = 0; i < kMany; ++i)
    world.Resolve("alertname=Disk,severity=page,host=" + std::to_string(i));
  const Stopwatch watch;
  EXPECT_EQ(world.Pass(minutes(1)).size(), 1U);
  world.DeliverAll();
  EXPECT_LT(watch.Elapsed(), seconds(20)) << "quadratic would be minutes";
  EXPECT_TRUE(world.engine.Groups(world.now).empty());
}

TEST(AlertEngineTest, EndsByTheResolveTimeout) {
  EngineWorld world(kTwoHooks);
  world.Fire("alertname=Disk,host=a");
  world.Pass(seconds(10));
  world.DeliverAll();
  EXPECT_THAT(world.Pass(minutes(7)), ElementsAre("all/webhook/0 -host=a"));
}

TEST(AlertEngineTest, KeepsTheEndWhileTheBeginningIsUndelivered) {
  EngineWorld world(kTwoHooks);
  world.Fire("alertname=Disk,host=a");
  EXPECT_THAT(world.Pass(seconds(10)), ElementsAre("all/webhook/0 +host=a"));
  world.Resolve("alertname=Disk,host=a");
  // Both are told, in order, however long the destination is away.
  EXPECT_THAT(world.Pass(minutes(3)), ElementsAre("all/webhook/0 -host=a"));
  EXPECT_EQ(world.engine.waiting(), 2U);
  world.DeliverAll();
  EXPECT_THAT(world.Pass(minutes(30)), IsEmpty());
}

TEST(AlertEngineTest, TellsAnewWhatWasGivenUp) {
  EngineWorld world(kTwoHooks);
  world.Fire("alertname=Disk,host=a");
  world.Pass(seconds(10));
  world.EndAll(EndReason::kGivenUp);
  world.Fire("alertname=Disk,host=a");
  EXPECT_THAT(world.Pass(minutes(2)), ElementsAre("all/webhook/0 +host=a"));
}

TEST(AlertEngineTest, BringsWhatWaitsUpToDate) {
  EngineWorld world(kTwoHooks);
  world.Fire("alertname=Disk,host=a");
  world.Pass(seconds(10));
  world.Fire("alertname=Disk,host=b");
  EXPECT_THAT(world.Pass(minutes(1)), ElementsAre("all/webhook/0 +host=a +host=b"));
  EXPECT_EQ(world.engine.waiting(), 1U);
}

TEST(AlertEngineTest, SilencedAlertsTellNobodyUntilItEnds) {
  EngineWorld world(kTwoHooks);
  world.Silence("host=a", minutes(5));
  world.Fire("alertname=Disk,host=a");
  world.Fire("alertname=Disk,host=b");
  EXPECT_THAT(world.Pass(seconds(10)), ElementsAre("all/webhook/0 +host=b"));
  world.DeliverAll();
  world.Pass(minutes(4));
  world.Fire("alertname=Disk,host=a");
  world.Fire("alertname=Disk,host=b");
  EXPECT_THAT(world.Pass(minutes(2)), ElementsAre("all/webhook/0 +host=a +host=b"));
}

// Alertmanager drops an end that comes under a silence; who was told of the beginning waits for
// ever.
TEST(AlertEngineTest, TellsAnEndThatCameUnderASilence) {
  EngineWorld world(kTwoHooks);
  world.Fire("alertname=Disk,host=a");
  world.Pass(seconds(10));
  world.DeliverAll();
  world.Silence("host=a", minutes(10));
  world.Resolve("alertname=Disk,host=a");
  EXPECT_THAT(world.Pass(minutes(9)), IsEmpty());
  EXPECT_THAT(world.Pass(minutes(3)), ElementsAre("all/webhook/0 -host=a"));
}

TEST(AlertEngineTest, InhibitsWhileTheSourceFires) {
  EngineWorld world(kTwoHooks);
  world.Fire("alertname=Disk,host=a,severity=critical");
  world.Fire("alertname=Disk,host=b,severity=warning");
  EXPECT_THAT(world.Pass(seconds(10)), ElementsAre("all/webhook/0 +host=a"));
  world.DeliverAll();
  ASSERT_EQ(world.engine.List(world.now).size(), 2U);
  size_t suppressed = 0;
  for (const ListedAlert& listed : world.engine.List(world.now)) suppressed += listed.suppressed();
  EXPECT_EQ(suppressed, 1U);
  world.Resolve("alertname=Disk,host=a,severity=critical");
  world.Fire("alertname=Disk,host=b,severity=warning");
  EXPECT_THAT(world.Pass(minutes(1)), ElementsAre("all/webhook/0 -host=a +host=b"));
}

TEST(AlertEngineTest, RoutesAreSilentInTheirIntervalsAndEndsNotWanted) {
  EngineWorld world(kTwoHooks);  // begins at 05:50
  world.Fire("alertname=Disk,host=a,team=b");
  EXPECT_THAT(world.Pass(minutes(4)), IsEmpty());
  world.Fire("alertname=Disk,host=a,team=b");
  world.Pass(minutes(4));
  world.Fire("alertname=Disk,host=a,team=b");
  EXPECT_THAT(world.Pass(minutes(4)), ElementsAre("quiet/webhook/0 +host=a"));
  world.DeliverAll();
  world.Resolve("alertname=Disk,host=a,team=b");
  EXPECT_THAT(world.Pass(minutes(5)), IsEmpty());
  // It was noted that it is over: it is news when it fires again.
  world.Fire("alertname=Disk,host=a,team=b");
  EXPECT_THAT(world.Pass(minutes(2)), ElementsAre("quiet/webhook/0 +host=a"));
}

TEST(AlertEngineTest, AGraverMemberDoesNotWaitForTheInterval) {
  EngineWorld world(kTwoHooks);
  world.Fire("alertname=Disk,host=a,severity=info");
  world.Pass(seconds(11));
  const uint64_t first = world.last.page;
  world.DeliverAll();
  world.Fire("alertname=Disk,host=b,severity=critical");
  EXPECT_THAT(world.Pass(seconds(10)), ElementsAre("all/webhook/0 +host=a +host=b"));
  EXPECT_EQ(world.last.page, first + 1) << "whoever pages by a key pages again";
  world.DeliverAll();
  world.Fire("alertname=Disk,host=c,severity=info");
  EXPECT_THAT(world.Pass(seconds(30)), IsEmpty());
}

TEST(AlertEngineTest, HoldsTheEndOfWhatFlaps) {
  EngineWorld world(kTwoHooks);
  for (int i = 0; i < 4; ++i) {
    world.Fire("alertname=Disk,host=a");
    world.Pass(seconds(70));
    world.DeliverAll();
    world.Resolve("alertname=Disk,host=a");
    if (i < 3) world.Pass(seconds(70));
    world.DeliverAll();
  }
  EXPECT_THAT(world.Pass(minutes(4)), IsEmpty()) << "it flaps: its end is not believed yet";
  EXPECT_THAT(world.Pass(minutes(3)), ElementsAre("all/webhook/0 -host=a"));
}

TEST(AlertEngineTest, AClockThatIsSetBackDelaysNoPage) {
  EngineWorld world(kTwoHooks);
  world.Fire("alertname=Disk,host=a");
  world.Pass(seconds(5));
  world.now -= minutes(300);
  EXPECT_THAT(world.Pass(seconds(11)), ElementsAre("all/webhook/0 +host=a"));
}

TEST(AlertEngineTest, APeerThatToldEndsWhatWaits) {
  EngineWorld world(kTwoHooks);
  world.engine.SetWait(seconds(15));
  world.Fire("alertname=Disk,host=a");
  EXPECT_THAT(world.Pass(seconds(20)), IsEmpty());
  const uint64_t fingerprint = world.engine.List(world.now)[0].alert->fingerprint;
  Told told{"{}:{alertname=\"Disk\"}",
            "all/webhook/0",
            {fingerprint},
            {},
            world.now,
            world.now + minutes(1000),
            1,
            0};
  EXPECT_TRUE(world.engine.MergeTold(told));
  EXPECT_FALSE(world.engine.MergeTold(told));
  EXPECT_THAT(world.Pass(minutes(2)), IsEmpty());
}

TEST(AlertEngineTest, TellsWhoWasToldAndWhoIsNext) {
  EngineWorld world(kTwoHooks);
  world.Fire("alertname=Disk,host=a");
  const uint64_t fingerprint = world.engine.List(world.now)[0].alert->fingerprint;
  auto told = world.engine.WhoWasTold(fingerprint, world.now);
  ASSERT_TRUE(told.ok());
  EXPECT_THAT(told->told, IsEmpty());
  ASSERT_EQ(told->next.size(), 1U);
  EXPECT_EQ(told->next[0].at, world.now + seconds(10));
  EXPECT_THAT(told->next[0].destinations, ElementsAre("all/webhook/0"));
  world.Pass(seconds(10));
  EXPECT_EQ(world.engine.WhoWasTold(fingerprint, world.now)->waiting.size(), 1U);
  world.DeliverAll();
  told = world.engine.WhoWasTold(fingerprint, world.now);
  ASSERT_EQ(told->told.size(), 1U);
  EXPECT_EQ(told->told[0].destination, "all/webhook/0");
  EXPECT_FALSE(world.engine.WhoWasTold(1, world.now).ok());
}

}  // namespace
}  // namespace kizashi::alerts
