#include "query/promql/selector_operator.h"

#include <algorithm>
#include <utility>

namespace kizashi::promql {
namespace {

// So many series' labels are made before the budget is asked.
constexpr size_t kLabelsAtOnce = 1024;

}  // namespace

Status SelectedSeries::Open(QueryContext* context, int64_t from_ms, int64_t to_ms,
                            std::vector<Labels>* series) {
  context_ = context;
  from_ms_ = std::max(from_ms_, from_ms);
  to_ms_ = std::min(to_ms_, to_ms);
  if (from_ms_ > to_ms_) return OkStatus();  // a time out of range wrapped around
  KZ_RETURN_IF_ERROR(
      context->reader->Select(matchers_, TimeFromMs(from_ms_), TimeFromMs(to_ms_), &refs_));
  context->reader->SortByLabels(&refs_);
  series->reserve(refs_.size());
  for (size_t at = 0; at < refs_.size(); at += kLabelsAtOnce) {
    const auto some = std::span(refs_).subspan(at, std::min(kLabelsAtOnce, refs_.size() - at));
    if (only_) {
      context->reader->AppendChosenLabels(some, *only_, series);
    } else {
      context->reader->AppendLabels(some, series);
    }
    for (const Labels& labels : std::span(*series).subspan(at)) {
      KZ_RETURN_IF_ERROR(context->budget->HoldBytes((labels.size() + 1) * kBytesOfLabel));
      KZ_RETURN_IF_ERROR(context->budget->Spend(labels.size()));
    }
  }
  return OkStatus();
}

Status SelectedSeries::Read(size_t i, SampleColumns* out) {
  Release();
  KZ_RETURN_IF_ERROR(
      context_->reader->Read(refs_[i], TimeFromMs(from_ms_), TimeFromMs(to_ms_), out));
  KZ_RETURN_IF_ERROR(context_->budget->Hold(out->size()));
  held_ = out->size();
  return context_->budget->Spend(out->size());
}

void SelectedSeries::Release() {
  if (held_ > 0) context_->budget->Release(held_);
  held_ = 0;
}

SelectorOperator::SelectorOperator(QueryContext* context, const StepGrid& grid,
                                   const VectorSelector& selector, bool timestamps)
    : Operator(context, grid),
      offset_ms_(selector.shift.offset_ms),
      timestamps_(timestamps),
      selected_(selector) {
  // As in Prometheus, an offset beside the @ counts only for which samples may be looked at.
  if (timestamps) fixed_ms_ = selector.shift.at_ms;
}

int64_t SelectorOperator::TimeAt(size_t step) const {
  return fixed_ms_ ? *fixed_ms_ : WrapSub(grid_.At(step), offset_ms_);
}

Status SelectorOperator::Prepare() {
  return selected_.Open(context_, WrapSub(TimeAt(0), context_->lookback_ms),
                        TimeAt(grid_.count - 1), &series_);
}

void SelectorOperator::Fill(const SampleColumns& samples, std::span<double> row) const {
  size_t next = 0;  // the first sample after the step
  const size_t count = samples.size();
  for (size_t step = 0; step < row.size(); ++step) {
    const int64_t time = TimeAt(step);
    while (next < count && samples.times_ms[next] <= time) ++next;
    if (next == 0 || samples.times_ms[next - 1] < WrapSub(time, context_->lookback_ms)) {
      row[step] = kNoValue;
      continue;
    }
    const double value = samples.values[next - 1];  // a stale marker is kNoValue
    row[step] = timestamps_ && !IsAbsent(value)
                    ? static_cast<double>(samples.times_ms[next - 1]) / 1000.0
                    : value;
  }
}

Status SelectorOperator::Run(const RowSink& sink) {
  ScratchRow row(&budget());
  KZ_RETURN_IF_ERROR(row.Resize(grid_.count));
  SampleColumns samples;
  for (size_t i = 0; i < selected_.size(); ++i) {
    KZ_RETURN_IF_ERROR(selected_.Read(i, &samples));
    if (samples.size() == 0) continue;
    Fill(samples, row.row());
    KZ_RETURN_IF_ERROR(budget().Spend(grid_.count));
    if (HasValue(row.row())) KZ_RETURN_IF_ERROR(sink(i, row.row()));
  }
  selected_.Release();
  return OkStatus();
}

}  // namespace kizashi::promql
