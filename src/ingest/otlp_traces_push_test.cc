#include "ingest/otlp_traces_push.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/exposition.h"

namespace kizashi {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Time kNow = TimeFromMs(1'700'000'000'000);

/// A span in JSON: `place` in a trace, its parent's (0: none), times in ms.
std::string Span(int place, int parent, const std::string& name, int kind, int begin_ms, int end_ms,
                 const std::string& more = "") {
  return fmt::format(
      R"({{"traceId":"{:032x}","spanId":"{:016x}","parentSpanId":"{}","name":"{}","kind":{},)"
      R"("startTimeUnixNano":"{}000000","endTimeUnixNano":"{}000000"{}}})",
      7, place, parent == 0 ? "" : fmt::format("{:016x}", parent), name, kind, begin_ms, end_ms,
      more);
}
std::string Request(const std::string& service, const std::string& spans) {
  return fmt::format(R"({{"resource":{{"attributes":[{{"key":"service.name","value":)"
                     R"({{"stringValue":"{}"}}}}]}},"scopeSpans":[{{"spans":[{}]}}]}})",
                     service, spans);
}
constexpr char kFailed[] = R"(,"status":{"code":2})";

class OtlpTracesTest : public ::testing::Test {
 protected:
  HttpResponse Post(const std::string& body, const std::string& type = "application/json") {
    HttpRequest request;
    request.headers = {{"Content-Type", type}};
    request.body = body;
    HttpResponse answer;
    push_.Traces(request, [&](HttpResponse response) { answer = std::move(response); });
    return answer;
  }
  HttpResponse PostSpans(const std::string& resources) {
    return Post(fmt::format(R"({{"resourceSpans":[{}]}})", resources));
  }
  /// What is counted once every trace is complete; buckets left out.
  std::string Counted() {
    clock_.Advance(std::chrono::minutes(2));
    std::string lines;
    const Status status = ParseExposition(push_.Write(), [&](const ExpositionSample& sample) {
      if (sample.series.find("_bucket") != sample.series.npos) return;
      lines += fmt::format("{} {:g}\n", sample.series, sample.value);
    });
    EXPECT_TRUE(status.ok());
    return lines;
  }

