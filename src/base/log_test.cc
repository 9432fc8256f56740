#include "base/log.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kizashi {
namespace {

std::string Logged(LogLevel level, std::string_view message,
                   std::initializer_list<LogField> fields) {
  testing::internal::CaptureStderr();
  Log(level, message, fields);
  return testing::internal::GetCapturedStderr();
}

TEST(LogTest, NothingThatIsLoggedMakesALineOfItsOwn) {
  const std::string evil = "x\ntime=now level=error msg=\"forged\"";
  for (const LogFormat format : {LogFormat::kLogfmt, LogFormat::kJson}) {
    SetupLog(LogLevel::kInfo, format);
    for (const std::string& line : {Logged(LogLevel::kWarn, evil, {{"target", "t"}}),
                                    Logged(LogLevel::kWarn, "bad target", {{"target", evil}})}) {
      EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
      EXPECT_NE(line.find("\\nti"), line.npos) << line;
    }
  }
  const std::string json = Logged(LogLevel::kError, "it {} broke", {{"n", 5}, {"why", "a \"b\""}});
  EXPECT_TRUE(json.starts_with("{\"time\":\"20")) << json;
  EXPECT_TRUE(json.ends_with(
      ",\"level\":\"error\",\"msg\":\"it {} broke\",\"n\":\"5\",\"why\":\"a \\\"b\\\"\"}\n"))
      << json;
  EXPECT_EQ(Logged(LogLevel::kDebug, "quiet", {}), "");
}

TEST(LogTest, LevelsHaveNames) {
  EXPECT_EQ(*ParseLogLevel("warn"), LogLevel::kWarn);
  const auto unknown = ParseLogLevel("loud");
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(Message(unknown.status()).find("'loud'"), std::string_view::npos);
}

}  // namespace
}  // namespace kizashi
