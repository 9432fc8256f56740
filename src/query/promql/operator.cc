#include "query/promql/operator.h"

#include <algorithm>

namespace kizashi::promql {

bool HasValue(std::span<const double> row) {
  return std::any_of(row.begin(), row.end(), [](double v) { return !IsAbsent(v); });
}

Status Rows::Add(size_t series, std::span<const double> row) {
  KZ_RETURN_IF_ERROR(budget_->Hold(row.size()));
  held_ += row.size();
  series_.push_back(series);
  rows_.emplace_back(row.begin(), row.end());
  return OkStatus();
}

Status Rows::AddEmpty(size_t series) {
  KZ_RETURN_IF_ERROR(budget_->Hold(steps_));
  held_ += steps_;
  series_.push_back(series);
  rows_.emplace_back(steps_, kNoValue);
  return OkStatus();
}

Status FirstErrorOf(Operator* earlier, bool opened, const Status& later) {
  if (later.code() != absl::StatusCode::kFailedPrecondition) return later;
  if (!opened) KZ_RETURN_IF_ERROR(earlier->Open());
  KZ_RETURN_IF_ERROR(earlier->Run([](size_t, std::span<double>) { return OkStatus(); }));
  return later;
}

Status RunScalar(Operator* scalar, std::vector<double>* values) {
  KZ_RETURN_IF_ERROR(scalar->Open());
  return scalar->Run([values](size_t, std::span<double> row) {
    values->assign(row.begin(), row.end());
    return OkStatus();
  });
}

Status SameLabelset() {
  return Errorf(absl::StatusCode::kFailedPrecondition,
                "vector cannot contain metrics with the same labelset");
}

}  // namespace kizashi::promql
