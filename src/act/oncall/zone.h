// Local time of one time zone, quick enough to walk over years.
//
// All changes of the zone's offset between kZoneFrom and kZoneTo are read once; outside of these
// the nearest offset holds. Immutable; any thread.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

#include "act/oncall/schedule.h"
#include "base/clock.h"

namespace kizashi::oncall {

inline constexpr Time kZoneFrom = TimeFromMs(0);                // 1970
inline constexpr Time kZoneTo = TimeFromMs(4'102'444'800'000);  // 2100

class Zone {
 public:
  /// Nullptr when there is no zone of this name.
  static std::shared_ptr<const Zone> Load(std::string_view name);

  /// [begin, end) with one offset.
  struct Part {
    Time begin{};
    Time end{};
    Duration offset{};
    LocalTime ToLocal(Time at) const { return LocalTime(at.time_since_epoch() + offset); }
    bool Contains(Time at) const { return begin <= at && at < end; }
  };
  const Part& PartAt(Time at) const;
  LocalTime ToLocal(Time at) const { return PartAt(at).ToLocal(at); }
  /// The first time at which the clock shows `local` or later.
  Time ToTime(LocalTime local) const;

 private:
  std::vector<Part> parts_;  // ascending, without holes, over all times
};

/// Minutes since Monday 00:00 and, in `into`, how far into that minute.
int MinuteOfWeek(LocalTime local, Duration* into = nullptr);

/// Parts of the week, joined where they touch: whether one holds, and for how long.
class WeekSet {
 public:
  /// `ranges` as of schedule.h; none gives the empty set, `Always` the whole week.
  explicit WeekSet(const std::vector<WeekRange>& ranges);
  static WeekSet Always();

  bool empty() const { return edges_.empty() && !first_; }
  bool all() const { return edges_.empty() && first_; }
  bool Contains(int minute_of_week) const;
  /// Minutes from the beginning of this minute until Contains changes; kWeekMinutes when it never
  /// does.
  int UntilChange(int minute_of_week) const;

 private:
  WeekSet() = default;
  bool first_ = false;      // whether minute 0 is in
  std::vector<int> edges_;  // minutes above 0 at which that changes
};

}  // namespace kizashi::oncall
