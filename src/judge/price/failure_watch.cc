#include "judge/price/failure_watch.h"

#include <algorithm>

#include "catalog/slo_alerts.h"

namespace kizashi {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);

struct Burned {
  double minutes = 0;
  double share = 0;  // of the budget
};

Burned BurnedIn(const SloJudge& slo, Time end) {
  const SloSpec& spec = slo.spec();
  const SliceSum sum = slo.tracker().slices().Between(end - kMinute, end);
  const bool burns = sum.total > 0 && sum.bad() >= FailureWatch::kBadMin &&
                     sum.bad() / sum.total >= FailureWatch::kBurn * (1 - spec.target);
  if (!burns) return {};
  const Duration window = NominalLength(spec.window);
  const SliceSum all = slo.tracker().slices().Between(end - window, end);
  const double minutes = std::max(1.0, all.covered_seconds / 60);
  const double burned = sum.bad() / (all.total / minutes);
  return {burned, burned / (ToMinutes(window) * (1 - spec.target))};
}

// The begin of the first ten seconds of the minute in which anything was bad.
Time FirstBad(std::span<SloJudge* const> slos, Time end) {
  for (Time slice = end - kMinute; slice < end; slice += Slices::kFine) {
    for (const SloJudge* slo : slos) {
      if (slo->tracker().slices().Between(slice, slice + Slices::kFine).bad() > 0) return slice;
    }
  }
  return end - kMinute;
}

}  // namespace

bool FailureWatch::Measures(std::span<SloJudge* const> slos, Time now) {
  return std::any_of(slos.begin(), slos.end(), [&](const SloJudge* slo) {
    const auto measured = slo->tracker().measured();
    return measured && now - *measured <= slo->tracker().gap_max();
  });
}

std::vector<FailureWatch::Event> FailureWatch::Look(std::span<SloJudge* const> slos, Time now) {
  std::vector<Event> events;
  // A slice is whole once the tick after it has begun.
  const Time until = FloorTo(now - Duration(1), kMinute);
  if (until <= looked_) return events;
  if (looked_ != Time{} && until - looked_ > kGap) looked_ = until - kMinute;
  for (Time end = looked_ == Time{} ? until : looked_ + kMinute; end <= until; end += kMinute) {
    LookAtMinute(slos, end, &events);
  }
  looked_ = until;
  return events;
}

void FailureWatch::LookAtMinute(std::span<SloJudge* const> slos, Time end,
                                std::vector<Event>* events) {
  Burned most;
  for (const SloJudge* slo : slos) {
    const Burned burned = BurnedIn(*slo, end);
    if (burned.minutes > most.minutes) most = burned;
  }
  if (begin_ && end - last_ > kGap) {
    if (told_) events->push_back({false, last_, minutes_});
    begin_.reset();
  }
  if (most.minutes <= 0) return;
  if (!begin_) {
    begin_ = FirstBad(slos, end);
    told_ = false;
    minutes_ = share_ = 0;
  }
  last_ = end;
  minutes_ += most.minutes;
  share_ += most.share;
  if (told_ || share_ < kShare) return;
  told_ = true;
  events->push_back({true, *begin_, 0});
}

}  // namespace kizashi
