#include "act/oncall/escalation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "act/oncall/escalation_records.h"
#include "act/oncall/reason.h"
#include "store/append_log.h"

namespace kizashi::oncall {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Time kStart = TimeFromMs(1'790'000'000'000 / 60'000 * 60'000);
Time After(int by) { return kStart + minutes(by); }

EscalationPolicy Policy() {
  EscalationPolicy policy;
  policy.name = "shop";
  policy.team = "dev";
  EscalationStep first;
  first.targets = {{Target::Kind::kSchedule, "primary"}, {Target::Kind::kChannel, "dev"}};
  first.wait = minutes(5);
  EscalationStep second;
  second.targets = {{Target::Kind::kPerson, "sam"}};
  second.wait = minutes(10);
  policy.steps = {first, second};
  policy.repeat = 1;
  policy.last_resort = {{Target::Kind::kPerson, "boss"}};
  return policy;
}

class EscalationTest : public testing::Test {
 protected:
  void Keep(const StatusOr<EscalationEngine::Records>& records) {
    ASSERT_TRUE(records.ok()) << records.status();
    log_.insert(log_.end(), records->begin(), records->end());
  }
  void Open(EscalationPolicy policy = Policy(), const std::string& severity = "critical") {
    Keep(engine_.Open("g", "shop", severity, std::move(policy), kStart));
  }
  /// Ticks, hands over what comes of it: "minute name".
  std::vector<std::string> Tick(int minute) {
    Keep(engine_.Tick(After(minute), lookup_));
    std::vector<std::string> told;
    for (const Page& page : engine_.Pages()) {
      const Escalation& one = engine_.open().at(page.escalation);
      told.push_back(one.done[page.done_step].tells[page.tell].to.name);
      reason_ = ReasonText(one, page, Language::kEnglish);
      reason_ja_ = ReasonText(one, page, Language::kJapanese);
      Keep(engine_.HandedOver(page));
    }
    if (const Escalation* one = engine_.Find("g")) {
      EXPECT_EQ(MissedStep(*one, After(minute)), "");
    }
    return told;
  }

