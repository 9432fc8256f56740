#include "act/price_text.h"

#include <gtest/gtest.h>

namespace kizashi {
namespace {

TEST(PriceTextTest, RareChancesAreOneInSoMany) {
  EXPECT_EQ(FormatChance(0), "0%");
  EXPECT_EQ(FormatChance(0.0254), "2.54%");
  EXPECT_EQ(FormatChance(1.0 / 23'400), "1/23,400");
}

TEST(PriceTextTest, EveryPlaceIsFilledInBothLanguages) {
  PriceInputs inputs;
  inputs.episodes = 12;
  inputs.followed = 5;
  inputs.credited = 4.5;
  inputs.expected = 0.3;
  GroupSnapshot group;
  group.state = {3, 5, 1, 10};
  group.cost = {10, 2};
  const GroupAnswers answers =
      AnswersOf(group, std::chrono::hours(24), std::chrono::hours(24 * 30));
  for (const Language language : {Language::kEnglish, Language::kJapanese}) {
    std::vector<std::string> lines = ExplainGroup("shop", group, answers, language);
    for (const std::string_view basis : {kBasisEvidence, kBasisPooled}) {
      const Price price = EvidencePrice(inputs, basis);
      const auto more = ExplainPrice("shop/logs/x", price, language);
      EXPECT_EQ(more.size(), basis == kBasisEvidence ? 9 : 10);
      lines.insert(lines.end(), more.begin(), more.end());
      lines.push_back(ExplainTold(price, TimeFromMs(1'767'225'600'000), language));
    }
    const Price together = GroupForecast(group.counts, group.pool)
                               .PriceOf(group.state, std::chrono::hours(24), group.cost);
    const auto more = ExplainPrice("shop/redundancy/member_down", together, language);
    lines.insert(lines.end(), more.begin(), more.end());
    for (const std::string& line : lines) EXPECT_EQ(line.find('{'), line.npos) << line;
  }
  const auto first = ExplainGroup("shop", group, answers, Language::kEnglish);
  EXPECT_NE(first[1].find("little history"), std::string::npos);
}

}  // namespace
}  // namespace kizashi
