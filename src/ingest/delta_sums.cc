#include "ingest/delta_sums.h"

namespace kizashi {

DeltaSums::DeltaSums(Registry* registry, size_t series_max)
    : series_max_(series_max),
      series_gauge_(registry->GetGauge("kizashi_delta_series",
                                       "Series of delta temporality that are being summed.")) {}

StatusOr<double> DeltaSums::Add(SeriesId series, Time time, double delta) {
  const std::lock_guard lock(mutex_);
  const auto found = sums_.find(series);
  if (found == sums_.end()) {
    if (sums_.size() >= series_max_) Forget(time);
    if (sums_.size() >= series_max_) {
      return ResourceExhausted("more than {} series of delta temporality", series_max_);
    }
    sums_.emplace(series, Sum{delta, time});
    series_gauge_.Set(static_cast<double>(sums_.size()));
    return delta;
  }
  Sum& sum = found->second;
  if (time < sum.last) {
    return InvalidArgument("a delta up to {} comes after one up to {}", FormatTime(time),
                           FormatTime(sum.last));
  }
  if (time > sum.last) sum.value += delta;
  sum.last = time;
  return sum.value;
}

// At most once a minute: it looks at every series.
void DeltaSums::Forget(Time now) {
  if (now - swept_ < std::chrono::minutes(1)) return;
  swept_ = now;
  std::erase_if(sums_, [&](const auto& item) { return now - item.second.last > kForgetAfter; });
}

}  // namespace kizashi
