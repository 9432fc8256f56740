// MakeRangeOperator: a function over ranges of all series of a stream.
#include <string>
#include <utility>

#include "query/promql/label_sets.h"
#include "query/promql/range_functions.h"

namespace kizashi::promql {
namespace {

class RangeOperator final : public Operator {
 public:
  RangeOperator(QueryContext* context, const StepGrid& grid, FunctionId function,
                std::unique_ptr<SampleStream> stream, std::vector<OperatorPtr> parameters)
      : Operator(context, grid), stream_(std::move(stream)), parameters_(std::move(parameters)) {
    call_.function = function;
    call_.shape = stream_->shape();
  }

  // Series that fall together without their name have to be told apart: not if all have one.
  void NeedOnly(std::vector<std::string> names) override {
    if (!keeps_name()) {
      if (!stream_->has_one_name()) return;
      std::erase(names, kMetricName);
    }
    leaves_out_ = stream_->NeedOnly(names);
  }

  Status Prepare() override {
    for (const OperatorPtr& parameter : parameters_) {
      KZ_RETURN_IF_ERROR(RunScalar(parameter.get(), &budget(), &call_.parameters.emplace_back()));
    }
    KZ_RETURN_IF_ERROR(stream_->Open());
    Merged merged = keeps_name() || leaves_out_ ? AllDifferent(std::move(stream_->series()))
                                                : DropNamesAndMerge(std::move(stream_->series()));
    series_ = std::move(merged.series);
    ids_ = std::move(merged.ids);
    return OkStatus();
  }

  Status Run(const RowSink& sink) override {
    ScratchRow row(&budget());
    KZ_RETURN_IF_ERROR(row.Resize(grid_.count));
    std::vector<bool> used(series_count(), false);
    bool clash = false;
    Status wrong;
    const Status ran = stream_->Run([&](size_t i, const SampleColumns& samples) -> Status {
      Status status = EvaluateWindows(call_, grid_, samples, &budget(), row.row());
      if (status.code() == absl::StatusCode::kFailedPrecondition) {
        wrong.Update(status);
        return OkStatus();
      }
      KZ_RETURN_IF_ERROR(status);
      if (!HasValue(row.row())) return OkStatus();
      const size_t id = ids_[i];
      // Two series that became one clash even when they never have a value at the same time.
      if (used[id] && call_.function != FunctionId::kAbsentOverTime) {
        clash = true;
        return OkStatus();
      }
      used[id] = true;
      return sink(id, row.row());
    });
    KZ_RETURN_IF_ERROR(ran);
    KZ_RETURN_IF_ERROR(wrong);
    return clash ? SameLabelset() : OkStatus();
  }

 private:
  // The last value of a series is still that series; all else is something new.
  bool keeps_name() const { return call_.function == FunctionId::kLastOverTime; }

  std::unique_ptr<SampleStream> stream_;
  bool leaves_out_ = false;
  std::vector<OperatorPtr> parameters_;
  RangeCall call_;
  std::vector<size_t> ids_;
};

}  // namespace

OperatorPtr MakeRangeOperator(QueryContext* context, const StepGrid& grid, FunctionId function,
                              std::unique_ptr<SampleStream> stream,
                              std::vector<OperatorPtr> parameters) {
  return std::make_unique<RangeOperator>(context, grid, function, std::move(stream),
                                         std::move(parameters));
}

}  // namespace kizashi::promql
