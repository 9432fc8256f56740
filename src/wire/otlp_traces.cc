#include "wire/otlp_traces.h"

#include <deque>

#include "wire/field_bytes.h"
#include "wire/otlp_json_proto.h"
#include "wire/otlp_logs.h"
#include "wire/otlp_value.h"
#include "wire/protobuf_fields.h"

namespace kizashi {
namespace {

using pbf::Bytes;
using pbf::Fixed64;
using pbf::Varint;
using pbf::View;
using protozero::pbf_reader;

class Reader {
 public:
  explicit Reader(OtlpSpanVisitor* visitor) : visitor_(*visitor) {}

  void ReadRequest(pbf_reader request) {
    while (request.next()) {
      if (request.tag_and_type() == Bytes(1)) {
        ReadResource(request.get_message());
      } else {
        request.skip();
      }
    }
  }

 private:
  // What a resource says of all its spans may stand behind them: it is read first.
  void ReadResource(const pbf_reader& message) {
    std::vector<Label> attributes;
    for (pbf_reader part = message; part.next();) {
      if (part.tag_and_type() != Bytes(1)) {
        part.skip();
        continue;
      }
      for (pbf_reader resource = part.get_message(); resource.next();) {
        if (resource.tag_and_type() == Bytes(1)) {
          // One that is too large says nothing; the spans are kept without it.
          ReadOtlpAttribute(View(resource.get_view()), &attributes);
        } else {
          resource.skip();
        }
      }
    }
    visitor_.BeginResource(attributes);
    for (pbf_reader part = message; part.next();) {
      if (part.tag_and_type() == Bytes(2)) {
        ReadScope(part.get_message());
      } else {
        part.skip();
      }
    }
  }

  void ReadScope(pbf_reader message) {
    while (message.next()) {
      if (message.tag_and_type() == Bytes(2)) {
        ReadSpan(message.get_message());
      } else {
        message.skip();
      }
    }
  }

  void ReadSpan(pbf_reader message) {
    OtlpSpan span;
    FieldBytes attributes;
    std::deque<std::string> kept;
    while (true) {
      const char* const begin = message.data().data();
      if (!message.next()) break;
      switch (message.tag_and_type()) {
        case Bytes(1): span.trace_id = View(message.get_view()); break;
        case Bytes(2): span.span_id = View(message.get_view()); break;
        case Bytes(4): span.parent_id = View(message.get_view()); break;
        case Bytes(5): span.name = View(message.get_view()); break;
        case Varint(6): span.kind = KindOf(message.get_enum()); break;
        case Fixed64(7): span.start_ns = message.get_fixed64(); break;
        case Fixed64(8): span.end_ns = message.get_fixed64(); break;
        case Bytes(9):
          message.skip();
          attributes.Add(begin, message.data().data());
          break;
        case Bytes(15): span.outcome = ReadOutcome(message.get_message()); break;
        default: message.skip();
      }
    }
    span.attributes = attributes.Take(&kept);
    visitor_.Span(span);
  }

  static OtlpSpan::Kind KindOf(int32_t number) {
    const bool known = number >= 0 && number <= static_cast<int32_t>(OtlpSpan::Kind::kConsumer);
    return known ? static_cast<OtlpSpan::Kind>(number) : OtlpSpan::Kind::kUnspecified;
  }

  static OtlpSpan::Outcome ReadOutcome(pbf_reader status) {
    OtlpSpan::Outcome outcome = OtlpSpan::Outcome::kUnset;
    while (status.next()) {
      if (status.tag_and_type() != Varint(3)) {
        status.skip();
        continue;
      }
      const int32_t code = status.get_enum();
      outcome = code == 2   ? OtlpSpan::Outcome::kError
                : code == 1 ? OtlpSpan::Outcome::kOk
                            : OtlpSpan::Outcome::kUnset;
    }
    return outcome;
  }

  OtlpSpanVisitor& visitor_;
};

}  // namespace

Status ReadOtlpTracesProto(std::string_view body, OtlpSpanVisitor* visitor) {
  try {
    Reader(visitor).ReadRequest(pbf_reader(body.data(), body.size()));
  } catch (const std::exception& error) {
    return InvalidArgument("the body is no ExportTraceServiceRequest ({})", error.what());
  }
  return OkStatus();
}

Status ReadOtlpTracesJson(std::string_view body, OtlpSpanVisitor* visitor) {
  KZ_ASSIGN_OR_RETURN(const std::string proto, OtlpTracesJsonToProto(body));
  return ReadOtlpTracesProto(proto, visitor);
}

std::string OtlpTracesResponse(size_t rejected, std::string_view reason, bool is_json) {
  return OtlpPartialResponse("rejectedSpans", rejected, reason, is_json);
}

}  // namespace kizashi
