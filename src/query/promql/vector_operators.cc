#include "query/promql/vector_operators.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "query/promql/float_math.h"

namespace kizashi::promql {
namespace {

class ScalarOperator final : public Operator {
 public:
  ScalarOperator(QueryContext* context, const StepGrid& grid, std::vector<OperatorPtr> parts,
                 ScalarFill fill)
      : Operator(context, grid), parts_(std::move(parts)), fill_(std::move(fill)) {}

  Status Prepare() override {
    series_.emplace_back();
    return OkStatus();
  }

  Status Run(const RowSink& sink) override {
    std::vector<std::vector<double>> parts;
    for (const OperatorPtr& part : parts_) {
      KZ_RETURN_IF_ERROR(RunScalar(part.get(), &parts.emplace_back()));
    }
    ScratchRow row(&budget());
    KZ_RETURN_IF_ERROR(row.Resize(grid_.count));
    fill_(row.row(), parts);
    KZ_RETURN_IF_ERROR(budget().Spend(grid_.count));
    return sink(0, row.row());
  }

 private:
  std::vector<OperatorPtr> parts_;
  ScalarFill fill_;
};

class MapOperator final : public Operator {
 public:
  MapOperator(QueryContext* context, const StepGrid& grid, OperatorPtr child,
              std::vector<OperatorPtr> parameters, MapNames names, MakeChange make_change)
      : Operator(context, grid),
        child_(std::move(child)),
        parameters_(std::move(parameters)),
        names_(names),
        make_change_(std::move(make_change)) {}

  Status Prepare() override {
    KZ_RETURN_IF_ERROR(child_->Open());
    std::vector<std::vector<double>> values;
    for (const OperatorPtr& parameter : parameters_) {
      if (Status status = RunScalar(parameter.get(), &values.emplace_back()); !status.ok()) {
        return FirstErrorOf(child_.get(), true, status);
      }
    }
    change_ = make_change_(std::move(values));
    if (names_ == MapNames::kKeep) {
      series_ = std::move(child_->series());
      return OkStatus();
    }
    merged_ = DropNamesAndMerge(std::move(child_->series()));
    series_ = std::move(merged_.series);
    return OkStatus();
  }

  Status Run(const RowSink& sink) override {
    if (names_ == MapNames::kKeep) {
      return child_->Run([&](size_t i, std::span<double> row) {
        change_(row);
        return sink(i, row);
      });
    }
    return RunMerged(child_.get(), merged_, names_ == MapNames::kDropStrictly, &budget(), change_,
                     sink);
  }

 private:
  OperatorPtr child_;
  std::vector<OperatorPtr> parameters_;
  MapNames names_;
  MakeChange make_change_;
  RowChange change_;
  Merged merged_;
};

class RelabelOperator final : public Operator {
 public:
  RelabelOperator(QueryContext* context, const StepGrid& grid, OperatorPtr child, Relabel relabel)
      : Operator(context, grid), child_(std::move(child)), relabel_(std::move(relabel)) {}

  Status Prepare() override {
    KZ_RETURN_IF_ERROR(child_->Open());
    if (Status status = relabel_.check(); !status.ok()) {
      return FirstErrorOf(child_.get(), true, status);
    }
    std::vector<Labels> labels;
    labels.reserve(child_->series().size());
    for (const Labels& before : child_->series()) labels.push_back(relabel_.apply(before));
    merged_ = MergeEqual(std::move(labels));
    series_ = std::move(merged_.series);
    return OkStatus();
  }

  Status Run(const RowSink& sink) override {
    return RunMerged(
        child_.get(), merged_, false, &budget(), [](std::span<double>) {}, sink);
  }

 private:
  OperatorPtr child_;
  Relabel relabel_;
  Merged merged_;
};

class RepeatOperator final : public Operator {
 public:
  RepeatOperator(QueryContext* context, const StepGrid& grid, OperatorPtr child)
      : Operator(context, grid), child_(std::move(child)) {}

  Status Prepare() override {
    KZ_RETURN_IF_ERROR(child_->Open());
    series_ = std::move(child_->series());
    return OkStatus();
  }

