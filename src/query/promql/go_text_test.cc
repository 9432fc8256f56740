#include "query/promql/go_text.h"

#include <gtest/gtest.h>

#include <limits>

#include "query/promql/duration.h"
#include "query/promql/float_math.h"

namespace kizashi::promql {
namespace {

TEST(GoText, FormatsFloatsInThreeStyles) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(FormatFloat(1e23, FloatStyle::kFixed), "100000000000000000000000");
  EXPECT_EQ(FormatFloat(1e-7, FloatStyle::kFixed), "0.0000001");
  EXPECT_EQ(FormatFloat(123.456, FloatStyle::kFixed), "123.456");
  EXPECT_EQ(FormatFloat(-0.0, FloatStyle::kFixed), "-0");
  EXPECT_EQ(FormatFloat(kInf, FloatStyle::kFixed), "+Inf");
  EXPECT_EQ(FormatFloat(1e20, FloatStyle::kShortest), "100000000000000000000");
  EXPECT_EQ(FormatFloat(1e21, FloatStyle::kShortest), "1e+21");
  EXPECT_EQ(FormatFloat(0.0001, FloatStyle::kShortest), "0.0001");
  EXPECT_EQ(FormatFloat(0.00001, FloatStyle::kShortest), "1e-05");
  EXPECT_EQ(FormatFloat(1.5e-9, FloatStyle::kJson), "1.5e-09");
  EXPECT_EQ(FormatFloat(0.000001, FloatStyle::kJson), "0.000001");
  EXPECT_EQ(FormatFloat(1.25e300, FloatStyle::kJson), "1.25e+300");
}

TEST(GoText, ReadsWhatGoReads) {
  bool out_of_range = false;
  EXPECT_EQ(ParseGoFloat("+1.5e3", &out_of_range), 1500);
  EXPECT_EQ(ParseGoFloat(".5", &out_of_range), 0.5);
  EXPECT_EQ(ParseGoFloat("-Infinity", &out_of_range), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(ParseGoFloat("0x1p-2", &out_of_range), 0.25);
  EXPECT_EQ(ParseGoFloat("1e-400", &out_of_range), 0);
  for (const char* wrong : {"", "+", "1x", "0x1", "--1", "infinit", "1 "}) {
    EXPECT_FALSE(ParseGoFloat(wrong, &out_of_range)) << wrong;
    EXPECT_FALSE(out_of_range);
  }
  EXPECT_FALSE(ParseGoFloat("1e400", &out_of_range));
  EXPECT_TRUE(out_of_range);
}

TEST(GoText, Quotes) {
  EXPECT_EQ(QuoteGo("a\"b\\\n\x01\xff日\x7f"), R"("a\"b\\\n\x01\xff日\x7f")");
  EXPECT_EQ(QuoteRune('\''), R"('\'')");
  EXPECT_EQ(DescribeRune(0x200b), "U+200B");
  EXPECT_EQ(FirstRunes("日本語", 2), "日本");
}

TEST(Durations, ReadAndPrint) {
  int64_t ms = 0;
  EXPECT_EQ(ParseModelDuration("1y2w3d4h5m6s7ms", &ms), "");
  EXPECT_EQ(ms, ((((365LL + 14 + 3) * 24 + 4) * 60 + 5) * 60 + 6) * 1000 + 7);
  EXPECT_EQ(ParseModelDuration("0", &ms), "");
  EXPECT_EQ(ParseModelDuration("5", &ms), "not a valid duration string: \"5\"");
  EXPECT_EQ(ParseModelDuration("1s1m", &ms), "not a valid duration string: \"1s1m\"");
  EXPECT_EQ(ParseModelDuration("300y", &ms), "duration out of range");
  EXPECT_EQ(FormatPromDuration(14LL * 86'400'000), "2w");
  EXPECT_EQ(FormatPromDuration(15LL * 86'400'000), "15d");
  EXPECT_EQ(FormatPromDuration(90'061'001), "1d1h1m1s1ms");
}

TEST(FloatMath, QuantileInterpolatesAndPutsNanFirst) {
  std::vector<double> values = {3, 1, std::nan(""), 2};
  EXPECT_EQ(Quantile(1, values), 3);
  EXPECT_EQ(Quantile(0.5, values), 1.5);
  EXPECT_TRUE(std::isnan(Quantile(0, values)));
  EXPECT_TRUE(std::isinf(Quantile(1.1, values)));
  EXPECT_TRUE(std::isnan(Quantile(0.5, {})));
}

TEST(FloatMath, LogarithmsAreGos) {
  EXPECT_EQ(GoLog2(8), 3);
  EXPECT_EQ(GoLog10(1000), 2.9999999999999996);
  EXPECT_TRUE(std::isinf(GoLog2(0)));
}

}  // namespace
}  // namespace kizashi::promql