  ManualClock clock_{kNow};
  Registry registry_;
  SpanLimits limits_ = [] {
    SpanLimits limits;
    limits.spans_max = 10;
    limits.counts.services_max = 3;
    limits.counts.operations_max = 3;
    return limits;
  }();
  OtlpTracesPush push_{clock_, &registry_, limits_};
};

// front (100 ms) calls cart from 10 to 40 ms and from 30 to 60 ms; the second call fails.
TEST_F(OtlpTracesTest, SpansOfTwoServicesBecomeRequestsAndAnEdge) {
  const std::string front = Request("front", Span(1, 0, "GET /", 2, 1000, 1100, kFailed) + "," +
                                                 Span(2, 1, "call", 3, 1010, 1040) + "," +
                                                 Span(3, 1, "call", 3, 1030, 1060, kFailed));
  const std::string cart = Request("cart", Span(4, 2, "POST /add", 2, 1015, 1035) + "," +
                                               Span(5, 3, "POST /add", 2, 1035, 1055, kFailed));
  EXPECT_EQ(PostSpans(cart).body, "{}");
  EXPECT_EQ(PostSpans(front).status, 200);
  const std::string counted = Counted();
  EXPECT_THAT(counted, HasSubstr("traces_span_metrics_calls_total{service_name=\"front\",span_name="
                                 "\"call\",span_kind=\"SPAN_KIND_CLIENT\",status_code="
                                 "\"STATUS_CODE_ERROR\"} 1\n"));
  EXPECT_THAT(counted, HasSubstr("traces_service_graph_request_total{client=\"front\",server="
                                 "\"cart\",connection_type=\"\"} 2\n"));
  EXPECT_THAT(counted, HasSubstr("traces_service_graph_request_failed_total{client=\"front\","
                                 "server=\"cart\",connection_type=\"\"} 1\n"));
  EXPECT_THAT(counted, HasSubstr("traces_service_graph_request_total{client=\"user\",server="
                                 "\"front\",connection_type=\"virtual_node\"} 1\n"));
  // 10 ms on the way of each call.
  EXPECT_THAT(counted, HasSubstr("request_network_seconds_sum{client=\"front\",server=\"cart\","
                                 "connection_type=\"\"} 0.02\n"));
  // It waited from 10 to 60 ms.
  EXPECT_THAT(counted, HasSubstr("exclusive_seconds_sum{service_name=\"front\",span_name=\"GET /\"}"
                                 " 0.05\n"));
  // The front failed with its call, the cart by itself.
  EXPECT_THAT(counted, HasSubstr("exclusive_failed_total{service_name=\"front\",span_name=\"GET /\""
                                 "} 0\n"));
  EXPECT_THAT(counted, HasSubstr("exclusive_failed_total{service_name=\"cart\",span_name=\"POST "
                                 "/add\"} 1\n"));
}

TEST_F(OtlpTracesTest, ACallThatNobodyAnswersGoesToWhomItNames) {
  const std::string peer = R"(,"attributes":[{"key":"db.system","value":{"stringValue":"mysql"}}])";
  PostSpans(Request("cart", Span(1, 0, "POST /add", 2, 1000, 1100) + "," +
                                Span(2, 1, "SELECT", 3, 1010, 1090, peer) + "," +
                                Span(3, 1, "unknown", 3, 1090, 1095)));
  const std::string counted = Counted();
  EXPECT_THAT(counted, HasSubstr("request_total{client=\"cart\",server=\"mysql\",connection_type="
                                 "\"database\"} 1\n"));
  EXPECT_THAT(counted, HasSubstr("exclusive_seconds_sum{service_name=\"cart\",span_name=\"POST "
                                 "/add\"} 0.015\n"));
}

TEST_F(OtlpTracesTest, BadSpansAreCountedAndGoodOnesKept) {
  const HttpResponse answer = PostSpans(
      Request("cart", Span(1, 0, "good", 2, 1000, 1100) + "," + Span(2, 0, "late", 2, 1100, 1000) +
                          R"(,{"traceId":"07","spanId":"01","name":"short"})"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"partialSuccess":{"rejectedSpans":"2","errorMessage":)"
                         R"("span 1: it ends before it starts"}})");
  EXPECT_THAT(Counted(), HasSubstr("span_name=\"good\""));
  EXPECT_THAT(registry_.Write(), HasSubstr("kizashi_ingest_spans_rejected_total 2"));
}

TEST_F(OtlpTracesTest, WhatIsBeyondALimitIsSaid) {
  std::string spans = Span(1, 0, "a0", 2, 1000, 1100);
  for (int i = 1; i < 12; ++i) spans += "," + Span(i + 1, 0, fmt::format("a{}", i), 2, 1000, 1100);
  EXPECT_THAT(PostSpans(Request("cart", spans)).body, HasSubstr("\"rejectedSpans\":\"2\""));
  const std::string counted = Counted();
  EXPECT_THAT(counted, HasSubstr("span_name=\"a1\""));
  EXPECT_THAT(counted, Not(HasSubstr("span_name=\"a2\"")));
  EXPECT_THAT(counted, HasSubstr("calls_total{service_name=\"cart\",span_name=\"other\",span_kind="
                                 "\"SPAN_KIND_SERVER\",status_code=\"STATUS_CODE_UNSET\"} 8\n"));
  for (const char* service : {"b", "c", "d", "e"}) {
    PostSpans(Request(service, Span(1, 0, "x", 2, 1000, 1100)));
  }
  EXPECT_THAT(registry_.Write(), HasSubstr("kizashi_traces_services_refused_total 2"));
}

TEST_F(OtlpTracesTest, OtherBodiesAreRefused) {
  EXPECT_EQ(Post("{").status, 400);
  EXPECT_THAT(Post("{").body, HasSubstr("\"message\":\"the body is no JSON"));
  EXPECT_EQ(Post("\x0a\xff", "application/x-protobuf").status, 400);
  EXPECT_EQ(Post("", "text/plain").status, 415);
}

TEST(TraceJoinTest, TheOldestTracesMakeRoom) {
  Registry registry;
  SpanCounts counts(&registry);
  TraceJoin join(&counts, &registry,
                 {std::chrono::seconds(5), std::chrono::seconds(60), 4096, 100});
  const uint32_t service = counts.ServiceOf("a");
  for (uint64_t i = 0; i < 100; ++i) {
    JoinedSpan span;
    span.id = 1;
    span.service = service;
    span.operation = counts.OperationOf(service, "x");
    span.service_name = "a";
    join.Add({i, 0}, std::move(span), kNow);
    EXPECT_LE(join.waiting_bytes(), 4096u);
  }
  EXPECT_THAT(counts.Write(), HasSubstr("exclusive_seconds_count"));
  join.SettleAll();
  EXPECT_EQ(join.waiting_bytes(), 0u);
  EXPECT_THAT(counts.Write(), HasSubstr("exclusive_seconds_count{service_name=\"a\",span_name="
                                        "\"x\"} 100"));
}

TEST(TraceJoinTest, ParentsInACircleAreNoRequest) {
  Registry registry;
  SpanCounts counts(&registry);
  TraceJoin join(&counts, &registry);
  for (uint64_t i = 1; i <= 2; ++i) {
    JoinedSpan span;
    span.id = i;
    span.parent = 3 - i;
    span.service = counts.ServiceOf("a");
    span.operation = counts.OperationOf(span.service, "x");
    span.service_name = "a";
    join.Add({1, 2}, std::move(span), kNow);
  }
  join.SettleAll();
  EXPECT_THAT(counts.Write(), Not(HasSubstr("exclusive_seconds_count")));
}

}  // namespace
}  // namespace kizashi
