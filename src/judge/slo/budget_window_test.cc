#include "judge/slo/budget_window.h"

#include <gtest/gtest.h>

namespace kizashi {
namespace {

Time At(std::string_view text) {
  const auto time = ParseTime(text);
  EXPECT_TRUE(time.ok()) << text;
  return *time;
}

struct Case {
  BudgetWindow::Unit unit;
  int count;
  const char* zone;
  const char* now;
  const char* begin;
  const char* end;
};

TEST(BudgetWindowTest, WindowsBeginAndEndWithTheCalendarOfTheirZone) {
  using Unit = BudgetWindow::Unit;
  const Case cases[] = {
      {Unit::kMonth, 1, "UTC", "2026-02-10T00:00:00Z", "2026-02-01T00:00:00Z",
       "2026-03-01T00:00:00Z"},
      {Unit::kMonth, 1, "Asia/Tokyo", "2026-01-31T15:00:01Z", "2026-01-31T15:00:00Z",
       "2026-02-28T15:00:00Z"},
      // What comes at the last moment still belongs to what ends.
      {Unit::kMonth, 1, "Asia/Tokyo", "2026-01-31T15:00:00Z", "2025-12-31T15:00:00Z",
       "2026-01-31T15:00:00Z"},
      {Unit::kWeek, 1, "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-22T23:00:00Z",
       "2026-03-29T22:00:00Z"},
      {Unit::kWeek, 2, "UTC", "2001-01-10T00:00:00Z", "2001-01-01T00:00:00Z",
       "2001-01-15T00:00:00Z"},
      {Unit::kDay, 1, "America/New_York", "2026-11-01T12:00:00Z", "2026-11-01T04:00:00Z",
       "2026-11-02T05:00:00Z"},
      {Unit::kQuarter, 1, "UTC", "2026-05-15T00:00:00Z", "2026-04-01T00:00:00Z",
       "2026-07-01T00:00:00Z"},
      {Unit::kYear, 1, "Asia/Tokyo", "2026-12-31T15:00:01Z", "2026-12-31T15:00:00Z",
       "2027-12-31T15:00:00Z"},
  };
  for (const Case& c : cases) {
    BudgetWindow window;
    window.unit = c.unit;
    window.count = c.count;
    window.time_zone = c.zone;
    const WindowBounds bounds = WindowAt(window, At(c.now));
    EXPECT_EQ(FormatTime(bounds.begin), FormatTime(At(c.begin))) << c.now;
    EXPECT_EQ(FormatTime(bounds.end), FormatTime(At(c.end))) << c.now;
  }
}

TEST(BudgetWindowTest, DeadlinesAreLocalTimesOfTheDaysNamed) {
  Indicator indicator;
  indicator.by = std::chrono::hours(6);
  indicator.time_zone = "Asia/Tokyo";
  indicator.days = {1, 2, 3, 4, 5};
  // Friday 06:00 in Tokyo has just passed: the next is on Monday.
  EXPECT_EQ(NextDeadline(indicator, At("2026-11-26T21:00:00Z")), At("2026-11-29T21:00:00Z"));
  indicator.days = {};
  EXPECT_EQ(NextDeadline(indicator, At("2026-11-26T21:00:00Z")), At("2026-11-27T21:00:00Z"));
  // 02:30 is not on the clock when summer time begins.
  indicator.time_zone = "Europe/Berlin";
  indicator.by = std::chrono::minutes(150);
  EXPECT_EQ(NextDeadline(indicator, At("2026-03-28T12:00:00Z")), At("2026-03-29T01:00:00Z"));
}

}  // namespace
}  // namespace kizashi
