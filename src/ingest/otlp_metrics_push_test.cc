#include "ingest/otlp_metrics_push.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ingest/otlp_names.h"
#include "ingest/scrape_test_sink.h"
#include "wire/otlp_json_proto.h"

namespace kizashi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr Time kNow = TimeFromMs(1'700'000'000'000);

class OtlpMetricsTest : public ::testing::Test {
 protected:
  HttpResponse Post(std::string body, std::string type = "application/json") {
    HttpRequest request;
    request.headers = {{"Content-Type", std::move(type)}};
    request.body = std::move(body);
    std::vector<HttpResponse> responses;
    push_.Metrics(request,
                  [&](HttpResponse response) { responses.push_back(std::move(response)); });
    EXPECT_EQ(responses.size(), 1u);
    return responses.at(0);
  }
  /// A request of one metric; the answer is to be "{}".
  std::vector<std::string> Read(const std::string& metric, const std::string& resource = "") {
    const HttpResponse response = Post(Request(metric, resource));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "{}");
    return sink_.samples().empty() ? std::vector<std::string>()
                                   : sink_.Read(sink_.samples().back());
  }
  static std::string Request(const std::string& metric, const std::string& resource = "") {
    return fmt::format(R"({{"resourceMetrics":[{{"resource":{{"attributes":[{}]}},)"
                       R"("scopeMetrics":[{{"metrics":[{}]}}]}}]}})",
                       resource, metric);
  }
  static std::string DeltaSum(int64_t seconds, int value) {
    return fmt::format(R"({{"name":"hits","sum":{{"aggregationTemporality":1,"isMonotonic":true,)"
                       R"("dataPoints":[{{"asInt":"{}","timeUnixNano":"{}000000000"}}]}}}})",
                       value, seconds);
  }

  TestSink sink_;
  ManualClock clock_{kNow};
  Registry registry_;
  ExemplarRing exemplars_{&registry_};
  MetricMetadata metadata_{&registry_};
  OtlpMetricsPush push_{sink_, &exemplars_, &metadata_, clock_, &registry_};
};

constexpr char kShop[] = R"({"key":"service.name","value":{"stringValue":"cart"}},)"
                         R"({"key":"service.namespace","value":{"stringValue":"shop"}},)"
                         R"({"key":"service.instance.id","value":{"stringValue":"a"}},)"
                         R"({"key":"host.name","value":{"stringValue":"h1"}},)"
                         R"({"key":"os.cores","value":{"intValue":"4"}})";

TEST_F(OtlpMetricsTest, AGaugeWithItsResource) {
  EXPECT_THAT(
      Read(R"({"name":"queue.size","unit":"By","description":"Bytes that wait.","gauge":{)"
           R"("dataPoints":[{"asDouble":1.5,"timeUnixNano":"1000000000",)"
           R"("attributes":[{"key":"http.route","value":{"stringValue":"/a"}}]}]}})",
           kShop),
      ElementsAre(
          R"(queue_size_bytes{http_route="/a", instance="a", job="shop/cart"} 1.5@1000)",
          R"(target_info{host_name="h1", instance="a", job="shop/cart", os_cores="4"} 1@1000)"));
  EXPECT_EQ(metadata_.Read("queue_size_bytes").at("queue_size_bytes"),
            (std::vector<MetricInfo>{{"gauge", "Bytes that wait.", "By"}}));
}

TEST_F(OtlpMetricsTest, WithoutATimeItIsNowAndTheEndIsAStaleMarker) {
  EXPECT_THAT(Read(R"({"name":"x","gauge":{"dataPoints":[{"asInt":7}]}})"),
              ElementsAre("x{} 7@1700000000000"));
  EXPECT_THAT(Read(R"({"name":"x","gauge":{"dataPoints":[{"flags":1,"timeUnixNano":1000000}]}})"),
              ElementsAre("x{} stale@1"));
}

