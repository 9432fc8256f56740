#include "ingest/push.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <snappy.h>

#include <optional>

#include "ingest/scrape_test_sink.h"
#include "wire/loki_json.h"

namespace kizashi {
namespace {

using ::testing::HasSubstr;

constexpr Time kNow = TimeFromMs(1'700'000'000'000);

/// Keeps the questions open until told.
class SlowSink final : public TelemetrySink {
 public:
  StatusOr<SeriesId> InternSeries(const Labels&) override { return 0; }
  StatusOr<StreamId> InternStream(const Labels&) override { return 0; }
  void Append(ScrapeBatch, Done) override {}
  std::vector<RefusedSample> Append(SampleBatch, Done) override { return {}; }
  void Append(LogBatch, Done done) override { open.push_back(std::move(done)); }
  std::string ReadCursor(const std::string&) override { return ""; }
  std::vector<Done> open;
};

class LogPushTest : public ::testing::Test {
 protected:
  HttpResponse Loki(std::string body, HttpHeaders headers = {}) {
    HttpRequest request;
    request.method = "POST";
    request.headers = std::move(headers);
    request.body = std::move(body);
    return Wait([&](Responder respond) { push_.Loki(std::move(request), std::move(respond)); });
  }
  HttpResponse Ndjson(std::string body, std::string query = "") {
    HttpRequest request;
    request.method = "POST";
    request.query = std::move(query);
    request.body = std::move(body);
    return Wait([&](Responder respond) { push_.Ndjson(request, std::move(respond)); });
  }
  template <typename F>
  HttpResponse Wait(F ask) {
    std::vector<HttpResponse> responses;
    ask([&](HttpResponse response) { responses.push_back(std::move(response)); });
    EXPECT_EQ(responses.size(), 1u);
    return responses.empty() ? HttpResponse{} : responses[0];
  }
  double Refused(const char* receiver, const char* reason) {
    return registry_
        .GetCounter("kizashi_ingest_refused_total", "h",
                    {{"receiver", receiver}, {"reason", reason}})
        .value();
  }
  double Lines(const char* receiver) {
    return registry_.GetCounter("kizashi_ingest_lines_total", "h", {{"receiver", receiver}})
        .value();
  }

  TestSink sink_;
  ManualClock clock_{kNow};
  Registry registry_;
  LogPush push_{sink_, clock_, &registry_};
};

// {job="a"}, one entry with metadata level="error"; wire/loki_proto_test.cc has it byte by byte.
constexpr std::string_view kLokiProto(
    "\x0a\x2d\x0a\x09{job=\"a\"}\x12\x1e\x0a\x08\x08\x01\x10\x80\xca\xb5\xee\x01\x12\x02hi"
    "\x1a\x0e\x0a\x05level\x12\x05"
    "error\x18\x00",
    47);

constexpr char kTwoStreams[] = R"({"streams": [
    {"stream": {"app": "shop"}, "values": [["1700000000000000000", "a"], ["1700000000001000000", "b"]]},
    {"stream": {"app": "cart"}, "values": [["1700000000000000000", "c"]]}]})";

TEST_F(LogPushTest, LokiStreamsAreKept) {
  EXPECT_EQ(Loki(kTwoStreams, {{"Content-Type", "application/json"}}).status, 204);
  const auto logs = sink_.logs();
  ASSERT_EQ(logs.size(), 2u);
  EXPECT_EQ(sink_.stream(logs[0].stream), Labels({Label{"app", "shop"}}));
  EXPECT_EQ(logs[0].lines.at(1), (LogLine{TimeFromMs(1'700'000'000'001), "b"}));
  EXPECT_EQ(logs[0].cursor_key, "");
  EXPECT_EQ(Lines("loki"), 3);
  EXPECT_EQ(Loki("{\"streams\": []}").status, 204);
}

TEST_F(LogPushTest, LokiBadItemsAreNamedAndGoodOnesKept) {
  const HttpResponse response = Loki(R"({"streams": [
      {"stream": {"app": "shop"}, "values": [["1", "kept"], ["then", "x"], ["x", "y"]]}]})");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body,
            "{\"error\":\"found 'then', expected nanoseconds since 1970 as a string of digits\","
            "\"item\":\"streams[0].values[1][0]\",\"kept\":1}");
  EXPECT_EQ(sink_.logs().size(), 1u);
  EXPECT_EQ(Refused("loki", "bad_input"), 2);
  EXPECT_EQ(Loki("no json").status, 400);
}

