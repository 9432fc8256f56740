#include "wire/otlp_json_proto.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <protozero/pbf_writer.hpp>
#include <span>

#include "wire/otlp_logs.h"

namespace kizashi {
namespace {

namespace dom = simdjson::dom;
using protozero::pbf_writer;

// Each value of OTLP is an object in an object, and lists are objects with an array.
constexpr int kJsonDepthMax = 3 * kOtlpDepthMax + 16;

enum class Type {
  kMessage,
  kString,
  kHex,     // bytes as hexadecimal digits
  kBase64,  // bytes
  kBool,
  kDouble,
  kFixed64,
  kSfixed64,
  kInt64,
  kSint32,
  kUint32,
  kUint64,
  kTemporality,  // AggregationTemporality, as a number or by name
  kSpanKind,     // the same for Span.SpanKind
  kStatusCode,   // and Status.StatusCode
};

struct Message;

struct Field {
  std::string_view name;
  uint32_t tag = 0;
  Type type = Type::kMessage;
  const Message* message = nullptr;
  bool is_list = false;
};

struct Message {
  std::span<const Field> fields;
};

extern const Message kAnyValue;
extern const Message kKeyValue;

constexpr Field kListFields[] = {{"values", 1, Type::kMessage, &kAnyValue, true}};
constexpr Message kArrayValue{kListFields};
constexpr Field kKvListFields[] = {{"values", 1, Type::kMessage, &kKeyValue, true}};
constexpr Message kKvList{kKvListFields};
constexpr Field kAnyValueFields[] = {
    {"stringValue", 1, Type::kString},
    {"boolValue", 2, Type::kBool},
    {"intValue", 3, Type::kInt64},
    {"doubleValue", 4, Type::kDouble},
    {"arrayValue", 5, Type::kMessage, &kArrayValue},
    {"kvlistValue", 6, Type::kMessage, &kKvList},
    {"bytesValue", 7, Type::kBase64},
};
const Message kAnyValue{kAnyValueFields};
constexpr Field kKeyValueFields[] = {{"key", 1, Type::kString},
                                     {"value", 2, Type::kMessage, &kAnyValue}};
const Message kKeyValue{kKeyValueFields};

constexpr Field kExemplarFields[] = {
    {"timeUnixNano", 2, Type::kFixed64},
    {"asDouble", 3, Type::kDouble},
    {"spanId", 4, Type::kHex},
    {"traceId", 5, Type::kHex},
    {"asInt", 6, Type::kSfixed64},
    {"filteredAttributes", 7, Type::kMessage, &kKeyValue, true},
};
constexpr Message kExemplar{kExemplarFields};

constexpr Field kNumberFields[] = {
    {"startTimeUnixNano", 2, Type::kFixed64},
    {"timeUnixNano", 3, Type::kFixed64},
    {"asDouble", 4, Type::kDouble},
    {"exemplars", 5, Type::kMessage, &kExemplar, true},
    {"asInt", 6, Type::kSfixed64},
    {"attributes", 7, Type::kMessage, &kKeyValue, true},
    {"flags", 8, Type::kUint32},
};
constexpr Message kNumber{kNumberFields};

constexpr Field kHistogramPointFields[] = {
    {"startTimeUnixNano", 2, Type::kFixed64},
    {"timeUnixNano", 3, Type::kFixed64},
    {"count", 4, Type::kFixed64},
    {"sum", 5, Type::kDouble},
    {"bucketCounts", 6, Type::kFixed64, nullptr, true},
    {"explicitBounds", 7, Type::kDouble, nullptr, true},
    {"exemplars", 8, Type::kMessage, &kExemplar, true},
    {"attributes", 9, Type::kMessage, &kKeyValue, true},
    {"flags", 10, Type::kUint32},
};
constexpr Message kHistogramPoint{kHistogramPointFields};

constexpr Field kBucketsFields[] = {{"offset", 1, Type::kSint32},
                                    {"bucketCounts", 2, Type::kUint64, nullptr, true}};
constexpr Message kBuckets{kBucketsFields};

constexpr Field kExponentialPointFields[] = {
    {"attributes", 1, Type::kMessage, &kKeyValue, true},
    {"startTimeUnixNano", 2, Type::kFixed64},
    {"timeUnixNano", 3, Type::kFixed64},
    {"count", 4, Type::kFixed64},
    {"sum", 5, Type::kDouble},
    {"scale", 6, Type::kSint32},
    {"zeroCount", 7, Type::kFixed64},
    {"positive", 8, Type::kMessage, &kBuckets},
    {"negative", 9, Type::kMessage, &kBuckets},
    {"flags", 10, Type::kUint32},
    {"exemplars", 11, Type::kMessage, &kExemplar, true},
    {"zeroThreshold", 14, Type::kDouble},
};
constexpr Message kExponentialPoint{kExponentialPointFields};

constexpr Field kQuantileFields[] = {{"quantile", 1, Type::kDouble}, {"value", 2, Type::kDouble}};
constexpr Message kQuantile{kQuantileFields};
constexpr Field kSummaryPointFields[] = {
    {"startTimeUnixNano", 2, Type::kFixed64},
    {"timeUnixNano", 3, Type::kFixed64},
    {"count", 4, Type::kFixed64},
    {"sum", 5, Type::kDouble},
    {"quantileValues", 6, Type::kMessage, &kQuantile, true},
    {"attributes", 7, Type::kMessage, &kKeyValue, true},
    {"flags", 8, Type::kUint32},
};
constexpr Message kSummaryPoint{kSummaryPointFields};

constexpr Field kGaugeFields[] = {{"dataPoints", 1, Type::kMessage, &kNumber, true}};
constexpr Message kGauge{kGaugeFields};
constexpr Field kSumFields[] = {{"dataPoints", 1, Type::kMessage, &kNumber, true},
                                {"aggregationTemporality", 2, Type::kTemporality},
                                {"isMonotonic", 3, Type::kBool}};
constexpr Message kSum{kSumFields};
constexpr Field kHistogramFields[] = {{"dataPoints", 1, Type::kMessage, &kHistogramPoint, true},
                                      {"aggregationTemporality", 2, Type::kTemporality}};
constexpr Message kHistogram{kHistogramFields};
constexpr Field kExponentialFields[] = {{"dataPoints", 1, Type::kMessage, &kExponentialPoint, true},
                                        {"aggregationTemporality", 2, Type::kTemporality}};
constexpr Message kExponential{kExponentialFields};
constexpr Field kSummaryFields[] = {{"dataPoints", 1, Type::kMessage, &kSummaryPoint, true}};
constexpr Message kSummary{kSummaryFields};

constexpr Field kMetricFields[] = {
    {"name", 1, Type::kString},
    {"description", 2, Type::kString},
    {"unit", 3, Type::kString},
    {"gauge", 5, Type::kMessage, &kGauge},
    {"sum", 7, Type::kMessage, &kSum},
    {"histogram", 9, Type::kMessage, &kHistogram},
    {"exponentialHistogram", 10, Type::kMessage, &kExponential},
    {"summary", 11, Type::kMessage, &kSummary},
};
constexpr Message kMetric{kMetricFields};
constexpr Field kScopeFields[] = {{"name", 1, Type::kString}, {"version", 2, Type::kString}};
constexpr Message kScope{kScopeFields};
constexpr Field kScopeMetricsFields[] = {{"scope", 1, Type::kMessage, &kScope},
                                         {"metrics", 2, Type::kMessage, &kMetric, true}};
constexpr Message kScopeMetrics{kScopeMetricsFields};
constexpr Field kResourceFields[] = {{"attributes", 1, Type::kMessage, &kKeyValue, true}};
constexpr Message kResource{kResourceFields};
constexpr Field kResourceMetricsFields[] = {
    {"resource", 1, Type::kMessage, &kResource},
    {"scopeMetrics", 2, Type::kMessage, &kScopeMetrics, true}};
constexpr Message kResourceMetrics{kResourceMetricsFields};
constexpr Field kRequestFields[] = {
    {"resourceMetrics", 1, Type::kMessage, &kResourceMetrics, true}};
constexpr Message kMetricsRequest{kRequestFields};

constexpr Field kStatusFields[] = {{"message", 2, Type::kString}, {"code", 3, Type::kStatusCode}};
constexpr Message kStatus{kStatusFields};
// Events and links are not read: they are passed over here.
constexpr Field kSpanFields[] = {
    {"traceId", 1, Type::kHex},
    {"spanId", 2, Type::kHex},
    {"parentSpanId", 4, Type::kHex},
    {"name", 5, Type::kString},
    {"kind", 6, Type::kSpanKind},
    {"startTimeUnixNano", 7, Type::kFixed64},
    {"endTimeUnixNano", 8, Type::kFixed64},
    {"attributes", 9, Type::kMessage, &kKeyValue, true},
    {"status", 15, Type::kMessage, &kStatus},
};
constexpr Message kSpan{kSpanFields};
constexpr Field kScopeSpansFields[] = {{"scope", 1, Type::kMessage, &kScope},
                                       {"spans", 2, Type::kMessage, &kSpan, true}};
constexpr Message kScopeSpans{kScopeSpansFields};
constexpr Field kResourceSpansFields[] = {{"resource", 1, Type::kMessage, &kResource},
                                          {"scopeSpans", 2, Type::kMessage, &kScopeSpans, true}};
constexpr Message kResourceSpans{kResourceSpansFields};
constexpr Field kTracesRequestFields[] = {
    {"resourceSpans", 1, Type::kMessage, &kResourceSpans, true}};
constexpr Message kTracesRequest{kTracesRequestFields};

bool DecodeHex(std::string_view text, std::string* bytes) {
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    uint8_t byte = 0;
    const auto read = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (read.ec != std::errc() || read.ptr != text.data() + i + 2) return false;
    bytes->push_back(static_cast<char>(byte));
  }
  return text.size() % 2 == 0;
}

bool DecodeBase64(std::string_view text, std::string* bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  uint32_t bits = 0;
  int count = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (char c : text) {
    if (c == '-') c = '+';
    if (c == '_') c = '/';
    const size_t value = kDigits.find(c);
    if (value == std::string_view::npos) return false;
    bits = bits << 6 | static_cast<uint32_t>(value);
    if ((count += 6) >= 8) {
      count -= 8;
      bytes->push_back(static_cast<char>(bits >> count & 0xff));
    }
  }
  return true;
}

/// A whole number, as a number or in a string of digits.
template <typename T>
bool ReadInteger(const dom::element& value, T* number) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), *number);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
  }
  if constexpr (std::is_signed_v<T>) {
    int64_t wide = 0;
    if (value.get_int64().get(wide) != simdjson::SUCCESS) return false;
    *number = static_cast<T>(wide);
    return wide == *number;
  } else {
    uint64_t wide = 0;
    if (value.get_uint64().get(wide) != simdjson::SUCCESS) return false;
    *number = static_cast<T>(wide);
    return wide == *number;
  }
}

