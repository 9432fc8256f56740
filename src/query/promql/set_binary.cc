// MakeSetBinary: and, or, unless.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "query/promql/binary_operators.h"
#include "query/promql/label_sets.h"

namespace kizashi::promql {
namespace {

/// For each group of equal matching labels, the steps at which a side has any series.
class Presence {
 public:
  Presence(const VectorMatching& matching, size_t steps) : steps_(steps) {
    choice_ = {matching.labels, matching.on};
    std::sort(choice_.names.begin(), choice_.names.end());
  }

  std::vector<size_t> GroupsOf(const std::vector<Labels>& series) {
    std::vector<size_t> groups;
    std::string key;
    for (const Labels& labels : series) {
      key.clear();
      AppendKey(labels, choice_, &key);
      groups.push_back(ids_.Find(key));
    }
    present_.resize(ids_.size());
    return groups;
  }

  void Add(size_t group, std::span<const double> row) {
    auto& present = present_[group];
    present.resize(steps_, false);
    for (size_t step = 0; step < row.size(); ++step) {
      if (!IsAbsent(row[step])) present[step] = true;
    }
  }

  /// Leaves only the steps at which the group is there (or is not there).
  void Mask(size_t group, bool there, std::span<double> row) const {
    const auto& present = present_[group];
    for (size_t step = 0; step < row.size(); ++step) {
      if ((!present.empty() && present[step]) != there) row[step] = kNoValue;
    }
  }

 private:
  size_t steps_;
  LabelChoice choice_;
  KeyIds ids_;
  std::vector<std::vector<bool>> present_;
};

/// The rows of the left side where the right side has (and), or has not (unless), the group.
class FilterOperator final : public Operator {
 public:
  FilterOperator(QueryContext* context, const StepGrid& grid, const BinaryExpr& expr,
                 OperatorPtr lhs, OperatorPtr rhs)
      : Operator(context, grid),
        keep_present_(expr.op == TokenType::kAnd),
        presence_(*expr.matching, grid.count),
        lhs_(std::move(lhs)),
        rhs_(std::move(rhs)) {}

  Status Prepare() override {
    if (Status status = KeepRightSide(); !status.ok()) {
      return FirstErrorOf(lhs_.get(), false, status);
    }
    KZ_RETURN_IF_ERROR(lhs_->Open());
    groups_ = presence_.GroupsOf(lhs_->series());
    series_ = std::move(lhs_->series());
    return OkStatus();
  }

  Status Run(const RowSink& sink) override {
    return lhs_->Run([&](size_t i, std::span<double> row) -> Status {
      presence_.Mask(groups_[i], keep_present_, row);
      KZ_RETURN_IF_ERROR(budget().Spend(row.size()));
      return HasValue(row) ? sink(i, row) : OkStatus();
    });
  }

 private:
  Status KeepRightSide() {
    KZ_RETURN_IF_ERROR(rhs_->Open());
    const std::vector<size_t> groups = presence_.GroupsOf(rhs_->series());
    return rhs_->Run([&](size_t i, std::span<double> row) {
      presence_.Add(groups[i], row);
      return budget().Spend(row.size());
    });
  }

  bool keep_present_;
  Presence presence_;
  OperatorPtr lhs_;
  OperatorPtr rhs_;
  std::vector<size_t> groups_;
};

/// All rows of the left side, then those of the right side where the left side has no such group.
class OrOperator final : public Operator {
 public:
  OrOperator(QueryContext* context, const StepGrid& grid, const BinaryExpr& expr, OperatorPtr lhs,
             OperatorPtr rhs)
      : Operator(context, grid),
        presence_(*expr.matching, grid.count),
        lhs_(std::move(lhs)),
        rhs_(std::move(rhs)) {}

  Status Prepare() override {
    KZ_RETURN_IF_ERROR(lhs_->Open());
    if (Status status = rhs_->Open(); !status.ok()) {
      return FirstErrorOf(lhs_.get(), true, status);
    }
    lhs_groups_ = presence_.GroupsOf(lhs_->series());
    rhs_groups_ = presence_.GroupsOf(rhs_->series());
    const size_t lhs_count = lhs_->series().size();
    std::vector<Labels> all = std::move(lhs_->series());
    for (Labels& labels : rhs_->series()) all.push_back(std::move(labels));
    Merged merged = MergeEqual(std::move(all));
    series_ = std::move(merged.series);
    ids_ = std::move(merged.ids);
    on_both_sides_.resize(series_.size(), false);
    for (size_t i = lhs_count; i < ids_.size(); ++i) {
      if (ids_[i] < lhs_count) on_both_sides_[ids_[i]] = true;
    }
    return OkStatus();
  }

  Status Run(const RowSink& sink) override {
    // Series that both sides have are put together; at one instant only one side gives a value.
    Rows shared(&budget(), grid_.count);
    std::vector<std::optional<size_t>> row_of(series_count());
    const size_t lhs_count = lhs_groups_.size();
    const Status ran = lhs_->Run([&](size_t i, std::span<double> row) -> Status {
      presence_.Add(lhs_groups_[i], row);
      KZ_RETURN_IF_ERROR(budget().Spend(row.size()));
      if (grid_.count == 1 || !on_both_sides_[ids_[i]]) return sink(ids_[i], row);
      row_of[ids_[i]] = shared.size();
      return shared.Add(ids_[i], row);
    });
    KZ_RETURN_IF_ERROR(ran);
    const Status ran_right = rhs_->Run([&](size_t i, std::span<double> row) -> Status {
      const size_t id = ids_[lhs_count + i];
      presence_.Mask(rhs_groups_[i], false, row);
      KZ_RETURN_IF_ERROR(budget().Spend(row.size()));
      if (!HasValue(row)) return OkStatus();
      if (!row_of[id]) return sink(id, row);
      const auto there = shared.row(*row_of[id]);
      for (size_t step = 0; step < row.size(); ++step) {
        if (!IsAbsent(row[step])) there[step] = row[step];
      }
      return OkStatus();
    });
    KZ_RETURN_IF_ERROR(ran_right);
    for (size_t i = 0; i < shared.size(); ++i) {
      KZ_RETURN_IF_ERROR(sink(shared.series(i), shared.row(i)));
    }
    return OkStatus();
  }

 private:
  Presence presence_;
  OperatorPtr lhs_;
  OperatorPtr rhs_;
  std::vector<size_t> lhs_groups_;
  std::vector<size_t> rhs_groups_;
  std::vector<size_t> ids_;  // of the left side's series, then the right side's
  std::vector<bool> on_both_sides_;
};

}  // namespace

OperatorPtr MakeSetBinary(QueryContext* context, const StepGrid& grid, const BinaryExpr& expr,
                          OperatorPtr lhs, OperatorPtr rhs) {
  if (expr.op == TokenType::kOr) {
    return std::make_unique<OrOperator>(context, grid, expr, std::move(lhs), std::move(rhs));
  }
  return std::make_unique<FilterOperator>(context, grid, expr, std::move(lhs), std::move(rhs));
}

}  // namespace kizashi::promql
