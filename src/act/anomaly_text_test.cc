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

TEST(AnomalyTextTest, PatternKnownElsewhere) {
  const auto anomaly = Anomaly("pattern_new", {{"pattern", "x"}, {"known_in", "cart, pay"}});
  EXPECT_EQ(AnomalyText(anomaly, Language::kEnglish), "New log pattern (known in cart, pay): x");
  EXPECT_EQ(AnomalyText(anomaly, Language::kJapanese),
            "新しいログパターン（cart, pay では既知）: x");
}

TEST(AnomalyTextTest, PatternsThatChanged) {
  const Fields rate = {{"pattern", "order <*> paid"},
                       {"observed", 1200.0},
                       {"expected", 60.4},
                       {"low", 38.6},
                       {"high", 82.2}};
  EXPECT_EQ(AnomalyText(Anomaly("pattern_up", rate), Language::kEnglish),
            "Log pattern more often: 1,200 lines a minute, 39 to 82 expected: order <*> paid");
  EXPECT_EQ(AnomalyText(Anomaly("pattern_down", rate), Language::kJapanese),
            "ログパターンの減少: 1 分に 1,200 行、想定は 39～82 行: order <*> paid");
  Fields named = rate;
  named.emplace_back("pattern_name", "Paid");
  EXPECT_EQ(
      AnomalyText(Anomaly("pattern_up", named), Language::kEnglish),
      "Log pattern more often: 1,200 lines a minute, 39 to 82 expected: Paid (order <*> paid)");
  const Fields companion = {
      {"pattern", "x"}, {"observed", 3.0}, {"expected", 9.0}, {"low", 9.0}, {"high", 9.0}};
  EXPECT_EQ(AnomalyText(Anomaly("pattern_down", companion), Language::kEnglish),
            "Log pattern less often: 3 lines a minute, 9 expected: x");
  EXPECT_EQ(AnomalyText(Anomaly("pattern_gone", companion), Language::kEnglish),
            "Log pattern missing: no line in a minute, 9 expected: x");
  const Fields silent = {{"pattern", "x"}, {"expected", 35.0}, {"silent_minutes", 4.0}};
  EXPECT_EQ(AnomalyText(Anomaly("pattern_gone", silent), Language::kEnglish),
            "Log pattern gone for 4 minutes, in which 35 lines were expected: x");
  EXPECT_EQ(AnomalyText(Anomaly("pattern_gone", silent), Language::kJapanese),
            "ログパターンの消失: 4 分間出ていません。その間の想定は 35 行: x");
}

TEST(AnomalyTextTest, ParametersWithOddValues) {
  EXPECT_EQ(AnomalyText(Anomaly("parameter_value", {{"pattern", "answered status=<*>"},
                                                    {"value", "507"},
                                                    {"known", "200, 404"}}),
                        Language::kEnglish),
            "Log parameter 507, until now only 200, 404: answered status=<*>");
  EXPECT_EQ(
      AnomalyText(
          Anomaly("parameter_range",
                  {{"pattern", "took <*> ms"}, {"value", "31000"}, {"low", 3.0}, {"high", 118.5}}),
          Language::kJapanese),
      "ログパラメータの値 31000。これまでの範囲は 3～118.5: took <*> ms");
}

TEST(AnomalyTextTest, ReleaseChanged) {
  const auto anomaly =
      Anomaly("release_changed",
              {{"version", "2.1"}, {"new", 3.0}, {"gone", 1.0}, {"up", 0.0}, {"down", 0.0}});
  EXPECT_EQ(AnomalyText(anomaly, Language::kEnglish),
            "Release 2.1 changed the log: patterns new 3, gone 1, more often 0, less often 0");
  EXPECT_EQ(AnomalyText(anomaly, Language::kJapanese),
            "リリース 2.1 でログが変化: パターンの新規 3、消失 1、増加 0、減少 0");
}

TEST(AnomalyTextTest, AnUnknownCodeStillSaysWhatItHas) {
  EXPECT_EQ(AnomalyText(Anomaly("moon_phase", {{"a", 1.0}, {"b", "x"}}), Language::kJapanese),
            "moon_phase a=1 b=x");
}

}  // namespace
}  // namespace kizashi
