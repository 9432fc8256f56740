#include "act/oncall/zone.h"

#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace kizashi::oncall {
namespace {

constexpr Time kBeforeAll = TimeFromMs(-8'640'000'000'000'000);
constexpr Time kAfterAll = TimeFromMs(8'640'000'000'000'000);
// No zone is further from UTC.
constexpr Duration kOffsetMax = std::chrono::hours(26);

absl::Time ToAbsl(Time time) { return absl::FromUnixMillis(ToMs(time)); }

Duration OffsetAt(const absl::TimeZone& zone, Time time) {
  return std::chrono::seconds(zone.At(ToAbsl(time)).offset);
}

}  // namespace

std::shared_ptr<const Zone> Zone::Load(std::string_view name) {
  absl::TimeZone loaded;
  if (!absl::LoadTimeZone(absl::string_view(name.data(), name.size()), &loaded)) return nullptr;
  auto zone = std::make_shared<Zone>();
  Part part{kBeforeAll, kAfterAll, OffsetAt(loaded, kZoneFrom)};
  absl::TimeZone::CivilTransition change;
  for (Time at = kZoneFrom; loaded.NextTransition(ToAbsl(at), &change);) {
    const Time next = TimeFromMs(absl::ToUnixMillis(loaded.At(change.to).trans));
    if (next <= at || next >= kZoneTo) break;
    at = next;
    const Duration offset = OffsetAt(loaded, at);
    if (offset == part.offset) continue;
    part.end = at;
    zone->parts_.push_back(part);
    part = {at, kAfterAll, offset};
  }
  zone->parts_.push_back(part);
  return zone;
}

const Zone::Part& Zone::PartAt(Time at) const {
  const auto after =
      std::upper_bound(parts_.begin(), parts_.end(), at,
                       [](Time time, const Part& part) { return time < part.begin; });
  return after == parts_.begin() ? parts_.front() : *(after - 1);
}

Time Zone::ToTime(LocalTime local) const {
  const Time earliest = Time(local.time_since_epoch()) - kOffsetMax;
  for (const Part* part = &PartAt(earliest); part != &parts_.back(); ++part) {
    const Time at = std::max(part->begin, Time(local.time_since_epoch() - part->offset));
    if (at < part->end) return at;
  }
  const Part& last = parts_.back();
  return std::max(last.begin, Time(local.time_since_epoch() - last.offset));
}

int MinuteOfWeek(LocalTime local, Duration* into) {
  // 1970-01-01 was a Thursday.
  constexpr int64_t kThursday = 3 * 24 * 60;
  const auto minutes = std::chrono::floor<std::chrono::minutes>(local);
  if (into != nullptr) *into = local - minutes;
  const int64_t since = minutes.time_since_epoch().count() + kThursday;
  return static_cast<int>(((since % kWeekMinutes) + kWeekMinutes) % kWeekMinutes);
}

WeekSet WeekSet::Always() { return WeekSet({{0, kWeekMinutes}}); }

WeekSet::WeekSet(const std::vector<WeekRange>& ranges) {
  // +1 where one begins, -1 where it ends; what reaches into the next week begins at minute 0 too.
  std::array<int, kWeekMinutes + 1> steps{};
  for (const WeekRange& range : ranges) {
    KZ_CHECK(0 <= range.begin && range.begin < kWeekMinutes && range.begin < range.end &&
                 range.end <= range.begin + kWeekMinutes,
             "a range of the week from minute {} to {}", range.begin, range.end);
    ++steps[static_cast<size_t>(range.begin)];
    --steps[static_cast<size_t>(std::min(range.end, kWeekMinutes))];
    if (range.end > kWeekMinutes) {
      ++steps[0];
      --steps[static_cast<size_t>(range.end - kWeekMinutes)];
    }
  }
  int depth = steps[0];
  first_ = depth > 0;
  for (int minute = 1; minute < kWeekMinutes; ++minute) {
    const bool before = depth > 0;
    depth += steps[static_cast<size_t>(minute)];
    if (before != (depth > 0)) edges_.push_back(minute);
  }
}

bool WeekSet::Contains(int minute_of_week) const {
  const auto passed = std::upper_bound(edges_.begin(), edges_.end(), minute_of_week);
  return first_ == ((passed - edges_.begin()) % 2 == 0);
}

int WeekSet::UntilChange(int minute_of_week) const {
  const auto next = std::upper_bound(edges_.begin(), edges_.end(), minute_of_week);
  if (next != edges_.end()) return *next - minute_of_week;
  if (edges_.empty()) return kWeekMinutes;
  // With an odd number of edges the week's end is one too.
  const bool end_changes = edges_.size() % 2 == 1;
  return kWeekMinutes - minute_of_week + (end_changes ? 0 : edges_.front());
}

}  // namespace kizashi::oncall
