#include "act/oncall/zone.h"

#include <gtest/gtest.h>

#include "act/oncall/time_fields.h"
#include "base/status.h"

namespace kizashi::oncall {
namespace {

Time At(const char* text) { return ParseTime(text).value(); }
LocalTime Local(const char* text) { return ParseLocalTime(text, DayIs::kBegin).value(); }

TEST(Zone, KnowsNoZoneThatIsNone) { EXPECT_EQ(Zone::Load("Mars/Olympus"), nullptr); }

TEST(Zone, PutsATimeThatIsLeftOutAtTheJump) {
  const auto zone = Zone::Load("America/New_York");
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->ToTime(Local("2026-03-08 01:59")), At("2026-03-08T06:59:00Z"));
  EXPECT_EQ(zone->ToTime(Local("2026-03-08 02:00")), At("2026-03-08T07:00:00Z"));
  EXPECT_EQ(zone->ToTime(Local("2026-03-08 02:30")), At("2026-03-08T07:00:00Z"));
  EXPECT_EQ(zone->ToTime(Local("2026-03-08 03:01")), At("2026-03-08T07:01:00Z"));
}

TEST(Zone, TakesTheFirstOfATimeThatIsThereTwice) {
  const auto zone = Zone::Load("America/New_York");
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->ToTime(Local("2026-11-01 01:30")), At("2026-11-01T05:30:00Z"));
  EXPECT_EQ(zone->ToTime(Local("2026-11-01 02:00")), At("2026-11-01T07:00:00Z"));
  EXPECT_EQ(zone->ToLocal(At("2026-11-01T06:30:00Z")), Local("2026-11-01 01:30"));
}

TEST(Zone, ShiftsByHalfAnHourAndByADay) {
  const auto lord_howe = Zone::Load("Australia/Lord_Howe");
  ASSERT_NE(lord_howe, nullptr);
  EXPECT_EQ(lord_howe->ToTime(Local("2026-10-04 02:15")), At("2026-10-03T15:30:00Z"));
  const auto apia = Zone::Load("Pacific/Apia");  // which had no 30 December 2011
  ASSERT_NE(apia, nullptr);
  EXPECT_EQ(apia->ToTime(Local("2011-12-30 12:00")), At("2011-12-30T10:00:00Z"));
  EXPECT_EQ(apia->ToLocal(At("2011-12-30T10:00:00Z")), Local("2011-12-31 00:00"));
}

TEST(WeekSet, JoinsRangesAndGoesOverTheWeeksEnd) {
  const WeekSet set({{0, 60}, {60, 120}, {kWeekMinutes - 30, kWeekMinutes + 15}});
  EXPECT_TRUE(set.Contains(0));
  EXPECT_TRUE(set.Contains(119));
  EXPECT_FALSE(set.Contains(120));
  EXPECT_EQ(set.UntilChange(10), 110);
  EXPECT_EQ(set.UntilChange(120), kWeekMinutes - 30 - 120);
  EXPECT_TRUE(set.Contains(kWeekMinutes - 1));
  EXPECT_EQ(set.UntilChange(kWeekMinutes - 1), 121);
}

TEST(WeekSet, KnowsAllAndNothing) {
  EXPECT_TRUE(WeekSet::Always().all());
  EXPECT_TRUE(WeekSet({{100, 100 + kWeekMinutes}}).all());
  EXPECT_TRUE(WeekSet(std::vector<WeekRange>()).empty());
  EXPECT_FALSE(WeekSet({{5, 6}}).empty());
  EXPECT_EQ(WeekSet({{5, 6}}).UntilChange(6), kWeekMinutes - 1);
}

TEST(WeekSet, AgreesWithEveryMinuteOfAWeek) {
  const std::vector<WeekRange> ranges = {{50, 70}, {60, 300}, {9'000, 10'500}, {10'070, 10'075}};
  const WeekSet set(ranges);
  for (int minute = 0; minute < kWeekMinutes; ++minute) {
    bool is_in = false;
    for (const WeekRange& range : ranges) {
      for (const int shown : {minute, minute + kWeekMinutes}) {
        is_in = is_in || (range.begin <= shown && shown < range.end);
      }
    }
    ASSERT_EQ(set.Contains(minute), is_in) << minute;
    const int next = (minute + set.UntilChange(minute)) % kWeekMinutes;
    ASSERT_NE(set.Contains(next), is_in) << minute;
    ASSERT_EQ(set.Contains((next + kWeekMinutes - 1) % kWeekMinutes), is_in) << minute;
  }
}

}  // namespace
}  // namespace kizashi::oncall
