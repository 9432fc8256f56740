// The score of the Numenta Anomaly Benchmark, by its published definition (Lavin and Ahmad 2015,
// "Evaluating Real-time Anomaly Detection Algorithms"; the standard, low-FP and low-FN profiles).
//
// The earliest detection in a window earns a sigmoid of where it stands in it; each detection
// outside costs, the more the further it is behind a window; a window without one costs. The first
// 15 % of a file, at most 750 rows, are not scored. 0 is a detector that says nothing, 100 a
// perfect one.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace kizashi::bench {

struct NabProfile {
  double false_positive = 0.11;
  double false_negative = 1;
};
constexpr NabProfile kNabStandard{0.11, 1};
constexpr NabProfile kNabLowFp{0.22, 1};
constexpr NabProfile kNabLowFn{0.11, 2};

/// 2 / (1 + e^(5 x)) - 1; -1 from x = 3 on. x: -1 at a window's left end, 0 at its right.
inline double NabSigmoid(double x) { return x >= 3 ? -1.0 : 2 / (1 + std::exp(5 * x)) - 1; }

struct NabWindow {
  int64_t first = 0;  // rows, both inclusive
  int64_t last = 0;
};

/// What one detection at a row is worth.
struct NabRow {
  float score = 0;   // of the detector
  int window = -1;   // of all files; -1: outside
  double worth = 0;  // in a window: of one; outside: of one at weight 1, below 0
};

class NabCorpus {
 public:
  /// `windows` in order; `scores` as many as the file has rows.
  void AddFile(const std::vector<float>& scores, const std::vector<NabWindow>& windows) {
    const auto rows = int64_t(scores.size());
    const auto probation = std::min(int64_t(0.15 * double(rows)), int64_t(750));
    size_t next = 0;
    const NabWindow* before = nullptr;
    for (int64_t row = 0; row < rows; ++row) {
      while (next < windows.size() && row > windows[next].last) before = &windows[next++];
      NabRow out;
      out.score = scores[size_t(row)];
      if (next < windows.size() && row >= windows[next].first) {
        const NabWindow& w = windows[next];
        const double width = double(w.last - w.first + 1);
        out.window = windows_ + int(next);
        out.worth = NabSigmoid(-double(w.last - row + 1) / width) / NabSigmoid(-1);
      } else {
        out.worth =
            before == nullptr
                ? -1
                : NabSigmoid(double(row - before->last) / double(before->last - before->first));
      }
      if (row >= probation) rows_.push_back(out);
    }
    windows_ += int(windows.size());
  }

  double ScoreAt(float threshold, const NabProfile& profile, int* hits = nullptr,
                 int* outside = nullptr) const {
    return Normal(SumAt(threshold, profile, hits, outside), profile);
  }
  /// The same before it is put on the scale of 0 to 100: what the windows and rows are worth.
  double SumAt(float threshold, const NabProfile& profile, int* hits = nullptr,
               int* outside = nullptr) const {
    std::vector<double> best(size_t(windows_), -profile.false_negative);
    double lost = 0;
    int wrong = 0;
    for (const NabRow& row : rows_) {
      if (row.score < threshold) continue;
      if (row.window < 0) {
        lost += row.worth * profile.false_positive;
        ++wrong;
      } else {
        best[size_t(row.window)] = std::max(best[size_t(row.window)], row.worth);
      }
    }
    if (hits != nullptr) {
      *hits = int(std::count_if(best.begin(), best.end(), [](double b) { return b >= 0; }));
    }
    if (outside != nullptr) *outside = wrong;
    double sum = lost;
    for (const double b : best) sum += b;
    return sum;
  }

  /// The best score over all thresholds, and the threshold.
  double Swept(const NabProfile& profile, float* threshold) const {
    std::vector<const NabRow*> sorted;
    for (const NabRow& row : rows_) sorted.push_back(&row);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const NabRow* a, const NabRow* b) { return a->score > b->score; });
    std::vector<double> best(size_t(windows_), -profile.false_negative);
    double sum = -profile.false_negative * windows_;
    double highest = sum;
    *threshold = sorted.empty() ? 0 : sorted[0]->score + 1;
    for (size_t i = 0; i < sorted.size(); ++i) {
      const NabRow& row = *sorted[i];
      if (row.window < 0) {
        sum += row.worth * profile.false_positive;
      } else if (row.worth > best[size_t(row.window)]) {
        sum += row.worth - best[size_t(row.window)];
        best[size_t(row.window)] = row.worth;
      }
      if (i + 1 < sorted.size() && sorted[i + 1]->score == row.score) continue;
      if (sum > highest) {
        highest = sum;
        *threshold = row.score;
      }
    }
    return Normal(highest, profile);
  }
  int windows() const { return windows_; }

 private:
  double Normal(double sum, const NabProfile& profile) const {
    const double nothing = -profile.false_negative * windows_;
    return 100 * (sum - nothing) / (windows_ - nothing);
  }
  std::vector<NabRow> rows_;
  int windows_ = 0;
};

}  // namespace kizashi::bench
