#include "ingest/otlp_push.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/scrape_test_sink.h"

namespace kizashi {
namespace {

using ::testing::HasSubstr;

constexpr Time kNow = TimeFromMs(1'700'000'000'000);
constexpr char kTwoServices[] = R"({"resourceLogs":[
  {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
   "scopeLogs":[{"logRecords":[{"body":{"stringValue":"ERROR a"}},
                               {"body":{"stringValue":"b"},"severityNumber":9}]}]},
  {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},
   "scopeLogs":[{"logRecords":[{"body":{"stringValue":"c"},
      "attributes":[{"key":"level","value":{"stringValue":"warn"}}]}]}]}]})";

class OtlpPushTest : public ::testing::Test {
 protected:
  HttpResponse Post(std::string body, std::string type = "application/json") {
    HttpRequest request;
    request.headers = {{"Content-Type", std::move(type)}};
    request.body = std::move(body);
    std::vector<HttpResponse> responses;
    push_.Logs(request, [&](HttpResponse response) { responses.push_back(std::move(response)); });
    EXPECT_EQ(responses.size(), 1u);
    return responses.at(0);
  }

  TestSink sink_;
  ManualClock clock_{kNow};
  Registry registry_;
  OtlpPush push_{sink_, clock_, &registry_};
};

TEST_F(OtlpPushTest, EachResourceIsAStream) {
  const HttpResponse response = Post(kTwoServices);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{}");
  EXPECT_EQ(FindHeader(response.headers, "Content-Type"), "application/json");
  const auto logs = sink_.logs();
  ASSERT_EQ(logs.size(), 2u);
  EXPECT_EQ(sink_.stream(logs[0].stream), Labels({Label{"service_name", "shop"}}));
  EXPECT_EQ(logs[0].lines, (std::vector<LogLine>{{kNow, "ERROR a", LogSeverity::kError},
                                                 {kNow, "b", LogSeverity::kInfo}}));
  EXPECT_EQ(logs[1].lines.at(0).severity, LogSeverity::kWarn);
}

TEST_F(OtlpPushTest, RejectedRecordsAreAPartialSuccess) {
  const HttpResponse response = Post(
      R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[7,{"body":{"stringValue":"kept"}}]}]}]})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(
      response.body,
      R"({"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"a log record is no object"}})");
  EXPECT_EQ(sink_.logs().size(), 1u);
}

TEST_F(OtlpPushTest, OtherBodiesAreRefusedInTheEncodingOfTheRequest) {
  const HttpResponse json = Post("7");
  EXPECT_EQ(json.status, 400);
  EXPECT_EQ(json.body,
            R"({"code":3,"message":"the body is no object with an array resourceLogs"})");
  const HttpResponse proto = Post("\x0a\x05", "application/x-protobuf");
  EXPECT_EQ(proto.status, 400);
  EXPECT_EQ(FindHeader(proto.headers, "Content-Type"), "application/x-protobuf");
  EXPECT_TRUE(proto.body.starts_with("\x08\x03\x12"));
  EXPECT_EQ(Post("x", "text/plain").status, 415);
  EXPECT_EQ(Post("", "application/x-protobuf").body, "");
}

TEST_F(OtlpPushTest, AFullQueueAsksToComeBack) {
  sink_.AnswerWith(ResourceExhausted("the queue is full"));
  const HttpResponse response = Post(kTwoServices);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(FindHeader(response.headers, "Retry-After"), "1");
  EXPECT_THAT(response.body, HasSubstr("\"code\":8"));
  sink_.AnswerWith(Unavailable("stopping"));
  EXPECT_EQ(Post(kTwoServices).status, 503);
}

TEST_F(OtlpPushTest, ALongBodyIsCutAndMarked) {
  EXPECT_EQ(Post(R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":")" +
                 std::string(kLogTextBytesMax + 1, 'x') + R"("}}]}]}]})")
                .status,
            200);
  const auto lines = sink_.logs().at(0).lines;
  EXPECT_EQ(lines.at(0).text.size(), kLogTextBytesMax);
  EXPECT_TRUE(lines[0].cut);
}

}  // namespace
}  // namespace kizashi
