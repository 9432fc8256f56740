// Reads OpenTelemetry's ExportMetricsServiceRequest, in protobuf and in its JSON form
// (opentelemetry-proto, collector/metrics/v1).
//
// Streams: what was read is handed to a visitor, resource by resource and point by point, and no
// attribute of a point is taken apart unless it is asked for. Total: bytes that are no such message
// are an error as a whole, of which the visitor may have seen a part. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi {

struct OtlpMetric {
  enum class Kind { kGauge, kSum, kHistogram, kExponentialHistogram, kSummary };
  enum class Temporality { kUnspecified, kDelta, kCumulative };
  std::string_view name;
  std::string_view description;
  std::string_view unit;
  Kind kind = Kind::kGauge;
  Temporality temporality = Temporality::kUnspecified;
  bool is_monotonic = false;
};

struct OtlpExemplar {
  std::string_view attributes;  // for ReadOtlpAttributes
  uint64_t time_ns = 0;
  double value = 0;
  std::string_view trace_id;  // bytes
  std::string_view span_id;
};

/// A data point; what belongs to another kind is empty.
struct OtlpPoint {
  std::string_view attributes;  // for ReadOtlpAttributes
  uint64_t time_ns = 0;
  bool has_no_value = false;  // the flag NO_RECORDED_VALUE: the series has ended
  double value = 0;           // of gauges and sums
  bool has_value = false;
  uint64_t count = 0;
  double sum = 0;
  bool has_sum = false;
  std::vector<uint64_t> counts;  // of each bucket alone
  std::vector<double> bounds;
  std::vector<std::pair<double, double>> quantiles;
  int64_t scale = 0;
  uint64_t zero_count = 0;
  double zero_threshold = 0;
  struct Buckets {
    int64_t offset = 0;
    std::vector<uint64_t> counts;
  };
  Buckets positive;
  Buckets negative;
  std::vector<OtlpExemplar> exemplars;

  void Clear();
};

class OtlpMetricVisitor {
 public:
  virtual ~OtlpMetricVisitor() = default;
  virtual void BeginResource(const std::vector<Label>& attributes) = 0;
  virtual void BeginScope(std::string_view name, std::string_view version) = 0;
  virtual void BeginMetric(const OtlpMetric& metric) = 0;
  virtual void Point(const OtlpPoint& point) = 0;
  virtual void EndResource() = 0;
};

/// InvalidArgument when the body is no such message.
Status ReadOtlpMetricsProto(std::string_view body, OtlpMetricVisitor* visitor);
Status ReadOtlpMetricsJson(std::string_view body, OtlpMetricVisitor* visitor);

/// Takes the attributes of a point or an exemplar apart; false when one goes beyond a limit of
/// wire/otlp_logs.h or is no attribute.
bool ReadOtlpAttributes(std::string_view attributes, std::vector<Label>* list);

/// ExportMetricsServiceResponse: empty, or with partial_success when some were rejected.
std::string OtlpMetricsResponse(size_t rejected, std::string_view reason, bool json);

}  // namespace kizashi
