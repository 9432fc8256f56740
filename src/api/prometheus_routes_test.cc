#include "api/prometheus_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "base/clock.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr Time kNow = TimeFromMs(1'700'000'000'000);

// The routes over ten minutes of two instances' counters.
class PrometheusRoutesTest : public testing::Test {
 protected:
  PrometheusRoutesTest() {
    const auto* about = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) /
              fmt::format("kizashi-prometheus-{}-{}", about->name(), ::getpid());
    fs::remove_all(folder_);
    StoreOptions options;
    options.directory = (folder_ / "telemetry").string();
    fs::create_directories(folder_);
    store_ = *TelemetryStore::Open(options, clock_, &registry_);
    store_->Start([](const TelemetryStore::Entries&) {});
    PrometheusRoutes::Parts parts;
    parts.store = store_.get();
    parts.clock = &clock_;
    parts.targets = [] { return std::vector<TargetStatus>(1); };
    parts.directory = folder_.string();
    parts.exemplars = &exemplars_;
    routes_ = std::make_unique<PrometheusRoutes>(std::move(parts), &registry_);
    for (const char* instance : {"a", "b"}) {
      const SeriesId id = *store_->InternSeries(
          Labels({{"__name__", "requests_total"}, {"instance", instance}, {"job", "shop"}}));
      const auto layout = std::make_shared<const std::vector<SeriesId>>(std::vector{id});
      for (int i = 0; i <= 40; ++i) {
        clock_.Set(kNow - std::chrono::seconds(15 * (40 - i)));
        std::promise<Status> done;
        store_->Append(ScrapeBatch{instance, clock_.Now(), layout, {30.0 * i}},
                       [&](const Status& status) { done.set_value(status); });
        EXPECT_TRUE(done.get_future().get().ok());
      }
      clock_.Set(kNow - std::chrono::minutes(10));
    }
    clock_.Set(kNow);
  }
  ~PrometheusRoutesTest() override {
    routes_->Stop();
    store_->Stop();
    fs::remove_all(folder_);
  }

  HttpResponse Ask(const std::string& path, const std::string& query,
                   const std::string& form = "") {
    HttpRequest request;
    request.method = form.empty() ? "GET" : "POST";
    request.path = path;
    request.query = query;
    request.body = form;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    std::promise<HttpResponse> answer;
    routes_->Handle(std::move(request),
                    [&](HttpResponse response) { answer.set_value(std::move(response)); });
    return answer.get_future().get();
  }

  fs::path folder_;
  ManualClock clock_{kNow - std::chrono::minutes(10)};
  Registry registry_;
  ExemplarRing exemplars_{&registry_};
  std::unique_ptr<TelemetryStore> store_;
  std::unique_ptr<PrometheusRoutes> routes_;
};

TEST_F(PrometheusRoutesTest, AnswersInstantAndRangeQueries) {
  const auto instant = Ask("/api/v1/query", "query=sum(rate(requests_total%5B5m%5D))");
  EXPECT_EQ(instant.status, 200);
  EXPECT_EQ(instant.body,
            R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},)"
            R"("value":[1700000000,"4"]}]}})");
  const auto range = Ask("/api/v1/query_range", "",
                         "query=requests_total%7Binstance%3D%22a%22%7D&start=1699999970&"
                         "end=1700000000&step=15");
  EXPECT_EQ(range.body, R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":)"
                        R"({"__name__":"requests_total","instance":"a","job":"shop"},"values":)"
                        R"([[1699999970,"1140"],[1699999985,"1170"],[1700000000,"1200"]]}]}})");
}

