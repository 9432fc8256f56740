// MakeVectorBinary: arithmetic and comparisons between instant vectors.
#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "query/promql/binary_operators.h"
#include "query/promql/float_math.h"
#include "query/promql/label_sets.h"

namespace kizashi::promql {
namespace {

LabelChoice SortedChoice(const VectorMatching& matching) {
  LabelChoice choice{matching.labels, matching.on};
  std::sort(choice.names.begin(), choice.names.end());
  return choice;
}

/// The first error in the order in which Prometheus would meet it: by step, at a step the "one"
/// side's before the "many" side's, and these by their place in the vector.
class FirstError {
 public:
  enum Phase { kOneSide, kManySide, kResult };

  void Note(size_t step, Phase phase, size_t place, std::string message) {
    const auto key = std::make_tuple(step, phase, place);
    if (first_ && *first_ <= key) return;
    first_ = key;
    message_ = std::move(message);
  }
  bool IsBefore(size_t step, Phase phase, size_t place) const {
    return first_ && *first_ <= std::make_tuple(step, phase, place);
  }
  Status status() const {
    return first_ ? Errorf(absl::StatusCode::kFailedPrecondition, "{}", message_) : OkStatus();
  }

 private:
  std::optional<std::tuple<size_t, Phase, size_t>> first_;
  std::string message_;
};

class VectorBinary final : public Operator {
 public:
  VectorBinary(QueryContext* context, const StepGrid& grid, const BinaryExpr& expr, OperatorPtr lhs,
               OperatorPtr rhs)
      : Operator(context, grid),
        op_(expr.op),
        return_bool_(expr.return_bool),
        matching_(*expr.matching),
        choice_(SortedChoice(*expr.matching)),
        swapped_(matching_.cardinality == MatchCardinality::kOneToMany),
        one_to_one_(matching_.cardinality == MatchCardinality::kOneToOne),
        many_(swapped_ ? std::move(rhs) : std::move(lhs)),
        one_(swapped_ ? std::move(lhs) : std::move(rhs)),
        one_rows_(context->budget, grid.count) {}

  Status Prepare() override;
  Status Run(const RowSink& sink) override;

 private:
  /// What one series of the "many" side makes with one of the "one" side.
  struct Pair {
    size_t one_row = 0;
    size_t output = 0;
  };
  // What is known about a group of equal matching labels.
  struct MatchGroup {
    std::vector<size_t> one_rows;
    size_t many_series = 0;
    std::vector<bool> matched{};  // by step, when series of the "many" side may collide
  };

  Status KeepOneSide();
  void FindPairs();
  Labels ResultLabels(const Labels& many, const Labels& one) const;
  void FindDuplicates();
  std::string DuplicateMessage(size_t row, size_t other) const;
  Status AddManyRow(size_t i, std::span<double> row, const RowSink& sink);
  void Combine(std::span<const double> many, std::span<const double> one, std::span<double> out);
  void CheckMatched(size_t many_place, MatchGroup* group, std::span<double> out);
  Status PutTogether(const Pair& pair, size_t group, std::span<const double> out);

