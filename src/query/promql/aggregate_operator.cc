#include "query/promql/aggregate_operator.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "query/promql/float_math.h"
#include "query/promql/go_text.h"
#include "query/promql/label_sets.h"
#include "query/promql/lexer.h"
#include "query/promql/rank_operators.h"

namespace kizashi::promql {
namespace {

/// The groups of a child's series.
struct Groups {
  std::vector<Labels> labels;
  std::vector<size_t> of_series;
};

Groups MakeGroups(const std::vector<Labels>& series, const LabelChoice& choice) {
  Groups groups;
  groups.of_series.reserve(series.size());
  KeyIds ids;
  std::string key;
  for (const Labels& labels : series) {
    key.clear();
    AppendKey(labels, choice, &key);
    const size_t id = ids.Find(key);
    if (id == groups.labels.size()) groups.labels.push_back(Choose(labels, choice));
    groups.of_series.push_back(id);
  }
  return groups;
}

/// One group's accumulators over all steps. `value` is kNoValue where nothing was added; `count`
/// and `mean` are there for those that need them.
struct Accumulator {
  std::vector<double> value;
  std::vector<double> mean;
  std::vector<double> count;
};

void AddAverage(std::span<const double> row, Accumulator* to) {
  for (size_t i = 0; i < row.size(); ++i) {
    const double v = row[i];
    if (IsAbsent(v)) continue;
    double& mean = to->value[i];
    if (IsAbsent(mean)) {
      mean = v;
      to->count[i] = 1;
      continue;
    }
    const double count = ++to->count[i];
    // Divided on each side, lest the sum overflow.
    if (!MeanStays(mean, v)) mean += v / count - mean / count;
  }
}

void AddDeviation(std::span<const double> row, Accumulator* to) {
  for (size_t i = 0; i < row.size(); ++i) {
    const double v = row[i];
    if (IsAbsent(v)) continue;
    double& squares = to->value[i];
    double& mean = to->mean[i];
    if (IsAbsent(squares)) {
      squares = 0;
      mean = v;
      to->count[i] = 1;
      continue;
    }
    const double count = ++to->count[i];
    const double delta = v - mean;
    mean += delta / count;
    squares += delta * (v - mean);
  }
}

template <typename Combine>
void AddEach(std::span<const double> row, Accumulator* to, Combine combine) {
  double* const values = to->value.data();
  for (size_t i = 0; i < row.size(); ++i) {
    const double v = row[i];
    if (IsAbsent(v)) continue;
    values[i] = IsAbsent(values[i]) ? combine(v) : combine(values[i], v);
  }
}

struct Sum {
  double operator()(double v) const { return v; }
  double operator()(double a, double v) const { return a + v; }
};
struct Min {
  double operator()(double v) const { return v; }
  double operator()(double a, double v) const { return a > v || std::isnan(a) ? v : a; }
};
struct Max {
  double operator()(double v) const { return v; }
  double operator()(double a, double v) const { return a < v || std::isnan(a) ? v : a; }
};
struct Count {
  double operator()(double) const { return 1; }
  double operator()(double a, double) const { return a + 1; }
};
struct Group {
  double operator()(double) const { return 1; }
  double operator()(double a, double) const { return a; }
};

void AddRow(TokenType op, std::span<const double> row, Accumulator* to) {
  switch (op) {
    case TokenType::kSum: return AddEach(row, to, Sum());
    case TokenType::kMin: return AddEach(row, to, Min());
    case TokenType::kMax: return AddEach(row, to, Max());
    case TokenType::kCount: return AddEach(row, to, Count());
    case TokenType::kGroup: return AddEach(row, to, Group());
    case TokenType::kAvg: return AddAverage(row, to);
    default: return AddDeviation(row, to);
  }
}

void Finish(TokenType op, Accumulator* group) {
  if (op != TokenType::kStddev && op != TokenType::kStdvar) return;
  for (size_t i = 0; i < group->value.size(); ++i) {
    double& value = group->value[i];
    if (IsAbsent(value)) continue;
    value /= group->count[i];
    if (op == TokenType::kStddev) value = std::sqrt(value);
  }
}

class FoldOperator final : public Operator {
 public:
  FoldOperator(QueryContext* context, const StepGrid& grid, TokenType op, LabelChoice choice,
               OperatorPtr child)
      : Operator(context, grid), op_(op), choice_(std::move(choice)), child_(std::move(child)) {}

  Status Prepare() override {
    if (choice_.keep) child_->NeedOnly(choice_.names);
    KZ_RETURN_IF_ERROR(child_->Open());
    groups_ = MakeGroups(child_->series(), choice_);
    series_ = std::move(groups_.labels);
    return OkStatus();
  }

