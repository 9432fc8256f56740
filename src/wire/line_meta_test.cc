#include "wire/line_meta.h"

#include <gtest/gtest.h>

namespace kizashi {
namespace {

TEST(LineMetaTest, TakesALeadingTimeThatIsNear) {
  const Time now = *ParseTime("2026-05-05T12:00:00Z");
  EXPECT_EQ(LineTime("2026-05-05T11:59:58.250Z INFO up", now),
            *ParseTime("2026-05-05T11:59:58.25Z"));
  EXPECT_EQ(LineTime("2026-05-05 11:00:00+00:00 x", now), *ParseTime("2026-05-05T11:00:00Z"));
  EXPECT_EQ(LineTime("2026-05-05T11:59:58Z", now), *ParseTime("2026-05-05T11:59:58Z"));
  EXPECT_EQ(LineTime("2020-05-05T11:59:58Z too old", now), now);
  EXPECT_EQ(LineTime("2026-99-99T11:59:58Z wrong", now), now);
  EXPECT_EQ(LineTime("no time", now), now);
  EXPECT_EQ(LineTime("", now), now);
}

}  // namespace
}  // namespace kizashi
