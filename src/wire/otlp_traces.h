// Reads OpenTelemetry's ExportTraceServiceRequest, in protobuf and in its JSON form
// (opentelemetry-proto, collector/trace/v1).
//
// Streams: what was read is handed to a visitor, resource by resource and span by span, and no
// attribute of a span is taken apart unless it is asked for. Events and links are passed over.
// Total: bytes that are no such message are an error as a whole, of which the visitor may have seen
// a part. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi {

/// Views live until the visitor returns.
struct OtlpSpan {
  enum class Kind { kUnspecified, kInternal, kServer, kClient, kProducer, kConsumer };
  enum class Outcome { kUnset, kOk, kError };
  std::string_view trace_id;   // bytes: 16 when the sender keeps to the format
  std::string_view span_id;    // bytes: 8
  std::string_view parent_id;  // bytes: empty for the first of a trace
  std::string_view name;
  Kind kind = Kind::kUnspecified;
  Outcome outcome = Outcome::kUnset;
  uint64_t start_ns = 0;
  uint64_t end_ns = 0;
  std::string_view attributes;  // for ReadOtlpAttributes (wire/otlp_metrics.h)
};

class OtlpSpanVisitor {
 public:
  virtual ~OtlpSpanVisitor() = default;
  virtual void BeginResource(const std::vector<Label>& attributes) = 0;
  virtual void Span(const OtlpSpan& span) = 0;
};

/// InvalidArgument when the body is no such message.
Status ReadOtlpTracesProto(std::string_view body, OtlpSpanVisitor* visitor);
Status ReadOtlpTracesJson(std::string_view body, OtlpSpanVisitor* visitor);

/// ExportTraceServiceResponse: empty, or with partial_success when some were rejected.
std::string OtlpTracesResponse(size_t rejected, std::string_view reason, bool json);

}  // namespace kizashi