  Status Run(const RowSink& sink) override {
    std::vector<std::unique_ptr<Accumulator>> groups(series_count());
    std::vector<size_t> order;  // in which they got their first value
    uint64_t held = 0;
    Status status = child_->Run([&](size_t i, std::span<double> row) -> Status {
      if (grid_.count == 1 && IsAbsent(row[0])) return OkStatus();
      const size_t id = groups_.of_series[i];
      if (!groups[id]) {
        const uint64_t samples = grid_.count * ColumnsOf(op_);
        KZ_RETURN_IF_ERROR(budget().Hold(samples));
        held += samples;
        groups[id] = Make();
        order.push_back(id);
      }
      AddRow(op_, row, groups[id].get());
      return budget().Spend(row.size());
    });
    for (const size_t id : order) {
      if (!status.ok()) break;
      Finish(op_, groups[id].get());
      status = sink(id, groups[id]->value);
    }
    budget().Release(held);
    return status;
  }

 private:
  static uint64_t ColumnsOf(TokenType op) {
    const bool deviation = op == TokenType::kStddev || op == TokenType::kStdvar;
    return deviation ? 3 : op == TokenType::kAvg ? 2 : 1;
  }

  std::unique_ptr<Accumulator> Make() const {
    auto made = std::make_unique<Accumulator>();
    made->value.assign(grid_.count, kNoValue);
    if (ColumnsOf(op_) > 1) made->count.resize(grid_.count);
    if (ColumnsOf(op_) > 2) made->mean.resize(grid_.count);
    return made;
  }

  TokenType op_;
  LabelChoice choice_;
  OperatorPtr child_;
  Groups groups_;
};

/// count_values: the groups depend on the values, so all is counted when it opens.
class CountValuesOperator final : public Operator {
 public:
  CountValuesOperator(QueryContext* context, const StepGrid& grid, LabelChoice choice,
                      std::string label, OperatorPtr child)
      : Operator(context, grid),
        choice_(std::move(choice)),
        label_(std::move(label)),
        child_(std::move(child)),
        rows_(context->budget, grid.count) {}

  Status Prepare() override {
    KZ_RETURN_IF_ERROR(child_->Open());
    if (choice_.keep) {
      choice_.names.push_back(label_);
      std::sort(choice_.names.begin(), choice_.names.end());
    }
    const Status ran = child_->Run([&](size_t i, std::span<double> row) -> Status {
      for (size_t step = 0; step < row.size(); ++step) {
        if (!IsAbsent(row[step]))
          KZ_RETURN_IF_ERROR(CountOne(child_->series()[i], row[step], step));
      }
      return OkStatus();
    });
    KZ_RETURN_IF_ERROR(ran);
    // Prometheus looks at the label only when it aggregates, after its argument was evaluated.
    if (IsLabelName(label_)) return OkStatus();
    return Errorf(absl::StatusCode::kFailedPrecondition, "invalid label name {}", QuoteGo(label_));
  }

  Status Run(const RowSink& sink) override {
    for (size_t i = 0; i < rows_.size(); ++i) KZ_RETURN_IF_ERROR(sink(i, rows_.row(i)));
    return OkStatus();
  }

 private:
  Status CountOne(Labels labels, double value, size_t step) {
    labels.Set(label_, FormatFloat(value, FloatStyle::kFixed));
    key_.clear();
    AppendKey(labels, choice_, &key_);
    const size_t id = ids_.Find(key_);
    if (id == series_.size()) {
      series_.push_back(Choose(labels, choice_));
      KZ_RETURN_IF_ERROR(rows_.AddEmpty(id));
    }
    double& count = rows_.row(id)[step];
    count = IsAbsent(count) ? 1 : count + 1;
    return budget().Spend(labels.size());
  }

  LabelChoice choice_;
  std::string label_;
  OperatorPtr child_;
  Rows rows_;
  KeyIds ids_;
  std::string key_;
};

}  // namespace

OperatorPtr MakeAggregateOperator(QueryContext* context, const StepGrid& grid,
                                  const Aggregation& aggregation, OperatorPtr child,
                                  OperatorPtr parameter) {
  LabelChoice choice{aggregation.grouping, !aggregation.without};
  switch (aggregation.op) {
    case TokenType::kTopK:
    case TokenType::kBottomK:
      return MakeTopOperator(context, grid, std::move(choice),
                             aggregation.op == TokenType::kBottomK, std::move(child),
                             std::move(parameter));
    case TokenType::kQuantile:
      return MakeQuantileOperator(context, grid, std::move(choice), std::move(child),
                                  std::move(parameter));
    case TokenType::kCountValues:
      return std::make_unique<CountValuesOperator>(context, grid, std::move(choice),
                                                   aggregation.value_label, std::move(child));
    default:
      return std::make_unique<FoldOperator>(context, grid, aggregation.op, std::move(choice),
                                            std::move(child));
  }
}

}  // namespace kizashi::promql
