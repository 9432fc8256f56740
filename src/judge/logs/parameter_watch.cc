#include "judge/logs/parameter_watch.h"

#include <fast_float/fast_float.h>

#include <algorithm>
#include <cmath>

namespace kizashi {
namespace {

// Steps of NumberHistogram to a doubling.
constexpr double kStepsPerDoubling = 4;
constexpr double kScaleMax = 60;
constexpr size_t kUnitBytesMax = 8;
constexpr size_t kDigitsMax = 17;
constexpr double kTail = 0.01;
// Of n independent numbers the largest is surpassed about ln(n) times, and so is the smallest.
constexpr double kRecordsPerNat = 6;
constexpr double kRecordsBase = 10;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '%'; }

}  // namespace

std::optional<LogNumber> ParseLogNumber(std::string_view text) {
  if (text.empty() || text.size() > kDigitsMax + kUnitBytesMax) return std::nullopt;
  if (text.front() == '+') text.remove_prefix(1);
  LogNumber number;
  const auto [end, error] =
      fast_float::from_chars(text.data(), text.data() + text.size(), number.value);
  if (error != std::errc() || !std::isfinite(number.value)) return std::nullopt;
  const auto digits = size_t(end - text.data());
  number.unit = text.substr(digits);
  if (digits > kDigitsMax || number.unit.size() > kUnitBytesMax) return std::nullopt;
  if (!std::all_of(number.unit.begin(), number.unit.end(), IsLetter)) return std::nullopt;
  return number;
}

double NumberHistogram::ScaleOf(double value) {
  return std::copysign(std::log2(1 + std::fabs(value)), value);
}

double NumberHistogram::ValueAt(double scale) {
  return std::copysign(std::exp2(std::fabs(scale)) - 1, scale);
}

void NumberHistogram::Add(double value) {
  const double scale = std::clamp(ScaleOf(value), -kScaleMax, kScaleMax);
  const auto step = static_cast<int16_t>(std::floor(scale * kStepsPerDoubling));
  const auto at = std::lower_bound(bins_.begin(), bins_.end(), step,
                                   [](const auto& bin, int16_t s) { return bin.first < s; });
  if (at != bins_.end() && at->first == step) {
    if (at->second < UINT32_MAX) ++at->second;
  } else {
    bins_.insert(at, {step, 1});
  }
  ++count_;
}

double NumberHistogram::Quantile(double share) const {
  double below = 0;
  for (const auto& [step, count] : bins_) {
    below += count;
    if (below >= share * double(count_)) {
      // The side towards the median: the tail is taken for longer rather than shorter.
      return (share < 0.5 ? step + 1 : step) / kStepsPerDoubling;
    }
  }
  return 0;
}

const ParameterWatch::Watched* ParameterWatch::Find(uint64_t skeleton, size_t slots, Time now) {
  const auto found = index_.find(skeleton);
  if (found != index_.end()) return &watched_[found->second];
  if (columns_.size() + slots > kColumnsMax) return nullptr;
  if (++candidates_[skeleton] < kAdmitLines) {
    // A flood of forms that come once: those that come often are soon here again.
    if (candidates_.size() > kCandidatesMax) candidates_.clear();
    return nullptr;
  }
  candidates_.erase(skeleton);
  index_[skeleton] = static_cast<uint32_t>(watched_.size());
  watched_.push_back(
      {skeleton, static_cast<uint32_t>(columns_.size()), static_cast<uint32_t>(slots)});
  columns_.resize(columns_.size() + slots);
  for (size_t i = columns_.size() - slots; i < columns_.size(); ++i) columns_[i].begin = now;
  return &watched_.back();
}

std::optional<ParameterWatch::Finding> ParameterWatch::Add(uint64_t skeleton, std::string_view line,
                                                           const std::vector<Slot>& slots,
                                                           Time now) {
  if (begin_ == Time{}) begin_ = now;
  if (slots.empty()) return std::nullopt;
  const Watched* const watched = Find(skeleton, slots.size(), now);
  if (watched == nullptr) return std::nullopt;
  std::optional<Finding> first;
  const size_t count = std::min<size_t>(slots.size(), watched->count);
  for (size_t i = 0; i < count; ++i) {
    Column& column = columns_[watched->first + i];
    if (!column.is_closed && !column.is_number) continue;
    auto finding =
        AddValue(&column, line.substr(slots[i].begin, slots[i].end - slots[i].begin), now);
    if (!finding || first) continue;
    finding->slot = static_cast<uint32_t>(i);
    first = std::move(finding);
  }
  return first;
}

