#include "catalog/recurrence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace kizashi {
namespace {

Time At(std::string_view text) { return ParseTime(text).value(); }

std::vector<std::string> Expand(std::string_view rule, std::string_view first,
                                std::string_view zone, std::string_view from, std::string_view to) {
  EXPECT_TRUE(ParseRecurrence(rule).ok()) << ParseRecurrence(rule).status();
  std::vector<std::string> out;
  for (const Time time : Occurrences(rule, At(first), zone, At(from), At(to))) {
    out.push_back(FormatTime(time).substr(0, 16));
  }
  return out;
}

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Recurrence, WeeklyOnDays) {
  EXPECT_THAT(
      Expand("FREQ=WEEKLY;BYDAY=TU,SU", "2026-01-04T20:00:00Z", "UTC", "2026-01-01T00:00:00Z",
             "2026-01-14T00:00:00Z"),
      ElementsAre("2026-01-04T20:00", "2026-01-06T20:00", "2026-01-11T20:00", "2026-01-13T20:00"));
}

TEST(Recurrence, EverySecondWeekCountsFromTheFirst) {
  EXPECT_THAT(Expand("FREQ=WEEKLY;INTERVAL=2", "2026-01-05T01:00:00Z", "UTC",
                     "2026-01-10T00:00:00Z", "2026-02-05T00:00:00Z"),
              ElementsAre("2026-01-19T01:00", "2026-02-02T01:00"));
}

TEST(Recurrence, WeekStartMattersWithIntervals) {
  // The two examples of RFC 5545 that differ in WKST alone.
  EXPECT_THAT(
      Expand("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05T13:00:00Z",
             "America/New_York", "1997-01-01T00:00:00Z", "1998-01-01T00:00:00Z"),
      ElementsAre("1997-08-05T13:00", "1997-08-10T13:00", "1997-08-19T13:00", "1997-08-24T13:00"));
  EXPECT_THAT(
      Expand("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05T13:00:00Z",
             "America/New_York", "1997-01-01T00:00:00Z", "1998-01-01T00:00:00Z"),
      ElementsAre("1997-08-05T13:00", "1997-08-17T13:00", "1997-08-19T13:00", "1997-08-31T13:00"));
}

TEST(Recurrence, LocalTimeStaysOverSummerTime) {
  // New York changes on 2026-03-08: 22:00 is 03:00 UTC before and 02:00 after.
  EXPECT_THAT(
      Expand("FREQ=DAILY", "2026-03-07T03:00:00Z", "America/New_York", "2026-03-07T00:00:00Z",
             "2026-03-10T12:00:00Z"),
      ElementsAre("2026-03-07T03:00", "2026-03-08T03:00", "2026-03-09T02:00", "2026-03-10T02:00"));
}

TEST(Recurrence, TimesThatAChangeLeavesOutOrRepeats) {
  // 02:30 in Berlin is not there on 2026-03-29 and comes twice on 2026-10-25.
  EXPECT_THAT(Expand("FREQ=DAILY", "2026-03-28T01:30:00Z", "Europe/Berlin", "2026-03-28T00:00:00Z",
                     "2026-03-31T00:00:00Z"),
              ElementsAre("2026-03-28T01:30", "2026-03-29T01:30", "2026-03-30T00:30"));
  EXPECT_THAT(Expand("FREQ=DAILY", "2026-10-24T00:30:00Z", "Europe/Berlin", "2026-10-24T00:00:00Z",
                     "2026-10-27T00:00:00Z"),
              ElementsAre("2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"));
}

TEST(Recurrence, OrdinalsInMonths) {
  EXPECT_THAT(Expand("FREQ=MONTHLY;BYDAY=2TU", "2026-01-13T18:00:00Z", "UTC",
                     "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"),
              ElementsAre("2026-01-13T18:00", "2026-02-10T18:00", "2026-03-10T18:00"));
  EXPECT_THAT(Expand("FREQ=MONTHLY;BYDAY=-1FR", "2026-01-30T18:00:00Z", "UTC",
                     "2026-02-01T00:00:00Z", "2026-04-01T00:00:00Z"),
              ElementsAre("2026-02-27T18:00", "2026-03-27T18:00"));
}

TEST(Recurrence, MonthsWithoutTheDayAreLeftOut) {
  EXPECT_THAT(Expand("FREQ=MONTHLY", "2026-01-31T00:00:00Z", "UTC", "2026-01-01T00:00:00Z",
                     "2026-06-01T00:00:00Z"),
              ElementsAre("2026-01-31T00:00", "2026-03-31T00:00", "2026-05-31T00:00"));
  EXPECT_THAT(Expand("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31T00:00:00Z", "UTC",
                     "2026-02-01T00:00:00Z", "2026-05-01T00:00:00Z"),
              ElementsAre("2026-02-28T00:00", "2026-03-31T00:00", "2026-04-30T00:00"));
}

