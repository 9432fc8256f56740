#include <fmt/core.h>
#include <simdjson.h>

#include <charconv>

#include "base/json_writer.h"
#include "wire/log_fields.h"
#include "wire/otlp_builder.h"

namespace kizashi {
namespace {

namespace dom = simdjson::dom;

// Each value of OTLP is an object in an object, and lists are objects with an array.
constexpr size_t kJsonDepthMax = 3 * kOtlpDepthMax + 16;

/// The member `name`, under its lowerCamelCase name; nothing when it is absent or null.
bool Find(const dom::object& object, std::string_view name, dom::element* value) {
  return object[name].get(*value) == simdjson::SUCCESS && !value->is_null();
}

std::string_view StringOf(const dom::element& value) {
  std::string_view text;
  return value.get_string().get(text) == simdjson::SUCCESS ? text : std::string_view();
}

/// A whole number, as a number or in a string of digits; false when it is neither.
template <typename T>
bool ReadInteger(const dom::element& value, T* number) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), *number);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
  }
  if constexpr (std::is_signed_v<T>) {
    return value.get_int64().get(*number) == simdjson::SUCCESS;
  } else {
    return value.get_uint64().get(*number) == simdjson::SUCCESS;
  }
}

bool DecodeBase64(std::string_view text, std::string* bytes) {
  uint32_t bits = 0;
  int count = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char c : text) {
    uint32_t value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<uint32_t>(c - 'a' + 26);
    } else if (c >= '0' && c <= '9') {
      value = static_cast<uint32_t>(c - '0' + 52);
    } else if (c == '+' || c == '-') {
      value = 62;
    } else if (c == '/' || c == '_') {
      value = 63;
    } else {
      return false;
    }
    bits = bits << 6 | value;
    if ((count += 6) >= 8) {
      count -= 8;
      bytes->push_back(static_cast<char>(bits >> count & 0xff));
    }
  }
  return true;
}

bool WriteValue(const dom::element& value, int depth, JsonWriter* json);

bool WriteList(const dom::element& list, bool is_object, int depth, JsonWriter* json) {
  dom::object holder;
  dom::element values;
  dom::array items;
  if (list.get_object().get(holder) != simdjson::SUCCESS || !Find(holder, "values", &values) ||
      values.get_array().get(items) != simdjson::SUCCESS) {
    items = {};
    json->Raw(is_object ? "{}" : "[]");
    return true;
  }
  if (is_object) {
    json->BeginObject();
  } else {
    json->BeginArray();
  }
  for (const dom::element item : items) {
    if (!is_object) {
      if (!WriteValue(item, depth, json)) return false;
      continue;
    }
    dom::object pair;
    dom::element key;
    dom::element value;
    if (item.get_object().get(pair) != simdjson::SUCCESS || !Find(pair, "key", &key)) return false;
    json->Key(StringOf(key));
    if (!Find(pair, "value", &value)) {
      json->Null();
    } else if (!WriteValue(value, depth, json)) {
      return false;
    }
  }
  if (is_object) {
    json->EndObject();
  } else {
    json->EndArray();
  }
  return true;
}

/// An AnyValue as plain JSON; false when it is none or too deep.
bool WriteValue(const dom::element& value, int depth, JsonWriter* json) {
  dom::object any;
  dom::element inner;
  if (depth == 0 || value.get_object().get(any) != simdjson::SUCCESS) return false;
  int64_t integer = 0;
  double number = 0;
  bool truth = false;
  if (Find(any, "stringValue", &inner)) {
    json->String(StringOf(inner));
  } else if (Find(any, "boolValue", &inner)) {
    if (inner.get_bool().get(truth) != simdjson::SUCCESS) return false;
    json->Bool(truth);
  } else if (Find(any, "intValue", &inner)) {
    if (!ReadInteger(inner, &integer)) return false;
    json->Int(integer);
  } else if (Find(any, "doubleValue", &inner)) {
    // "NaN" and "Infinity" are strings in protobuf's JSON; JSON itself has no such numbers.
    if (inner.get_double().get(number) != simdjson::SUCCESS) {
      json->String(StringOf(inner));
    } else {
      json->Number(number);
    }
  } else if (Find(any, "arrayValue", &inner)) {
    return WriteList(inner, false, depth - 1, json);
  } else if (Find(any, "kvlistValue", &inner)) {
    return WriteList(inner, true, depth - 1, json);
  } else if (Find(any, "bytesValue", &inner)) {
    json->String(StringOf(inner));
  } else {
    json->Null();
  }
  return true;
}

/// Text and bytes as they are, anything else as JSON, nothing as an empty text.
bool ReadText(const dom::element& value, std::string* text) {
  dom::object any;
  dom::element inner;
  text->clear();
  if (value.get_object().get(any) != simdjson::SUCCESS) return false;
  if (any.size() == 0) return true;
  if (Find(any, "stringValue", &inner)) {
    *text = StringOf(inner);
    return inner.is_string();
  }
  if (Find(any, "bytesValue", &inner)) return DecodeBase64(StringOf(inner), text);
  JsonWriter json;
  if (!WriteValue(value, kOtlpDepthMax, &json)) return false;
  *text = json.Take();
  return true;
}

/// The member "attributes"; false when one is none or goes beyond a limit.
bool ReadAttributes(const dom::object& holder, std::vector<Label>* attributes) {
  dom::element list;
  dom::array items;
  if (!Find(holder, "attributes", &list)) return true;
  if (list.get_array().get(items) != simdjson::SUCCESS) return false;
  bool right = true;
  for (const dom::element item : items) {
    dom::object pair;
    dom::element key;
    dom::element value;
    if (item.get_object().get(pair) != simdjson::SUCCESS || !Find(pair, "key", &key)) {
      right = false;
      continue;
    }
    Label label{std::string(StringOf(key)), ""};
    const bool reads = !Find(pair, "value", &value) || ReadText(value, &label.value);
    if (!reads || label.name.size() + label.value.size() > kOtlpAttributeBytesMax ||
        attributes->size() >= kOtlpAttributesMax) {
      right = false;
    } else if (!label.name.empty()) {
      attributes->push_back(std::move(label));
    }
  }
  return right;
}

