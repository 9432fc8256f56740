#include "act/report/document.h"

#include <gtest/gtest.h>

#include "act/test_text.h"

namespace kizashi {
namespace {

TEST(DocumentTest, ForeignTextIsNeverMarkup) {
  Document document;
  document.Heading(2, "a <b>\n# c");
  document.Table({{"Name", false}, {"Count", true}}, {{"x|y <script>alert(1)</script>", "1"}});
  EXPECT_EQ(document.Markdown(),
            "## a \\<b\\> # c\n\n| Name | Count |\n|---|---:|\n"
            "| x\\|y \\<script\\>alert(1)\\</script\\> | 1 |\n");
  const std::string html = document.Html("ja");
  EXPECT_TRUE(Has(html, "<html lang=\"ja\">"));
  EXPECT_TRUE(Has(html, "<h2>a &lt;b&gt; # c</h2>"));
  EXPECT_TRUE(Has(html, "<th scope=\"col\" class=\"n\">Count</th>"));
  EXPECT_TRUE(Has(html, "<td>x|y &lt;script&gt;alert(1)&lt;/script&gt;</td>"));
  EXPECT_FALSE(Has(html, "<script>"));
}

TEST(DocumentTest, EveryRowHasACellForEachColumn) {
  Document document;
  EXPECT_DEATH(document.Table({{"Name", false}}, {{"a", "b"}}), "2 cells in 1 columns");
}

}  // namespace
}  // namespace kizashi
