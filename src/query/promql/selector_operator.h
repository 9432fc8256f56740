// The leaves of a query: series of the store.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "query/promql/ast.h"
#include "query/promql/operator.h"

namespace kizashi::promql {

/// The series that a selector finds, sorted by labels, which is the order of Prometheus' sums.
class SelectedSeries {
 public:
  explicit SelectedSeries(const VectorSelector& selector)
      : matchers_(selector.matchers),
        from_ms_(selector.read_from_ms),
        to_ms_(selector.read_to_ms) {}
  /// Open gives these labels alone; names are sorted.
  void NeedOnly(std::vector<std::string> names) { only_ = std::move(names); }
  /// Only samples in [from, to] will be read.
  Status Open(QueryContext* context, int64_t from_ms, int64_t to_ms, std::vector<Labels>* series);
  /// Reads the samples of series `i`; they are held in the budget until Release or the next Read.
  Status Read(size_t i, SampleColumns* out);
  void Release();
  size_t size() const { return refs_.size(); }

 private:
  QueryContext* context_ = nullptr;
  std::vector<LabelMatcher> matchers_;
  std::optional<std::vector<std::string>> only_;
  std::vector<SeriesReader::Ref> refs_;
  int64_t from_ms_;
  int64_t to_ms_;
  uint64_t held_ = 0;
};

/// An instant vector: at each step the last sample that is not older than the lookback.
class SelectorOperator : public Operator {
 public:
  /// With `timestamps`, the values are the samples' times in seconds, as timestamp() wants.
  SelectorOperator(QueryContext* context, const StepGrid& grid, const VectorSelector& selector,
                   bool timestamps);
  void NeedOnly(std::vector<std::string> names) override { selected_.NeedOnly(std::move(names)); }
  Status Prepare() override;
  Status Run(const RowSink& sink) override;

 private:
  int64_t TimeAt(size_t step) const;
  void Fill(const SampleColumns& samples, std::span<double> row) const;

  int64_t offset_ms_;
  bool timestamps_;
  std::optional<int64_t> fixed_ms_;  // timestamp() of a selector with @ asks for this time alone
  SelectedSeries selected_;
};

}  // namespace kizashi::promql
