#include "store/series/budget_report.h"

#include <set>

#include "base/log.h"

namespace kizashi {
namespace {

constexpr std::string_view kNobody = "(unclaimed)";

}  // namespace

void BudgetReport::Look(Time now) {
  // The second condition: the clock was set back.
  if (now < next_ && next_ - now <= kLookEvery) return;
  next_ = now + kLookEvery;
  std::set<std::string> there;
  for (const SeriesBudget::OwnerUse& use : budget_.Uses(1)) {
    Tell(use, now);
    there.insert(use.owner);
  }
  for (const auto& [owner, seen] : seen_) {
    if (there.count(owner) == 0) Put(owner, 0, 0, 0);
  }
}

void BudgetReport::Tell(const SeriesBudget::OwnerUse& use, Time now) {
  Seen& seen = seen_[use.owner];
  const uint64_t more = use.refused - std::min(use.refused, seen.refused);
  Put(use.owner, use.series, use.limit, more);
  seen.refused = use.refused;
  if (use.refused <= seen.logged) return;
  const Duration since = now - seen.log_time;
  if (seen.was_logged && since >= Duration(0) && since < kLogEvery) return;
  Log(LogLevel::kWarn, "series refused",
      {{"owner", use.owner.empty() ? kNobody : use.owner},
       {"series", use.series},
       {"limit", use.limit},
       {"refused", use.refused - seen.logged},
       {"metric", use.metrics.empty() ? "" : use.metrics[0].name},
       {"label", use.labels.empty() ? "" : use.labels[0].name},
       {"values", fmt::format("{:.0f}", use.labels.empty() ? 0 : use.labels[0].values)}});
  seen.logged = use.refused;
  seen.log_time = now;
  seen.was_logged = true;
}

void BudgetReport::Put(std::string_view owner, size_t series, size_t limit, uint64_t new_refused) {
  const MetricLabels labels = {{"owner", std::string(owner.empty() ? kNobody : owner)}};
  registry_.GetGauge("kizashi_series", "Series by the service that claims them.", labels)
      .Set(static_cast<double>(series));
  registry_.GetGauge("kizashi_series_limit", "The most series of an owner; 0: no limit.", labels)
      .Set(static_cast<double>(limit));
  registry_
      .GetCounter("kizashi_series_refused_total",
                  "New series that were refused, each time they came.", labels)
      .Add(static_cast<double>(new_refused));
}

}  // namespace kizashi
