// Series with their samples, for functions over ranges: of the store, or of a subquery.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "query/promql/operator.h"
#include "query/promql/selector_operator.h"

namespace kizashi::promql {

/// A window reaches from (step - offset - range) to (step - offset), both ends included. It moves
/// with the steps even under @, when the function's value depends on the time too: so does that of
/// Prometheus 2.42, whose offset is right for the first step alone.
struct WindowShape {
  int64_t range_ms = 0;
  int64_t offset_ms = 0;

  int64_t EndAt(const StepGrid& grid, size_t step) const {
    return WrapSub(grid.At(step), offset_ms);
  }
};

/// Takes all samples of a series that any window needs, without stale markers; may be none.
using SampleSink = std::function<Status(size_t series, const SampleColumns& samples)>;

class SampleStream {
 public:
  explicit SampleStream(const WindowShape& shape) : shape_(shape) {}
  virtual ~SampleStream() = default;
  /// As Operator::NeedOnly; false when it cannot leave any out.
  virtual bool NeedOnly(const std::vector<std::string>& /*names*/) { return false; }
  /// All series are known to have the same name.
  virtual bool has_one_name() const { return false; }
  virtual Status Open() = 0;
  virtual Status Run(const SampleSink& sink) = 0;
  std::vector<Labels>& series() { return series_; }
  const WindowShape& shape() const { return shape_; }

 protected:
  const WindowShape shape_;
  std::vector<Labels> series_;
};

/// `x[5m]` on the steps of `grid`.
std::unique_ptr<SampleStream> StreamOfSelector(QueryContext* context, const StepGrid& grid,
                                               const MatrixSelector& matrix);
/// The values of `inner` at the steps of its own grid.
std::unique_ptr<SampleStream> StreamOfSubquery(QueryContext* context, OperatorPtr inner,
                                               const WindowShape& shape);

}  // namespace kizashi::promql
