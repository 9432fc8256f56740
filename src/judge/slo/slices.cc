#include "judge/slo/slices.h"

#include <algorithm>

#include "base/check.h"

namespace kizashi {
namespace {

int64_t Number(Time time, Duration step) { return ToMs(time) / step.count(); }

}  // namespace

Slices::Slices(Duration window) {
  fine_.slices.resize(static_cast<size_t>(std::min(kFineSpan, window) / kFine) + 1);
  coarse_.slices.resize(static_cast<size_t>(window / kCoarse) + 2);
}

// The slice `number`, made empty when time has just reached it.
SliceSum& Slices::Ring::At(int64_t number) {
  const auto size = static_cast<int64_t>(slices.size());
  KZ_CHECK(size > 0);
  if (newest < 0) newest = number;
  if (number > newest) {
    const int64_t steps = std::min(number - newest, size);
    for (int64_t i = 1; i <= steps; ++i) {
      slices[static_cast<size_t>((number - steps + i) % size)] = SliceSum{};
    }
    newest = number;
  }
  // What is older than the ring is added to its oldest slice, so that no event is lost.
  number = std::max(number, newest - size + 1);
  return slices[static_cast<size_t>(number % size)];
}

SliceSum Slices::Ring::SumBetween(int64_t first, int64_t last) const {
  SliceSum sum;
  if (newest < 0) return sum;
  const auto size = static_cast<int64_t>(slices.size());
  first = std::max({first, newest - size + 1, int64_t{0}});
  last = std::min(last, newest);
  for (int64_t number = first; number <= last; ++number) {
    const SliceSum& slice = slices[static_cast<size_t>(number % size)];
    sum.good += slice.good;
    sum.total += slice.total;
    sum.covered_seconds += slice.covered_seconds;
  }
  return sum;
}

void Slices::Add(Time now, double good, double total) {
  for (SliceSum* slice : {&fine_.At(Number(now, kFine)), &coarse_.At(Number(now, kCoarse))}) {
    slice->good += good;
    slice->total += total;
  }
}

void Slices::Cover(Time since, Time now) {
  const int64_t last = Number(now, kFine);
  const auto kept = static_cast<int64_t>(fine_.slices.size());
  const int64_t first = std::max(Number(since, kFine) + 1, last - kept + 1);
  for (int64_t number = std::min(first, last); number <= last; ++number) {
    SliceSum& fine = fine_.At(number);
    if (fine.covered_seconds > 0) continue;
    fine.covered_seconds = ToSeconds(kFine);
    SliceSum& coarse = coarse_.At(number * kFine / kCoarse);
    coarse.covered_seconds =
        std::min(coarse.covered_seconds + ToSeconds(kFine), ToSeconds(kCoarse));
  }
}

SliceSum Slices::Sum(Time now, Duration span) const {
  if (span <= kFine * static_cast<int64_t>(fine_.slices.size())) {
    const int64_t last = Number(now, kFine);
    return fine_.SumBetween(last - span / kFine + 1, last);
  }
  const int64_t last = Number(now, kCoarse);
  return coarse_.SumBetween(last - span / kCoarse + 1, last);
}

SliceSum Slices::FineSlice(Time time) const {
  const int64_t number = Number(time, kFine);
  return fine_.SumBetween(number, number);
}

}  // namespace kizashi