OtlpRecord ReadRecord(const dom::element& element) {
  OtlpRecord record;
  dom::object object;
  dom::element value;
  const auto expect = [&](bool right, const char* wrong) {
    if (!right && record.wrong == nullptr) record.wrong = wrong;
  };
  if (element.get_object().get(object) != simdjson::SUCCESS) {
    record.wrong = "a log record is no object";
    return record;
  }
  if (Find(object, "timeUnixNano", &value)) {
    expect(ReadInteger(value, &record.time_ns), "timeUnixNano is no whole number");
  }
  if (Find(object, "observedTimeUnixNano", &value)) {
    expect(ReadInteger(value, &record.observed_ns), "observedTimeUnixNano is no whole number");
  }
  if (Find(object, "severityNumber", &value)) {
    // The name of an enum's value is allowed by protobuf's JSON: SEVERITY_NUMBER_ERROR2.
    constexpr std::string_view kPrefix = "SEVERITY_NUMBER_";
    const std::string_view name = StringOf(value);
    if (name.starts_with(kPrefix)) {
      record.severity_text = name.substr(kPrefix.size());
      while (!record.severity_text.empty() && record.severity_text.back() <= '9') {
        record.severity_text.pop_back();
      }
    } else {
      expect(ReadInteger(value, &record.severity_number), "severityNumber is no whole number");
    }
  }
  if (record.severity_text.empty() && Find(object, "severityText", &value)) {
    record.severity_text = StringOf(value);
  }
  if (Find(object, "body", &value)) {
    expect(ReadText(value, &record.body), "body is no value, or deeper than 32 values");
  }
  if (Find(object, "eventName", &value)) record.event_name = StringOf(value);
  if (Find(object, "traceId", &value)) record.trace_id = TraceIdOf(StringOf(value), 32);
  if (Find(object, "spanId", &value)) record.span_id = TraceIdOf(StringOf(value), 16);
  expect(ReadAttributes(object, &record.attributes),
         "an attribute is none, deeper than 32 values or larger than 64 KiB, or there are more "
         "than 256");
  return record;
}

/// The array `name` of `object`; empty when it is absent. False when it is something else.
bool FindArray(const dom::object& object, std::string_view name, dom::array* array, bool* has) {
  dom::element value;
  *has = Find(object, name, &value);
  return !*has || value.get_array().get(*array) == simdjson::SUCCESS;
}

Status ReadScopeLogs(const dom::element& element, OtlpBuilder* builder) {
  dom::object object;
  dom::array records;
  bool has = false;
  if (element.get_object().get(object) != simdjson::SUCCESS ||
      !FindArray(object, "logRecords", &records, &has)) {
    return InvalidArgument("scopeLogs has an element that is no object with logRecords");
  }
  dom::element scope;
  dom::object scope_object;
  dom::element value;
  std::string name;
  std::string version;
  if (Find(object, "scope", &scope) && scope.get_object().get(scope_object) == simdjson::SUCCESS) {
    if (Find(scope_object, "name", &value)) name = StringOf(value);
    if (Find(scope_object, "version", &value)) version = StringOf(value);
  }
  if (name.size() + version.size() > kOtlpAttributeBytesMax) name = version = {};
  builder->BeginScope(std::move(name), std::move(version));
  if (!has) return OkStatus();
  for (const dom::element record : records) builder->Add(ReadRecord(record));
  return OkStatus();
}

Status ReadResourceLogs(const dom::element& element, OtlpBuilder* builder) {
  dom::object object;
  dom::array scopes;
  bool has = false;
  if (element.get_object().get(object) != simdjson::SUCCESS ||
      !FindArray(object, "scopeLogs", &scopes, &has)) {
    return InvalidArgument("resourceLogs has an element that is no object with scopeLogs");
  }
  std::vector<Label> attributes;
  dom::element resource;
  dom::object resource_object;
  if (Find(object, "resource", &resource) &&
      resource.get_object().get(resource_object) == simdjson::SUCCESS) {
    // One that is too large says nothing; the records are kept without it.
    ReadAttributes(resource_object, &attributes);
  }
  builder->BeginResource(std::move(attributes));
  if (!has) return OkStatus();
  for (const dom::element scope : scopes) KZ_RETURN_IF_ERROR(ReadScopeLogs(scope, builder));
  return OkStatus();
}

}  // namespace

StatusOr<OtlpLogs> ParseOtlpLogsJson(std::string_view body, Time received) {
  dom::parser parser;
  dom::element root;
  dom::object object;
  simdjson::error_code error = parser.allocate(body.size(), kJsonDepthMax);
  if (error == simdjson::SUCCESS) error = parser.parse(body.data(), body.size()).get(root);
  if (error != simdjson::SUCCESS) {
    return InvalidArgument("the body is no JSON ({})", simdjson::error_message(error));
  }
  dom::array resources;
  bool has = false;
  if (root.get_object().get(object) != simdjson::SUCCESS ||
      !FindArray(object, "resourceLogs", &resources, &has)) {
    return InvalidArgument("the body is no object with an array resourceLogs");
  }
  OtlpBuilder builder(received);
  if (!has) return builder.Take();
  for (const dom::element resource : resources) {
    KZ_RETURN_IF_ERROR(ReadResourceLogs(resource, &builder));
  }
  return builder.Take();
}

}  // namespace kizashi
