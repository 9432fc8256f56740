#include "act/texts.h"

#include <gtest/gtest.h>

namespace kizashi {
namespace {

TEST(TextsTest, LanguagesByCode) {
  EXPECT_EQ(LanguageFromCode("ja"), Language::kJapanese);
  EXPECT_EQ(LanguageFromCode("en"), Language::kEnglish);
  EXPECT_EQ(LanguageFromCode(""), Language::kEnglish);
  EXPECT_EQ(Text(TextId::kService, Language::kEnglish), "Service");
  EXPECT_EQ(Text(TextId::kService, Language::kJapanese), "サービス");
}

TEST(TextsTest, ValuesArePutInByName) {
  EXPECT_EQ(FillText(TextId::kMore, Language::kEnglish, {{"count", "3"}}), "And 3 more.");
  EXPECT_EQ(FillText(TextId::kMore, Language::kJapanese, {{"count", "3"}}), "ほか 3 件。");
  EXPECT_EQ(FillText(TextId::kMore, Language::kEnglish, {}), "And {count} more.");
}

TEST(TextsTest, AValueIsNotReadAsAText) {
  EXPECT_EQ(FillText(TextId::kPatternNewDetails, Language::kEnglish,
                     {{"details", "{pattern} {"}, {"pattern", "{details}"}}),
            "New log pattern ({pattern} {): {details}");
}

}  // namespace
}  // namespace kizashi