TEST_F(OtlpMetricsTest, DeltasAreSummedAndRetriesAreNot) {
  EXPECT_THAT(Read(DeltaSum(1, 5)), ElementsAre("hits_total{} 5@1000"));
  EXPECT_THAT(Read(DeltaSum(2, 3)), ElementsAre("hits_total{} 8@2000"));
  EXPECT_THAT(Read(DeltaSum(2, 3)), ElementsAre("hits_total{} 8@2000"));
  const HttpResponse old = Post(Request(DeltaSum(1, 3)));
  EXPECT_EQ(old.status, 200);
  EXPECT_THAT(old.body, HasSubstr(R"("rejectedDataPoints":"1")"));
  EXPECT_THAT(Read(DeltaSum(3, 1)), ElementsAre("hits_total{} 9@3000"));
}

TEST(DeltaSumsTest, SeriesThatAreSilentMakeRoom) {
  Registry registry;
  DeltaSums sums(&registry, 2);
  EXPECT_EQ(*sums.Add(1, kNow, 1), 1);
  EXPECT_EQ(*sums.Add(2, kNow + std::chrono::minutes(50), 1), 1);
  EXPECT_FALSE(sums.Add(3, kNow + std::chrono::minutes(55), 1).ok());
  EXPECT_EQ(*sums.Add(3, kNow + std::chrono::minutes(70), 1), 1);
  EXPECT_EQ(*sums.Add(2, kNow + std::chrono::minutes(70), 1), 2);
}

TEST_F(OtlpMetricsTest, AHistogramWithExemplars) {
  EXPECT_THAT(
      Read(
          R"({"name":"http.server.duration","unit":"ms","histogram":{"aggregationTemporality":)"
          R"("AGGREGATION_TEMPORALITY_CUMULATIVE","dataPoints":[{"timeUnixNano":"1000000","count":)"
          R"("6","sum":12.5,"explicitBounds":[0.5,1000000],"bucketCounts":["1","2","3"],)"
          R"("exemplars":[{"asDouble":7,"timeUnixNano":"2000000",)"
          R"("traceId":"0102030405060708090a0b0c0d0e0f10"}]}]}})"),
      ElementsAre(R"(http_server_duration_milliseconds_bucket{le="0.5"} 1@1)",
                  R"(http_server_duration_milliseconds_bucket{le="1000000"} 3@1)",
                  R"(http_server_duration_milliseconds_bucket{le="+Inf"} 6@1)",
                  "http_server_duration_milliseconds_count{} 6@1",
                  "http_server_duration_milliseconds_sum{} 12.5@1"));
  const auto series = *sink_.InternSeries(
      Labels({{"__name__", "http_server_duration_milliseconds_bucket"}, {"le", "1000000"}}));
  EXPECT_EQ(exemplars_.Read(series, TimeFromMs(0), kNow),
            (std::vector<Exemplar>{{Labels({Label{"trace_id", "0102030405060708090a0b0c0d0e0f10"}}),
                                    7, TimeFromMs(2)}}));
}

TEST_F(OtlpMetricsTest, AnExponentialHistogramAsBucketsAtItsBounds) {
  EXPECT_THAT(
      Read(R"({"name":"x","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":)"
           R"([{"timeUnixNano":"1000000","count":"10","sum":3,"scale":0,"zeroCount":"2",)"
           R"("positive":{"offset":-1,"bucketCounts":["1","0","3"]},)"
           R"("negative":{"offset":1,"bucketCounts":["4"]}}]}})"),
      ElementsAre(R"(x_bucket{le="-2"} 4@1)", R"(x_bucket{le="0"} 6@1)", R"(x_bucket{le="1"} 7@1)",
                  R"(x_bucket{le="2"} 7@1)", R"(x_bucket{le="4"} 10@1)",
                  R"(x_bucket{le="+Inf"} 10@1)", "x_count{} 10@1", "x_sum{} 3@1"));
}