bool ReadDouble(const dom::element& value, double* number) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) {
    return value.get_double().get(*number) == simdjson::SUCCESS;
  }
  if (text == "NaN") {
    *number = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "Infinity" || text == "-Infinity") {
    *number = text[0] == '-' ? -std::numeric_limits<double>::infinity()
                             : std::numeric_limits<double>::infinity();
  } else {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), *number);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
  }
  return true;
}

/// The numbers of an enumeration are the places of its names, which JSON gives with a prefix.
struct EnumNames {
  std::string_view prefix;
  std::span<const std::string_view> names;
};

constexpr std::string_view kTemporalityNames[] = {"UNSPECIFIED", "DELTA", "CUMULATIVE"};
constexpr std::string_view kSpanKindNames[] = {"UNSPECIFIED", "INTERNAL", "SERVER",
                                               "CLIENT",      "PRODUCER", "CONSUMER"};
constexpr std::string_view kStatusCodeNames[] = {"UNSET", "OK", "ERROR"};

EnumNames NamesOf(Type type) {
  switch (type) {
    case Type::kSpanKind: return {"SPAN_KIND_", kSpanKindNames};
    case Type::kStatusCode: return {"STATUS_CODE_", kStatusCodeNames};
    default: return {"AGGREGATION_TEMPORALITY_", kTemporalityNames};
  }
}

