// Turns OpenTelemetry's data points into samples of Prometheus' series, as "Prometheus and
// OpenMetrics Compatibility" says.
//
// A resource's service.namespace/service.name is `job`, its service.instance.id is `instance`, its
// other attributes are those of `target_info`; scopes are otel_scope_name and otel_scope_version.
// Histograms become _bucket, _sum and _count. Exponential histograms become the same: their bounds
// are powers of two and, for scales above, quarters between them (kExponentialScaleMax), so that
// the series stay the same when an SDK changes its scale. Deltas are summed. NO_RECORDED_VALUE is a
// stale marker.
//
// Made for one request, used by one thread; what it refers to is the receiver's.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "ingest/delta_sums.h"
#include "ingest/exemplar_ring.h"
#include "ingest/metric_metadata.h"
#include "ingest/series_cache.h"
#include "ingest/telemetry_sink.h"
#include "wire/otlp_metrics.h"

namespace kizashi {

struct OtlpMetricLimits {
  size_t points_max = 500'000;     // of one request
  size_t samples_max = 1'000'000;  // of one request, histograms have many a point
  size_t labels_max = 128;         // of a series
  size_t label_bytes_max = 8192;   // of one value
};

/// What the receiver keeps from request to request.
struct OtlpSeriesParts {
  TelemetrySink* sink = nullptr;
  SeriesCache* cache = nullptr;
  DeltaSums* deltas = nullptr;
  ExemplarRing* exemplars = nullptr;
  MetricMetadata* metadata = nullptr;
};

class OtlpSeries final : public OtlpMetricVisitor {
 public:
  static constexpr int64_t kExponentialScaleMax = 2;

  OtlpSeries(const OtlpSeriesParts& parts, const OtlpMetricLimits& limits, Time received)
      : parts_(parts), limits_(limits), received_(received) {}

  void BeginResource(const std::vector<Label>& attributes) override;
  void BeginScope(std::string_view name, std::string_view version) override;
  void BeginMetric(const OtlpMetric& metric) override;
  void Point(const OtlpPoint& point) override;
  void EndResource() override;

  SampleBatch TakeBatch() { return std::move(batch_); }
  /// Points that are not taken, and the first of them.
  size_t rejected() const { return rejected_; }
  const std::string& item() const { return item_; }
  const std::string& reason() const { return reason_; }
  /// The number of the point that the sample at `index` of the batch belongs to.
  uint32_t PointOf(size_t index) const { return point_of_[index]; }

 private:
  /// What distinguishes the series of one point: the ending of the name, and le or quantile.
  struct Part {
    std::string_view suffix;
    std::string_view label;
    double bound = 0;
  };
  Status AddPoint(const OtlpPoint& point);
  Status AddNumber(const OtlpPoint& point);
  Status AddHistogram(const OtlpPoint& point);
  Status AddExponential(const OtlpPoint& point);
  Status AddSummary(const OtlpPoint& point);
  Status AddBuckets(double count, double sum, bool has_sum, bool is_delta);
  Status AddSample(const Part& part, double value, bool is_delta);
  StatusOr<SeriesId> SeriesOf(const Part& part);
  StatusOr<Labels> LabelsOf(const Part& part) const;
  void AddExemplars(const OtlpPoint& point);
  void Reject(const Status& status);

  const OtlpSeriesParts parts_;
  const OtlpMetricLimits limits_;
  const Time received_;

  std::vector<Label> resource_;  // job and instance
  std::vector<Label> info_;      // of target_info
  std::vector<Label> scope_;
  std::string owner_key_;  // resource and scope, for the cache
  OtlpMetric metric_;
  std::string name_;
  std::string key_;  // reused
  SeriesCache::Key point_key_;
  std::string_view attributes_;  // of the point being read
  Time time_{};
  bool is_stale_ = false;
  Time latest_{};                                     // of the resource's points
  std::vector<std::pair<double, uint64_t>> buckets_;  // reused: bound, count up to it

  SampleBatch batch_;
  std::vector<uint32_t> point_of_;
  uint32_t points_ = 0;
  size_t rejected_ = 0;
  std::string item_;
  std::string reason_;
};

}  // namespace kizashi
