#include "wire/otlp_traces.h"

#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

#include "wire/otlp_metrics.h"

namespace kizashi {
namespace {

using Writer = protozero::pbf_writer;

/// What was read, line by line.
class Lines final : public OtlpSpanVisitor {
 public:
  void BeginResource(const std::vector<Label>& attributes) override {
    lines.push_back("resource");
    for (const Label& one : attributes) lines.back() += fmt::format(" {}={}", one.name, one.value);
  }
  void Span(const OtlpSpan& span) override {
    std::vector<Label> attributes;
    EXPECT_TRUE(ReadOtlpAttributes(span.attributes, &attributes));
    lines.push_back(fmt::format("{} {} {} {} kind {} outcome {} {}-{}", span.trace_id, span.span_id,
                                span.parent_id, span.name, static_cast<int>(span.kind),
                                static_cast<int>(span.outcome), span.start_ns, span.end_ns));
    for (const Label& one : attributes) lines.back() += fmt::format(" {}={}", one.name, one.value);
  }
  std::vector<std::string> lines;
};

void AddAttribute(Writer* parent, uint32_t tag, const std::string& key, const std::string& text) {
  Writer pair(*parent, tag);
  pair.add_string(1, key);
  Writer value(pair, 2);
  value.add_string(1, text);
}

std::string Request() {
  std::string bytes;
  Writer request(bytes);
  {
    Writer resource_spans(request, 1);
    {
      Writer scope_spans(resource_spans, 2);
      Writer span(scope_spans, 2);
      span.add_bytes(1, "trace-of-16bytes");
      span.add_bytes(2, "span--01");
      span.add_string(3, "state");
      span.add_bytes(4, "span--00");
      span.add_string(5, "GET /a");
      span.add_enum(6, 3);
      span.add_fixed64(7, 1000);
      span.add_fixed64(8, 3000);
      AddAttribute(&span, 9, "peer.service", "cart");
      span.add_string(11, "an event");
      AddAttribute(&span, 9, "b", "2");
      Writer status(span, 15);
      status.add_string(2, "broken");
      status.add_enum(3, 2);
    }
    // The resource stands behind its spans: it is told before them.
    Writer resource(resource_spans, 1);
    AddAttribute(&resource, 1, "service.name", "shop");
  }
  return bytes;
}

constexpr char kJson[] = R"({"resourceSpans":[{"resource":{"attributes":[
  {"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[
  {"traceId":"74726163652d6f662d31366279746573","spanId":"7370616e2d2d3031",
   "parentSpanId":"7370616e2d2d3030","name":"GET /a","kind":"SPAN_KIND_CLIENT",
   "startTimeUnixNano":"1000","endTimeUnixNano":"3000","events":[{"name":"passed over"}],
   "attributes":[{"key":"peer.service","value":{"stringValue":"cart"}},
                 {"key":"b","value":{"stringValue":"2"}}],
   "status":{"code":2}}]}]}]})";

const std::vector<std::string> kRead = {
    "resource service.name=shop",
    "trace-of-16bytes span--01 span--00 GET /a kind 3 outcome 2 1000-3000 peer.service=cart b=2"};

TEST(OtlpTracesTest, ProtobufIsRead) {
  Lines lines;
  ASSERT_TRUE(ReadOtlpTracesProto(Request(), &lines).ok());
  EXPECT_EQ(lines.lines, kRead);
}

TEST(OtlpTracesTest, JsonIsTheSame) {
  Lines lines;
  const Status status = ReadOtlpTracesJson(kJson, &lines);
  ASSERT_TRUE(status.ok()) << Message(status);
  EXPECT_EQ(lines.lines, kRead);
}

TEST(OtlpTracesTest, KindsAreNumbersOrNamesAndUnknownOnesAreNone) {
  const auto kind_of = [](const std::string& kind) {
    Lines lines;
    const std::string json = fmt::format(
        R"({{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"kind":{}}}]}}]}}]}})", kind);
    EXPECT_TRUE(ReadOtlpTracesJson(json, &lines).ok()) << kind;
    return lines.lines.empty() ? "" : lines.lines.back();
  };
  EXPECT_NE(kind_of("2").find("kind 2"), std::string::npos);
  EXPECT_NE(kind_of("\"SPAN_KIND_CONSUMER\"").find("kind 5"), std::string::npos);
  EXPECT_NE(kind_of("77").find("kind 0"), std::string::npos);
  EXPECT_NE(kind_of("\"SPAN_KIND_NEW\"").find("kind 0"), std::string::npos);
}

TEST(OtlpTracesTest, OtherBytesAreRefusedAsAWhole) {
  Lines lines;
  EXPECT_EQ(ReadOtlpTracesProto("\x0a\xff", &lines).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadOtlpTracesJson("{", &lines).code(), absl::StatusCode::kInvalidArgument);
  const Status status =
      ReadOtlpTracesJson(R"({"resourceSpans":[{"scopeSpans":[{"spans":[7]}]}]})", &lines);
  EXPECT_EQ(Message(status), "resourceSpans[0].scopeSpans[0].spans[0]: expected an object");
}

TEST(OtlpTracesTest, Answers) {
  EXPECT_EQ(OtlpTracesResponse(0, "", true), "{}");
  EXPECT_EQ(OtlpTracesResponse(2, "why", true),
            R"({"partialSuccess":{"rejectedSpans":"2","errorMessage":"why"}})");
  EXPECT_EQ(OtlpTracesResponse(0, "", false), "");
}

}  // namespace
}  // namespace kizashi