  std::string primary_ = "ann";
  std::string away_;
  const Lookup lookup_ = {[this](std::string_view, Time) {
                            return primary_.empty() ? std::nullopt
                                                    : std::optional<std::string>(primary_);
                          },
                          [this](std::string_view person, Time) { return person == away_; }};
  EscalationEngine engine_;
  std::vector<std::string> log_;
  std::string reason_;
  std::string reason_ja_;
};

TEST_F(EscalationTest, TellsStepAfterStepAndRepeats) {
  Open();
  EXPECT_THAT(Tick(0), ElementsAre("ann", "dev"));
  EXPECT_THAT(Tick(4), IsEmpty());
  EXPECT_EQ(engine_.NextDue(), After(5));
  EXPECT_THAT(Tick(5), ElementsAre("sam"));
  EXPECT_EQ(reason_,
            "You are told because step 2 of 2 of the escalation shop for shop names you. Nobody "
            "acknowledged for 5 min.");
  EXPECT_THAT(Tick(14), IsEmpty());
  EXPECT_THAT(Tick(15), ElementsAre("ann", "dev"));
  EXPECT_EQ(reason_,
            "This channel is told because step 1 of 2 of the escalation shop for shop tells that "
            "of dev. All steps were done before: this is round 2. Nobody acknowledged for 15 min.");
  EXPECT_THAT(Tick(20), ElementsAre("sam"));
  EXPECT_FALSE(engine_.NextDue().has_value());
  EXPECT_THAT(Tick(500), IsEmpty());
}

TEST_F(EscalationTest, AcknowledgingStopsAndEscalatingGoesOnAtOnce) {
  Open();
  Tick(0);
  Keep(engine_.Acknowledge("g", "ann", After(1)));
  EXPECT_THAT(Tick(60), IsEmpty());
  EXPECT_FALSE(engine_.NextDue().has_value());
  Keep(engine_.Escalate("g", "ann", After(61)));
  EXPECT_THAT(Tick(61), ElementsAre("sam"));
  EXPECT_EQ(reason_,
            "You are told because step 2 of 2 of the escalation shop for shop names you. ann asked "
            "for the next step.");
  EXPECT_THAT(Tick(71), ElementsAre("ann", "dev"));
  EXPECT_THAT(Tick(76), ElementsAre("sam"));
  Keep(engine_.Escalate("g", "ann", After(200)));
  EXPECT_THAT(Tick(200), ElementsAre("ann", "dev"));
  EXPECT_THAT(Tick(205), ElementsAre("sam"));
  EXPECT_THAT(Tick(900), IsEmpty());
}

TEST_F(EscalationTest, ResolvingEndsItAndItMayOpenAnew) {
  Open();
  Tick(0);
  Keep(engine_.Resolve("g", After(1)));
  EXPECT_THAT(Tick(60), IsEmpty());
  EXPECT_EQ(engine_.Find("g"), nullptr);
  EXPECT_EQ(engine_.Resolve("g", After(2)).status().code(), absl::StatusCode::kNotFound);
  Open();
  EXPECT_EQ(engine_.Find("g")->id, 2u);
}

TEST_F(EscalationTest, PassesOverAStepThatReachesNobody) {
  primary_.clear();
  EscalationPolicy policy = Policy();
  policy.steps[0].targets = {{Target::Kind::kSchedule, "primary"}};
  Open(policy);
  EXPECT_THAT(Tick(0), ElementsAre("sam"));
  EXPECT_THAT(Tick(10), ElementsAre("sam"));
}

TEST_F(EscalationTest, TellsTheLastResortWhenARoundReachedNobody) {
  primary_.clear();
  away_ = "sam";
  EscalationPolicy policy = Policy();
  policy.steps[0].targets = {{Target::Kind::kSchedule, "primary"}};
  Open(policy);
  EXPECT_THAT(Tick(0), ElementsAre("boss"));
  EXPECT_EQ(reason_,
            "You are told because no step of the escalation shop for shop reached "
            "anybody.");
  EXPECT_THAT(Tick(9), IsEmpty());
  EXPECT_THAT(Tick(10), ElementsAre("boss"));
  EXPECT_THAT(Tick(1'000), IsEmpty());
}

TEST_F(EscalationTest, AnEmptyLastResortEndsTheHurryToo) {
  primary_.clear();
  away_ = "sam";
  EscalationPolicy policy = Policy();
  policy.steps[0].targets = {{Target::Kind::kSchedule, "primary"}};
  policy.last_resort.clear();
  Open(policy);
  Keep(engine_.Escalate("g", "ann", After(0)));
  EXPECT_THAT(Tick(0), IsEmpty());  // and nothing counts as missed
  EXPECT_FALSE(engine_.Find("g")->hurried.has_value());
  EXPECT_EQ(engine_.NextDue(), After(10));
  primary_ = "bob";
  EXPECT_THAT(Tick(10), ElementsAre("bob"));
}

TEST_F(EscalationTest, KeepsToHoursAndSeverities) {
  EscalationPolicy policy = Policy();
  const int minute = 3 * 1'440;  // any: a range of the week that is over
  policy.steps[0].only = {{minute, minute + 1}};
  policy.steps[1].severities = {"critical"};
  EscalationStep third;
  third.targets = {{Target::Kind::kPerson, "zoe"}};
  policy.steps.push_back(third);
  Open(policy, "warning");
  EXPECT_THAT(Tick(0), ElementsAre("zoe"));
}

TEST_F(EscalationTest, ALateStepLeavesTheNextItsWait) {
  Open();
  EXPECT_THAT(Tick(3), ElementsAre("ann", "dev"));
  EXPECT_THAT(Tick(5), ElementsAre("sam"));
  EXPECT_THAT(Tick(60), ElementsAre("ann", "dev"));  // 45 minutes late
  EXPECT_THAT(Tick(64), IsEmpty());
  EXPECT_THAT(Tick(65), ElementsAre("sam"));
}

TEST_F(EscalationTest, SpeaksJapanese) {
  Open();
  Keep(engine_.Tick(kStart, lookup_));
  const Page page = engine_.Pages()[0];
  EXPECT_EQ(ReasonText(*engine_.Find("g"), page, Language::kJapanese),
            "shop のエスカレーション shop（全 2 段階の 1 段階目）により、現在 primary "
            "のオンコール担当であるあなたに連絡しています。");
  EXPECT_EQ(page.Key(), "oncall/1/0/0");
}

TEST_F(EscalationTest, FindsAStepThatWasMissed) {
  Open();
  Tick(0);
  Escalation one = *engine_.Find("g");
  EXPECT_EQ(MissedStep(one, After(4)), "");
  EXPECT_EQ(MissedStep(one, After(5)),
            "step 2 of 4 was due at " + FormatTime(After(5)) + " and is not done");
  one.acknowledged = After(1);
  EXPECT_EQ(MissedStep(one, After(5)), "");
  one.acknowledged.reset();
  one.due = After(1'000);  // a state that forgot it: the history tells
  one.next = one.total;
  EXPECT_NE(MissedStep(one, After(5)), "");
  one.done.clear();
  EXPECT_NE(MissedStep(one, After(0)), "");
}

TEST_F(EscalationTest, EveryPrefixOfTheRecordsGivesTheStateOfThen) {
  std::vector<std::pair<size_t, Escalation>> states;
  const auto note = [&] { states.emplace_back(log_.size(), *engine_.Find("g")); };
  Open();
  note();
  Tick(0);
  note();
  Keep(engine_.Acknowledge("g", "ann", After(1)));
  note();
  Keep(engine_.Escalate("g", "bob", After(2)));
  note();
  Tick(2);
  note();
  for (const auto& [size, state] : states) {
    EscalationEngine again;
    for (size_t i = 0; i < size; ++i) ASSERT_TRUE(again.Restore(log_[i])) << i;
    ASSERT_NE(again.Find("g"), nullptr);
    EXPECT_EQ(*again.Find("g"), state);
    EscalationEngine third;
    for (const std::string& record : again.State()) ASSERT_TRUE(third.Restore(record));
    EXPECT_EQ(*third.Find("g"), state);
  }
}

// The bytes of version 1, which every later version reads.
TEST_F(EscalationTest, ReadsTheGoldenFile) {
  const std::string path = "tests/golden/oncall_escalations_v1.kzlog";
  EscalationPolicy policy = Policy();
  policy.steps[1].only = {{60, 120}};
  policy.steps[1].severities = {"warning"};
  policy.services = {"shop"};
  Open(policy);
  Tick(0);
  Keep(engine_.Acknowledge("g", "ann", After(1)));
  Keep(engine_.Escalate("g", "bob", After(2)));
  Tick(2);
  Keep(engine_.Open("h", "shop", "warning", Policy(), After(3)));
  Keep(engine_.Resolve("h", After(4)));
  const EscalationEngine::Records next = {engine_.State()[0]};
  Keep(next);
  std::string bytes = AppendLogHeader(0x0123456789abcdef);
  for (const std::string& record : log_) bytes += FrameRecord(record);
  if (std::getenv("KIZASHI_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  std::ifstream in(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(golden, bytes) << "the records have changed: they need new types";
  EscalationEngine again;
  const AppendLogScan scan =
      ScanAppendLog(golden, [&](std::string_view record) { EXPECT_TRUE(again.Restore(record)); });
  EXPECT_EQ(scan.good_bytes, golden.size());
  ASSERT_NE(again.Find("g"), nullptr);
  EXPECT_EQ(*again.Find("g"), *engine_.Find("g"));
  EXPECT_EQ(again.State(), engine_.State());
}

TEST_F(EscalationTest, RefusesRecordsThatFitNoState) {
  Open();
  EXPECT_FALSE(engine_.Restore(""));
  EXPECT_FALSE(engine_.Restore("\x09"));
  EXPECT_FALSE(engine_.Restore(log_[0])) << "it is open already";
  EscalationRecord record;
  record.type = EscalationRecord::Type::kStep;
  record.id = 1;
  record.step.position = 1;
  EXPECT_FALSE(engine_.Restore(EncodeEscalationRecord(record))) << "step 0 comes first";
  record.id = 9;
  EXPECT_FALSE(engine_.Restore(EncodeEscalationRecord(record)));
  record.type = EscalationRecord::Type::kState;
  record.state = *engine_.Find("g");
  record.state.group = "h";
  record.state.id = 2;
  record.state.policy.steps[0].wait = Duration(0);
  EXPECT_FALSE(engine_.Restore(EncodeEscalationRecord(record))) << "a step without a wait";
}

}  // namespace
}  // namespace kizashi::oncall
