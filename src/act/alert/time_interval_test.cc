#include "act/alert/time_interval.h"

#include <gtest/gtest.h>

namespace kizashi::alerts {
namespace {

Time At(std::string_view text) { return *ParseTime(text); }

TEST(TimeIntervalTest, AllConditionsHold) {
  TimeInterval work;
  work.minutes = {{9 * 60, 17 * 60}};
  work.weekdays = {*ParseWeekdays("Monday:friday")};
  work.location = "Asia/Tokyo";
  EXPECT_TRUE(work.Contains(At("2026-11-27T00:00:00Z")));  // Friday 09:00 in Tokyo
  EXPECT_FALSE(work.Contains(At("2026-11-26T23:59:59Z")));
  EXPECT_FALSE(work.Contains(At("2026-11-27T08:00:00Z")));  // 17:00: the end is not in it
  EXPECT_FALSE(work.Contains(At("2026-11-28T01:00:00Z")));  // Saturday
}

TEST(TimeIntervalTest, DaysFromTheEndOfTheMonth) {
  TimeInterval last;
  last.days_of_month = {*ParseDaysOfMonth("-3:-1")};
  EXPECT_TRUE(last.Contains(At("2026-02-26T12:00:00Z")));
  EXPECT_FALSE(last.Contains(At("2026-02-25T12:00:00Z")));
  EXPECT_TRUE(last.Contains(At("2024-02-27T12:00:00Z")));
  last.days_of_month = {{31, 31}};
  EXPECT_FALSE(last.Contains(At("2026-04-30T12:00:00Z"))) << "no such day in April";
  last.days_of_month = {{28, 31}};
  EXPECT_TRUE(last.Contains(At("2026-04-30T12:00:00Z")));
  last.months = {*ParseMonths("may:8")};
  last.years = {*ParseYears("2026")};
  EXPECT_FALSE(last.Contains(At("2026-04-30T12:00:00Z")));
  EXPECT_TRUE(last.Contains(At("2026-08-30T12:00:00Z")));
}

TEST(TimeIntervalTest, OverSummerTime) {
  TimeInterval night;
  night.minutes = {{2 * 60, 3 * 60}};
  night.location = "Europe/Berlin";
  EXPECT_FALSE(night.Contains(At("2026-03-29T01:30:00Z"))) << "02:30 does not exist that night";
  EXPECT_TRUE(night.Contains(At("2026-10-25T00:30:00Z")));
  EXPECT_TRUE(night.Contains(At("2026-10-25T01:30:00Z"))) << "02:30 comes twice";
}

TEST(TimeIntervalTest, RefusesWhatIsNone) {
  EXPECT_FALSE(ParseWeekdays("friday:monday").ok());
  EXPECT_FALSE(ParseWeekdays("someday").ok());
  EXPECT_FALSE(ParseDaysOfMonth("0").ok());
  EXPECT_FALSE(ParseDaysOfMonth("-1:5").ok());
  EXPECT_FALSE(ParseDaysOfMonth("10:5").ok());
  EXPECT_FALSE(ParseDaysOfMonth("-1:-3").ok());
  EXPECT_FALSE(ParseDaysOfMonth("32").ok());
  EXPECT_FALSE(ParseMonths("13").ok());
  EXPECT_FALSE(ParseMonths("may:april").ok());
  EXPECT_FALSE(ParseYears("2026:2025").ok());
  EXPECT_FALSE(ParseMinuteOfDay("9:00").ok());
  EXPECT_FALSE(ParseMinuteOfDay("24:01").ok());
  EXPECT_EQ(*ParseMinuteOfDay("24:00"), 1440);
  EXPECT_FALSE(IsTimeZone("Mars/Base"));
}

}  // namespace
}  // namespace kizashi::alerts
