// Any bytes, as protobuf and as JSON: spans or an error, and attributes that read or do not.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/otlp_metrics.h"
#include "wire/otlp_traces.h"

namespace {

class Count final : public kizashi::OtlpSpanVisitor {
 public:
  void BeginResource(const std::vector<kizashi::Label>& attributes) override {
    bytes_ += attributes.size();
  }
  void Span(const kizashi::OtlpSpan& span) override {
    ++spans_;
    bytes_ += span.trace_id.size() + span.span_id.size() + span.parent_id.size() + span.name.size();
    std::vector<kizashi::Label> labels;
    kizashi::ReadOtlpAttributes(span.attributes, &labels);
  }
  size_t spans() const { return spans_; }

 private:
  size_t spans_ = 0;
  size_t bytes_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Count proto;
  (void)kizashi::ReadOtlpTracesProto(bytes, &proto);
  KZ_CHECK(proto.spans() <= size);
  Count json;
  (void)kizashi::ReadOtlpTracesJson(bytes, &json);
  KZ_CHECK(json.spans() <= size);
  return 0;
}
