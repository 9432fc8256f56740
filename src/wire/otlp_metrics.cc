#include "wire/otlp_metrics.h"

#include <protozero/pbf_writer.hpp>

#include "base/json_writer.h"
#include "wire/otlp_json_proto.h"

namespace kizashi {

Status ReadOtlpMetricsJson(std::string_view body, OtlpMetricVisitor* visitor) {
  KZ_ASSIGN_OR_RETURN(const std::string proto, OtlpMetricsJsonToProto(body));
  return ReadOtlpMetricsProto(proto, visitor);
}

std::string OtlpMetricsResponse(size_t rejected, std::string_view reason, bool is_json) {
  if (is_json) {
    JsonWriter json;
    json.BeginObject();
    if (rejected > 0) {
      json.Key("partialSuccess").BeginObject();
      json.Key("rejectedDataPoints").String(std::to_string(rejected));
      json.Key("errorMessage").String(reason).EndObject();
    }
    json.EndObject();
    return json.Take();
  }
  std::string bytes;
  if (rejected > 0) {
    protozero::pbf_writer response(bytes);
    protozero::pbf_writer partial(response, 1);
    partial.add_int64(1, static_cast<int64_t>(rejected));
    partial.add_string(2, reason.data(), reason.size());
  }
  return bytes;
}

}  // namespace kizashi
