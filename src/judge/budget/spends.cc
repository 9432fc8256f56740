#include "judge/budget/spends.h"

#include <algorithm>

namespace kizashi {

void Spends::Put(const AnomalyRecord& anomaly, Time begin) {
  const auto found = spends_.find(anomaly.id);
  Spend& spend = found == spends_.end() ? spends_[anomaly.id] : found->second;
  if (found == spends_.end()) spend.begin = begin;
  spend.kind = anomaly.kind;
  spend.mean_minutes = anomaly.price.mean_minutes;
  spend.low_minutes = anomaly.price.low_minutes;
}

void Spends::Reprice(const AnomalyRecord& anomaly) {
  const auto found = spends_.find(anomaly.id);
  if (found != spends_.end()) Put(anomaly, found->second.begin);
}

void Spends::Forget(Time before) {
  std::erase_if(spends_, [&](const auto& entry) { return entry.second.begin <= before; });
}

Spends::Sum Spends::Between(Time begin, Time end) const {
  Sum sum;
  for (const auto& [id, spend] : spends_) {
    if (spend.begin <= begin || spend.begin > end) continue;
    sum.mean_minutes += spend.mean_minutes;
    sum.low_minutes += spend.low_minutes;
  }
  return sum;
}

std::vector<std::pair<std::string, double>> Spends::Dearest(Time begin, Time end,
                                                            size_t most) const {
  std::map<std::string, double> by_kind;
  for (const auto& [id, spend] : spends_) {
    if (spend.begin > begin && spend.begin <= end) by_kind[spend.kind] += spend.mean_minutes;
  }
  std::vector<std::pair<std::string, double>> dearest(by_kind.begin(), by_kind.end());
  std::stable_sort(dearest.begin(), dearest.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (dearest.size() > most) dearest.resize(most);
  return dearest;
}

}  // namespace kizashi
