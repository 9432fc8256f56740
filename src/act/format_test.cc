#include "act/format.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kizashi {
namespace {

TEST(FormatTest, Numbers) {
  EXPECT_EQ(FormatNumber(0, 0), "0");
  EXPECT_EQ(FormatNumber(999, 0), "999");
  EXPECT_EQ(FormatNumber(1000, 0), "1,000");
  EXPECT_EQ(FormatNumber(-1234567.891, 2), "-1,234,567.89");
  EXPECT_EQ(FormatNumber(999.999, 1), "1,000.0");
  EXPECT_EQ(FormatNumber(-0.001, 1), "0.0");
  EXPECT_EQ(FormatNumber(std::nan(""), 1), "–");
  EXPECT_EQ(FormatNumber(std::numeric_limits<double>::infinity(), 1), "–");
}

TEST(FormatTest, AmountsKeepThreeDigits) {
  EXPECT_EQ(FormatAmount(0), "0.00");
  EXPECT_EQ(FormatAmount(0.416), "0.42");
  EXPECT_EQ(FormatAmount(4.2), "4.20");
  EXPECT_EQ(FormatAmount(9.996), "10.0");
  EXPECT_EQ(FormatAmount(42.04), "42.0");
  EXPECT_EQ(FormatAmount(99.96), "100");
  EXPECT_EQ(FormatAmount(4200.4), "4,200");
}

TEST(FormatTest, PercentAndTargets) {
  EXPECT_EQ(FormatPercent(0.1234), "12.3%");
  EXPECT_EQ(FormatPercent(12.5), "1,250.0%");
  EXPECT_EQ(FormatTarget(0.999), "99.9%");
  EXPECT_EQ(FormatTarget(0.99995), "99.995%");
  EXPECT_EQ(FormatTarget(0.5), "50%");
  EXPECT_EQ(FormatTarget(std::nan("")), "–");
}

TEST(FormatTest, SpansShowTheirTwoLargestUnits) {
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::seconds;
  EXPECT_EQ(FormatSpan(Duration(0), Language::kEnglish), "0 ms");
  EXPECT_EQ(FormatSpan(Duration(450), Language::kEnglish), "450 ms");
  EXPECT_EQ(FormatSpan(Duration(1'450), Language::kEnglish), "1 s");
  EXPECT_EQ(FormatSpan(minutes(5), Language::kEnglish), "5 min");
  EXPECT_EQ(FormatSpan(minutes(5) + seconds(3), Language::kEnglish), "5 min 3 s");
  EXPECT_EQ(FormatSpan(hours(26) + minutes(59), Language::kEnglish), "1 d 2 h");
  EXPECT_EQ(FormatSpan(hours(24) + minutes(59), Language::kEnglish), "1 d");
  EXPECT_EQ(FormatSpan(-minutes(5), Language::kEnglish), "-5 min");
  EXPECT_EQ(FormatSpan(hours(26), Language::kJapanese), "1日2時間");
  EXPECT_EQ(FormatSpan(minutes(65), Language::kJapanese), "1時間5分");
}

TEST(FormatTest, MomentsFollowLanguageAndTimeZone) {
  const Time time = *ParseTime("2026-11-23T23:05:59Z");
  EXPECT_EQ(FormatMoment(time, "UTC", Language::kEnglish), "23 Nov 2026 23:05");
  EXPECT_EQ(FormatMoment(time, "Asia/Tokyo", Language::kJapanese), "2026年11月24日 08:05");
  EXPECT_EQ(FormatMoment(time, "No/Where", Language::kEnglish), "23 Nov 2026 23:05");
  EXPECT_EQ(KnownTimeZone("Asia/Tokyo"), "Asia/Tokyo");
  EXPECT_EQ(KnownTimeZone("No/Where"), "UTC");
}

TEST(FormatTest, TextsAreCutBetweenCharacters) {
  EXPECT_EQ(CutText("abc", 3), "abc");
  EXPECT_EQ(CutText("abcd", 3), "ab…");
  EXPECT_EQ(CutText("兆しの前", 4), "兆しの前");
  EXPECT_EQ(CutText("兆しの前", 3), "兆し…");
  EXPECT_EQ(CutText("abc", 1), "…");
  EXPECT_EQ(CutText("abc", 0), "");
  EXPECT_EQ(CutText("", 5), "");
  EXPECT_EQ(CutText("\x80\x80\xff", 1), "\x80\x80\xff");  // no UTF-8: still bounded, no crash
  EXPECT_EQ(OneLine("a\nb\r\tc\x7f"), "a b  c ");
}

}  // namespace
}  // namespace kizashi
