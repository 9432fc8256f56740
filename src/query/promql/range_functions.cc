#include "query/promql/range_functions.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "query/promql/float_math.h"
#include "query/promql/go_text.h"

namespace kizashi::promql {
namespace {

/// Samples [begin, end) of a series; never empty. Both ends only move forward from step to step.
struct Window {
  size_t begin = 0;
  size_t end = 0;
  int64_t end_ms = 0;  // of the window, not of the last sample
  size_t step = 0;

  size_t size() const { return end - begin; }
};

class WindowWalk {
 public:
  WindowWalk(const RangeCall& call, const StepGrid& grid, const SampleColumns& samples,
             Budget* budget, std::span<double> row)
      : call_(call),
        grid_(grid),
        samples_(samples),
        times_(samples.times_ms),
        values_(samples.values),
        budget_(budget),
        row_(row) {}

  Status Evaluate();

 private:
  /// `value_of` gives the function's value over a window, kNoValue for none. `linear`: it looks at
  /// every sample of the window, which counts as work.
  template <typename F>
  Status Walk(bool linear, F&& value_of) {
    Window window;
    const size_t count = times_.size();
    for (size_t step = 0; step < row_.size(); ++step) {
      window.step = step;
      window.end_ms = call_.shape.EndAt(grid_, step);
      const int64_t begin_ms = WrapSub(window.end_ms, call_.shape.range_ms);
      while (window.end < count && times_[window.end] <= window.end_ms) ++window.end;
      while (window.begin < window.end && times_[window.begin] < begin_ms) ++window.begin;
      if (window.begin == window.end) {
        row_[step] = kNoValue;
        continue;
      }
      row_[step] = value_of(window);
      if (linear) KZ_RETURN_IF_ERROR(budget_->Spend(window.size()));
    }
    return budget_->Spend(row_.size());
  }

  template <typename F>
  Status WalkPairs(bool linear, F&& value_of) {
    return Walk(linear, [&](const Window& w) { return w.size() < 2 ? kNoValue : value_of(w); });
  }

  std::span<const double> ValuesOf(const Window& w) const {
    return values_.subspan(w.begin, w.size());
  }

  Status Rate(bool counter, bool per_second);
  Status InstantRate(bool per_second);
  Status SumOverTime();
  Status AvgOverTime();
  Status Deviation(bool root);
  Status QuantileOverTime();
  template <typename Better>
  Status Extreme(Better better);
  template <typename Differs>
  Status CountChanges(Differs differs);
  Status Derivative();
  Status PredictLinear();
  Status HoltWinters();
  double Smooth(const Window& w, double smoothing, double trend) const;

