// MakeHistogramQuantile: quantiles of classic histograms, whose buckets are series with the label
// `le`.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "query/promql/go_text.h"
#include "query/promql/label_sets.h"
#include "query/promql/vector_operators.h"

namespace kizashi::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Bucket {
  double bound = 0;
  double count = 0;
};

/// Adds up buckets of one bound, and lifts those that are less than a smaller bucket: a scrape may
/// see them while they change.
void MakeCumulative(std::vector<Bucket>* buckets) {
  size_t last = 0;
  for (size_t i = 1; i < buckets->size(); ++i) {
    if ((*buckets)[i].bound == (*buckets)[last].bound) {
      (*buckets)[last].count += (*buckets)[i].count;
    } else {
      (*buckets)[++last] = (*buckets)[i];
    }
  }
  buckets->resize(last + 1);
  double most = buckets->front().count;
  for (Bucket& bucket : *buckets) {
    if (bucket.count > most) {
      most = bucket.count;
    } else if (bucket.count < most) {
      bucket.count = most;
    }
  }
}

/// `buckets` are sorted by bound and not empty; they are changed.
double QuantileOf(double q, std::vector<Bucket>* buckets) {
  if (std::isnan(q)) return kNan;
  if (q < 0) return -std::numeric_limits<double>::infinity();
  if (q > 1) return std::numeric_limits<double>::infinity();
  if (!(std::isinf(buckets->back().bound) && buckets->back().bound > 0)) return kNan;
  MakeCumulative(buckets);
  if (buckets->size() < 2) return kNan;
  const double observations = buckets->back().count;
  if (observations == 0) return kNan;
  double rank = q * observations;
  const auto end = buckets->end() - 1;
  const auto at = std::partition_point(buckets->begin(), end,
                                       [rank](const Bucket& b) { return !(b.count >= rank); });
  if (at == end) return (end - 1)->bound;
  if (at == buckets->begin() && at->bound <= 0) return at->bound;
  double begin = 0;
  double count = at->count;
  if (at != buckets->begin()) {
    begin = (at - 1)->bound;
    count -= (at - 1)->count;
    rank -= (at - 1)->count;
  }
  return begin + (at->bound - begin) * (rank / count);
}

class HistogramQuantile final : public Operator {
 public:
  HistogramQuantile(QueryContext* context, const StepGrid& grid, OperatorPtr quantile,
                    OperatorPtr child)
      : Operator(context, grid), quantile_(std::move(quantile)), child_(std::move(child)) {}

  Status Prepare() override {
    KZ_RETURN_IF_ERROR(RunScalar(quantile_.get(), &quantiles_));
    KZ_RETURN_IF_ERROR(child_->Open());
    FindHistograms();
    return OkStatus();
  }

  Status Run(const RowSink& sink) override;

 private:
  struct Part {
    double bound = 0;
    size_t series = 0;  // of the child
  };

  void FindHistograms();
  void Fill(const std::vector<Part>& parts, const std::vector<std::span<double>>& rows,
            std::span<double> result);

  OperatorPtr quantile_;
  OperatorPtr child_;
  std::vector<double> quantiles_;
  std::vector<std::vector<Part>> histograms_;  // each sorted by bound
  std::vector<size_t> ids_;                    // of the result's series, by histogram
  std::vector<Bucket> buckets_;                // at one step
};

void HistogramQuantile::FindHistograms() {
  KeyIds ids;
  std::vector<Labels> labels;
  std::string key;
  const auto& series = child_->series();
  for (size_t i = 0; i < series.size(); ++i) {
    bool out_of_range = false;
    const auto bound = ParseGoFloat(series[i].Get("le"), &out_of_range);
    if (!bound) continue;
    Labels rest = series[i];
    rest.Set("le", "");
    key.clear();
    // With the name: buckets of two metrics are two histograms, and clash.
    AppendKey(rest, {{std::string(kMetricName)}, true}, &key);
    AppendKey(rest, {}, &key);
    const size_t id = ids.Find(key);
    if (id == histograms_.size()) {
      histograms_.emplace_back();
      labels.push_back(std::move(rest));
    }
    histograms_[id].push_back({*bound, i});
  }
  for (auto& parts : histograms_) {
    std::stable_sort(parts.begin(), parts.end(),
                     [](const Part& a, const Part& b) { return a.bound < b.bound; });
  }
  DropNames(&labels);
  Merged merged = MergeEqual(std::move(labels));
  series_ = std::move(merged.series);
  ids_ = std::move(merged.ids);
}

void HistogramQuantile::Fill(const std::vector<Part>& parts,
                             const std::vector<std::span<double>>& rows, std::span<double> result) {
  for (size_t step = 0; step < result.size(); ++step) {
    buckets_.clear();
    for (const Part& part : parts) {
      const auto row = rows[part.series];
      if (!row.empty() && !IsAbsent(row[step])) buckets_.push_back({part.bound, row[step]});
    }
    result[step] = buckets_.empty() ? kNoValue : QuantileOf(quantiles_[step], &buckets_);
  }
}

Status HistogramQuantile::Run(const RowSink& sink) {
  Rows kept(&budget(), grid_.count);
  KZ_RETURN_IF_ERROR(
      child_->Run([&](size_t i, std::span<double> row) { return kept.Add(i, row); }));
  std::vector<std::span<double>> rows(child_->series_count());
  for (size_t i = 0; i < kept.size(); ++i) rows[kept.series(i)] = kept.row(i);
  ScratchRow result(&budget());
  KZ_RETURN_IF_ERROR(result.Resize(grid_.count));
  // Histograms of two metrics with the same labels may follow each other in time, not overlap.
  Rows merged(&budget(), grid_.count);
  std::vector<size_t> row_of(series_count(), SIZE_MAX);
  bool clash = false;
  for (size_t h = 0; h < histograms_.size(); ++h) {
    Fill(histograms_[h], rows, result.row());
    KZ_RETURN_IF_ERROR(budget().Spend(grid_.count * histograms_[h].size()));
    if (ids_.size() == series_count()) {
      KZ_RETURN_IF_ERROR(sink(ids_[h], result.row()));
      continue;
    }
    size_t& at = row_of[ids_[h]];
    if (at == SIZE_MAX) {
      at = merged.size();
      KZ_RETURN_IF_ERROR(merged.AddEmpty(ids_[h]));
    }
    const auto there = merged.row(at);
    for (size_t step = 0; step < grid_.count; ++step) {
      if (IsAbsent(result[step])) continue;
      clash = clash || !IsAbsent(there[step]);
      there[step] = result[step];
    }
  }
  if (clash) return SameLabelset();
  for (size_t i = 0; i < merged.size(); ++i) {
    KZ_RETURN_IF_ERROR(sink(merged.series(i), merged.row(i)));
  }
  return OkStatus();
}

}  // namespace

OperatorPtr MakeHistogramQuantile(QueryContext* context, const StepGrid& grid, OperatorPtr quantile,
                                  OperatorPtr child) {
  return std::make_unique<HistogramQuantile>(context, grid, std::move(quantile), std::move(child));
}

}  // namespace kizashi::promql
