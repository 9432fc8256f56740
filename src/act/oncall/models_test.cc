// A share of bench/quality/oncall_figures.cc: random plans against the naive model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/oncall/compare_models.h"

namespace kizashi::oncall::naive {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr Minute kDay = 1'440;
constexpr Minute kFrom = 20'454 * kDay;  // 2026-01-01
constexpr Minute kTo = kFrom + 400 * kDay;

TEST(Models, AgreeOnRandomPlansMinuteByMinute) {
  uint64_t seed = 1'000'000;
  for (const char* zone :
       {"UTC", "America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "Africa/Casablanca",
        "Antarctica/Troll", "Pacific/Chatham", "Asia/Kathmandu", "America/Nuuk"}) {
    const ZoneTable table(zone, kFrom - 420 * kDay, kTo);
    Comparison found;
    Comparer comparer(zone, table, kFrom, kTo, &found);
    for (int i = 0; i < 8; ++i) comparer.Run(seed++, 5);
    EXPECT_THAT(found.differences, IsEmpty());
    EXPECT_EQ(found.missed_steps, 0);
    EXPECT_EQ(found.minutes, 8 * (kTo - kFrom));
    EXPECT_GT(found.pages, 0);
  }
}

TEST(Models, SeeADifferenceOfAMinute) {
  const ZoneTable table("Europe/Berlin", kFrom - 420 * kDay, kTo);
  RandomPlan random(3, kFrom, kTo, table);
  const Plan plan = random.Make("Europe/Berlin");
  Plan other = plan;
  const Time begin = TimeFromMs((kFrom + 1'000) * 60'000);
  other.schedules[0].overrides.push_back(
      {"somebody else", begin, begin + std::chrono::minutes(1), 0, ""});
  Comparison found;
  Comparer comparer("Europe/Berlin", table, kFrom, kTo, &found);
  comparer.Compare(OnCall(other, {}), plan, 3, &random, 0);
  ASSERT_FALSE(found.differences.empty());
  EXPECT_THAT(found.differences[0], HasSubstr("2026-01-01T16:40:00.000Z: 'somebody else' is on "));
}

TEST(Models, SeeAGapThatWasNotReported) {
  const ZoneTable table("UTC", kFrom - 420 * kDay, kTo);
  RandomPlan random(4, kFrom, kTo, table);
  Plan plan = random.Make("UTC");
  plan.schedules[0].coverage.reset();
  Plan other = plan;
  plan.schedules[0].layers.resize(1);
  plan.schedules[0].layers[0].only = {{0, 60}};
  other.schedules[0].layers = plan.schedules[0].layers;
  other.schedules[0].coverage.emplace();
  Comparison found;
  Comparer comparer("UTC", table, kFrom, kTo, &found);
  comparer.Compare(OnCall(other, {}), plan, 4, &random, 0);
  ASSERT_FALSE(found.differences.empty());
  EXPECT_THAT(found.differences[0], HasSubstr("a gap was not reported"));
}

TEST(Models, SeeAPageThatIsLate) {
  const ZoneTable table("UTC", kFrom - 420 * kDay, kTo);
  RandomPlan random(5, kFrom, kTo, table);
  Plan plan = random.Make("UTC");
  plan.policies[0].steps.resize(1);
  plan.policies[0].steps[0] = {
      {{Target::Kind::kChannel, "t"}}, std::chrono::minutes(7), {}, "UTC", {}};
  plan.policies[0].repeat = 2;
  const std::set<Minute> none;
  const auto who = [](const std::string&, Minute) { return std::string(); };
  const auto away = [](const std::string&, Minute) { return false; };
  const auto week_minute = [](Minute) { return 0; };
  const std::vector<Happening> story = {{kFrom, Happening::Kind::kOpen}};
  const auto told = EscalationModel::Run(plan.policies[0], "critical", story, none, kFrom + 100,
                                         who, away, week_minute);
  const Target channel{Target::Kind::kChannel, "t"};
  EXPECT_THAT(told, testing::ElementsAre(Told{kFrom, channel}, Told{kFrom + 7, channel},
                                         Told{kFrom + 14, channel}));
}

}  // namespace
}  // namespace kizashi::oncall::naive