  const RangeCall& call_;
  const StepGrid& grid_;
  const SampleColumns& samples_;
  std::span<const int64_t> times_;
  std::span<const double> values_;
  Budget* budget_;
  std::span<double> row_;
};

// Prometheus' extrapolation: the increase between the first and the last sample is stretched to
// the window's ends when they are near, to half a sample's distance when they are not, and for a
// counter not beyond the time at which it would have been zero.
Status WindowWalk::Rate(bool counter, bool per_second) {
  // Where the counter fell; windows add up those inside them, in order.
  std::vector<size_t> resets;
  if (counter) {
    for (size_t i = 1; i < values_.size(); ++i) {
      if (values_[i] < values_[i - 1]) resets.push_back(i);
    }
  }
  const double range_seconds = GoSeconds(call_.shape.range_ms);
  size_t next_reset = 0;
  return WalkPairs(!resets.empty(), [&](const Window& w) {
    const size_t first = w.begin;
    const size_t last = w.end - 1;
    double value = values_[last] - values_[first];
    while (next_reset < resets.size() && resets[next_reset] <= first) ++next_reset;
    for (size_t r = next_reset; r < resets.size() && resets[r] <= last; ++r) {
      value += values_[resets[r] - 1];
    }
    double to_start =
        static_cast<double>(WrapSub(times_[first], WrapSub(w.end_ms, call_.shape.range_ms))) / 1000;
    const double to_end = static_cast<double>(WrapSub(w.end_ms, times_[last])) / 1000;
    const double sampled = static_cast<double>(times_[last] - times_[first]) / 1000;
    const double average = sampled / static_cast<double>(last - first);
    if (counter && value > 0 && values_[first] >= 0) {
      const double to_zero = sampled * (values_[first] / value);
      if (to_zero < to_start) to_start = to_zero;
    }
    const double threshold = average * 1.1;
    double covered = sampled;
    covered += to_start < threshold ? to_start : average / 2;
    covered += to_end < threshold ? to_end : average / 2;
    double factor = covered / sampled;
    if (per_second) factor /= range_seconds;
    return value * factor;
  });
}

Status WindowWalk::InstantRate(bool per_second) {
  return WalkPairs(false, [&](const Window& w) {
    const double last = values_[w.end - 1];
    const double previous = values_[w.end - 2];
    double value = per_second && last < previous ? last : last - previous;
    const int64_t interval = times_[w.end - 1] - times_[w.end - 2];
    if (per_second) value /= static_cast<double>(interval) / 1000;
    return value;
  });
}

/// Sums of the first values, when they are integers and every sum of neighbours is exact: then
/// differences of these give what adding up gives, bit by bit. Empty when they are not.
std::vector<double> ExactPrefixSums(std::span<const double> values) {
  constexpr double kExact = 4503599627370496.0;  // 2^52: half of what is exact, for differences
  std::vector<double> sums(values.size() + 1, 0.0);
  for (size_t i = 0; i < values.size(); ++i) {
    const double value = values[i];
    const double sum = sums[i] + value;
    if (!(std::fabs(value) < kExact) || !(std::fabs(sum) < kExact) || value != std::trunc(value)) {
      return {};
    }
    sums[i + 1] = sum;
  }
  return sums;
}

Status WindowWalk::SumOverTime() {
  const std::vector<double> sums = ExactPrefixSums(values_);
  if (!sums.empty()) {
    return Walk(false, [&](const Window& w) { return sums[w.end] - sums[w.begin]; });
  }
  return Walk(true, [&](const Window& w) {
    KahanSum sum;
    for (const double value : ValuesOf(w)) sum.Add(value);
    return sum.Total();
  });
}

Status WindowWalk::AvgOverTime() {
  return Walk(true, [&](const Window& w) {
    KahanSum mean;
    double count = 0;
    for (const double value : ValuesOf(w)) {
      count++;
      if (MeanStays(mean.sum, value)) continue;
      mean.Add(value / count - mean.sum / count);
    }
    return mean.Total();
  });
}

Status WindowWalk::Deviation(bool root) {
  return Walk(true, [&](const Window& w) {
    KahanSum mean;
    KahanSum squares;
    double count = 0;
    for (const double value : ValuesOf(w)) {
      count++;
      const double delta = value - (mean.sum + mean.c);
      mean.Add(delta / count);
      squares.Add(delta * (value - (mean.sum + mean.c)));
    }
    const double variance = (squares.sum + squares.c) / count;
    return root ? std::sqrt(variance) : variance;
  });
}

Status WindowWalk::QuantileOverTime() {
  std::vector<double> work;
  return Walk(true, [&](const Window& w) {
    const auto values = ValuesOf(w);
    work.assign(values.begin(), values.end());
    return Quantile(call_.parameters[0][w.step], work);
  });
}

// The best of a window is at the front of a queue from which worse, older values were dropped:
// every sample enters and leaves it once. NaN counts only when there is nothing else.
template <typename Better>
Status WindowWalk::Extreme(Better better) {
  std::vector<size_t> queue;  // places of samples, the best first
  size_t front = 0;
  size_t seen = 0;
  return Walk(false, [&](const Window& w) {
    for (; seen < w.end; ++seen) {
      const double value = values_[seen];
      if (std::isnan(value)) continue;
      while (queue.size() > front && better(value, values_[queue.back()])) queue.pop_back();
      queue.push_back(seen);
    }
    while (front < queue.size() && queue[front] < w.begin) ++front;
    return front < queue.size() ? values_[queue[front]] : values_[w.begin];
  });
}

template <typename Differs>
Status WindowWalk::CountChanges(Differs differs) {
  std::vector<uint32_t> changes(values_.size(), 0);  // from the first sample to this one
  for (size_t i = 1; i < values_.size(); ++i) {
    changes[i] = changes[i - 1] + (differs(values_[i], values_[i - 1]) ? 1 : 0);
  }
  return Walk(false, [&](const Window& w) {
    return static_cast<double>(changes[w.end - 1] - changes[w.begin]);
  });
}

Status WindowWalk::Derivative() {
  return WalkPairs(true, [&](const Window& w) {
    return LinearRegression(times_.subspan(w.begin, w.size()), ValuesOf(w), times_[w.begin]).slope;
  });
}

Status WindowWalk::PredictLinear() {
  return WalkPairs(true, [&](const Window& w) {
    const Line line =
        LinearRegression(times_.subspan(w.begin, w.size()), ValuesOf(w), grid_.At(w.step));
    return line.slope * call_.parameters[0][w.step] + line.intercept;
  });
}

double WindowWalk::Smooth(const Window& w, double smoothing, double trend) const {
  const auto values = ValuesOf(w);
  double before = 0;
  double level = values[0];
  double slope = values[1] - values[0];
  for (size_t i = 1; i < values.size(); ++i) {
    const double x = smoothing * values[i];
    if (i > 1) {
      const double change = trend * (level - before);
      slope = change + (1 - trend) * slope;
    }
    const double y = (1 - smoothing) * (level + slope);
    before = level;
    level = x + y;
  }
  return level;
}

Status WindowWalk::HoltWinters() {
  std::string wrong;
  const auto check = [&wrong](std::string_view what, std::string_view letter, double value) {
    if (!wrong.empty() || !(value <= 0 || value >= 1)) return;
    wrong = fmt::format("invalid {} factor. Expected: 0 < {} < 1, got: {}", what, letter,
                        FormatDecimals(value, 6));
  };
  KZ_RETURN_IF_ERROR(Walk(true, [&](const Window& w) {
    const double smoothing = call_.parameters[0][w.step];
    const double trend = call_.parameters[1][w.step];
    check("smoothing", "sf", smoothing);
    check("trend", "tf", trend);
    return w.size() < 2 || !wrong.empty() ? kNoValue : Smooth(w, smoothing, trend);
  }));
  if (wrong.empty()) return OkStatus();
  return Errorf(absl::StatusCode::kFailedPrecondition, "{}", wrong);
}

Status WindowWalk::Evaluate() {
  switch (call_.function) {
    case FunctionId::kRate: return Rate(true, true);
    case FunctionId::kIncrease: return Rate(true, false);
    case FunctionId::kDelta: return Rate(false, false);
    case FunctionId::kIrate: return InstantRate(true);
    case FunctionId::kIdelta: return InstantRate(false);
    case FunctionId::kSumOverTime: return SumOverTime();
    case FunctionId::kAvgOverTime: return AvgOverTime();
    case FunctionId::kStddevOverTime: return Deviation(true);
    case FunctionId::kStdvarOverTime: return Deviation(false);
    case FunctionId::kQuantileOverTime: return QuantileOverTime();
    case FunctionId::kMaxOverTime: return Extreme([](double a, double b) { return a > b; });
    case FunctionId::kMinOverTime: return Extreme([](double a, double b) { return a < b; });
    case FunctionId::kChanges:
      return CountChanges([](double now, double before) {
        return now != before && !(std::isnan(now) && std::isnan(before));
      });
    case FunctionId::kResets:
      return CountChanges([](double now, double before) { return now < before; });
    case FunctionId::kCountOverTime:
      return Walk(false, [](const Window& w) { return static_cast<double>(w.size()); });
    case FunctionId::kLastOverTime:
      return Walk(false, [this](const Window& w) { return values_[w.end - 1]; });
    case FunctionId::kDeriv: return Derivative();
    case FunctionId::kPredictLinear: return PredictLinear();
    case FunctionId::kHoltWinters: return HoltWinters();
    default: return Walk(false, [](const Window&) { return 1.0; });  // present, absent
  }
}

}  // namespace

Status EvaluateWindows(const RangeCall& call, const StepGrid& grid, const SampleColumns& samples,
                       Budget* budget, std::span<double> row) {
  return WindowWalk(call, grid, samples, budget, row).Evaluate();
}

}  // namespace kizashi::promql
