#include "query/promql/rank_operators.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "query/promql/float_math.h"
#include "query/promql/go_text.h"

namespace kizashi::promql {
namespace {

struct Ranked {
  double value = 0;
  size_t series = 0;
};

/// The k best at one step: a binary heap with the worst in front. Which of equal values stay, and
/// in which order, follows from the heap's moves, so these are the ones of Go's container/heap.
class BestHeap {
 public:
  BestHeap(std::vector<Ranked>* items, bool bottom) : items_(*items), bottom_(bottom) {}

  void Offer(size_t k, Ranked item) {
    if (items_.size() < k) {
      items_.push_back(item);
      Up(items_.size() - 1);
    } else if (IsBetter(item.value, items_[0].value)) {
      items_[0] = item;
      Down();
    }
  }

  // The best first; equal ones as a stable sort leaves them.
  void SortBestFirst() {
    const bool bottom = bottom_;
    std::stable_sort(items_.begin(), items_.end(), [bottom](const Ranked& a, const Ranked& b) {
      return IsWorse(b.value, a.value, bottom) && !(std::isnan(a.value) && std::isnan(b.value));
    });
  }

 private:
  static bool IsWorse(double a, double b, bool bottom) {
    if (std::isnan(a)) return true;
    return bottom ? a > b : a < b;
  }
  bool IsBetter(double value, double worst) const {
    if (std::isnan(worst) && !std::isnan(value)) return true;
    return bottom_ ? worst > value : worst < value;
  }
  bool Worse(size_t i, size_t j) const {
    return IsWorse(items_[i].value, items_[j].value, bottom_);
  }

  void Up(size_t at) {
    while (at > 0) {
      const size_t parent = (at - 1) / 2;
      if (!Worse(at, parent)) break;
      std::swap(items_[at], items_[parent]);
      at = parent;
    }
  }

  void Down() {
    size_t at = 0;
    while (true) {
      size_t child = 2 * at + 1;
      if (child >= items_.size()) break;
      if (child + 1 < items_.size() && Worse(child + 1, child)) ++child;
      if (!Worse(child, at)) break;
      std::swap(items_[at], items_[child]);
      at = child;
    }
  }

  std::vector<Ranked>& items_;
  bool bottom_;
};

/// The groups of series, without labels of their own.
std::vector<size_t> GroupIds(const std::vector<Labels>& series, const LabelChoice& choice,
                             KeyIds* ids) {
  std::vector<size_t> of_series;
  of_series.reserve(series.size());
  std::string key;
  for (const Labels& labels : series) {
    key.clear();
    AppendKey(labels, choice, &key);
    of_series.push_back(ids->Find(key));
  }
  return of_series;
}

class TopOperator final : public Operator {
 public:
  TopOperator(QueryContext* context, const StepGrid& grid, LabelChoice choice, bool bottom,
              OperatorPtr child, OperatorPtr parameter)
      : Operator(context, grid),
        choice_(std::move(choice)),
        bottom_(bottom),
        child_(std::move(child)),
        parameter_(std::move(parameter)) {}
  ~TopOperator() override { budget().Release(held_); }

  Status Prepare() override {
    KZ_RETURN_IF_ERROR(RunScalar(parameter_.get(), &k_));
    KZ_RETURN_IF_ERROR(child_->Open());
    KeyIds ids;
    groups_ = GroupIds(child_->series(), choice_, &ids);
    heaps_.resize(ids.size());
    series_ = std::move(child_->series());
    return OkStatus();
  }

  Status Run(const RowSink& sink) override {
    std::vector<size_t> order;  // of groups, by their first row
    KZ_RETURN_IF_ERROR(child_->Run([&](size_t i, std::span<double> row) -> Status {
      if (grid_.count == 1 && IsAbsent(row[0])) return OkStatus();
      if (heaps_[groups_[i]].empty()) {
        heaps_[groups_[i]].resize(grid_.count);
        order.push_back(groups_[i]);
      }
      return OfferRow(i, row);
    }));
    // Only a step that has a vector to look at minds.
    for (const double k : k_) {
      if (k >= -9223372036854775808.0 && k < 9223372036854775808.0) continue;
      return Errorf(absl::StatusCode::kFailedPrecondition, "Scalar value {} overflows int64",
                    FormatFloat(k, FloatStyle::kShortest));
    }
    return grid_.count == 1 ? GiveInOrder(order, sink) : GiveRows(sink);
  }