TEST_F(PrometheusRoutesTest, AnswersWhatThereIs) {
  EXPECT_EQ(Ask("/api/v1/labels", "").body,
            R"({"status":"success","data":["__name__","instance","job"]})");
  EXPECT_EQ(Ask("/api/v1/label/instance/values", "match[]=requests_total").body,
            R"({"status":"success","data":["a","b"]})");
  EXPECT_EQ(Ask("/api/v1/series", "match[]=%7Binstance%3D%22b%22%7D").body,
            R"({"status":"success","data":[{"__name__":"requests_total","instance":"b",)"
            R"("job":"shop"}]})");
  EXPECT_EQ(Ask("/federate", "match[]=%7Bjob%3D%22shop%22%7D").body,
            "# TYPE requests_total untyped\n"
            "requests_total{instance=\"a\",job=\"shop\"} 1200 1700000000000\n"
            "requests_total{instance=\"b\",job=\"shop\"} 1200 1700000000000\n");
  EXPECT_EQ(Ask("/api/v1/status/tsdb", "").body,
            R"({"status":"success","data":{"headStats":{"numSeries":2,"numLabelPairs":4,)"
            R"("chunkCount":2,"minTime":1699999400000,"maxTime":1700000000000},)"
            R"("seriesCountByMetricName":[{"name":"requests_total","value":2}],)"
            R"("labelValueCountByLabelName":[{"name":"instance","value":2},)"
            R"({"name":"__name__","value":1},{"name":"job","value":1}],)"
            R"("memoryInBytesByLabelName":[{"name":"__name__","value":14},)"
            R"({"name":"job","value":4},{"name":"instance","value":2}],)"
            R"("seriesCountByLabelValuePair":[{"name":"__name__=requests_total","value":2},)"
            R"({"name":"job=shop","value":2},{"name":"instance=a","value":1},)"
            R"({"name":"instance=b","value":1}]}})");
  EXPECT_THAT(Ask("/api/v1/status/buildinfo", "").body, HasSubstr(R"("version":"2.42.0")"));
  EXPECT_THAT(Ask("/api/v1/targets", "").body, HasSubstr(R"("health":"unknown")"));
  EXPECT_EQ(Ask("/api/v1/format_query", "query=a%2Bb").body,
            R"({"status":"success","data":"a + b"})");
}

TEST_F(PrometheusRoutesTest, AnswersExemplars) {
  for (const char* instance : {"b", "a"}) {
    const SeriesId id = *store_->InternSeries(
        Labels({{"__name__", "requests_total"}, {"instance", instance}, {"job", "shop"}}));
    exemplars_.Add(id, {Labels({Label{"trace_id", "x1"}}), 0.25, kNow - Duration(1500)});
    exemplars_.Add(id, {Labels({Label{"trace_id", "x2"}}), 3, kNow});
  }
  const std::string both =
      R"("exemplars":[{"labels":{"trace_id":"x1"},"value":"0.25","timestamp":1699999998.500},)"
      R"({"labels":{"trace_id":"x2"},"value":"3","timestamp":1700000000}]})";
  const auto of = [](const char* instance) {
    return fmt::format(R"({{"seriesLabels":{{"__name__":"requests_total","instance":"{}",)"
                       R"("job":"shop"}},)",
                       instance);
  };
  const auto body = [&](const std::string& query) {
    return Ask("/api/v1/query_exemplars", query).body;
  };
  EXPECT_EQ(body("query=sum(rate(requests_total%5B5m%5D))/nothing"),
            R"({"status":"success","data":[)" + of("a") + both + "," + of("b") + both + "]}");
  EXPECT_EQ(
      body("query=requests_total%7Binstance!~%22a%7Cc%22%7D&start=1699999999&end=1700000000"),
      R"({"status":"success","data":[)" + of("b") +
          R"("exemplars":[{"labels":{"trace_id":"x2"},"value":"3","timestamp":1700000000}]}]})");
  EXPECT_EQ(body("query=requests_total&end=1"), R"({"status":"success","data":[]})");
  EXPECT_EQ(Ask("/api/v1/query_exemplars", "query=1").status, 204);
  EXPECT_EQ(Ask("/api/v1/query_exemplars", "query=sum(").status, 400);
  EXPECT_THAT(body("query=up&start=5&end=1"),
              HasSubstr(R"("error":"end timestamp must not be before start timestamp")"));
}