TEST_F(OtlpMetricsTest, AFinerScaleIsMergedToQuartersOfPowersOfTwo) {
  // Scale 4: sixteen buckets a power of two. Indexes 0 to 15 lie between 1 and 2.
  EXPECT_THAT(Read(R"({"name":"x","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":)"
                   R"([{"timeUnixNano":"1000000","count":"16","scale":4,"positive":{"offset":0,)"
                   R"("bucketCounts":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}}]}})"),
              ElementsAre(R"(x_bucket{le="1.189207115002721"} 4@1)",
                          R"(x_bucket{le="1.4142135623730951"} 8@1)",
                          R"(x_bucket{le="1.681792830507429"} 12@1)", R"(x_bucket{le="2"} 16@1)",
                          R"(x_bucket{le="+Inf"} 16@1)", "x_count{} 16@1"));
}

TEST_F(OtlpMetricsTest, DeltasOfAnExponentialHistogramMayHaveDifferentBuckets) {
  const auto read = [&](int seconds, int scale, int offset) {
    return Read(fmt::format(R"({{"name":"x","exponentialHistogram":{{"aggregationTemporality":1,)"
                            R"("dataPoints":[{{"timeUnixNano":"{}000000000","count":"1","sum":1,)"
                            R"("scale":{},"positive":{{"offset":{},"bucketCounts":["1"]}}}}]}}}})",
                            seconds, scale, offset));
  };
  EXPECT_THAT(read(1, 0, 0),
              ElementsAre(R"(x_bucket{le="2"} 1@1000)", R"(x_bucket{le="+Inf"} 1@1000)",
                          "x_count{} 1@1000", "x_sum{} 1@1000"));
  // Index 4 at scale 1 lies between 4 and 4√2: at scale 0 between 4 and 8.
  for (int i = 0; i < 2; ++i) {  // the second is a retry
    EXPECT_THAT(read(2, 1, 4),
                ElementsAre(R"(x_bucket{le="2"} 1@2000)", R"(x_bucket{le="8"} 2@2000)",
                            R"(x_bucket{le="+Inf"} 2@2000)", "x_count{} 2@2000", "x_sum{} 2@2000"));
  }
}

TEST(ExponentialCountsTest, ScalesBecomeCoarserWhenThereIsNoRoom) {
  ExponentialCounts all;
  all.scale = 2;
  for (int64_t i = -400; i < 400; ++i) {
    ExponentialCounts one;
    one.scale = 2;
    one.count = 1;
    one.positive = {{i, 1}};
    all.Add(one);
  }
  EXPECT_EQ(all.scale, 0);
  EXPECT_EQ(all.positive.size(), 200u);
  EXPECT_EQ(all.positive.front(), (std::pair<int64_t, uint64_t>{-100, 4}));
  EXPECT_EQ(all.count, 800u);
}

TEST_F(OtlpMetricsTest, ASummary) {
  EXPECT_THAT(Read(R"({"name":"x","summary":{"dataPoints":[{"timeUnixNano":"1000000","count":2,)"
                   R"("sum":"3","quantileValues":[{"quantile":0.5,"value":1}]}]}})"),
              ElementsAre(R"(x{quantile="0.5"} 1@1)", "x_count{} 2@1", "x_sum{} 3@1"));
}