TEST_F(LogPushTest, LokiProtobufIsKept) {
  const HttpHeaders headers = {{"content-type", "application/x-protobuf"}};
  std::string block;
  snappy::Compress(kLokiProto.data(), kLokiProto.size(), &block);
  EXPECT_EQ(Loki(block, headers).status, 204);
  const auto logs = sink_.logs();
  ASSERT_EQ(logs.size(), 1u);
  EXPECT_EQ(sink_.stream(logs[0].stream), Labels({Label{"job", "a"}}));
  ASSERT_EQ(logs[0].lines.size(), 1u);
  EXPECT_EQ(logs[0].lines[0].text, "hi");
  EXPECT_EQ(logs[0].lines[0].severity, LogSeverity::kError);
  EXPECT_EQ(logs[0].lines[0].metadata.Get("level"), "error");
  // The server has decoded it where the header says so.
  HttpHeaders decoded = headers;
  decoded.emplace_back("Content-Encoding", "snappy");
  EXPECT_EQ(Loki(std::string(kLokiProto), decoded).status, 204);
  EXPECT_EQ(Lines("loki"), 2);
}

TEST_F(LogPushTest, LokiProtobufIsRefusedInText) {
  const HttpHeaders headers = {{"content-type", "application/x-protobuf"}};
  const HttpResponse damaged = Loki("\x01", headers);
  EXPECT_EQ(damaged.status, 400);
  EXPECT_EQ(damaged.body, "the body is no whole snappy stream\n");
  std::string block;
  const std::string no_labels = "\n\004\n\002{}";
  snappy::Compress(no_labels.data(), no_labels.size(), &block);
  const HttpResponse refused = Loki(block, headers);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.body, "streams[0].labels: found no label, expected at least one\n");
  sink_.AnswerWith(ResourceExhausted("the queue is full"));
  snappy::Compress(kLokiProto.data(), kLokiProto.size(), &block);
  EXPECT_EQ(Loki(block, headers).status, 429);
}

TEST_F(LogPushTest, SeverityOfALabelGoesBeforeThatOfTheText) {
  EXPECT_EQ(Loki(R"({"streams": [{"stream": {"level": "info"}, "values": [
                   ["1", "an ERROR?"], ["2", "x", {"level": "warn"}]]}]})")
                .status,
            204);
  const auto lines = sink_.logs().at(0).lines;
  EXPECT_EQ(lines.at(0).severity, LogSeverity::kInfo);
  EXPECT_EQ(lines.at(1).severity, LogSeverity::kWarn);
}

TEST_F(LogPushTest, ATraceWithinAPushIsOneRecord) {
  EXPECT_EQ(Ndjson("before\njava.io.IOException: x\n\tat a.B.c(B.java:1)\nafter\n").status, 204);
  const auto lines = sink_.logs().at(0).lines;
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1].text, "java.io.IOException: x\n\tat a.B.c(B.java:1)");
  EXPECT_EQ(Lines("ndjson"), 4);
}

TEST_F(LogPushTest, ATraceOverTwoPushesIsOneRecordAndBothWaitForIt) {
  std::vector<HttpResponse> responses;
  const auto push = [&](const char* body) {
    HttpRequest request;
    request.body = body;
    push_.Ndjson(request, [&](HttpResponse response) { responses.push_back(response); });
  };
  push("before\njava.io.IOException: x\n\tat a.B.c(B.java:1)\n");
  EXPECT_EQ(sink_.logs().size(), 1u);
  EXPECT_TRUE(responses.empty());
  push("\tat a.B.d(B.java:2)\n");
  EXPECT_TRUE(responses.empty());
  push_.hold().LetGo(kNow + Duration(999));
  EXPECT_TRUE(responses.empty());
  push_.hold().LetGo(kNow + kTraceGapMax);
  ASSERT_EQ(responses.size(), 2u);
  EXPECT_EQ(responses[0].status, 204);
  const auto logs = sink_.logs();
  ASSERT_EQ(logs.size(), 2u);
  EXPECT_EQ(logs[1].lines.at(0).text,
            "java.io.IOException: x\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)");
  EXPECT_EQ(Lines("ndjson"), 4);
}

