#include "wire/otlp_logs.h"

#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

namespace kizashi {
namespace {

using Writer = protozero::pbf_writer;

constexpr Time kReceived = TimeFromMs(1'800'000'000'000);
constexpr char kTrace[] = "0af7651916cd43dd8448eb211c80319c";
constexpr char kSpan[] = "b7ad6b7169203331";

std::string Unhex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

void AddText(Writer* parent, uint32_t tag, const std::string& text) {
  Writer value(*parent, tag);
  value.add_string(1, text);
}
void AddAttribute(Writer* parent, uint32_t tag, const std::string& key, const std::string& text) {
  Writer pair(*parent, tag);
  pair.add_string(1, key);
  AddText(&pair, 2, text);
}

// A request with one resource and scope; `fill` writes the scope's records (field 2).
template <typename Fill>
std::string Request(Fill fill) {
  std::string bytes;
  Writer request(bytes);
  {
    Writer resource_logs(request, 1);
    {
      Writer resource(resource_logs, 1);
      AddAttribute(&resource, 1, "service.name", "shop");
      AddAttribute(&resource, 1, "telemetry.sdk.name", "x");
    }
    Writer scope_logs(resource_logs, 2);
    {
      Writer scope(scope_logs, 1);
      scope.add_string(1, "cart");
      scope.add_string(2, "1.2");
    }
    fill(&scope_logs);
  }
  return bytes;
}

std::string FullRequest() {
  return Request([](Writer* logs) {
    Writer record(*logs, 2);
    record.add_fixed64(1, 1'700'000'000'123'456'789);
    record.add_int32(2, 18);
    record.add_string(3, "ERR");
    AddText(&record, 5, "payment refused\n");
    AddAttribute(&record, 6, "user", "bob");
    record.add_fixed32(8, 1);
    record.add_bytes(9, Unhex(kTrace));
    record.add_bytes(10, Unhex(kSpan));
    record.add_fixed64(11, 1'700'000'000'999'000'000);
    record.add_string(12, "refused");
  });
}

constexpr char kFullJson[] = R"({"resourceLogs":[{"resource":{"attributes":[
    {"key":"service.name","value":{"stringValue":"shop"}},
    {"key":"telemetry.sdk.name","value":{"stringValue":"x"}}]},
  "scopeLogs":[{"scope":{"name":"cart","version":"1.2"},"logRecords":[
    {"timeUnixNano":"1700000000123456789","severityNumber":18,"severityText":"ERR",
     "body":{"stringValue":"payment refused\n"},"flags":1,"unknown":{"a":[]},
     "attributes":[{"key":"user","value":{"stringValue":"bob"}}],
     "traceId":"0AF7651916CD43DD8448EB211C80319C","spanId":"b7ad6b7169203331",
     "observedTimeUnixNano":1700000000999000000,"eventName":"refused"}]}],
  "schemaUrl":"x"}]})";

void ExpectFull(const StatusOr<OtlpLogs>& logs) {
  ASSERT_TRUE(logs.ok()) << Message(logs.status());
  EXPECT_EQ(logs->rejected, 0u) << logs->reason;
  ASSERT_EQ(logs->streams.size(), 1u);
  EXPECT_EQ(logs->streams[0].labels, Labels({Label{"service_name", "shop"}}));
  LogLine line{TimeFromMs(1'700'000'000'123), "payment refused", LogSeverity::kError};
  line.trace_id = kTrace;
  line.span_id = kSpan;
  line.metadata = Labels({{"event_name", "refused"},
                          {"scope_name", "cart"},
                          {"scope_version", "1.2"},
                          {"telemetry.sdk.name", "x"},
                          {"user", "bob"}});
  ASSERT_EQ(logs->streams[0].lines.size(), 1u);
  EXPECT_EQ(logs->streams[0].lines[0], line);
}

TEST(OtlpLogsTest, ProtobufIsRead) { ExpectFull(ParseOtlpLogsProto(FullRequest(), kReceived)); }
TEST(OtlpLogsTest, JsonIsRead) { ExpectFull(ParseOtlpLogsJson(kFullJson, kReceived)); }