  TokenType op_;
  bool return_bool_;
  VectorMatching matching_;
  LabelChoice choice_;
  bool swapped_;
  bool one_to_one_;
  OperatorPtr many_;
  OperatorPtr one_;
  Rows one_rows_;
  std::vector<Labels> one_labels_;
  std::vector<MatchGroup> groups_;
  std::vector<std::optional<size_t>> group_of_many_;  // none: meets nothing
  std::vector<std::vector<Pair>> pairs_;              // by series of the "many" side
  std::vector<size_t> pairs_of_output_;
  struct Shared {
    size_t row = 0;
    size_t group = 0;
  };
  std::vector<std::optional<Shared>> shared_of_output_;
  std::unique_ptr<Rows> shared_rows_;
  std::vector<bool> many_present_;  // by step
  size_t many_place_ = 0;
  FirstError error_;
};

Status VectorBinary::Prepare() {
  if (Status status = KeepOneSide(); !status.ok()) {
    return swapped_ ? status : FirstErrorOf(many_.get(), false, status);
  }
  KZ_RETURN_IF_ERROR(many_->Open());
  FindPairs();
  return OkStatus();
}

Status VectorBinary::KeepOneSide() {
  KZ_RETURN_IF_ERROR(one_->Open());
  KZ_RETURN_IF_ERROR(one_->Run([&](size_t i, std::span<double> row) -> Status {
    return HasValue(row) ? one_rows_.Add(i, row) : OkStatus();
  }));
  one_labels_ = std::move(one_->series());
  return OkStatus();
}

void VectorBinary::FindPairs() {
  KeyIds ids;
  std::string key;
  for (size_t row = 0; row < one_rows_.size(); ++row) {
    key.clear();
    AppendKey(one_labels_[one_rows_.series(row)], choice_, &key);
    const size_t id = ids.Find(key);
    if (id == groups_.size()) groups_.emplace_back();
    groups_[id].one_rows.push_back(row);
  }
  const size_t known = groups_.size();
  const auto& many_labels = many_->series();
  std::vector<Labels> outputs;
  group_of_many_.resize(many_labels.size());
  pairs_.resize(many_labels.size());
  for (size_t i = 0; i < many_labels.size(); ++i) {
    key.clear();
    AppendKey(many_labels[i], choice_, &key);
    const size_t id = ids.Find(key);
    if (id >= known) continue;
    group_of_many_[i] = id;
    ++groups_[id].many_series;
    for (const size_t row : groups_[id].one_rows) {
      pairs_[i].push_back({row, outputs.size()});
      outputs.push_back(ResultLabels(many_labels[i], one_labels_[one_rows_.series(row)]));
    }
  }
  Merged merged = MergeEqual(std::move(outputs));
  pairs_of_output_.resize(merged.series.size(), 0);
  for (auto& pairs : pairs_) {
    for (Pair& pair : pairs) {
      pair.output = merged.ids[pair.output];
      ++pairs_of_output_[pair.output];
    }
  }
  series_ = std::move(merged.series);
}

Labels VectorBinary::ResultLabels(const Labels& many, const Labels& one) const {
  std::vector<Label> labels;
  const bool drop_name = DropsMetricName(op_);
  for (const Label& label : many) {
    if (drop_name && label.name == kMetricName) continue;
    if (one_to_one_) {
      const bool named = std::binary_search(choice_.names.begin(), choice_.names.end(), label.name);
      if (named != matching_.on) continue;
    }
    labels.push_back(label);
  }
  Labels result(std::move(labels));
  for (const std::string& name : matching_.include) result.Set(name, one.Get(name));
  if (return_bool_) result.Set(kMetricName, "");
  return result;
}

std::string VectorBinary::DuplicateMessage(size_t row, size_t other) const {
  const Labels& labels = one_labels_[one_rows_.series(row)];
  return fmt::format(
      "found duplicate series for the match group {} on the {} hand-side of the operation: [{}, {}]"
      ";many-to-many matching not allowed: matching labels must be unique on one side",
      ShowLabels(Choose(labels, choice_)), swapped_ ? "left" : "right", ShowLabels(labels),
      ShowLabels(one_labels_[one_rows_.series(other)]));
}

// Two series of the "one" side in one group may follow each other in time, not overlap.
void VectorBinary::FindDuplicates() {
  for (const MatchGroup& group : groups_) {
    if (group.one_rows.size() < 2) continue;
    for (size_t step = 0; step < grid_.count; ++step) {
      if (!many_present_[step]) continue;
      std::optional<size_t> first;
      for (const size_t row : group.one_rows) {
        if (IsAbsent(one_rows_.row(row)[step])) continue;
        if (first && !error_.IsBefore(step, FirstError::kOneSide, row)) {
          error_.Note(step, FirstError::kOneSide, row, DuplicateMessage(row, *first));
        }
        if (first) break;
        first = row;
      }
    }
  }
}

void VectorBinary::Combine(std::span<const double> many, std::span<const double> one,
                           std::span<double> out) {
  for (size_t step = 0; step < out.size(); ++step) {
    const double m = many[step];
    const double o = one[step];
    if (IsAbsent(m) || IsAbsent(o)) {
      out[step] = kNoValue;
      continue;
    }
    bool keep = true;
    const double value =
        swapped_ ? ApplyOperator(op_, o, m, &keep) : ApplyOperator(op_, m, o, &keep);
    out[step] = return_bool_ ? (keep ? 1.0 : 0.0) : keep ? value : kNoValue;
  }
}

void VectorBinary::CheckMatched(size_t many_place, MatchGroup* group, std::span<double> out) {
  if (!one_to_one_ || group->many_series < 2) return;
  group->matched.resize(grid_.count, false);
  for (size_t step = 0; step < out.size(); ++step) {
    if (IsAbsent(out[step])) continue;
    if (group->matched[step]) {
      error_.Note(step, FirstError::kManySide, many_place,
                  "multiple matches for labels: many-to-one matching must be explicit "
                  "(group_left/group_right)");
      return;
    }
    group->matched[step] = true;
  }
}

Status VectorBinary::PutTogether(const Pair& pair, size_t group, std::span<const double> out) {
  auto& shared = shared_of_output_[pair.output];
  if (!shared) {
    if (!HasValue(out)) return OkStatus();
    shared = Shared{shared_rows_->size(), group};
    return shared_rows_->Add(pair.output, out);
  }
  const auto there = shared_rows_->row(shared->row);
  for (size_t step = 0; step < out.size(); ++step) {
    if (IsAbsent(out[step])) continue;
    if (!IsAbsent(there[step])) {
      if (shared->group == group) {
        error_.Note(step, FirstError::kManySide, many_place_,
                    "multiple matches for labels: grouping labels must ensure unique matches");
      } else {
        error_.Note(step, FirstError::kResult, 0, std::string(Message(SameLabelset())));
      }
    }
    there[step] = out[step];
  }
  return OkStatus();
}

Status VectorBinary::AddManyRow(size_t i, std::span<double> row, const RowSink& sink) {
  ++many_place_;
  for (size_t step = 0; step < row.size(); ++step) {
    if (!IsAbsent(row[step])) many_present_[step] = true;
  }
  if (!group_of_many_[i]) return OkStatus();
  MatchGroup& group = groups_[*group_of_many_[i]];
  ScratchRow out(&budget());
  KZ_RETURN_IF_ERROR(out.Resize(grid_.count));
  for (const Pair& pair : pairs_[i]) {
    Combine(row, one_rows_.row(pair.one_row), out.row());
    CheckMatched(many_place_, &group, out.row());
    KZ_RETURN_IF_ERROR(budget().Spend(row.size()));
    // At one instant the order counts, so nothing overtakes what is put together.
    if (pairs_of_output_[pair.output] == 1 && grid_.count > 1) {
      KZ_RETURN_IF_ERROR(sink(pair.output, out.row()));
    } else {
      KZ_RETURN_IF_ERROR(PutTogether(pair, *group_of_many_[i], out.row()));
    }
  }
  return OkStatus();
}

Status VectorBinary::Run(const RowSink& sink) {
  many_present_.resize(grid_.count, false);
  shared_of_output_.resize(series_count());
  shared_rows_ = std::make_unique<Rows>(&budget(), grid_.count);
  KZ_RETURN_IF_ERROR(
      many_->Run([&](size_t i, std::span<double> row) { return AddManyRow(i, row, sink); }));
  FindDuplicates();
  KZ_RETURN_IF_ERROR(error_.status());
  for (size_t i = 0; i < shared_rows_->size(); ++i) {
    KZ_RETURN_IF_ERROR(sink(shared_rows_->series(i), shared_rows_->row(i)));
  }
  return OkStatus();
}

}  // namespace

OperatorPtr MakeVectorBinary(QueryContext* context, const StepGrid& grid, const BinaryExpr& expr,
                             OperatorPtr lhs, OperatorPtr rhs) {
  return std::make_unique<VectorBinary>(context, grid, expr, std::move(lhs), std::move(rhs));
}

}  // namespace kizashi::promql
