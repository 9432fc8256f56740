#include "store/series/series_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kizashi {
namespace {

using testing::HasSubstr;

SeriesBudgetOptions Options(size_t limit) {
  SeriesBudgetOptions options;
  options.owner_of = [](const Labels& labels) { return std::string(labels.Get("team")); };
  options.limit_of = [limit](std::string_view owner) { return owner == "pay" ? limit : 0; };
  return options;
}

Labels Series(const std::string& team, const std::string& metric, int user) {
  return Labels({{"__name__", metric},
                 {"team", team},
                 {"code", std::to_string(user % 2)},
                 {"user", std::to_string(user)}});
}

TEST(DistinctCountTest, IsRightWithinAFewPerCent) {
  for (const int count : {0, 1, 10, 100, 1000, 100'000}) {
    DistinctCount distinct;
    for (int turn = 0; turn < 2; ++turn) {
      for (int i = 0; i < count; ++i) distinct.Add("value-" + std::to_string(i));
    }
    EXPECT_NEAR(distinct.Estimate(), count, 0.2 * count + 0.5);
  }
}

TEST(SeriesBudgetTest, TheOwnerAndTheGuiltyLabelAreNamed) {
  SeriesBudget budget(Options(100));
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(budget.Admit(Series("pay", i < 90 ? "logins" : "up", i)).ok());
    EXPECT_TRUE(budget.Admit(Series("shop", "orders", i)).ok());
  }
  const Status refused = budget.Admit(Series("pay", "logins", 100));
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(Message(refused)),
              HasSubstr("the series of pay are at their limit of 100: most are of the metric "
                        "logins (90), and the label user has about"));
  EXPECT_TRUE(budget.Admit(Series("shop", "orders", 100)).ok());
  EXPECT_TRUE(budget.Admit(Series("", "stray", 1)).ok());
  budget.Recount([](const SeriesBudget::Visit& visit) {  // whatever the limit says
    for (int i = 0; i < 101; ++i) visit(Series("pay", i < 90 ? "logins" : "up", i));
    for (int i = 0; i < 2; ++i) visit(Series("shop", "orders", i));
    visit(Series("", "stray", 1));
  });

  const auto uses = budget.Uses(1);
  ASSERT_EQ(uses.size(), 3U);
  EXPECT_EQ(uses[0].owner, "pay");
  EXPECT_EQ(uses[0].series, 101U);
  EXPECT_EQ(uses[0].limit, 100U);
  EXPECT_EQ(uses[0].refused, 1U);
  EXPECT_EQ(uses[0].metrics[0].name, "logins");
  ASSERT_EQ(uses[0].labels.size(), 1U);
  EXPECT_EQ(uses[0].labels[0].name, "user");
  EXPECT_EQ(uses[1].owner, "shop");
  EXPECT_EQ(uses[2].owner, "");
}

TEST(SeriesBudgetTest, ManyOwnersAndLabelsAreBounded) {
  SeriesBudget budget(Options(0));
  for (int i = 0; i < 3000; ++i) {
    std::vector<Label> labels = {{"__name__", "m" + std::to_string(i)},
                                 {"team", "t" + std::to_string(i)}};
    for (int j = 0; j < 100; ++j) labels.push_back({fmt::format("l{}", j), "v"});
    EXPECT_TRUE(budget.Admit(Labels(std::move(labels))).ok());
    if (i == 1200) break;
  }
  const auto uses = budget.Uses(1000);
  EXPECT_EQ(uses.size(), SeriesBudget::kOwnersMax + 1);
  EXPECT_EQ(uses[0].owner, "(others)");
  for (const auto& use : uses) EXPECT_LE(use.labels.size(), SeriesBudget::kLabelsMax);
}

TEST(SeriesBudgetTest, NothingIsAdmittedBeforeTheFirstCount) {
  SeriesBudget budget(Options(2));
  budget.ExpectRecount();
  std::thread counting([&] {
    budget.Recount([](const SeriesBudget::Visit& visit) {
      for (int i = 0; i < 2; ++i) visit(Series("pay", "logins", i));
    });
  });
  EXPECT_FALSE(budget.Admit(Series("pay", "logins", 2)).ok());
  counting.join();
}

TEST(SeriesBudgetTest, WhatIsAdmittedDuringACountIsCounted) {
  SeriesBudget budget(Options(3));
  EXPECT_TRUE(budget.Admit(Series("pay", "logins", 0)).ok());
  budget.Recount([&](const SeriesBudget::Visit& visit) {
    visit(Series("pay", "logins", 0));
    EXPECT_TRUE(budget.Admit(Series("pay", "logins", 1)).ok());
    EXPECT_TRUE(budget.Admit(Series("pay", "logins", 2)).ok());
    EXPECT_FALSE(budget.Admit(Series("pay", "logins", 3)).ok());
  });
  EXPECT_EQ(budget.Uses(1)[0].series, 3U);
  EXPECT_EQ(budget.Uses(1)[0].refused, 1U);
  EXPECT_FALSE(budget.Admit(Series("pay", "logins", 3)).ok());
}

TEST(SeriesBudgetTest, TheGuiltyLabelIsFoundAmongTheRefusedToo) {
  SeriesBudget budget(Options(200));
  for (int i = 0; i < 200; ++i) {
    const std::string host = std::to_string(i);
    EXPECT_TRUE(budget.Admit(Labels({{"__name__", "m"}, {"team", "pay"}, {"host", host}})).ok());
  }
  Status refused;
  for (int i = 0; i < 2000; ++i) refused = budget.Admit(Series("pay", "logins", i));
  EXPECT_THAT(std::string(Message(refused)), HasSubstr("the label user has about"));
  EXPECT_EQ(budget.Uses(1)[0].refused, 2000U);
}

}  // namespace
}  // namespace kizashi
