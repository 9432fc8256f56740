#include "query/promql/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "query/promql/memory_source.h"
#include "query/promql/parser.h"
#include "query/promql/result_json.h"

namespace kizashi::promql {
namespace {

class EngineTest : public testing::Test {
 protected:
  void Load(std::string_view text, int64_t step_ms = 60'000) {
    const auto series = ParseSeriesDescription(text);
    ASSERT_TRUE(series.ok()) << series.status();
    for (size_t i = 0; i < series->values.size(); ++i) {
      if (series->values[i].omitted) continue;
      source_.Add(series->labels, static_cast<int64_t>(i) * step_ms, series->values[i].value);
    }
  }

  std::string Instant(std::string_view query, int64_t at_s = 300) {
    const auto result = QueryInstant(source_, query, TimeFromMs(at_s * 1000), options_);
    return result.ok() ? Data(*result) : std::string(Message(result.status()));
  }
  std::string Range(std::string_view query, int64_t from_s, int64_t to_s, int64_t step_s) {
    const auto result = QueryRange(source_, query, TimeFromMs(from_s * 1000),
                                   TimeFromMs(to_s * 1000), Duration(step_s * 1000), options_);
    return result.ok() ? Data(*result) : std::string(Message(result.status()));
  }

  /// What stands after "result": in the answer.
  static std::string Data(const QueryResult& result) {
    const std::string json = ResultJson(result);
    const size_t begin = json.find("\"result\":") + 9;
    return json.substr(begin, json.size() - begin - 2);
  }

