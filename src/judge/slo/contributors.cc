#include "judge/slo/contributors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kizashi {
namespace {

constexpr Duration kHalving = std::chrono::hours(1);
constexpr Duration kDecayStep = std::chrono::minutes(5);
constexpr double kForgotten = 1e-3;
constexpr double kShareMin = 0.5;
constexpr double kTellingMin = 0.2;  // how much more of the bad events than of all

}  // namespace

void Contributors::Add(SeriesId series, double bad, double all, Time at) {
  if (at - decayed_ >= kDecayStep) {
    const double factor = std::exp2(-ToSeconds(at - decayed_) / ToSeconds(kHalving));
    for (auto& [id, count] : series_) {
      count.bad *= factor;
      count.all *= factor;
    }
    std::erase_if(series_, [](const auto& entry) {
      return entry.second.all + entry.second.bad < kForgotten;
    });
    decayed_ = at;
  }
  if (bad <= 0 && all <= 0) return;
  if (series_.size() >= kSeriesMax && series_.count(series) == 0) return;
  Count& count = series_[series];
  count.all += all;
  count.bad += bad;
}

std::vector<Contributor> Contributors::Top(const SeriesDirectory& directory, size_t most) const {
  std::map<std::pair<std::string, std::string>, Count> values;
  Count sum;
  for (const auto& [series, count] : series_) {
    sum.bad += count.bad;
    sum.all += count.all;
    for (const auto& [name, value] : directory.SeriesLabels(series)) {
      if (name == kMetricName || name == "le") continue;
      Count& of_value = values[{name, value}];
      of_value.bad += count.bad;
      of_value.all += count.all;
    }
  }
  if (sum.bad <= 0) return {};
  std::vector<Contributor> found;
  for (const auto& [label, count] : values) {
    const double share = count.bad / sum.bad;
    const double of_all = sum.all > 0 ? count.all / sum.all : 0;
    if (share < kShareMin || share - of_all < kTellingMin) continue;
    found.push_back({label.first, label.second, share, of_all});
  }
  std::stable_sort(found.begin(), found.end(), [](const Contributor& a, const Contributor& b) {
    return a.share - a.of_all > b.share - b.of_all;
  });
  if (found.size() > most) found.resize(most);
  return found;
}

std::string ContributorsText(const std::vector<Contributor>& contributors) {
  std::string text;
  for (const Contributor& contributor : contributors) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{}={} ({:.0f} %)", contributor.label, contributor.value,
                        contributor.share * 100);
  }
  return text;
}

}  // namespace kizashi
