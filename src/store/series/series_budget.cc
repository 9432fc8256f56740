#include "store/series/series_budget.h"

#include <algorithm>
#include <bit>
#include <cmath>
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

SeriesBudget::Owner& SeriesBudget::Find(std::string_view name) {
  const auto known = owners_.find(name);
  if (known != owners_.end()) return known->second;
  return owners_[std::string(owners_.size() < kOwnersMax ? name : kOthers)];
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
  const std::lock_guard lock(mutex_);
  Owner& owner = Find(name);
  if (limit == 0 || owner.series < limit) {
    Count(labels, &owner);
    return OkStatus();
  }
  ++owner.refused;
  const OwnerUse use = Describe(name, owner, 1);
  const std::string who = name.empty() ? "nobody (no service claims the series)" : name;
  return ResourceExhausted(
      "the series of {} are at their limit of {}: most are of the metric {} ({}), and the label {} "
      "has about {:.0f} values",
      who, limit, use.metrics.empty() ? "" : use.metrics[0].name,
      use.metrics.empty() ? 0 : use.metrics[0].series, use.labels.empty() ? "" : use.labels[0].name,
      use.labels.empty() ? 0 : use.labels[0].values);
}

void SeriesBudget::Withdraw(const Labels& labels) {
  const std::string name = options_.owner_of ? options_.owner_of(labels) : std::string();
  const std::lock_guard lock(mutex_);
  Owner& owner = Find(name);
  if (owner.series > 0) --owner.series;
  const auto metric = owner.metrics.find(labels.Get(kMetricName));
  if (metric != owner.metrics.end() && metric->second > 0) --metric->second;
}

void SeriesBudget::Restore(const Labels& labels) {
  const std::string name = options_.owner_of ? options_.owner_of(labels) : std::string();
  const std::lock_guard lock(mutex_);
  Count(labels, &Find(name));
}

SeriesBudget::OwnerUse SeriesBudget::Describe(std::string_view name, const Owner& owner,
                                              size_t most) {
  OwnerUse use;
  use.owner = name;
  use.series = owner.series;
  use.refused = owner.refused;
  for (const auto& [metric, series] : owner.metrics) use.metrics.push_back({metric, series});
  for (const auto& [label, values] : owner.labels) use.labels.push_back({label, values.Estimate()});
  std::sort(use.metrics.begin(), use.metrics.end(), [](const MetricUse& a, const MetricUse& b) {
    return a.series != b.series ? a.series > b.series : a.name < b.name;
  });
  std::sort(use.labels.begin(), use.labels.end(), [](const LabelUse& a, const LabelUse& b) {
    return a.values != b.values ? a.values > b.values : a.name < b.name;
  });
  if (use.metrics.size() > most) use.metrics.resize(most);
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