TEST_F(LogPushTest, OtherLinesDoNotProlongTheWait) {
  std::vector<int> statuses;
  const auto push = [&](const char* body) {
    HttpRequest request;
    request.body = body;
    push_.Ndjson(request, [&](HttpResponse response) { statuses.push_back(response.status); });
  };
  push("2026-01-02T15:04:05.002Z stderr F java.io.IOException: x\n");
  clock_.Advance(Duration(900));
  push("2026-01-02T15:04:05.003Z stdout F served\n");
  EXPECT_EQ(statuses.size(), 1u);
  push("2026-01-02T15:04:05.004Z stderr F \tat a.B.c(B.java:1)\n");
  EXPECT_EQ(statuses.size(), 1u);
  push_.hold().LetGo(kNow + kTraceGapMax);
  EXPECT_EQ(statuses, (std::vector<int>{204, 204, 204}));
}

TEST_F(LogPushTest, ATraceThatCameWholeIsNotWaitedFor) {
  const char* const whole =
      R"x({"streams": [{"stream": {"app": "a"}, "values": [
           ["1", "java.io.IOException: x\n\tat a.B.c(B.java:1)"]]}]})x";
  EXPECT_EQ(Loki(whole).status, 204);
}

TEST_F(LogPushTest, StreamsDoNotMixAndAStopLetsGo) {
  std::vector<int> statuses;
  const auto push = [&](const char* query, const char* body) {
    HttpRequest request;
    request.query = query;
    request.body = body;
    push_.Ndjson(request, [&](HttpResponse response) { statuses.push_back(response.status); });
  };
  push("app=a", "java.io.IOException: x\n");
  push("app=b", "\tat a.B.c(B.java:1)\n");
  EXPECT_EQ(statuses, std::vector<int>{204});
  sink_.AnswerWith(Unavailable("stopping"));
  push_.Stop();
  EXPECT_EQ(statuses, (std::vector<int>{204, 503}));
  EXPECT_EQ(sink_.logs().size(), 1u);
}

TEST_F(LogPushTest, AFullQueueIs429) {
  sink_.AnswerWith(ResourceExhausted("the queue is full"));
  const HttpResponse response = Loki(kTwoStreams);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(FindHeader(response.headers, "Retry-After"), "1");
  EXPECT_THAT(response.body, HasSubstr("the queue is full"));
  EXPECT_EQ(Refused("loki", "queue_full"), 3);
  EXPECT_EQ(Lines("loki"), 0);
}

TEST_F(LogPushTest, AStoreThatIsNotThereIs503) {
  sink_.AnswerWith(Unavailable("stopping"));
  EXPECT_EQ(Ndjson("a\nb\n").status, 503);
  EXPECT_EQ(Refused("ndjson", "unavailable"), 2);
}

TEST_F(LogPushTest, StreamsHaveALimit) {
  sink_.LimitSeries(1);
  const HttpResponse response = Loki(kTwoStreams);
  EXPECT_EQ(response.status, 429);
  EXPECT_THAT(response.body, HasSubstr("\"kept\":2"));
}

TEST_F(LogPushTest, TheAnswerWaitsForEveryStream) {
  SlowSink slow;
  LogPush push(slow, clock_, &registry_);
  std::vector<HttpResponse> responses;
  HttpRequest request;
  request.body = kTwoStreams;
  push.Loki(request, [&](HttpResponse response) { responses.push_back(std::move(response)); });
  ASSERT_EQ(slow.open.size(), 2u);
  slow.open[1](OkStatus());
  EXPECT_TRUE(responses.empty());
  slow.open[0](ResourceExhausted("full"));
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].status, 429);
  EXPECT_THAT(responses[0].body, HasSubstr("\"kept\":1"));
}