TEST(Recurrence, Years) {
  EXPECT_THAT(Expand("FREQ=YEARLY", "2024-02-29T00:00:00Z", "UTC", "2025-01-01T00:00:00Z",
                     "2033-01-01T00:00:00Z"),
              ElementsAre("2028-02-29T00:00", "2032-02-29T00:00"));
  EXPECT_THAT(Expand("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2025-11-27T09:00:00Z", "UTC",
                     "2026-01-01T00:00:00Z", "2028-01-01T00:00:00Z"),
              ElementsAre("2026-11-26T09:00", "2027-11-25T09:00"));
  EXPECT_THAT(Expand("FREQ=YEARLY;BYDAY=20MO", "1997-05-19T13:00:00Z", "UTC",
                     "1997-01-01T00:00:00Z", "1999-12-01T00:00:00Z"),
              ElementsAre("1997-05-19T13:00", "1998-05-18T13:00", "1999-05-17T13:00"));
}

TEST(Recurrence, EndsByCountAndUntil) {
  EXPECT_THAT(Expand("FREQ=DAILY;COUNT=3", "2026-01-01T00:00:00Z", "UTC", "2026-01-02T00:00:00Z",
                     "2027-01-01T00:00:00Z"),
              ElementsAre("2026-01-02T00:00", "2026-01-03T00:00"));
  EXPECT_THAT(Expand("FREQ=DAILY;UNTIL=20260103", "2026-01-01T20:00:00Z", "UTC",
                     "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
              ElementsAre("2026-01-01T20:00", "2026-01-02T20:00", "2026-01-03T20:00"));
  EXPECT_THAT(Expand("FREQ=DAILY;UNTIL=20260103T195959Z", "2026-01-01T20:00:00Z", "UTC",
                     "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
              ElementsAre("2026-01-01T20:00", "2026-01-02T20:00"));
}

TEST(Recurrence, FarAwayIsFoundAndNothingIsForever) {
  EXPECT_THAT(Expand("FREQ=DAILY", "1990-01-01T00:00:00Z", "UTC", "2026-01-01T00:00:00Z",
                     "2026-01-02T00:00:00Z"),
              ElementsAre("2026-01-01T00:00"));
  EXPECT_THAT(Expand("FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2", "2026-01-01T00:00:00Z", "UTC",
                     "2026-01-02T00:00:00Z", "9000-01-01T00:00:00Z"),
              IsEmpty());
  EXPECT_EQ(Occurrences("FREQ=DAILY", At("1990-01-01T00:00:00Z"), "UTC", At("1990-01-01T00:00:00Z"),
                        At("9000-01-01T00:00:00Z"))
                .size(),
            kOccurrencesMax);
}

TEST(Recurrence, RefusesWhatItDoesNotKnow) {
  const auto error = [](std::string_view rule) {
    return std::string(Message(ParseRecurrence(rule).status()));
  };
  EXPECT_EQ(error("BYDAY=MO"), "FREQ: DAILY, WEEKLY, MONTHLY or YEARLY");
  EXPECT_EQ(error("FREQ=HOURLY"), "FREQ=HOURLY: DAILY, WEEKLY, MONTHLY or YEARLY");
  EXPECT_EQ(error("FREQ=DAILY;BYHOUR=3"),
            "BYHOUR: one of FREQ, INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, BYMONTH and WKST");
  EXPECT_EQ(error("FREQ=DAILY;INTERVAL=0"), "INTERVAL=0: a whole number from 1 to 1000");
  EXPECT_EQ(error("FREQ=WEEKLY;BYDAY=XX"),
            "BYDAY=XX: days as MO, or with an ordinal as 2TU or -1FR");
  EXPECT_EQ(error("FREQ=WEEKLY;BYDAY=2MO"), "BYDAY: ordinals in MONTHLY and YEARLY alone");
  EXPECT_EQ(error("FREQ=DAILY;COUNT=1;UNTIL=20260101"), "COUNT or UNTIL, not both");
  EXPECT_EQ(error("FREQ=DAILY;UNTIL=20260230"),
            "UNTIL=20260230: a day as 20261231 or a time as 20261231T235959Z");
  EXPECT_EQ(error("every day"), "'every day': parts as FREQ=WEEKLY;BYDAY=SU, joined by ;");
}

}  // namespace
}  // namespace kizashi