  MemorySource source_;
  QueryOptions options_;
};

TEST_F(EngineTest, GivesEachTypeOfResult) {
  Load("up{job='a'} 1 1 1 0 0 1");
  EXPECT_EQ(Instant("1 + 1"), R"([300,"2"])");
  EXPECT_EQ(Instant("'x'"), R"([300,"x"])");
  EXPECT_EQ(Instant("up"), R"([{"metric":{"__name__":"up","job":"a"},"value":[300,"1"]}])");
  EXPECT_EQ(Instant("up[1m]"),
            R"([{"metric":{"__name__":"up","job":"a"},"values":[[240,"0"],[300,"1"]]}])");
  EXPECT_EQ(Instant("up[2m:1m] offset 1m"),
            R"([{"metric":{"__name__":"up","job":"a"},"values":[[120,"1"],[180,"0"],[240,"0"]]}])");
  EXPECT_EQ(Range("time()", 0, 2, 1), R"([{"metric":{},"values":[[0,"0"],[1,"1"],[2,"2"]]}])");
  EXPECT_EQ(Range("up[1m]", 0, 2, 1),
            "invalid expression type \"range vector\" for range query, must be Scalar or instant "
            "Vector");
}

TEST_F(EngineTest, LookbackEndsAfterFiveMinutesAndAtStaleMarkers) {
  Load("m 1 2 stale");
  EXPECT_EQ(Range("m", 60, 180, 60), R"([{"metric":{"__name__":"m"},"values":[[60,"2"]]}])");
  Load("n 5");
  EXPECT_EQ(Instant("n", 300), R"([{"metric":{"__name__":"n"},"value":[300,"5"]}])");
  EXPECT_EQ(Instant("n", 301), "[]");
  options_.lookback = std::chrono::minutes(1);
  EXPECT_EQ(Instant("n", 61), "[]");
}

TEST_F(EngineTest, SeriesThatBecomeOneMayFollowEachOtherButNotOverlap) {
  Load("a 1 1 stale _ _ _");
  Load("b _ _ 2 2 2 2");
  const std::string both = "{__name__=~'a|b'} * 1";
  EXPECT_EQ(Range(both, 0, 180, 60),
            R"([{"metric":{},"values":[[0,"1"],[60,"1"],[120,"2"],[180,"2"]]}])");
  const std::string clash = "vector cannot contain metrics with the same labelset";
  // A function over ranges, and the minus, are stricter.
  EXPECT_EQ(Range("rate({__name__=~'a|b'}[1m])", 60, 180, 60), clash);
  EXPECT_EQ(Range("-{__name__=~'a|b'}", 0, 180, 60), clash);
  Load("c 1 1 1");
  EXPECT_EQ(Range("{__name__=~'a|c'} * 1", 0, 60, 60), clash);
}

TEST_F(EngineTest, MatchesOneToOneAndManyToOne) {
  Load("e{c='x',i='1'} 1 2 3");
  Load("e{c='y',i='1'} 4 5 6");
  Load("t{i='1'} 10 10 10");
  EXPECT_EQ(Instant("e / on(i) group_left t", 120),
            R"([{"metric":{"c":"x","i":"1"},"value":[120,"0.3"]},)"
            R"({"metric":{"c":"y","i":"1"},"value":[120,"0.6"]}])");
  EXPECT_EQ(Instant("t - on(i) group_right e", 120),
            R"([{"metric":{"c":"x","i":"1"},"value":[120,"7"]},)"
            R"({"metric":{"c":"y","i":"1"},"value":[120,"4"]}])");
  EXPECT_EQ(Instant("e / on(i) t", 120),
            "multiple matches for labels: many-to-one matching must be explicit "
            "(group_left/group_right)");
  EXPECT_EQ(Instant("t / on(i) e", 120),
            "found duplicate series for the match group {i=\"1\"} on the right hand-side of the "
            "operation: [{__name__=\"e\", c=\"y\", i=\"1\"}, {__name__=\"e\", c=\"x\", i=\"1\"}]"
            ";many-to-many matching not allowed: matching labels must be unique on one side");
  EXPECT_EQ(Instant("e / on(i) group_left(c) (t or on() vector(0))", 120),
            "multiple matches for labels: grouping labels must ensure unique matches");
}

TEST_F(EngineTest, SetOperatorsGoByStep) {
  Load("a{x='1'} 1 1 stale");
  Load("b{x='1'} 2 2 2");
  EXPECT_EQ(Range("a or b", 0, 120, 60),
            R"([{"metric":{"__name__":"a","x":"1"},"values":[[0,"1"],[60,"1"]]},)"
            R"({"metric":{"__name__":"b","x":"1"},"values":[[120,"2"]]}])");
  EXPECT_EQ(Range("b unless a", 0, 120, 60),
            R"([{"metric":{"__name__":"b","x":"1"},"values":[[120,"2"]]}])");
  EXPECT_EQ(Range("b and a", 0, 120, 60),
            R"([{"metric":{"__name__":"b","x":"1"},"values":[[0,"2"],[60,"2"]]}])");
}

TEST_F(EngineTest, SortsAndRanksWithNanLast) {
  Load("m{i='1'} 3");
  Load("m{i='2'} NaN");
  Load("m{i='3'} 7");
  const auto order = [this](std::string_view query) {
    const auto result = QueryInstant(source_, query, TimeFromMs(0), options_);
    std::string ids;
    for (const ResultSeries& series : result->series) ids += series.labels.Get("i");
    return ids;
  };
  EXPECT_EQ(order("sort(m)"), "132");
  EXPECT_EQ(order("sort_desc(m)"), "312");
  EXPECT_EQ(order("topk(2, m)"), "31");
  EXPECT_EQ(order("bottomk(5, m)"), "132");
  EXPECT_EQ(order("topk(0, m)"), "");
  EXPECT_EQ(Instant("topk(NaN, m)", 0), "Scalar value NaN overflows int64");
}

TEST_F(EngineTest, WindowsSlideOverResetsGapsAndExtremes) {
  Load("c 0 10 20 5 15 25", 15'000);
  EXPECT_EQ(Instant("increase(c[1m])", 75), R"([{"metric":{},"value":[75,"35"]}])");
  EXPECT_EQ(Range("resets(c[1m])", 30, 75, 45), R"([{"metric":{},"values":[[30,"0"],[75,"1"]]}])");
  Load("g 1 NaN 9 2 _ 4", 15'000);
  EXPECT_EQ(Range("max_over_time(g[30s])", 0, 75, 15),
            R"([{"metric":{},"values":[[0,"1"],[15,"1"],[30,"9"],[45,"9"],[60,"9"],[75,"4"]]}])");
  EXPECT_EQ(Range("min_over_time(g[15s])", 15, 75, 30),
            R"([{"metric":{},"values":[[15,"1"],[45,"2"],[75,"4"]]}])");
  EXPECT_EQ(Instant("sum_over_time(c[75s])", 75), R"([{"metric":{},"value":[75,"75"]}])");
  EXPECT_EQ(Instant("holt_winters(c[75s], 2, 0.5)", 75),
            "invalid smoothing factor. Expected: 0 < sf < 1, got: 2.000000");
}

TEST_F(EngineTest, AtPinsTheTime) {
  Load("m 0 1 2 3 4 5 6 7 8 9");
  EXPECT_EQ(Range("m @ 120", 300, 420, 60),
            R"([{"metric":{"__name__":"m"},"values":[[300,"2"],[360,"2"],[420,"2"]]}])");
  EXPECT_EQ(Range("m - m @ start()", 300, 420, 60),
            R"([{"metric":{},"values":[[300,"0"],[360,"1"],[420,"2"]]}])");
  EXPECT_EQ(Instant("sum_over_time(m[2m:1m] @ end() offset 1m)", 300),
            R"([{"metric":{},"value":[300,"9"]}])");
}

TEST_F(EngineTest, LabelFunctionsRefuseWhatIsNoName) {
  Load("m{a='xyz'} 1");
  EXPECT_EQ(Instant("label_replace(m, 'b', '$2-$1', 'a', '(.)(.).')", 0),
            R"([{"metric":{"__name__":"m","a":"xyz","b":"y-x"},"value":[0,"1"]}])");
  EXPECT_EQ(Instant("label_replace(m, '1b', '', 'a', '')", 0),
            "invalid destination label name in label_replace(): 1b");
  EXPECT_EQ(Instant("label_replace(m, 'b', '', 'a', '(')", 0),
            "invalid regular expression in label_replace(): (");
  EXPECT_EQ(Instant("label_join(m, 'b', '-', 'a', '!')", 0),
            "invalid source label name in label_join(): !");
  EXPECT_EQ(Instant("count_values('1', m)", 0), "invalid label name \"1\"");
}

TEST_F(EngineTest, DatesAreRightFarAway) {
  EXPECT_EQ(Instant("year(vector(-62135596800))", 0), R"([{"metric":{},"value":[0,"1"]}])");
  EXPECT_EQ(Instant("days_in_month(vector(951782400))", 0), R"([{"metric":{},"value":[0,"29"]}])");
  EXPECT_EQ(Instant("day_of_week(vector(0))", 0), R"([{"metric":{},"value":[0,"4"]}])");
  EXPECT_EQ(Instant("day_of_year(vector(1609372800))", 0), R"([{"metric":{},"value":[0,"366"]}])");
}

TEST_F(EngineTest, LimitsEndAQuery) {
  for (int i = 0; i < 50; ++i) Load(fmt::format("m{{i='{}'}} 1x100", i));
  options_.limits.samples_max = 1000;
  EXPECT_EQ(Range("m * m", 0, 6000, 60),
            "query processing would load too many samples into memory in query execution");
  // What streams through needs room for one series at a time.
  EXPECT_THAT(Range("sum(rate(m[5m]))", 0, 6000, 60), testing::HasSubstr("values"));
  options_.limits = {};
  options_.limits.bytes_max = 20'000;
  EXPECT_EQ(Range("m * m", 0, 6000, 60),
            "query needs more than 20000 bytes of memory in query execution");
  options_.limits = {};
  EXPECT_EQ(Instant("sum_over_time(m[100y:1ms])"),
            "query processing would load too many samples into memory in query execution");
}

TEST_F(EngineTest, AMistakenMatchFailsAtOnce) {
  for (int i = 0; i < 1500; ++i) Load(fmt::format("m{{i='{}'}} 1 1 1", i));
  options_.limits.bytes_max = 8 << 20;
  EXPECT_THAT(Range("m + on() group_left(i) m", 0, 120, 60),
              testing::HasSubstr("found duplicate series for the match group {} on the right"));
}

TEST_F(EngineTest, OneSidesThatFollowEachOtherMatch) {
  Load("m{x='1'} 1 1 1 1");
  Load("v{x='1',ver='a'} 10 10 stale _");
  Load("v{x='1',ver='b'} _ _ 20 20");
  EXPECT_EQ(Range("m * on(x) group_left(ver) v", 0, 180, 60),
            R"([{"metric":{"ver":"a","x":"1"},"values":[[0,"10"],[60,"10"]]},)"
            R"({"metric":{"ver":"b","x":"1"},"values":[[120,"20"],[180,"20"]]}])");
  EXPECT_EQ(Range("m * on(x) v", 0, 180, 60),
            R"([{"metric":{"x":"1"},"values":[[0,"10"],[60,"10"],[120,"20"],[180,"20"]]}])");
}

TEST_F(EngineTest, StopsWhenToldAndInTime) {
  Load("m 1x2000", 1000);
  const std::string heavy = "quantile_over_time(0.5, m[30m])";
  std::atomic<bool> cancelled = true;
  options_.limits.cancelled = &cancelled;
  EXPECT_EQ(Range(heavy, 0, 2000, 1), "query was canceled in expression evaluation");
  cancelled = false;
  options_.limits.timeout = Duration(0);
  EXPECT_EQ(Range(heavy, 0, 2000, 1), "query timed out in expression evaluation");
}

TEST(ResultJson, WritesErrorsWithTheirType) {
  EXPECT_EQ(ErrorJson(InvalidArgument("1:1: \"x\"")),
            R"({"status":"error","errorType":"bad_data","error":"1:1: \"x\""})");
  EXPECT_EQ(ErrorType(ResourceExhausted("x")), "execution");
  EXPECT_EQ(ErrorType(DataLoss("x")), "internal");
}

TEST(ResultJson, WritesTimesAndValuesAsPrometheusDoes) {
  QueryResult result;
  result.type = ValueType::kMatrix;
  result.series.push_back({Labels(), {-1500, 0, 1005}, {1e21, 1e-7, -0.0}});
  EXPECT_EQ(ResultJson(result),
            R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},)"
            R"("values":[[-1.500,"1e+21"],[0,"1e-07"],[1.005,"-0"]]}]}})");
}

}  // namespace
}  // namespace kizashi::promql