TEST_F(LogPushTest, NdjsonLinesOverrideTheQuery) {
  EXPECT_EQ(Ndjson("plain\n{\"msg\":\"own\",\"service\":\"cart\",\"ts\":1600000000}\n"
                   "2023-11-14T22:00:00Z dated\n",
                   "service=sh%6fp&pod=a+b")
                .status,
            204);
  const auto logs = sink_.logs();
  ASSERT_EQ(logs.size(), 2u);
  EXPECT_EQ(sink_.stream(logs[0].stream), Labels({{"pod", "a b"}, {"service", "shop"}}));
  ASSERT_EQ(logs[0].lines.size(), 2u);
  EXPECT_EQ(logs[0].lines[0], (LogLine{kNow, "plain"}));
  EXPECT_EQ(FormatTime(logs[0].lines[1].time), "2023-11-14T22:00:00.000Z");
  EXPECT_EQ(sink_.stream(logs[1].stream), Labels({{"pod", "a b"}, {"service", "cart"}}));
  EXPECT_EQ(logs[1].lines.at(0), (LogLine{TimeFromMs(1'600'000'000'000), "own"}));
  EXPECT_EQ(Lines("ndjson"), 3);
}

TEST_F(LogPushTest, ContainersAndJournaldsLinesAreUnframed) {
  EXPECT_EQ(Ndjson(R"({"log":"ERROR a\n","stream":"stderr","time":"2026-01-02T15:04:05.001Z"})"
                   "\n"
                   R"({"__REALTIME_TIMESTAMP":"1767366245000000","_SYSTEMD_UNIT":"cron.service",)"
                   R"("PRIORITY":"4","MESSAGE":"b"})"
                   "\n2026-01-02T15:04:05.002Z stdout F c\n",
                   "service=shop")
                .status,
            204);
  const auto logs = sink_.logs();
  ASSERT_EQ(logs.size(), 2u);
  ASSERT_EQ(logs[0].lines.size(), 2u);
  EXPECT_EQ(logs[0].lines[0].text, "ERROR a");
  EXPECT_EQ(logs[0].lines[0].severity, LogSeverity::kError);
  EXPECT_EQ(FormatTime(logs[0].lines[1].time), "2026-01-02T15:04:05.002Z");
  EXPECT_EQ(sink_.stream(logs[1].stream), Labels({Label{"service", "cron"}}));
  EXPECT_EQ(logs[1].lines.at(0), (LogLine{TimeFromMs(1'767'366'245'000), "b", LogSeverity::kWarn}));
}

TEST_F(LogPushTest, NdjsonWithoutLabelsIsAStreamToo) {
  EXPECT_EQ(Ndjson("plain\n").status, 204);
  EXPECT_EQ(sink_.stream(sink_.logs().at(0).stream), Labels({Label{"job", "push"}}));
  EXPECT_EQ(Ndjson("").status, 204);
}

TEST_F(LogPushTest, NdjsonParametersAndBodiesHaveLimits) {
  EXPECT_EQ(Ndjson("a", "__name__=x").status, 400);
  EXPECT_EQ(Ndjson("a", "=x").status, 400);
  EXPECT_EQ(Ndjson("a", "a=" + std::string(kStreamLabelBytesMax + 1, 'x')).status, 400);
  std::string query;
  for (size_t i = 0; i < kStreamLabelsMax; ++i) query += fmt::format("l{}=v&", i);
  EXPECT_EQ(Ndjson("a", query).status, 204);
  EXPECT_EQ(Ndjson("a", query + "x=y").status, 400);
  EXPECT_EQ(Ndjson(std::string(kPushBodyBytesMax + 1, 'x')).status, 400);
  EXPECT_EQ(Refused("ndjson", "bad_input"), 5);
}

TEST_F(LogPushTest, LongLinesAreCutAtTheLimitAndMarked) {
  const std::string longest(kLogTextBytesMax, 'x');
  EXPECT_EQ(Ndjson(longest + "\n" + longest + "yz\n\xff\xfe\n").status, 204);
  const auto lines = sink_.logs().at(0).lines;
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], (LogLine{kNow, longest}));
  EXPECT_EQ(lines[1], (LogLine{kNow, longest, LogSeverity::kNone, true}));
  EXPECT_EQ(lines[2].text, "\xff\xfe");
  EXPECT_EQ(
      registry_.GetCounter("kizashi_ingest_lines_cut_total", "h", {{"receiver", "ndjson"}}).value(),
      1);
}

}  // namespace
}  // namespace kizashi
