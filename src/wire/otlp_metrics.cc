#include "wire/otlp_metrics.h"

#include "wire/otlp_json_proto.h"
#include "wire/otlp_logs.h"

namespace kizashi {

Status ReadOtlpMetricsJson(std::string_view body, OtlpMetricVisitor* visitor) {
  KZ_ASSIGN_OR_RETURN(const std::string proto, OtlpMetricsJsonToProto(body));
  return ReadOtlpMetricsProto(proto, visitor);
}

std::string OtlpMetricsResponse(size_t rejected, std::string_view reason, bool is_json) {
  return OtlpPartialResponse("rejectedDataPoints", rejected, reason, is_json);
}

}  // namespace kizashi