TEST_F(PrometheusRoutesTest, SaysWhatIsWrongAsPrometheusDoes) {
  const struct {
    const char* path;
    const char* query;
    int status;
    const char* error;
  } cases[] = {
      {"query", "query=sum(", 400, R"(invalid parameter \"query\": 1:5: parse error: )"},
      {"query", "query=1&time=x", 400,
       R"(Invalid time value for 'time': cannot parse \"x\" to a valid timestamp)"},
      {"query_range", "query=1&start=5&end=1&step=1", 400,
       R"(invalid parameter \"end\": end timestamp must not be before start time)"},
      {"query_range", "query=1&start=1&end=5&step=0", 400,
       R"(zero or negative query resolution step widths are not accepted. Try a positive integer)"},
      {"query_range", "query=1&start=1&end=50000&step=1", 400,
       R"(exceeded maximum resolution of 11,000 points per timeseries.)"},
      {"series", "", 400, "no match[] parameter provided"},
      {"series", "match[]=%7Ba%3D%22%22%7D", 400,
       "match[] must contain at least one non-empty matcher"},
      {"label/1a/values", "", 400, R"(invalid label name: \"1a\")"},
      {"query", "query=requests_total%2Bon(job)+requests_total", 422,
       "found duplicate series for the match group"},
  };
  for (const auto& one : cases) {
    const auto answer = Ask(std::string("/api/v1/") + one.path, one.query);
    EXPECT_EQ(answer.status, one.status) << one.path << "?" << one.query;
    EXPECT_THAT(answer.body, HasSubstr(one.error)) << one.path << "?" << one.query;
    EXPECT_THAT(answer.body, HasSubstr(R"("status":"error")"));
  }
  EXPECT_EQ(Ask("/api/v1/nothing", "").status, 404);
}

TEST_F(PrometheusRoutesTest, DeletesAndSnapshots) {
  const auto snapshot = Ask("/api/v1/admin/tsdb/snapshot", "", "x=1");
  EXPECT_EQ(snapshot.status, 200) << snapshot.body;
  EXPECT_TRUE(fs::exists(folder_ / "snapshots"));
  EXPECT_THAT(
      Ask("/api/v1/admin/tsdb/delete_series", "match[]=%7Binstance%3D%22a%22%7D", "x=1").body,
      HasSubstr(R"({"series":1})"));
  EXPECT_THAT(Ask("/api/v1/query", "query=count(requests_total)").body, HasSubstr("\"1\"]"));
  const std::string blocks = (folder_ / "telemetry/series/0000000001.kzser").string();
  EXPECT_EQ(Ask("/api/v1/admin/tsdb/clean_tombstones", "", "x=1").status, 204);
  EXPECT_FALSE(fs::exists(blocks));  // the snapshot made it
  EXPECT_TRUE(fs::exists(folder_ / "telemetry/series/0000000002.kzser"));
  EXPECT_THAT(Ask("/api/v1/query", "query=count(requests_total)").body, HasSubstr("\"1\"]"));
  EXPECT_EQ(Ask("/api/v1/admin/tsdb/clean_tombstones", "").status, 404);
}

TEST(PrometheusParamsTest, ReadsTimesAndDurations) {
  EXPECT_EQ(ToMs(*ParsePrometheusTime("1.5")), 1500);
  EXPECT_EQ(ToMs(*ParsePrometheusTime("-1.0004")), -1000);
  EXPECT_EQ(ToMs(*ParsePrometheusTime("2023-11-14T22:13:20Z")), 1'700'000'000'000);
  EXPECT_EQ(*ParsePrometheusDuration("1h30m"), std::chrono::minutes(90));
  EXPECT_EQ(*ParsePrometheusDuration("0.25"), Duration(250));
  for (const char* text : {"", " 1", "1 ", "x", "1e300", "5 m"}) {
    EXPECT_FALSE(ParsePrometheusDuration(text).ok()) << text;
  }
}

}  // namespace
}  // namespace kizashi