  Status Run(const RowSink& sink) override {
    ScratchRow all(&budget());
    KZ_RETURN_IF_ERROR(all.Resize(grid_.count));
    return child_->Run([&](size_t i, std::span<double> row) -> Status {
      std::fill(all.row().begin(), all.row().end(), row[0]);
      KZ_RETURN_IF_ERROR(budget().Spend(grid_.count));
      return sink(i, all.row());
    });
  }

 private:
  OperatorPtr child_;
};

class ScalarOfVector final : public Operator {
 public:
  ScalarOfVector(QueryContext* context, const StepGrid& grid, OperatorPtr child)
      : Operator(context, grid), child_(std::move(child)) {}

  Status Prepare() override {
    KZ_RETURN_IF_ERROR(child_->Open());
    series_.emplace_back();
    return OkStatus();
  }

  // The value where there is exactly one.
  Status Run(const RowSink& sink) override {
    ScratchRow result(&budget());
    KZ_RETURN_IF_ERROR(result.Resize(grid_.count));
    std::vector<bool> more(grid_.count, false);
    KZ_RETURN_IF_ERROR(child_->Run([&](size_t, std::span<double> row) {
      for (size_t step = 0; step < row.size(); ++step) {
        if (IsAbsent(row[step])) continue;
        if (!IsAbsent(result[step])) more[step] = true;
        result[step] = row[step];
      }
      return OkStatus();
    }));
    for (size_t step = 0; step < grid_.count; ++step) {
      if (more[step] || IsAbsent(result[step])) {
        result[step] = std::numeric_limits<double>::quiet_NaN();
      }
    }
    return sink(0, result.row());
  }

 private:
  OperatorPtr child_;
};

class AbsentOperator final : public Operator {
 public:
  AbsentOperator(QueryContext* context, const StepGrid& grid, OperatorPtr child, Labels labels)
      : Operator(context, grid), child_(std::move(child)), labels_(std::move(labels)) {}

  Status Prepare() override {
    KZ_RETURN_IF_ERROR(child_->Open());
    series_.push_back(labels_);
    return OkStatus();
  }

  Status Run(const RowSink& sink) override {
    ScratchRow result(&budget());
    KZ_RETURN_IF_ERROR(result.Resize(grid_.count));
    std::fill(result.row().begin(), result.row().end(), 1.0);
    KZ_RETURN_IF_ERROR(child_->Run([&](size_t, std::span<double> row) {
      for (size_t step = 0; step < row.size(); ++step) {
        if (!IsAbsent(row[step])) result[step] = kNoValue;
      }
      return OkStatus();
    }));
    return HasValue(result.row()) ? sink(0, result.row()) : OkStatus();
  }

 private:
  OperatorPtr child_;
  Labels labels_;
};

class SortOperator final : public Operator {
 public:
  SortOperator(QueryContext* context, const StepGrid& grid, OperatorPtr child, bool descending)
      : Operator(context, grid), child_(std::move(child)), descending_(descending) {}

  Status Prepare() override {
    KZ_RETURN_IF_ERROR(child_->Open());
    series_ = std::move(child_->series());
    return OkStatus();
  }

  Status Run(const RowSink& sink) override {
    // Over more than one step there is no order.
    if (grid_.count > 1) return child_->Run(sink);
    std::vector<std::pair<double, size_t>> values;
    KZ_RETURN_IF_ERROR(child_->Run([&](size_t i, std::span<double> row) {
      if (!IsAbsent(row[0])) values.emplace_back(row[0], i);
      return OkStatus();
    }));
    const bool descending = descending_;
    // NaN is last in either direction.
    std::stable_sort(values.begin(), values.end(), [descending](const auto& a, const auto& b) {
      if (std::isnan(a.first) || std::isnan(b.first))
        return std::isnan(b.first) && !std::isnan(a.first);
      return descending ? a.first > b.first : a.first < b.first;
    });
    for (auto& [value, i] : values) {
      KZ_RETURN_IF_ERROR(sink(i, std::span<double>(&value, 1)));
    }
    return OkStatus();
  }

