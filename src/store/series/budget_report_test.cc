#include "store/series/budget_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kizashi {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Time kStart = TimeFromMs(1'700'000'000'000);

Labels Login(int user) {
  return Labels({{"__name__", "logins"}, {"service", "pay"}, {"user", std::to_string(user)}});
}

TEST(BudgetReportTest, TheOwnerAndTheGuiltyLabelAreToldOnceInAWhile) {
  SeriesBudgetOptions options;
  options.owner_of = [](const Labels& labels) { return std::string(labels.Get("service")); };
  options.limit_of = [](std::string_view owner) { return owner == "pay" ? size_t{10} : 0; };
  SeriesBudget budget(options);
  Registry registry;
  BudgetReport report(budget, &registry);
  for (int i = 0; i < 13; ++i) (void)budget.Admit(Login(i));
  EXPECT_TRUE(budget.Admit(Labels({{"__name__", "stray"}, {"job", "x"}})).ok());

  testing::internal::CaptureStderr();
  report.Look(kStart);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("owner=pay series=10 limit=10 refused=3 metric=logins label=user"));
  EXPECT_THAT(log, Not(HasSubstr("unclaimed")));
  std::string text = registry.Write();
  EXPECT_THAT(text, HasSubstr("kizashi_series{owner=\"pay\"} 10\n"));
  EXPECT_THAT(text, HasSubstr("kizashi_series{owner=\"(unclaimed)\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("kizashi_series_limit{owner=\"pay\"} 10\n"));
  EXPECT_THAT(text, HasSubstr("kizashi_series_refused_total{owner=\"pay\"} 3\n"));

  testing::internal::CaptureStderr();
  (void)budget.Admit(Login(13));
  report.Look(kStart + BudgetReport::kLookEvery);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_THAT(registry.Write(), HasSubstr("kizashi_series_refused_total{owner=\"pay\"} 4\n"));
  testing::internal::CaptureStderr();
  report.Look(kStart + BudgetReport::kLogEvery);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("refused=1"));

  // An owner that has none any more, after a new catalog.
  budget.Recount([](const SeriesBudget::Visit& visit) { visit(Login(1)); });
  report.Look(kStart + 2 * BudgetReport::kLogEvery);
  text = registry.Write();
  EXPECT_THAT(text, HasSubstr("kizashi_series{owner=\"pay\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("kizashi_series{owner=\"(unclaimed)\"} 0\n"));
}

}  // namespace
}  // namespace kizashi
