#include "judge/logs/skeleton.h"

#include <gtest/gtest.h>

#include <string>

namespace kizashi {
namespace {

std::string Pattern(std::string_view line) { return std::string(PatternMaker().Make(line)); }

TEST(SkeletonTest, ParametersAreMasked) {
  EXPECT_EQ(Pattern("2026-01-02T03:04:05Z INFO order 4711 paid in 12ms by 10.0.0.7:443"),
            "<*> INFO order <*> paid in <*> by <*>");
  EXPECT_EQ(Pattern("open /var/log/app failed: permission denied"),
            "open <*> failed: permission denied");
  EXPECT_EQ(Pattern("session deadbeefcafe closed."), "session <*> closed.");
  EXPECT_EQ(Pattern("mail to ann@example.org"), "mail to <*>");
}

TEST(SkeletonTest, WordsStay) {
  EXPECT_EQ(Pattern("read/write cache is warm"), "read/write cache is warm");
  EXPECT_EQ(Pattern("user doesn't exist"), "user doesn't exist");
}

TEST(SkeletonTest, ListsOfAnyLengthAreOnePattern) {
  EXPECT_EQ(Pattern("blocks 1, 2, 3 lost"), Pattern("blocks 7 lost"));
  EXPECT_EQ(Pattern("took 1 2"), "took <*>");
}

TEST(SkeletonTest, KeysAndMessagesOfStructuredLinesStay) {
  EXPECT_EQ(Pattern(R"({"level":"warn","msg":"cart 12 expired","user":"bob"})"),
            R"({"level":"warn","msg":"cart <*> expired","user":"<*>"})");
  EXPECT_EQ(Pattern(R"(level=info msg="listening on port" addr="x")"),
            R"(level=info msg="listening on port" addr="<*>")");
  EXPECT_NE(Pattern(R"({"msg":"connection refused"})"), Pattern(R"({"msg":"connection reset"})"));
}

TEST(SkeletonTest, AnyBytesAreTaken) {
  EXPECT_EQ(Pattern(""), "");
  EXPECT_EQ(Pattern("   "), "");
  EXPECT_EQ(Pattern("\"open"), "\"open");
  EXPECT_EQ(Pattern(R"("a\)"), R"("a\)");
  EXPECT_EQ(Pattern("支払い 12 件 失敗"), "支払い <*> 件 失敗");
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_FALSE(Pattern(all).empty());
  EXPECT_LE(Pattern(std::string(1 << 20, 'x')).size(), kPatternLineBytesMax);
}

TEST(SkeletonTest, LevelsAreFound) {
  EXPECT_EQ(LineLevel("2026-01-02 [WARNING] disk"), "warn");
  EXPECT_EQ(LineLevel("E0102 nothing here"), "");
  EXPECT_EQ(LineLevel(R"({"level":"ERROR"})"), "error");
  EXPECT_EQ(LineLevel("information"), "");
}

}  // namespace
}  // namespace kizashi