// As an SDK writes it: service.name "a", one record of 1 s with severity 9 and body "hi".
TEST(OtlpLogsTest, GoldenBytes) {
  const std::string golden = Unhex(
      "0a30"
      "0a15"
      "0a13"
      "0a0c736572766963652e6e616d65"
      "12030a0161"
      "1217"
      "1215"
      "0900ca9a3b00000000"
      "1009"
      "2a040a026869"
      "4a00"
      "5200");
  const auto logs = ParseOtlpLogsProto(golden, kReceived);
  ASSERT_TRUE(logs.ok()) << Message(logs.status());
  ASSERT_EQ(logs->streams.size(), 1u);
  EXPECT_EQ(logs->streams[0].labels, Labels({Label{"service_name", "a"}}));
  EXPECT_EQ(logs->streams[0].lines,
            (std::vector<LogLine>{{TimeFromMs(1'000), "hi", LogSeverity::kInfo}}));
}

TEST(OtlpLogsTest, AStructuredBodyIsJson) {
  const auto proto = ParseOtlpLogsProto(Request([](Writer* logs) {
                                          Writer record(*logs, 2);
                                          Writer body(record, 5);
                                          Writer list(body, 6);
                                          AddAttribute(&list, 1, "a\"b", "x");
                                          Writer pair(list, 1);
                                          pair.add_string(1, "n");
                                          Writer value(pair, 2);
                                          Writer array(value, 5);
                                          {
                                            Writer item(array, 1);
                                            item.add_int64(3, -7);
                                          }
                                          {
                                            Writer item(array, 1);
                                            item.add_double(4, 1.5);
                                          }
                                          {
                                            Writer item(array, 1);
                                            item.add_bool(2, true);
                                          }
                                          array.add_message(1, std::string());
                                        }),
                                        kReceived);
  const char* const wanted = R"({"a\"b":"x","n":[-7,1.5,true,null]})";
  ASSERT_TRUE(proto.ok());
  EXPECT_EQ(proto->streams.at(0).lines.at(0).text, wanted);
  EXPECT_EQ(proto->streams[0].lines[0].time, kReceived);
  const auto json = ParseOtlpLogsJson(
      R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"kvlistValue":{"values":[
         {"key":"a\"b","value":{"stringValue":"x"}},
         {"key":"n","value":{"arrayValue":{"values":[{"intValue":"-7"},{"doubleValue":1.5},
           {"boolValue":true},{}]}}}]}}},
         {"body":{"bytesValue":"/wBh"},"observedTimeUnixNano":"5000000"}, {}]}]}]})",
      kReceived);
  ASSERT_TRUE(json.ok());
  ASSERT_EQ(json->streams.at(0).lines.size(), 3u);
  EXPECT_EQ(json->streams[0].labels, Labels({Label{"job", "otlp"}}));
  EXPECT_EQ(json->streams[0].lines[0].text, wanted);
  EXPECT_EQ(json->streams[0].lines[1], (LogLine{TimeFromMs(5), std::string("\xff\0a", 3)}));
  EXPECT_EQ(json->streams[0].lines[2], (LogLine{kReceived, ""}));
}

TEST(OtlpLogsTest, SeverityIsTheNumberOrElseTheText) {
  const auto logs = ParseOtlpLogsJson(
      R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":13,"severityText":"INFO"},
         {"severityText":"Warning"},{"severityNumber":"SEVERITY_NUMBER_FATAL2"},
         {"severityNumber":99}]}]}]})",
      kReceived);
  ASSERT_TRUE(logs.ok());
  const auto& lines = logs->streams.at(0).lines;
  EXPECT_EQ(lines.at(0).severity, LogSeverity::kWarn);
  EXPECT_EQ(lines.at(1).severity, LogSeverity::kWarn);
  EXPECT_EQ(lines.at(2).severity, LogSeverity::kFatal);
  EXPECT_EQ(lines.at(3).severity, LogSeverity::kNone);
}

TEST(OtlpLogsTest, BadRecordsAreCountedAndGoodOnesKept) {
  std::string deep = "{\"stringValue\":\"x\"}";
  for (int i = 0; i < kOtlpDepthMax; ++i) {
    deep.insert(0, R"({"arrayValue":{"values":[)").append("]}}");
  }
  const auto logs = ParseOtlpLogsJson(
      R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"soon"},7,{"body":)" + deep +
          R"(},{"body":{"stringValue":"kept"}},{"attributes":[{"value":{}}]}]}]}]})",
      kReceived);
  ASSERT_TRUE(logs.ok()) << Message(logs.status());
  EXPECT_EQ(logs->rejected, 4u);
  EXPECT_EQ(logs->reason, "timeUnixNano is no whole number");
  ASSERT_EQ(logs->streams.at(0).lines.size(), 1u);
  EXPECT_EQ(logs->streams[0].lines[0].text, "kept");
}

TEST(OtlpLogsTest, WhatWouldFillMemoryIsRejected) {
  std::string body =
      R"({"resourceLogs":[{"resource":{"attributes":[{"key":"a","value":{"stringValue":")" +
      std::string(60'000, 'x') + R"("}}]},"scopeLogs":[{"logRecords":[)";
  const size_t count = 2 * kOtlpTextBytesMax / 60'000;
  for (size_t i = 0; i < count; ++i) body += i == 0 ? "{}" : ",{}";
  const auto logs = ParseOtlpLogsJson(body + "]}]}]}", kReceived);
  ASSERT_TRUE(logs.ok());
  EXPECT_GT(logs->rejected, count / 3);
  EXPECT_EQ(logs->rejected + logs->streams.at(0).lines.size(), count);
  EXPECT_NE(logs->reason.find("send fewer at a time"), std::string::npos);
}

TEST(OtlpLogsTest, OtherBytesAreRefusedAsAWhole) {
  const std::string whole = FullRequest();
  for (size_t size = 1; size < whole.size(); ++size) {
    EXPECT_FALSE(ParseOtlpLogsProto(whole.substr(0, size), kReceived).ok()) << size;
  }
  EXPECT_TRUE(ParseOtlpLogsProto("", kReceived)->streams.empty());
  EXPECT_TRUE(ParseOtlpLogsJson("{}", kReceived)->streams.empty());
  for (const char* text : {"", "[]", "7", "{\"resourceLogs\":7}", "{\"resourceLogs\":[7]}",
                           "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":{}}]}]}"}) {
    EXPECT_FALSE(ParseOtlpLogsJson(text, kReceived).ok()) << text;
  }
}

TEST(OtlpLogsTest, Answers) {
  EXPECT_EQ(OtlpLogsResponse(0, "", true), "{}");
  EXPECT_EQ(OtlpLogsResponse(0, "", false), "");
  EXPECT_EQ(OtlpLogsResponse(3, "why", true),
            R"({"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"why"}})");
  EXPECT_EQ(OtlpLogsResponse(3, "why", false), Unhex("0a0708031203776879"));
  EXPECT_EQ(RpcStatus(3, "why", true), R"({"code":3,"message":"why"})");
  EXPECT_EQ(RpcStatus(3, "why", false), Unhex("08031203776879"));
}

}  // namespace
}  // namespace kizashi