/// A name that is not known is the first one, "unspecified" as a rule.
bool ReadEnum(const dom::element& value, const EnumNames& names, int32_t* number) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS || !text.starts_with(names.prefix)) {
    return ReadInteger(value, number);
  }
  text.remove_prefix(names.prefix.size());
  *number = 0;
  for (size_t i = 0; i < names.names.size(); ++i) {
    if (text == names.names[i]) *number = static_cast<int32_t>(i);
  }
  return true;
}

class Writer {
 public:
  /// `bytes` are what the writers given to Write append to.
  explicit Writer(const std::string* bytes) : bytes_(bytes) {}

  Status Write(const dom::element& value, const Message& message, int depth, pbf_writer* out) {
    dom::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return Wrong("an object");
    if (depth == 0) return Wrong("less deep values");
    for (const dom::key_value_pair member : object) {
      if (member.value.is_null()) continue;
      for (const Field& field : message.fields) {
        if (field.name != member.key) continue;
        const size_t length = path_.size();
        if (!path_.empty()) path_ += '.';
        path_ += field.name;
        KZ_RETURN_IF_ERROR(WriteField(member.value, field, depth, out));
        path_.resize(length);
        break;
      }
    }
    return OkStatus();
  }

 private:
  Status WriteField(const dom::element& value, const Field& field, int depth, pbf_writer* out) {
    if (!field.is_list) return WriteValue(value, field, depth, out);
    dom::array items;
    if (value.get_array().get(items) != simdjson::SUCCESS) return Wrong("an array");
    const size_t length = path_.size();
    size_t index = 0;
    for (const dom::element item : items) {
      path_ += fmt::format("[{}]", index++);
      KZ_RETURN_IF_ERROR(WriteValue(item, field, depth, out));
      path_.resize(length);
    }
    return OkStatus();
  }

