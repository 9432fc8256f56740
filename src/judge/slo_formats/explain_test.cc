#include "judge/slo_formats/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "judge/slo_formats/test_support.h"

namespace kizashi {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Explain(const std::string& lines) {
  const SloImport import = ImportFine("service:\n  name: shop\n  slo:\n" + lines);
  return import.slos.empty() ? "" : ExplainSlo(import.slos[0].service, import.slos[0].slo);
}

TEST(Explain, SaysTheWholePromise) {
  EXPECT_EQ(
      Explain("    title: Shop answers\n    target: 99.9%\n    good: ok\n    total: all\n"
              "    alerts: [{severity: page, long: 1h, short: 5m, burn: 14.4, for: 2m}]\n"
              "    policy: [{spent: 100%, do: hold, text: No releases}]\n"),
      "shop/availability (Shop answers)\n"
      "  good: good is the increase of ok; all is the increase of all\n"
      "  promise: 99.9 % over the last 30 d\n"
      "  budget: one of 1000 events may fail: 1000 of a million; as time 43 min 12 s of full "
      "outage\n"
      "  alert page 1h/5m (page): when the last 1 h and the last 5 min both burn at more than 14.4 "
      "times the sustainable rate, 1.44 % failing, for 2 min; 2 % of the budget is spent by then; "
      "a "
      "full outage fires it in 3 min\n"
      "  an alert also needs more failures than chance would give a service that keeps its "
      "promise\n"
      "    page 1h/5m: 18 failures or 3 minutes with one at 10 events an hour, 26 failures or 4 "
      "minutes with one at 100 events an hour, 36 failures or 7 minutes with one at 1000 events an "
      "hour\n"
      "  policy at 100 % spent: hold releases (No releases)\n");
  EXPECT_THAT(
      Explain("    target: 99.9%\n    good: ok\n    total: all\n"),
      HasSubstr("alert ticket 3d/6h (ticket): when the last 3 d and the last 6 h both burn at "
                "more than 1 times the sustainable rate, 0.1 % failing; 10 % of the budget "
                "is spent by then; a full outage fires it in 4 min 19 s\n"));
}

TEST(Explain, SaysWhatCanNeverFire) {
  EXPECT_THAT(
      Explain("    target: 90%\n    good: ok\n    total: all\n    window: month\n"),
      HasSubstr("never page 1h/5m: a full outage burns at 1 / (1 - 0.9) = 10, never above 14.4"));
}

TEST(Explain, CountsSlicesAndRuns) {
  EXPECT_THAT(Explain("    target: 99%\n    good: ok\n    total: all\n"
                      "    budgeting: {timeslices: 95%, every: 5m}\n"),
              HasSubstr("one of 100 slices may fail: 86.4 of 8640; as time 7 h 12 min"));
  const std::string nightly = Explain(
      "    target: 95%\n    alerts: none\n    window: 4w\n    deadline: {of: done, by: \"06:00\", "
      "days: [mon, tue, wed, thu, fri], started_within: 8h, time_zone: Asia/Tokyo}\n");
  EXPECT_THAT(nightly, HasSubstr("one of 20 runs may fail: 1 of 20\n"));
  EXPECT_THAT(nightly, HasSubstr("at most 06:00 Asia/Tokyo and no more than 8 h before"));
  EXPECT_THAT(nightly, HasSubstr("alerts: none"));
  EXPECT_THAT(nightly, Not(HasSubstr("chance")));
}

TEST(Explain, SpellsDurations) {
  EXPECT_EQ(SpellDuration(std::chrono::days(30)), "30 d");
  EXPECT_EQ(SpellDuration(std::chrono::seconds(2592)), "43 min 12 s");
  EXPECT_EQ(SpellDuration(std::chrono::seconds(86'401)), "1 d");
  EXPECT_EQ(SpellDuration(Duration(0)), "0 s");
  EXPECT_EQ(SpellDuration(std::chrono::milliseconds(300)), "300 ms");
}

TEST(Explain, EverySharedFileInWords) {
  const std::string text = ReadSharedFile(kSharedSlos + "/sloth/getting-started.yml");
  if (text.empty()) GTEST_SKIP() << kSharedSlos << " is not there";
  const SloImport import = ImportFine(text);
  const std::string words = ExplainSlo(import.slos.at(0).service, import.slos[0].slo);
  EXPECT_THAT(words, HasSubstr("ticket-quick (ticket): when the last 1 d and the last 2 h"));
}

}  // namespace
}  // namespace kizashi
