#include "query/promql/sample_stream.h"

#include <utility>

namespace kizashi::promql {
namespace {

void DropStale(SampleColumns* samples) {
  size_t kept = 0;
  const size_t count = samples->size();
  while (kept < count && !IsStaleNan(samples->values[kept])) ++kept;
  if (kept == count) return;
  for (size_t i = kept; i < count; ++i) {
    if (IsStaleNan(samples->values[i])) continue;
    samples->times_ms[kept] = samples->times_ms[i];
    samples->values[kept] = samples->values[i];
    ++kept;
  }
  samples->times_ms.resize(kept);
  samples->values.resize(kept);
}

class SelectorStream final : public SampleStream {
 public:
  SelectorStream(QueryContext* context, const StepGrid& grid, const MatrixSelector& matrix)
      : SampleStream({matrix.range_ms, matrix.selector->shift.offset_ms}),
        context_(context),
        grid_(grid),
        selected_(*matrix.selector) {
    for (const LabelMatcher& matcher : matrix.selector->matchers) {
      has_one_name_ =
          has_one_name_ || (matcher.op == LabelMatcher::Op::kEqual && matcher.name == kMetricName);
    }
  }

  bool NeedOnly(const std::vector<std::string>& names) override {
    selected_.NeedOnly(names);
    return true;
  }
  bool has_one_name() const override { return has_one_name_; }
  Status Open() override {
    return selected_.Open(context_, WrapSub(shape_.EndAt(grid_, 0), shape_.range_ms),
                          shape_.EndAt(grid_, grid_.count - 1), &series_);
  }

  Status Run(const SampleSink& sink) override {
    SampleColumns samples;
    for (size_t i = 0; i < selected_.size(); ++i) {
      KZ_RETURN_IF_ERROR(selected_.Read(i, &samples));
      DropStale(&samples);
      if (samples.size() > 0) KZ_RETURN_IF_ERROR(sink(i, samples));
    }
    selected_.Release();
    return OkStatus();
  }

 private:
  QueryContext* context_;
  StepGrid grid_;
  SelectedSeries selected_;
  bool has_one_name_ = false;
};

class SubqueryStream final : public SampleStream {
 public:
  SubqueryStream(QueryContext* context, OperatorPtr inner, const WindowShape& shape)
      : SampleStream(shape), context_(context), inner_(std::move(inner)) {}

  Status Open() override {
    KZ_RETURN_IF_ERROR(inner_->Open());
    series_ = std::move(inner_->series());
    return OkStatus();
  }

  Status Run(const SampleSink& sink) override {
    Budget& budget = *context_->budget;
    const StepGrid& grid = inner_->grid();
    SampleColumns samples;
    return inner_->Run([&](size_t series, std::span<double> row) -> Status {
      samples.Clear();
      KZ_RETURN_IF_ERROR(budget.Hold(2 * row.size()));
      for (size_t step = 0; step < row.size(); ++step) {
        if (IsAbsent(row[step])) continue;
        samples.times_ms.push_back(grid.At(step));
        samples.values.push_back(row[step]);
      }
      Status status = samples.size() > 0 ? sink(series, samples) : OkStatus();
      budget.Release(2 * row.size());
      return status;
    });
  }

 private:
  QueryContext* context_;
  OperatorPtr inner_;
};

}  // namespace

std::unique_ptr<SampleStream> StreamOfSelector(QueryContext* context, const StepGrid& grid,
                                               const MatrixSelector& matrix) {
  return std::make_unique<SelectorStream>(context, grid, matrix);
}

std::unique_ptr<SampleStream> StreamOfSubquery(QueryContext* context, OperatorPtr inner,
                                               const WindowShape& shape) {
  return std::make_unique<SubqueryStream>(context, std::move(inner), shape);
}

}  // namespace kizashi::promql
