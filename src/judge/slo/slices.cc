#include "judge/slo/slices.h"

#include <algorithm>

namespace kizashi {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);

// As slices: minute n holds (n, n + 1] minutes.
int64_t MinuteOf(Time time) { return (ToMs(time) - 1) / kMinute.count(); }
Time MinuteEnd(int64_t minute) { return TimeFromMs((minute + 1) * kMinute.count()); }

}  // namespace

void Slices::Configure(Duration interval, Duration span) {
  coarse_.Configure(interval, span + interval);
  bad_minutes_.resize(kBadWords);
}

void Slices::EndMinutes(Time now) {
  const int64_t minute = MinuteOf(now);
  if (minute <= minute_) return;
  const auto bit = [this](int64_t number) -> std::pair<uint64_t&, uint64_t> {
    const auto at = static_cast<size_t>(number % kMinutesKept);
    return {bad_minutes_[at / 64], uint64_t{1} << (at % 64)};
  };
  if (minute_ >= 0 && IsBad(minute_)) {
    auto [word, mask] = bit(minute_);
    word |= mask;
  }
  // The bits that are taken anew, the one of the minute that begins among them.
  for (int64_t number = std::max(minute_ + 1, minute - kMinutesKept + 1); number <= minute;
       ++number) {
    auto [word, mask] = bit(number);
    word &= ~mask;
  }
  minute_ = minute;
}

bool Slices::IsBad(int64_t minute) const {
  const Time end = MinuteEnd(minute);
  return fine_.Sum(end - kMinute, end).bad() > 0;
}

void Slices::Add(Time at, double good, double total) {
  EndMinutes(at);
  fine_.Add(at, good, total);
  coarse_.Add(at, good, total);
}

void Slices::Cover(Time since, Time until) {
  fine_.Cover(since, until);
  coarse_.Cover(since, until);
}

void Slices::SetAll(std::span<const SliceLog::Slice> slices) {
  if (slices.empty()) return;
  coarse_.SetAll(slices);
  set_until_ = std::max(set_until_.value_or(slices.back().first), slices.back().first);
}

SliceSum Slices::Between(Time from, Time until) const {
  const bool recent = fine_.covered_until() - from <= kFineSpan && until - from <= kFineSpan &&
                      (!set_until_ || from >= *set_until_);
  return recent ? fine_.Sum(from, until) : coarse_.Sum(from, until);
}

int Slices::BadMinutes(Time now, Duration span) const {
  if (minute_ < 0) return 0;
  const int64_t last = MinuteOf(now);
  const int64_t first =
      std::max(MinuteOf(now - std::min(span, kBadMinutesSpan)) + 1, minute_ - kMinutesKept + 1);
  int bad = minute_ <= last && minute_ >= first && IsBad(minute_) ? 1 : 0;
  for (int64_t minute = std::max<int64_t>(first, 0); minute <= std::min(last, minute_ - 1);
       ++minute) {
    const auto at = static_cast<size_t>(minute % kMinutesKept);
    bad += static_cast<int>(bad_minutes_[at / 64] >> (at % 64) & 1);
  }
  return bad;
}

}  // namespace kizashi
