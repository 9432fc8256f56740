// Any bytes, as protobuf and as JSON: points or an error, and attributes that read or do not.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/otlp_metrics.h"

namespace {

class Count final : public kizashi::OtlpMetricVisitor {
 public:
  void BeginResource(const std::vector<kizashi::Label>&) override { ++open_; }
  void BeginScope(std::string_view, std::string_view) override {}
  void BeginMetric(const kizashi::OtlpMetric& metric) override { bytes_ += metric.name.size(); }
  void Point(const kizashi::OtlpPoint& point) override {
    ++points_;
    std::vector<kizashi::Label> labels;
    kizashi::ReadOtlpAttributes(point.attributes, &labels);
    for (const kizashi::OtlpExemplar& exemplar : point.exemplars) {
      kizashi::ReadOtlpAttributes(exemplar.attributes, &labels);
    }
  }
  void EndResource() override { KZ_CHECK(open_-- == 1); }
  size_t points() const { return points_; }

 private:
  int open_ = 0;
  size_t points_ = 0;
  size_t bytes_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Count proto;
  (void)kizashi::ReadOtlpMetricsProto(bytes, &proto);
  KZ_CHECK(proto.points() <= size);
  Count json;
  (void)kizashi::ReadOtlpMetricsJson(bytes, &json);
  KZ_CHECK(json.points() <= size);
  return 0;
}
