#include "ingest/push.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "ingest/scrape_test_sink.h"
#include "wire/loki_json.h"

namespace kizashi {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr Time kNow = TimeFromMs(1'700'000'000'000);

/// Keeps the questions open until told.
class SlowSink final : public TelemetrySink {
 public:
  StatusOr<SeriesId> InternSeries(const Labels&) override { return 0; }
  StatusOr<StreamId> InternStream(const Labels&) override { return 0; }
  void Append(ScrapeBatch, Done) override {}
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
    return Wait([&](Responder respond) { push_.Ndjson(std::move(request), std::move(respond)); });
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
  const HttpResponse protobuf = Loki("\x01", {{"content-type", "application/x-protobuf"}});
  EXPECT_EQ(protobuf.status, 400);
  EXPECT_THAT(protobuf.body, HasSubstr("expected application/json"));
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

TEST_F(LogPushTest, LongLinesAreCutBetweenCharacters) {
  std::string longest(kPushLineBytesMax, 'x');
  std::string longer;
  while (longer.size() <= kPushLineBytesMax) longer += "\xe5\x85\x86";  // three bytes
  EXPECT_EQ(Ndjson(longest + "\n" + longer + "\n").status, 204);
  const auto lines = sink_.logs().at(0).lines;
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].text, longest);
  EXPECT_LE(lines[1].text.size(), kPushLineBytesMax);
  const size_t kept = lines[1].text.find(" ...[cut");
  EXPECT_EQ(kept % 3, 0u);
  EXPECT_THAT(lines[1].text, EndsWith(fmt::format(" ...[cut {} bytes]", longer.size() - kept)));
  EXPECT_EQ(
      registry_.GetCounter("kizashi_ingest_lines_cut_total", "h", {{"receiver", "ndjson"}}).value(),
      1);
}

}  // namespace
}  // namespace kizashi
