// Turns the JSON form of OpenTelemetry's metrics and traces into the protobuf form, by a table of
// the messages (opentelemetry-proto; protobuf's JSON mapping, with ids as hexadecimal): there is
// one reader for both. Unknown members and nulls are passed over. Any thread; inside wire/.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace kizashi {

/// An ExportMetricsServiceRequest. InvalidArgument when `json` is none: names the member.
StatusOr<std::string> OtlpMetricsJsonToProto(std::string_view json);
/// An ExportTraceServiceRequest, without the spans' events and links.
StatusOr<std::string> OtlpTracesJsonToProto(std::string_view json);

}  // namespace kizashi