 private:
  OperatorPtr child_;
  bool descending_;
};

class EmptyOperator final : public Operator {
 public:
  EmptyOperator(QueryContext* context, const StepGrid& grid, std::vector<OperatorPtr> children)
      : Operator(context, grid), children_(std::move(children)) {}

  Status Prepare() override { return OkStatus(); }

  Status Run(const RowSink&) override {
    for (const OperatorPtr& child : children_) {
      KZ_RETURN_IF_ERROR(child->Open());
      KZ_RETURN_IF_ERROR(child->Run([](size_t, std::span<double>) { return OkStatus(); }));
    }
    return OkStatus();
  }

 private:
  std::vector<OperatorPtr> children_;
};

}  // namespace

Status RunMerged(Operator* child, const Merged& merged, bool strictly, Budget* budget,
                 const RowChange& change, const RowSink& sink) {
  if (merged.all_different) {
    return child->Run([&](size_t i, std::span<double> row) {
      change(row);
      return sink(merged.ids[i], row);
    });
  }
  const size_t steps = child->grid().count;
  Rows rows(budget, steps);
  std::vector<std::optional<size_t>> row_of(merged.ids.size());
  bool clash = false;
  KZ_RETURN_IF_ERROR(child->Run([&](size_t i, std::span<double> row) -> Status {
    change(row);
    if (!HasValue(row)) return OkStatus();
    std::optional<size_t>& at = row_of[merged.ids[i]];
    if (!at) {
      at = rows.size();
      return rows.Add(merged.ids[i], row);
    }
    clash = clash || strictly;
    const std::span<double> there = rows.row(*at);
    for (size_t step = 0; step < steps; ++step) {
      if (IsAbsent(row[step])) continue;
      clash = clash || !IsAbsent(there[step]);
      there[step] = row[step];
    }
    return budget->Spend(steps);
  }));
  if (clash) return SameLabelset();
  for (size_t i = 0; i < rows.size(); ++i) KZ_RETURN_IF_ERROR(sink(rows.series(i), rows.row(i)));
  return OkStatus();
}

OperatorPtr MakeScalarOperator(QueryContext* context, const StepGrid& grid,
                               std::vector<OperatorPtr> parts, ScalarFill fill) {
  return std::make_unique<ScalarOperator>(context, grid, std::move(parts), std::move(fill));
}

OperatorPtr MakeMapOperator(QueryContext* context, const StepGrid& grid, OperatorPtr child,
                            std::vector<OperatorPtr> parameters, MapNames names,
                            MakeChange make_change) {
  return std::make_unique<MapOperator>(context, grid, std::move(child), std::move(parameters),
                                       names, std::move(make_change));
}

OperatorPtr MakeRelabelOperator(QueryContext* context, const StepGrid& grid, OperatorPtr child,
                                Relabel relabel) {
  return std::make_unique<RelabelOperator>(context, grid, std::move(child), std::move(relabel));
}

OperatorPtr MakeRepeatOperator(QueryContext* context, const StepGrid& grid, OperatorPtr child) {
  return std::make_unique<RepeatOperator>(context, grid, std::move(child));
}

OperatorPtr MakeScalarOfVector(QueryContext* context, const StepGrid& grid, OperatorPtr child) {
  return std::make_unique<ScalarOfVector>(context, grid, std::move(child));
}

OperatorPtr MakeAbsentOperator(QueryContext* context, const StepGrid& grid, OperatorPtr child,
                               Labels labels) {
  return std::make_unique<AbsentOperator>(context, grid, std::move(child), std::move(labels));
}

OperatorPtr MakeSortOperator(QueryContext* context, const StepGrid& grid, OperatorPtr child,
                             bool descending) {
  return std::make_unique<SortOperator>(context, grid, std::move(child), descending);
}

OperatorPtr MakeEmptyOperator(QueryContext* context, const StepGrid& grid,
                              std::vector<OperatorPtr> children) {
  return std::make_unique<EmptyOperator>(context, grid, std::move(children));
}

}  // namespace kizashi::promql
