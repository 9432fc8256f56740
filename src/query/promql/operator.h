// How a query is evaluated: a tree of operators that hand rows of values upwards, series by series.
//
// A row is one series' values at all steps of a grid, kNoValue where it has none. An operator knows
// the labels of its series before any values (Open), so whoever is above computes groups and
// matches once per series; then the values come (Run), one row at a time, and are gone again unless
// somebody keeps them. All of it belongs to the query's thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "query/promql/budget.h"
#include "query/promql/duration.h"
#include "store/series/series_reader.h"
#include "wire/telemetry.h"

namespace kizashi::promql {

/// The instants at which an expression is evaluated.
struct StepGrid {
  int64_t start_ms = 0;
  int64_t interval_ms = 1;
  size_t count = 1;

  int64_t At(size_t step) const {
    return WrapAdd(start_ms, WrapMul(static_cast<int64_t>(step), interval_ms));
  }
  int64_t end_ms() const { return At(count - 1); }
};

/// No value at a step. It has the bits of the stale marker, which no sample in an evaluation has
/// and no arithmetic gives.
inline const double kNoValue = StaleNan();
inline bool IsAbsent(double value) { return std::bit_cast<uint64_t>(value) == kStaleNanBits; }
bool HasValue(std::span<const double> row);

/// What all operators of a query share.
struct QueryContext {
  SeriesReader* reader = nullptr;
  Budget* budget = nullptr;
  int64_t lookback_ms = 0;
  int64_t subquery_step_ms = 0;  // when a subquery names none
};

/// Takes the row of the operator's series `series`; may change it.
using RowSink = std::function<Status(size_t series, std::span<double> row)>;

class Operator {
 public:
  Operator(QueryContext* context, const StepGrid& grid) : context_(context), grid_(grid) {}
  virtual ~Operator() = default;
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  /// Finds the series. Called once, before all else.
  Status Open() {
    KZ_RETURN_IF_ERROR(Prepare());
    series_count_ = series_.size();
    return OkStatus();
  }
  /// Whoever is above looks at these labels alone; called before Open, names are sorted. Others may
  /// then be left out of series(), which need not be different any more.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): who overrides it keeps them.
  virtual void NeedOnly(std::vector<std::string> /*names*/) {}
  /// Hands over each series' row at most once, in the order that the result has at one instant; a
  /// series without values may be left out. Called once. An error of the query's own (series that
  /// clash) is given only when all rows were handed over, since what is below comes first.
  virtual Status Run(const RowSink& sink) = 0;

  /// All different, unless NeedOnly was called. The caller may take them away after Open; their
  /// number stays known.
  std::vector<Labels>& series() { return series_; }
  size_t series_count() const { return series_count_; }
  const StepGrid& grid() const { return grid_; }

 protected:
  /// What Open does: fills series_.
  virtual Status Prepare() = 0;
  Budget& budget() { return *context_->budget; }

  QueryContext* const context_;
  const StepGrid grid_;
  std::vector<Labels> series_;

 private:
  size_t series_count_ = 0;
};
using OperatorPtr = std::unique_ptr<Operator>;

/// Rows that are kept, in the order in which they came; their samples are held in the budget.
class Rows {
 public:
  Rows(Budget* budget, size_t steps) : budget_(budget), steps_(steps) {}
  ~Rows() { budget_->Release(held_); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  Status Add(size_t series, std::span<const double> row);
  /// Adds a row of kNoValue.
  Status AddEmpty(size_t series);

  size_t size() const { return rows_.size(); }
  size_t series(size_t i) const { return series_[i]; }
  std::span<double> row(size_t i) { return rows_[i]; }

 private:
  Budget* budget_;
  size_t steps_;
  uint64_t held_ = 0;
  std::vector<size_t> series_;
  std::vector<std::vector<double>> rows_;
};

/// A row for work, held in the budget while it lives.
class ScratchRow {
 public:
  explicit ScratchRow(Budget* budget) : budget_(budget) {}
  ~ScratchRow() { budget_->Release(values_.size()); }
  ScratchRow(const ScratchRow&) = delete;
  ScratchRow& operator=(const ScratchRow&) = delete;

  Status Resize(size_t steps) {
    KZ_RETURN_IF_ERROR(budget_->Hold(steps));
    values_.resize(steps, kNoValue);
    return OkStatus();
  }
  std::span<double> row() { return values_; }
  double& operator[](size_t i) { return values_[i]; }

 private:
  Budget* budget_;
  std::vector<double> values_;
};

/// When `later`, which Prometheus would have evaluated after `earlier`, failed on its data: the
/// error that Prometheus meets first. Evaluates `earlier`, opened or not, to its end.
Status FirstErrorOf(Operator* earlier, bool opened, const Status& later);

/// The values of an operator that stands for a scalar; they stay in the budget until the query
/// ends.
Status RunScalar(Operator* scalar, Budget* budget, std::vector<double>* values);

/// Of the strings of one label, more or less.
inline constexpr uint64_t kBytesOfLabel = 80;

/// What Prometheus says when an operation leaves two series with the same labels.
Status SameLabelset();

}  // namespace kizashi::promql
