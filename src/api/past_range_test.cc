#include "api/past_range.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kizashi {
namespace {

using testing::HasSubstr;

constexpr Time kNow = TimeFromMs(1'767'265'230'500);  // 2026-01-01T11:00:30.500Z

std::string Read(std::string_view text) {
  const auto range = ParsePastRange(text, kNow);
  if (!range.ok()) return std::string(Message(range.status()));
  return FormatTime(range->from).substr(11, 8) + " " + FormatTime(range->to).substr(11, 8);
}

TEST(PastRange, HasAStartAndALengthOrAnEnd) {
  EXPECT_EQ(Read("2026-01-01T09:00:00Z/10m"), "09:00:00 09:10:00");
  EXPECT_EQ(Read("2026-01-01T09:00:00Z/2026-01-01T10:30:00Z"), "09:00:00 10:30:00");
  EXPECT_EQ(Read("2026-01-01T18:00:00+09:00/10m"), "09:00:00 09:10:00");
  EXPECT_EQ(Read("2h/1h"), "09:00:00 10:00:00");
  EXPECT_EQ(Read("1h"), "10:00:00 11:01:00") << "the minute that is going on is in it";
  EXPECT_EQ(Read("2026-01-01T10:00:20Z/90s"), "10:00:00 10:01:00");
}

TEST(PastRange, SaysWhatIsWrong) {
  for (const char* text : {"", "/", "/1h", "2h/", "yesterday", "2h/1x", "2026-01-01/1h/1h"}) {
    EXPECT_THAT(Read(text), HasSubstr("is no range, expected one such as")) << text;
  }
  EXPECT_EQ(Read("2h/59s"), "'2h/59s' is shorter than a minute");
  EXPECT_EQ(Read("2026-01-01T10:00:00Z/2026-01-01T09:00:00Z"),
            "'2026-01-01T10:00:00Z/2026-01-01T09:00:00Z' is shorter than a minute");
  EXPECT_EQ(Read("2026-01-02T10:00:00Z/1h"), "'2026-01-02T10:00:00Z/1h' is in the future");
}

}  // namespace
}  // namespace kizashi
