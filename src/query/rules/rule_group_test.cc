#include "query/rules/rule_group.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "query/promql/memory_source.h"
#include "query/rules/rule_status.h"

namespace kizashi::rules {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Time Minute(int64_t minute) { return TimeFromMs(minute * 60'000); }

class RuleGroupTest : public testing::Test {
 protected:
  RuleGroupTest() {
    io_.source = &source_;
    io_.write = [this](const std::vector<RuleSample>& samples, Time at) {
      for (const RuleSample& sample : samples) {
        source_.Add(sample.labels, ToMs(at), sample.value);
        written_.push_back(sample.labels.ToString() + (IsStaleNan(sample.value)
                                                           ? " stale"
                                                           : fmt::format(" {}", sample.value)));
      }
      return OkStatus();
    };
  }

  static std::unique_ptr<RuleGroup> Group(const std::string& rules) {
    RuleFile file = ParseRuleFile("a.yml", "groups:\n- name: g\n  rules:\n" + rules);
    EXPECT_THAT(file.errors, IsEmpty());
    return std::make_unique<RuleGroup>(std::move(file.groups[0]));
  }

  void Put(int64_t minute, double value, const std::string& job = "a") {
    source_.Add(Labels({{"__name__", "up"}, {"job", job}}), ToMs(Minute(minute)), value);
  }

  // What an evaluation writes.
  std::vector<std::string> At(RuleGroup* group, int64_t minute) {
    written_.clear();
    group->Evaluate(Minute(minute), io_);
    return written_;
  }

  static std::string State(const RuleGroup& group) {
    return std::string(AlertStateName(StatusOf(group).rules[0].state()));
  }

  promql::MemorySource source_;
  RuleIo io_;
  std::vector<std::string> written_;
};

TEST_F(RuleGroupTest, RecordsAndEndsSeries) {
  auto group = Group(
      "  - {record: 'x:y', expr: 'up > 0', labels: {team: t, job: ''}}\n"
      "  - {record: z, expr: 'x:y * 2'}\n");
  Put(0, 3);
  EXPECT_THAT(At(group.get(), 0), ElementsAre(R"(x:y{team="t"} 3)", R"(z{team="t"} 6)"));
  Put(1, 0);
  EXPECT_THAT(At(group.get(), 1), ElementsAre(R"(x:y{team="t"} stale)", R"(z{team="t"} stale)"));
  EXPECT_THAT(At(group.get(), 2), IsEmpty());
  EXPECT_EQ(group->rules()[0].health.Name(), "ok");
}

TEST_F(RuleGroupTest, TellsWhyARuleFails) {
  auto group = Group(
      "  - {record: x, expr: up, labels: {job: same}}\n"
      "  - {record: y, expr: '\"text\"'}\n"
      "  - {record: z, expr: 'vector(1)'}\n");
  Put(0, 1, "a");
  Put(0, 1, "b");
  EXPECT_THAT(At(group.get(), 0), ElementsAre("z{} 1"));
  EXPECT_EQ(group->rules()[0].health.last_error,
            "vector contains metrics with the same labelset after applying rule labels");
  EXPECT_EQ(group->rules()[1].health.last_error, "rule result is not a vector or scalar");
  EXPECT_EQ(group->rules()[1].health.Name(), "err");
}

TEST_F(RuleGroupTest, AlertsWaitFireAndEnd) {
  auto group =
      Group("  - {alert: D, expr: 'up == 0', for: 2m, annotations: {v: '{{ $value }}'}}\n");
  group->SetRestored();
  for (int minute = 0; minute < 8; ++minute) Put(minute, minute >= 1 && minute < 5 ? 0 : 1);
  EXPECT_THAT(At(group.get(), 0), IsEmpty());
  EXPECT_THAT(At(group.get(), 1),
              ElementsAre(R"(ALERTS{alertname="D", alertstate="pending", job="a"} 1)",
                          R"(ALERTS_FOR_STATE{alertname="D", job="a"} 60)"));
  EXPECT_EQ(State(*group), "pending");
  At(group.get(), 2);
  EXPECT_EQ(State(*group), "pending");
  EXPECT_THAT(At(group.get(), 3),
              ElementsAre(R"(ALERTS{alertname="D", alertstate="firing", job="a"} 1)",
                          R"(ALERTS_FOR_STATE{alertname="D", job="a"} 60)",
                          R"(ALERTS{alertname="D", alertstate="pending", job="a"} stale)"));
  EXPECT_EQ(StatusOf(*group).rules[0].alerts[0].annotations.at("v"), "0");
  At(group.get(), 4);
  EXPECT_EQ(State(*group), "firing");
  EXPECT_THAT(At(group.get(), 5),
              ElementsAre(R"(ALERTS{alertname="D", alertstate="firing", job="a"} stale)",
                          R"(ALERTS_FOR_STATE{alertname="D", job="a"} stale)"));
  EXPECT_EQ(State(*group), "inactive");
  EXPECT_EQ(group->rules()[0].alert->alerts().size(), 1u);  // remembered for a while
  for (int minute = 6; minute < 23; ++minute) {
    Put(minute, 1);
    At(group.get(), minute);
  }
  EXPECT_THAT(group->rules()[0].alert->alerts(), IsEmpty());
}

TEST_F(RuleGroupTest, KeepsFiring) {
  auto group = Group("  - {alert: D, expr: 'up == 0', keep_firing_for: 3m}\n");
  std::vector<std::string> states;
  const std::vector<double> values = {0, 1, 1, 0, 1, 1, 1, 1, 1};
  for (size_t i = 0; i < values.size(); ++i) {
    Put(static_cast<int64_t>(i), values[i]);
    At(group.get(), static_cast<int64_t>(i));
    states.push_back(State(*group));
  }
  EXPECT_THAT(states, ElementsAre("firing", "firing", "firing", "firing", "firing", "firing",
                                  "firing", "inactive", "inactive"));
}

TEST_F(RuleGroupTest, TooManyAlertsAreNone) {
  RuleFile file = ParseRuleFile(
      "a.yml",
      "groups: [{name: g, limit: 1, rules: [{alert: D, expr: up}, {record: r, expr: up}]}]");
  RuleGroup group(std::move(file.groups[0]));
  Put(0, 1, "a");
  Put(0, 1, "b");
  EXPECT_THAT(At(&group, 0), IsEmpty());
  EXPECT_EQ(group.rules()[0].health.last_error, "exceeded limit of 1 with 2 alerts");
  EXPECT_EQ(group.rules()[1].health.last_error, "exceeded limit of 1 with 2 series");
  EXPECT_EQ(State(group), "inactive");
}

TEST_F(RuleGroupTest, RestoresForAfterARestart) {
  const std::string rules = "  - {alert: D, expr: 'up == 0', for: 30m}\n";
  auto before = Group(rules);
  before->SetRestored();
  for (int minute = 0; minute < 60; ++minute) Put(minute, 0);
  for (int minute = 0; minute <= 15; ++minute) At(before.get(), minute);
  // Down for five minutes: 15 minutes of waiting are left, after these five.
  auto after = Group(rules);
  EXPECT_THAT(At(after.get(), 20), IsEmpty());  // nothing that would hide what was before
  EXPECT_THAT(At(after.get(), 21), IsEmpty());
  ASSERT_TRUE(after->Restore(Minute(21), io_).ok());
  EXPECT_EQ(StatusOf(*after).rules[0].alerts[0].active_at, Minute(6));
  At(after.get(), 35);
  EXPECT_EQ(State(*after), "pending");
  At(after.get(), 36);
  EXPECT_EQ(State(*after), "firing");
}

TEST_F(RuleGroupTest, WhatFiredBeforeARestartFiresAtOnce) {
  const std::string rules = "  - {alert: D, expr: 'up == 0', for: 10m}\n";
  auto before = Group(rules);
  before->SetRestored();
  for (int minute = 0; minute < 60; ++minute) Put(minute, 0);
  for (int minute = 0; minute <= 15; ++minute) At(before.get(), minute);
  EXPECT_EQ(State(*before), "firing");
  auto after = Group(rules);
  At(after.get(), 20);
  At(after.get(), 21);
  ASSERT_TRUE(after->Restore(Minute(21), io_).ok());
  At(after.get(), 22);
  EXPECT_EQ(State(*after), "firing");
}

TEST_F(RuleGroupTest, AReloadKeepsWhatStays) {
  auto before = Group("  - {record: r, expr: up}\n  - {alert: D, expr: up, for: 1m}\n");
  before->SetRestored();
  Put(0, 1);
  At(before.get(), 0);
  auto after = Group("  - {alert: D, expr: up, for: 1m}\n");
  after->TakeState(before.get());
  Put(1, 1);
  EXPECT_THAT(At(after.get(), 1),
              ElementsAre(R"(ALERTS{alertname="D", alertstate="firing", job="a"} 1)",
                          R"(ALERTS_FOR_STATE{alertname="D", job="a"} 0)",
                          R"(ALERTS{alertname="D", alertstate="pending", job="a"} stale)",
                          R"(r{job="a"} stale)"));
}

TEST_F(RuleGroupTest, TimesAreAligned) {
  const auto group = Group("  - {record: r, expr: up}\n");
  const Time at = group->AlignedAt(TimeFromMs(1'700'000'012'345));
  EXPECT_LE(at, TimeFromMs(1'700'000'012'345));
  EXPECT_GT(at + group->interval(), TimeFromMs(1'700'000'012'345));
  EXPECT_EQ(group->AlignedAt(at), at);
  EXPECT_EQ(group->AlignedAt(at + group->interval()), at + group->interval());
}

}  // namespace
}  // namespace kizashi::rules
