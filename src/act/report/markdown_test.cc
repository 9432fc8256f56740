#include "act/report/markdown.h"

#include <gtest/gtest.h>

namespace kizashi {
namespace {

TEST(MarkdownTest, ACellStaysACell) {
  EXPECT_EQ(MarkdownCell("a|b\nc"), "a\\|b c");
  EXPECT_EQ(MarkdownCell("`x` *y* [z](u) <b> \\ ~~"),
            "\\`x\\` \\*y\\* \\[z\\](u) \\<b\\> \\\\ \\~\\~");
  EXPECT_EQ(MarkdownCell("shop_front _x_ a_"), "shop_front \\_x\\_ a\\_");
  EXPECT_EQ(MarkdownCell("a &lt; b"), "a \\&lt; b");
  EXPECT_EQ(MarkdownCell(""), "");
}

TEST(MarkdownTest, CodeStaysCode) {
  EXPECT_EQ(MarkdownCodeCell("user <*> \\d", 100), "`user <*> \\d`");
  EXPECT_EQ(MarkdownCodeCell("a|b\r\nc", 100), "`a\\|b  c`");
  EXPECT_EQ(MarkdownCodeCell("a `b` ``c``", 100), "``` a `b` ``c`` ```");
  EXPECT_EQ(MarkdownCodeCell("a`b", 100), "``a`b``");
  EXPECT_EQ(MarkdownCodeCell("", 100), "");
  EXPECT_EQ(MarkdownCodeCell(" \n", 100), "");
  EXPECT_EQ(MarkdownCodeCell("兆し兆し", 3), "`兆し…`");
}

}  // namespace
}  // namespace kizashi
