#include "store/series/series_budget.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <utility>

namespace kizashi {
namespace {

constexpr std::string_view kOthers = "(others)";  // what is beyond a limit

}  // namespace

void DistinctCount::Add(std::string_view text) {
  const uint64_t hash = Hash64(text);
  const auto at = static_cast<size_t>(hash >> (64 - kBits));
  const auto rank = static_cast<uint8_t>(std::countl_zero((hash << kBits) | 1) + 1);
  registers_[at] = std::max(registers_[at], rank);
}

double DistinctCount::Estimate() const {
  const auto count = static_cast<double>(registers_.size());
  double sum = 0;
  double empty = 0;
  for (const uint8_t rank : registers_) {
    sum += std::exp2(-static_cast<double>(rank));
    empty += rank == 0 ? 1 : 0;
  }
  const double estimate = 0.7213 / (1 + 1.079 / count) * count * count / sum;
  if (estimate <= 2.5 * count && empty > 0) return count * std::log(count / empty);
  return estimate;
}

SeriesBudget::Owner& SeriesBudget::Find(std::string_view name, Owners* owners) {
  const auto known = owners->find(name);
  if (known != owners->end()) return known->second;
  return (*owners)[std::string(owners->size() < kOwnersMax ? name : kOthers)];
}

void SeriesBudget::Count(const Labels& labels, Owner* owner) {
  ++owner->series;
  const std::string_view metric = labels.Get(kMetricName);
  const auto known = owner->metrics.find(metric);
  if (known != owner->metrics.end()) {
    ++known->second;
  } else {
    ++owner->metrics[std::string(owner->metrics.size() < kMetricsMax ? metric : kOthers)];
  }
  CountValues(labels, owner);
}

void SeriesBudget::CountValues(const Labels& labels, Owner* owner) {
  for (const Label& label : labels) {
    if (label.name == kMetricName) continue;
    const auto values = owner->labels.find(label.name);
    if (values != owner->labels.end()) {
      values->second.Add(label.value);
    } else if (owner->labels.size() < kLabelsMax) {
      owner->labels[label.name].Add(label.value);
    }
  }
}

Status SeriesBudget::Admit(const Labels& labels) {
  const std::string name = options_.owner_of ? options_.owner_of(labels) : std::string();
  const size_t limit = options_.limit_of ? options_.limit_of(name) : 0;
  std::unique_lock lock(mutex_);
  counted_.wait(lock, [this] { return !is_expecting_; });
  Owner& owner = Find(name, &owners_);
  if (limit == 0 || owner.series < limit) {
    Count(labels, &owner);
    if (is_recounting_) meanwhile_.push_back(labels);
    return OkStatus();
  }
  ++owner.refused;
  CountValues(labels, &owner);
  // Made anew ever more rarely: a flood of refusals must cost little each.
  if (owner.explanation.empty() || owner.refused >= owner.explained + owner.explained / 8 + 1) {
    Explain(name, limit, &owner);
  }
  return ResourceExhausted("{}", owner.explanation);
}

void SeriesBudget::Explain(std::string_view name, size_t limit, Owner* owner) {
  const OwnerUse use = Describe(name, *owner, 1);
  const std::string_view who = name.empty() ? "nobody (no service claims the series)" : name;
  owner->explained = owner->refused;
  owner->explanation = fmt::format(
      "the series of {} are at their limit of {}: most are of the metric {} ({}), and the label {} "
      "has about {:.0f} values",
      who, limit, use.metrics.empty() ? "" : use.metrics[0].name,
      use.metrics.empty() ? 0 : use.metrics[0].series, use.labels.empty() ? "" : use.labels[0].name,
      use.labels.empty() ? 0 : use.labels[0].values);
}

void SeriesBudget::Withdraw(const Labels& labels) {
  const std::string name = options_.owner_of ? options_.owner_of(labels) : std::string();
  const std::lock_guard lock(mutex_);
  Owner& owner = Find(name, &owners_);
  if (owner.series > 0) --owner.series;
  const auto metric = owner.metrics.find(labels.Get(kMetricName));
  if (metric != owner.metrics.end() && metric->second > 0) --metric->second;
  const auto noted = std::find(meanwhile_.begin(), meanwhile_.end(), labels);
  if (noted != meanwhile_.end()) meanwhile_.erase(noted);
}

void SeriesBudget::ExpectRecount() {
  const std::lock_guard lock(mutex_);
  is_expecting_ = true;
}

void SeriesBudget::Recount(const std::function<void(const Visit&)>& for_all) {
  {
    const std::lock_guard lock(mutex_);
    is_recounting_ = true;
  }
  Owners fresh;
  const auto count = [&](const Labels& labels) {
    Count(labels, &Find(options_.owner_of ? options_.owner_of(labels) : std::string(), &fresh));
  };
  for_all(count);
  const std::lock_guard lock(mutex_);
  for (const Labels& labels : std::exchange(meanwhile_, {})) count(labels);
  for (const auto& [name, owner] : owners_) {
    if (owner.refused == 0) continue;
    Find(name, &fresh).refused += owner.refused;
  }
  owners_ = std::move(fresh);
  is_recounting_ = is_expecting_ = false;
  counted_.notify_all();
}

SeriesBudget::OwnerUse SeriesBudget::Describe(std::string_view name, const Owner& owner,
                                              size_t most) {
  OwnerUse use;
  use.owner = name;
  use.series = owner.series;
  use.refused = owner.refused;
  for (const auto& [label, values] : owner.labels) use.labels.push_back({label, values.Estimate()});
  const auto more = [](const auto* a, const auto* b) {
    return a->second != b->second ? a->second > b->second : a->first < b->first;
  };
  std::vector<const std::pair<const std::string, size_t>*> metrics;
  metrics.reserve(owner.metrics.size());
  for (const auto& metric : owner.metrics) metrics.push_back(&metric);
  const size_t first = std::min(most, metrics.size());
  std::partial_sort(metrics.begin(), metrics.begin() + static_cast<std::ptrdiff_t>(first),
                    metrics.end(), more);
  for (size_t i = 0; i < first; ++i) {
    use.metrics.push_back({metrics[i]->first, metrics[i]->second});
  }
  std::sort(use.labels.begin(), use.labels.end(), [](const LabelUse& a, const LabelUse& b) {
    return a.values != b.values ? a.values > b.values : a.name < b.name;
  });
  if (use.labels.size() > most) use.labels.resize(most);
  return use;
}

std::vector<SeriesBudget::OwnerUse> SeriesBudget::Uses(size_t most) const {
  std::vector<OwnerUse> uses;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, owner] : owners_) uses.push_back(Describe(name, owner, most));
  }
  for (OwnerUse& use : uses) use.limit = options_.limit_of ? options_.limit_of(use.owner) : 0;
  std::sort(uses.begin(), uses.end(), [](const OwnerUse& a, const OwnerUse& b) {
    return a.series != b.series ? a.series > b.series : a.owner < b.owner;
  });
  return uses;
}

}  // namespace kizashi
