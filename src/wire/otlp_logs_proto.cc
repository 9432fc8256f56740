#include <fmt/core.h>

#include <protozero/pbf_reader.hpp>

#include "base/json_writer.h"
#include "wire/log_fields.h"
#include "wire/otlp_builder.h"

namespace kizashi {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

// Fields by number and wire type: of another type they are unknown ones, which are passed over.
constexpr uint32_t Bytes(uint32_t tag) {
  return protozero::tag_and_type(tag, pbf_wire_type::length_delimited);
}
constexpr uint32_t Varint(uint32_t tag) {
  return protozero::tag_and_type(tag, pbf_wire_type::varint);
}
constexpr uint32_t Fixed64(uint32_t tag) {
  return protozero::tag_and_type(tag, pbf_wire_type::fixed64);
}

std::string_view View(protozero::data_view bytes) { return {bytes.data(), bytes.size()}; }

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return hex;
}

bool WriteValue(pbf_reader value, int depth, JsonWriter* json);

bool WriteArray(pbf_reader array, int depth, JsonWriter* json) {
  json->BeginArray();
  while (array.next()) {
    if (array.tag_and_type() != Bytes(1)) {
      array.skip();
    } else if (!WriteValue(array.get_message(), depth, json)) {
      return false;
    }
  }
  json->EndArray();
  return true;
}

bool WriteObject(pbf_reader list, int depth, JsonWriter* json) {
  json->BeginObject();
  while (list.next()) {
    if (list.tag_and_type() != Bytes(1)) {
      list.skip();
      continue;
    }
    pbf_reader pair = list.get_message();
    std::string_view key;
    pbf_reader value;
    while (pair.next()) {
      switch (pair.tag_and_type()) {
        case Bytes(1): key = View(pair.get_view()); break;
        case Bytes(2): value = pair.get_message(); break;
        default: pair.skip();
      }
    }
    json->Key(key);
    if (!WriteValue(value, depth, json)) return false;
  }
  json->EndObject();
  return true;
}

/// An AnyValue as JSON; false when it is too deep.
bool WriteValue(pbf_reader value, int depth, JsonWriter* json) {
  if (depth == 0) return false;
  bool written = false;
  while (value.next()) {
    const uint32_t field = value.tag_and_type();
    if (written) {  // one of: the first one counts
      value.skip();
      continue;
    }
    written = true;
    switch (field) {
      case Bytes(1): json->String(View(value.get_view())); break;
      case Varint(2): json->Bool(value.get_bool()); break;
      case Varint(3): json->Int(value.get_int64()); break;
      case Fixed64(4): json->Number(value.get_double()); break;
      case Bytes(5):
        if (!WriteArray(value.get_message(), depth - 1, json)) return false;
        break;
      case Bytes(6):
        if (!WriteObject(value.get_message(), depth - 1, json)) return false;
        break;
      case Bytes(7): json->String(View(value.get_view())); break;
      default: value.skip(); written = false;
    }
  }
  if (!written) json->Null();
  return true;
}

/// Text and bytes as they are, anything else as JSON, nothing as an empty text.
bool ReadText(const pbf_reader& value, std::string* text) {
  pbf_reader first = value;
  if (!first.next()) {
    text->clear();
    return true;
  }
  if (first.tag_and_type() == Bytes(1) || first.tag_and_type() == Bytes(7)) {
    *text = View(first.get_view());
    return true;
  }
  JsonWriter json;
  if (!WriteValue(value, kOtlpDepthMax, &json)) return false;
  *text = json.Take();
  return true;
}

/// A KeyValue; false when it goes beyond a limit.
bool ReadAttribute(pbf_reader pair, std::vector<Label>* attributes) {
  Label label;
  while (pair.next()) {
    switch (pair.tag_and_type()) {
      case Bytes(1): label.name = View(pair.get_view()); break;
      case Bytes(2):
        if (!ReadText(pair.get_message(), &label.value)) return false;
        break;
      default: pair.skip();
    }
  }
  if (label.name.size() + label.value.size() > kOtlpAttributeBytesMax ||
      attributes->size() >= kOtlpAttributesMax) {
    return false;
  }
  if (!label.name.empty()) attributes->push_back(std::move(label));
  return true;
}

constexpr const char* kWrongAttribute =
    "an attribute is deeper than 32 values or larger than 64 KiB, or there are more than 256";

OtlpRecord ReadRecord(pbf_reader message) {
  OtlpRecord record;
  while (message.next()) {
    switch (message.tag_and_type()) {
      case Fixed64(1): record.time_ns = message.get_fixed64(); break;
      case Varint(2): record.severity_number = message.get_int32(); break;
      case Bytes(3): record.severity_text = View(message.get_view()); break;
      case Bytes(5):
        if (!ReadText(message.get_message(), &record.body)) {
          record.wrong = "a body is deeper than 32 values";
        }
        break;
      case Bytes(6):
        if (!ReadAttribute(message.get_message(), &record.attributes)) {
          record.wrong = kWrongAttribute;
        }
        break;
      case Bytes(9): record.trace_id = TraceIdOf(Hex(View(message.get_view())), 32); break;
      case Bytes(10): record.span_id = TraceIdOf(Hex(View(message.get_view())), 16); break;
      case Fixed64(11): record.observed_ns = message.get_fixed64(); break;
      case Bytes(12): record.event_name = View(message.get_view()); break;
      default: message.skip();
    }
  }
  return record;
}

/// Calls `visit` with each message of field `tag`.
template <typename Visit>
void EachMessage(pbf_reader message, uint32_t tag, Visit visit) {
  while (message.next()) {
    if (message.tag_and_type() == Bytes(tag)) {
      visit(message.get_message());
    } else {
      message.skip();
    }
  }
}

// What a message says of all its parts may stand behind them: it is read first.
void ReadScopeLogs(const pbf_reader& message, OtlpBuilder* builder) {
  std::string name;
  std::string version;
  EachMessage(message, 1, [&](pbf_reader scope) {
    while (scope.next()) {
      switch (scope.tag_and_type()) {
        case Bytes(1): name = View(scope.get_view()); break;
        case Bytes(2): version = View(scope.get_view()); break;
        default: scope.skip();
      }
    }
  });
  if (name.size() + version.size() > kOtlpAttributeBytesMax) name = version = {};
  builder->BeginScope(std::move(name), std::move(version));
  EachMessage(message, 2, [&](const pbf_reader& record) { builder->Add(ReadRecord(record)); });
}

void ReadResourceLogs(const pbf_reader& message, OtlpBuilder* builder) {
  std::vector<Label> attributes;
  EachMessage(message, 1, [&](const pbf_reader& resource) {
    EachMessage(resource, 1, [&](const pbf_reader& attribute) {
      // One that is too large says nothing; the records are kept without it.
      ReadAttribute(attribute, &attributes);
    });
  });
  builder->BeginResource(std::move(attributes));
  EachMessage(message, 2, [&](const pbf_reader& scope) { ReadScopeLogs(scope, builder); });
}

}  // namespace

StatusOr<OtlpLogs> ParseOtlpLogsProto(std::string_view body, Time received) {
  OtlpBuilder builder(received);
  try {
    EachMessage(pbf_reader(body.data(), body.size()), 1,
                [&](const pbf_reader& resource) { ReadResourceLogs(resource, &builder); });
  } catch (const std::exception& error) {
    return InvalidArgument("the body is no ExportLogsServiceRequest ({})", error.what());
  }
  return builder.Take();
}

}  // namespace kizashi