TEST_F(OtlpMetricsTest, BadPointsAreRejectedAndTheOthersKept) {
  const HttpResponse response =
      Post(Request(R"({"name":"x","gauge":{"dataPoints":[{},{"asInt":1}]}},)"
                   R"({"name":"y","sum":{"dataPoints":[{"asInt":1}]}},)"
                   R"({"name":"z","histogram":{"aggregationTemporality":2,"dataPoints":[)"
                   R"({"count":1,"explicitBounds":[1],"bucketCounts":[1]}]}})"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"partialSuccess":{"rejectedDataPoints":"3","errorMessage":)"
                           R"("x: a data point has no value, expected asDouble or asInt"}})");
  EXPECT_THAT(sink_.Read(sink_.samples().at(0)), ElementsAre("x{} 1@1700000000000"));
}

TEST_F(OtlpMetricsTest, TimesBeyondTheWindowAreCountedAsPoints) {
  sink_.RefuseBefore(kNow);
  const HttpResponse response = Post(
      Request(R"({"name":"x","summary":{"dataPoints":[{"timeUnixNano":"1000000","count":2}]}})"));
  EXPECT_THAT(response.body, HasSubstr(R"("rejectedDataPoints":"1")"));
  EXPECT_THAT(response.body, HasSubstr("too old"));
}

TEST_F(OtlpMetricsTest, ProtobufReadsTheSame) {
  const std::string json = Request(DeltaSum(1, 5), kShop);
  EXPECT_EQ(Post(*OtlpMetricsJsonToProto(json), "application/x-protobuf").body, "");
  EXPECT_EQ(sink_.Read(sink_.samples().at(0)).at(0),
            R"(hits_total{instance="a", job="shop/cart"} 5@1000)");
}

TEST_F(OtlpMetricsTest, OtherBodiesAreRefusedInTheEncodingOfTheRequest) {
  EXPECT_EQ(Post("7").body, R"({"code":3,"message":"the body: expected an object"})");
  const HttpResponse typed = Post(Request(R"({"name":"x","gauge":{"dataPoints":[{"asInt":{}}]}})"));
  EXPECT_EQ(typed.status, 400);
  EXPECT_THAT(typed.body,
              HasSubstr("resourceMetrics[0].scopeMetrics[0].metrics[0].gauge.dataPoints[0].asInt"));
  EXPECT_EQ(Post("\x0a\x05", "application/x-protobuf").status, 400);
  EXPECT_EQ(Post("x", "text/plain").status, 415);
  sink_.AnswerWith(ResourceExhausted("the queue is full"));
  const HttpResponse full = Post(Request(DeltaSum(1, 5)));
  EXPECT_EQ(full.status, 429);
  EXPECT_EQ(FindHeader(full.headers, "Retry-After"), "1");
}

std::string NameOf(std::string_view name, std::string_view unit, OtlpMetric::Kind kind,
                   bool is_monotonic = false) {
  OtlpMetric metric;
  metric.name = name;
  metric.unit = unit;
  metric.kind = kind;
  metric.is_monotonic = is_monotonic;
  return PrometheusName(metric);
}

TEST(OtlpNamesTest, NamesGetTheirUnits) {
  using Kind = OtlpMetric::Kind;
  EXPECT_EQ(NameOf("system.disk.io", "By", Kind::kSum, true), "system_disk_io_bytes_total");
  EXPECT_EQ(NameOf("system.io", "foo_bar", Kind::kGauge), "system_io_foo_bar");
  EXPECT_EQ(NameOf("a.total.b", "", Kind::kSum, true), "a_b_total");
  EXPECT_EQ(NameOf("a_seconds", "s", Kind::kHistogram), "a_seconds");
  EXPECT_EQ(NameOf("memory.usage", "1", Kind::kGauge), "memory_usage_ratio");
  EXPECT_EQ(NameOf("packets", "{packets}", Kind::kSum, true), "packets_total");
  EXPECT_EQ(NameOf("speed", "m/s", Kind::kGauge), "speed_meters_per_second");
  EXPECT_EQ(NameOf("load", "{requests}/s", Kind::kGauge), "load_per_second");
  EXPECT_EQ(NameOf("2xx..rate", "", Kind::kGauge), "_2xx_rate");
  EXPECT_EQ(NameOf("...", "", Kind::kGauge), "");
}

TEST(OtlpNamesTest, AttributesThatBecomeOneLabelAreJoined) {
  std::vector<Label> labels;
  AddAttributeLabels({{"a.b", "2"}, {"a_b", "3"}, {"a-b", "1"}, {"1x", "y"}, {"\u00e9", "e"}},
                     &labels);
  EXPECT_THAT(labels,
              UnorderedElementsAre(Label{"a_b", "1;2;3"}, Label{"key_1x", "y"}, Label{"_", "e"}));
}

TEST(OtlpNamesTest, Bounds) {
  EXPECT_EQ(BoundText(0), "0");
  EXPECT_EQ(BoundText(0.005), "0.005");
  EXPECT_EQ(BoundText(-1e-7), "-1e-07");
  EXPECT_EQ(BoundText(1e9), "1000000000");
  EXPECT_EQ(BoundText(HUGE_VAL), "+Inf");
}

}  // namespace
}  // namespace kizashi
