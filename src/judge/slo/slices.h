// An SLO's slices in two tiers: ten seconds for the last hours, the SLO's own interval for the
// whole window; and in which minutes anything was bad.
//
// Sums over spans of up to six hours are exact to ten seconds, longer ones to the interval, and so
// are those that reach into slices that were set. Owned by the judge, one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "judge/slo/slice_log.h"

namespace kizashi {

class Slices {
 public:
  static constexpr Duration kFine = std::chrono::seconds(10);
  static constexpr Duration kFineSpan = std::chrono::hours(6);
  static constexpr Duration kBadMinutesSpan = std::chrono::hours(72);

  Slices() = default;
  Slices(Duration interval, Duration span) { Configure(interval, span); }
  /// Keeps at least `span` back, in slices of `interval`: see SliceLog::Configure.
  void Configure(Duration interval, Duration span);

  /// Events at `at`, in time order.
  void Add(Time at, double good, double total);
  /// What lies in (since, until] was measured.
  void Cover(Time since, Time until);
  /// Puts slices of the past in their place: see SliceLog::SetAll.
  void SetAll(std::span<const SliceLog::Slice> slices);

  /// Over (from, until].
  SliceSum Between(Time from, Time until) const;
  /// The last `span` up to and with `now`.
  SliceSum Sum(Time now, Duration span) const { return Between(now - span, now); }
  /// In how many of the whole minutes of the last `span`, at most kBadMinutesSpan, something was
  /// bad; the minute of `now` included.
  int BadMinutes(Time now, Duration span) const;

  Time covered_until() const { return fine_.covered_until(); }
  const SliceLog& log() const { return coarse_; }
  size_t bytes() const { return fine_.bytes() + coarse_.bytes() + bad_minutes_.size() * 8; }

  template <typename A>
  void Fields(A& a) {
    a(fine_, coarse_, bad_minutes_, minute_, set_until_);
    if constexpr (A::kReading) {
      if (!bad_minutes_.empty() && bad_minutes_.size() != kBadWords) a.Fail();
    }
  }

 private:
  static constexpr int64_t kMinutesKept = (kBadMinutesSpan / std::chrono::minutes(1) / 64 + 1) * 64;
  static constexpr size_t kBadWords = kMinutesKept / 64;

  void EndMinutes(Time now);
  bool IsBad(int64_t minute) const;

  SliceLog fine_{kFine, kFineSpan + std::chrono::minutes(11)};
  SliceLog coarse_;
  std::vector<uint64_t> bad_minutes_;  // a ring of bits, by the number of the minute
  int64_t minute_ = -1;                // that of the newest event
  std::optional<Time> set_until_;      // the end of the newest slice that was set
};

}  // namespace kizashi