bool ParameterWatch::IsKnown(const Column& column, Time now) const {
  return column.lines >= kLinesMin && now - column.begin >= kLifeMin;
}

bool ParameterWatch::IsClosedSet(const Column& column) const {
  bool counts = column.is_number;
  for (const auto& [value, lines] : column.values) {
    if (lines < kSeenMin) return false;
    counts = counts && value.size() <= 1;
  }
  // Digits alone are counts, not codes.
  return !counts;
}

std::optional<ParameterWatch::Finding> ParameterWatch::AddValue(Column* column,
                                                                std::string_view value, Time now) {
  std::optional<Finding> finding;
  if (column->is_closed) finding = AddToSet(column, value, now);
  if (column->is_number) {
    const auto number = ParseLogNumber(value);
    if (column->lines == 0 && number) column->unit = number->unit;
    column->is_number = number && number->unit == column->unit;
    if (column->is_number && !finding) finding = AddNumber(column, number->value, now);
    if (!column->is_number) column->numbers = {};
  }
  if (finding) {
    finding->value = value.substr(0, kValueBytesMax);
    finding->lines = column->lines;
  }
  ++column->lines;
  return finding;
}

std::optional<ParameterWatch::Finding> ParameterWatch::AddToSet(Column* column,
                                                                std::string_view value, Time now) {
  const auto known = std::find_if(column->values.begin(), column->values.end(),
                                  [&](const auto& one) { return one.first == value; });
  if (known != column->values.end()) {
    ++known->second;
    return std::nullopt;
  }
  std::optional<Finding> finding;
  if (IsKnown(*column, now) && IsClosedSet(*column)) {
    column->is_number = false;  // codes have no range
    if (sightings_.See(now, begin_, kQuietMax, true)) {
      finding.emplace();
      finding->what = Finding::What::kValue;
      for (const auto& [one, lines] : column->values) finding->known.push_back(one);
      std::sort(finding->known.begin(), finding->known.end());
    }
  }
  column->is_closed = column->values.size() < kClosedMax && value.size() <= kValueBytesMax;
  if (column->is_closed) column->values.emplace_back(value, 1);
  if (!column->is_closed) column->values = {};
  return finding;
}

std::optional<ParameterWatch::Finding> ParameterWatch::AddNumber(Column* column, double value,
                                                                 Time now) {
  std::optional<Finding> finding;
  const bool below = column->lines > 0 && value < column->min;
  const bool above = column->lines > 0 && value > column->max;
  if (below || above) {
    const double most = kRecordsBase + kRecordsPerNat * std::log(double(column->lines) + 1);
    if (++column->records > most) {
      column->is_number = false;  // it goes on and on
      return finding;
    }
    const double edge = NumberHistogram::ScaleOf(above ? column->max : column->min);
    const double tail = column->numbers.Quantile(above ? 1 - kTail : kTail);
    const double beyond =
        above ? NumberHistogram::ScaleOf(value) - edge : edge - NumberHistogram::ScaleOf(value);
    const double length = std::max(std::fabs(edge - tail), 1 / kStepsPerDoubling);
    if (IsKnown(*column, now) && beyond > length) {
      const bool twice = column->was_outside && now - *column->was_outside <= kTwiceWithin;
      if (!twice) {
        column->was_outside = now;
        --column->records;
        return finding;  // neither told nor learnt: it may be a lone one
      }
      column->was_outside.reset();
      if (sightings_.See(now, begin_, kQuietMax, true)) {
        finding.emplace();
        finding->what = Finding::What::kRange;
        finding->low = column->min;
        finding->high = column->max;
      }
    }
  }
  column->min = column->lines == 0 ? value : std::min(column->min, value);
  column->max = column->lines == 0 ? value : std::max(column->max, value);
  column->numbers.Add(value);
  return finding;
}

// What was read may be damaged: columns that are not there are watched no more.
void ParameterWatch::Mend() {
  if (columns_.size() > kColumnsMax) columns_.resize(kColumnsMax);
  std::erase_if(watched_, [this](const Watched& one) {
    return size_t{one.first} + one.count > columns_.size();
  });
  index_.clear();
  for (size_t i = 0; i < watched_.size(); ++i) {
    index_[watched_[i].skeleton] = static_cast<uint32_t>(i);
  }
}

}  // namespace kizashi