  Status WriteValue(const dom::element& value, const Field& field, int depth, pbf_writer* out) {
    switch (field.type) {
      case Type::kMessage: {
        const size_t before = bytes_->size();
        {
          pbf_writer inner(*out, field.tag);
          KZ_RETURN_IF_ERROR(Write(value, *field.message, depth - 1, &inner));
        }
        // protozero leaves a message without fields out.
        if (bytes_->size() == before) out->add_message(field.tag, "", 0);
        return OkStatus();
      }
      case Type::kString:
      case Type::kHex:
      case Type::kBase64: return WriteText(value, field, out);
      case Type::kBool: {
        bool truth = false;
        if (value.get_bool().get(truth) != simdjson::SUCCESS) return Wrong("true or false");
        out->add_bool(field.tag, truth);
        return OkStatus();
      }
      case Type::kDouble: {
        double number = 0;
        if (!ReadDouble(value, &number)) return Wrong("a number");
        out->add_double(field.tag, number);
        return OkStatus();
      }
      default: return WriteInteger(value, field, out);
    }
  }

  Status WriteText(const dom::element& value, const Field& field, pbf_writer* out) {
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) return Wrong("a string");
    if (field.type == Type::kString) {
      out->add_string(field.tag, text.data(), text.size());
      return OkStatus();
    }
    std::string bytes;
    const bool reads =
        field.type == Type::kHex ? DecodeHex(text, &bytes) : DecodeBase64(text, &bytes);
    if (!reads) return Wrong(field.type == Type::kHex ? "hexadecimal digits" : "base64");
    out->add_bytes(field.tag, bytes);
    return OkStatus();
  }

  Status WriteInteger(const dom::element& value, const Field& field, pbf_writer* out) {
    int64_t wide = 0;
    uint64_t natural = 0;
    int32_t narrow = 0;
    uint32_t small = 0;
    bool reads = true;
    switch (field.type) {
      case Type::kFixed64:
        if ((reads = ReadInteger(value, &natural))) out->add_fixed64(field.tag, natural);
        break;
      case Type::kUint64:
        if ((reads = ReadInteger(value, &natural))) out->add_uint64(field.tag, natural);
        break;
      case Type::kSfixed64:
        if ((reads = ReadInteger(value, &wide))) out->add_sfixed64(field.tag, wide);
        break;
      case Type::kInt64:
        if ((reads = ReadInteger(value, &wide))) out->add_int64(field.tag, wide);
        break;
      case Type::kSint32:
        if ((reads = ReadInteger(value, &narrow))) out->add_sint32(field.tag, narrow);
        break;
      case Type::kTemporality:
      case Type::kSpanKind:
      case Type::kStatusCode:
        reads = ReadEnum(value, NamesOf(field.type), &narrow);
        if (reads) out->add_enum(field.tag, narrow);
        break;
      default:
        if ((reads = ReadInteger(value, &small))) out->add_uint32(field.tag, small);
    }
    return reads ? OkStatus() : Wrong("a whole number");
  }

  Status Wrong(std::string_view expected) const {
    return InvalidArgument("{}: expected {}", path_.empty() ? "the body" : path_, expected);
  }

  const std::string* const bytes_;
  std::string path_;
};

StatusOr<std::string> ToProto(std::string_view json, const Message& message) {
  dom::parser parser;
  dom::element root;
  simdjson::error_code error = parser.allocate(json.size(), static_cast<size_t>(kJsonDepthMax));
  if (error == simdjson::SUCCESS) error = parser.parse(json.data(), json.size()).get(root);
  if (error != simdjson::SUCCESS) {
    return InvalidArgument("the body is no JSON ({})", simdjson::error_message(error));
  }
  std::string bytes;
  pbf_writer request(bytes);
  KZ_RETURN_IF_ERROR(Writer(&bytes).Write(root, message, kJsonDepthMax, &request));
  return bytes;
}

}  // namespace

StatusOr<std::string> OtlpMetricsJsonToProto(std::string_view json) {
  return ToProto(json, kMetricsRequest);
}

StatusOr<std::string> OtlpTracesJsonToProto(std::string_view json) {
  return ToProto(json, kTracesRequest);
}

}  // namespace kizashi
