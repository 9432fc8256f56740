#include <fmt/core.h>

#include "wire/log_fields.h"
#include "wire/otlp_builder.h"
#include "wire/otlp_value.h"
#include "wire/protobuf_fields.h"

namespace kizashi {
namespace {

using pbf::Bytes;
using pbf::Fixed64;
using pbf::Varint;
using pbf::View;
using protozero::pbf_reader;

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return hex;
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
        if (!ReadOtlpText(View(message.get_view()), &record.body)) {
          record.wrong = "a body is deeper than 32 values";
        }
        break;
      case Bytes(6):
        if (!ReadOtlpAttribute(View(message.get_view()), &record.attributes)) {
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
      ReadOtlpAttribute(View(attribute.data()), &attributes);
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
