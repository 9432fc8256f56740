// Reads OpenTelemetry's AnyValue and KeyValue in protobuf, for the readers of logs and of metrics.
//
// Bytes that are no message make protozero throw: it is caught where the request is read. Any
// thread; inside wire/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/telemetry.h"

namespace kizashi {

/// Text and bytes as they are, anything else as JSON, nothing as an empty text. False when it is
/// too deep (kOtlpDepthMax).
bool ReadOtlpText(std::string_view any_value, std::string* text);

/// Adds one attribute; false when it goes beyond a limit.
bool ReadOtlpAttribute(std::string_view key_value, std::vector<Label>* attributes);

}  // namespace kizashi
