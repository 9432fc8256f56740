#include "act/anomaly_text.h"

#include <gtest/gtest.h>

namespace kizashi {
namespace {

AnomalyRecord Anomaly(const std::string& code, Fields fields) {
  AnomalyRecord anomaly;
  anomaly.code = code;
  anomaly.fields = std::move(fields);
  return anomaly;
}

TEST(AnomalyTextTest, MemberDown) {
  const auto anomaly = Anomaly("member_down", {{"member", "c"},
                                               {"by", "instance"},
                                               {"up", 4.0},
                                               {"of", 5.0},
                                               {"need", 3.0},
                                               {"job", "shop"}});
  EXPECT_EQ(AnomalyText(anomaly, Language::kEnglish), "instance c went down: 4 of 5 up, 3 needed");
  EXPECT_EQ(AnomalyText(anomaly, Language::kJapanese),
            "instance c が停止: 5 のうち 4 が稼働、必要数 3");
}

TEST(AnomalyTextTest, PatternNew) {
  const auto anomaly = Anomaly("pattern_new", {{"pattern", "cannot reach <*>\nnow"},
                                               {"pattern_id", "1f"},
                                               {"example", "cannot reach db\nnow"},
                                               {"count", 1234.0},
                                               {"level", "error"},
                                               {"first_seen_on", "c"}});
  EXPECT_EQ(AnomalyText(anomaly, Language::kEnglish),
            "New log pattern (level error, first on c, lines: 1,234): cannot reach <*> now");
  EXPECT_EQ(AnomalyText(anomaly, Language::kJapanese),
            "新しいログパターン（レベル error、最初は c、1,234 行）: cannot reach <*> now");
  EXPECT_EQ(AnomalyText(Anomaly("pattern_new", {{"pattern", "x"}}), Language::kEnglish),
            "New log pattern: x");
}

TEST(AnomalyTextTest, PatternsNewMany) {
  const auto anomaly = Anomaly("patterns_new_many", {{"count", 120.0}, {"hour", "2026-11-23T08"}});
  EXPECT_EQ(AnomalyText(anomaly, Language::kEnglish), "120 new log patterns within one hour");
  EXPECT_EQ(AnomalyText(anomaly, Language::kJapanese), "1 時間に 120 件の新しいログパターン");
}

TEST(AnomalyTextTest, AnUnknownCodeStillSaysWhatItHas) {
  EXPECT_EQ(AnomalyText(Anomaly("moon_phase", {{"a", 1.0}, {"b", "x"}}), Language::kJapanese),
            "moon_phase a=1 b=x");
}

}  // namespace
}  // namespace kizashi