 private:
  Status OfferRow(size_t series, std::span<const double> row) {
    auto& heaps = heaps_[groups_[series]];
    uint64_t added = 0;
    for (size_t step = 0; step < row.size(); ++step) {
      const int64_t k = GoInt64(k_[step]);
      if (IsAbsent(row[step]) || k < 1) continue;
      const size_t before = heaps[step].size();
      BestHeap(&heaps[step], bottom_).Offer(static_cast<size_t>(k), {row[step], series});
      added += heaps[step].size() - before;
    }
    // A sample and its series: two of the budget's samples.
    KZ_RETURN_IF_ERROR(budget().Hold(2 * added));
    held_ += 2 * added;
    return budget().Spend(row.size());
  }

  Status GiveInOrder(const std::vector<size_t>& order, const RowSink& sink) {
    for (const size_t group : order) {
      auto& best = heaps_[group][0];
      BestHeap(&best, bottom_).SortBestFirst();
      for (Ranked& item : best) {
        KZ_RETURN_IF_ERROR(sink(item.series, std::span<double>(&item.value, 1)));
      }
    }
    return OkStatus();
  }

  Status GiveRows(const RowSink& sink) {
    Rows rows(&budget(), grid_.count);
    std::vector<std::optional<size_t>> row_of(series_count());
    for (const auto& heaps : heaps_) {
      for (size_t step = 0; step < heaps.size(); ++step) {
        for (const Ranked& item : heaps[step]) {
          auto& at = row_of[item.series];
          if (!at) {
            at = rows.size();
            KZ_RETURN_IF_ERROR(rows.AddEmpty(item.series));
          }
          rows.row(*at)[step] = item.value;
        }
      }
    }
    for (size_t i = 0; i < rows.size(); ++i) KZ_RETURN_IF_ERROR(sink(rows.series(i), rows.row(i)));
    return OkStatus();
  }

  LabelChoice choice_;
  bool bottom_;
  OperatorPtr child_;
  OperatorPtr parameter_;
  std::vector<double> k_;  // by step
  std::vector<size_t> groups_;
  std::vector<std::vector<std::vector<Ranked>>> heaps_;  // by group and step
  uint64_t held_ = 0;
};

class QuantileOperator final : public Operator {
 public:
  QuantileOperator(QueryContext* context, const StepGrid& grid, LabelChoice choice,
                   OperatorPtr child, OperatorPtr parameter)
      : Operator(context, grid),
        choice_(std::move(choice)),
        child_(std::move(child)),
        parameter_(std::move(parameter)) {}

  Status Prepare() override {
    KZ_RETURN_IF_ERROR(RunScalar(parameter_.get(), &q_));
    KZ_RETURN_IF_ERROR(child_->Open());
    KeyIds ids;
    groups_ = GroupIds(child_->series(), choice_, &ids);
    series_.resize(ids.size());
    for (size_t i = groups_.size(); i-- > 0;) {
      series_[groups_[i]] = Choose(child_->series()[i], choice_);
    }
    return OkStatus();
  }

  Status Run(const RowSink& sink) override {
    Rows rows(&budget(), grid_.count);
    std::vector<std::vector<size_t>> members(series_count());  // places in `rows`
    std::vector<size_t> order;
    KZ_RETURN_IF_ERROR(child_->Run([&](size_t i, std::span<double> row) -> Status {
      if (!HasValue(row)) return OkStatus();
      auto& group = members[groups_[i]];
      if (group.empty()) order.push_back(groups_[i]);
      group.push_back(rows.size());
      return rows.Add(i, row);
    }));
    ScratchRow result(&budget());
    KZ_RETURN_IF_ERROR(result.Resize(grid_.count));
    std::vector<double> values;
    for (const size_t group : order) {
      for (size_t step = 0; step < grid_.count; ++step) {
        values.clear();
        for (const size_t member : members[group]) {
          const double value = rows.row(member)[step];
          if (!IsAbsent(value)) values.push_back(value);
        }
        result[step] = values.empty() ? kNoValue : Quantile(q_[step], values);
        KZ_RETURN_IF_ERROR(budget().Spend(values.size()));
      }
      KZ_RETURN_IF_ERROR(sink(group, result.row()));
    }
    return OkStatus();
  }

 private:
  LabelChoice choice_;
  OperatorPtr child_;
  OperatorPtr parameter_;
  std::vector<double> q_;  // by step
  std::vector<size_t> groups_;
};

}  // namespace

OperatorPtr MakeTopOperator(QueryContext* context, const StepGrid& grid, LabelChoice choice,
                            bool bottom, OperatorPtr child, OperatorPtr parameter) {
  return std::make_unique<TopOperator>(context, grid, std::move(choice), bottom, std::move(child),
                                       std::move(parameter));
}

OperatorPtr MakeQuantileOperator(QueryContext* context, const StepGrid& grid, LabelChoice choice,
                                 OperatorPtr child, OperatorPtr parameter) {
  return std::make_unique<QuantileOperator>(context, grid, std::move(choice), std::move(child),
                                            std::move(parameter));
}

}  // namespace kizashi::promql
