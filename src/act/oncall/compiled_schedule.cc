#include "act/oncall/compiled_schedule.h"

#include <algorithm>

#include "base/check.h"

namespace kizashi::oncall {
namespace {

using std::chrono::days;
using std::chrono::months;

Duration LengthOf(const Rotation& rotation) {
  switch (rotation.unit) {
    case Rotation::Unit::kHourly: return std::chrono::hours(1) * rotation.every;
    case Rotation::Unit::kDaily: return days(1) * rotation.every;
    case Rotation::Unit::kWeekly: return days(7) * rotation.every;
    case Rotation::Unit::kMonthly: break;
  }
  KZ_CHECK(false, "months have no length");
}

/// `by` months after `from`, at the same time of the day of the same day or the month's last one.
LocalTime AddMonths(LocalTime from, int64_t by) {
  const auto day = std::chrono::floor<days>(from);
  const std::chrono::year_month_day date(day);
  const auto month = date.year() / date.month() + months(by);
  const std::chrono::day last = (month / std::chrono::last).day();
  return LocalTime(std::chrono::local_days(month / std::min(date.day(), last))) + (from - day);
}

int64_t MonthsBetween(LocalTime from, LocalTime to) {
  const std::chrono::year_month_day a(std::chrono::floor<days>(from));
  const std::chrono::year_month_day b(std::chrono::floor<days>(to));
  return (int{b.year()} - int{a.year()}) * 12 +
         (static_cast<int>(unsigned{b.month()}) - static_cast<int>(unsigned{a.month()}));
}

void Lower(Time* until, Time to) { *until = std::min(*until, to); }

}  // namespace

AwayTimes::AwayTimes(std::vector<std::pair<Time, Time>> intervals) {
  std::sort(intervals.begin(), intervals.end());
  for (const auto& [begin, end] : intervals) {
    if (begin >= end) continue;
    if (!intervals_.empty() && begin <= intervals_.back().second) {
      intervals_.back().second = std::max(intervals_.back().second, end);
    } else {
      intervals_.emplace_back(begin, end);
    }
  }
}

bool AwayTimes::Contains(Time at, Time* until) const {
  const auto after =
      std::upper_bound(intervals_.begin(), intervals_.end(), at,
                       [](Time time, const auto& interval) { return time < interval.first; });
  if (after != intervals_.begin() && at < (after - 1)->second) {
    Lower(until, (after - 1)->second);
    return true;
  }
  if (after != intervals_.end()) Lower(until, after->first);
  return false;
}

CompiledSchedule::CompiledSchedule(const Schedule& schedule, const std::vector<Leave>& leave)
    : schedule_(schedule),
      zone_(Zone::Load(schedule.time_zone)),
      coverage_(schedule.coverage ? WeekSet(*schedule.coverage) : WeekSet::Always()) {
  if (zone_ == nullptr) zone_ = Zone::Load("UTC");
  for (const Layer& layer : schedule.layers) {
    CompiledLayer compiled{&layer,
                           {},
                           layer.only.empty() ? WeekSet::Always() : WeekSet(layer.only),
                           zone_->ToTime(layer.rotation.start),
                           layer.until ? zone_->ToTime(*layer.until) : kNever};
    for (const std::string& person : layer.rotation.people) {
      compiled.people.push_back(NumberOf(person));
    }
    layers_.push_back(std::move(compiled));
  }
  for (const Override& one : schedule.overrides) {
    overrides_.push_back({NumberOf(one.person), one.begin, one.end, one.id});
  }
  for (const Takeover& one : schedule.takeovers) {
    const int giver = NumberOf(one.giver);
    const int taker = NumberOf(one.taker);
    takeovers_[static_cast<size_t>(giver)].push_back({taker, one.begin, one.end, one.id});
  }
  std::vector<std::vector<std::pair<Time, Time>>> away(people_.size());
  for (const Leave& one : leave) {
    const auto person = numbers_.find(one.person);
    if (person == numbers_.end()) continue;
    away[static_cast<size_t>(person->second)].emplace_back(one.begin, one.end);
  }
  for (auto& times : away) away_.emplace_back(std::move(times));
}

int CompiledSchedule::NumberOf(const std::string& person) {
  const auto [place, is_new] = numbers_.try_emplace(person, static_cast<int>(people_.size()));
  if (is_new) {
    people_.push_back(person);
    takeovers_.emplace_back();
  }
  return place->second;
}

LocalTime CompiledSchedule::HandOff(const Rotation& rotation, int64_t number) const {
  if (rotation.unit == Rotation::Unit::kMonthly) {
    return AddMonths(rotation.start, number * rotation.every);
  }
  return rotation.start + LengthOf(rotation) * number;
}

// Requires that the rotation has begun.
CompiledSchedule::Turn CompiledSchedule::TurnAt(const Rotation& rotation, Time at) const {
  const LocalTime local = zone_->ToLocal(at);
  // A guess by the wall's clock, which is off by one where it jumps.
  int64_t number = rotation.unit == Rotation::Unit::kMonthly
                       ? MonthsBetween(rotation.start, local) / rotation.every
                       : (local - rotation.start) / LengthOf(rotation);
  number = std::max<int64_t>(number, 0);
  Time begin = zone_->ToTime(HandOff(rotation, number));
  while (number > 0 && begin > at) begin = zone_->ToTime(HandOff(rotation, --number));
  Time end = zone_->ToTime(HandOff(rotation, number + 1));
  while (end <= at) {
    begin = end;
    end = zone_->ToTime(HandOff(rotation, ++number + 1));
  }
  return {number, begin, end};
}

bool CompiledSchedule::Holds(const WeekSet& set, Time at, Time* until) const {
  if (set.all() || set.empty()) return set.all();
  const Zone::Part& part = zone_->PartAt(at);
  Duration into{};
  const int minute = MinuteOfWeek(part.ToLocal(at), &into);
  Lower(until, at - into + std::chrono::minutes(set.UntilChange(minute)));
  Lower(until, part.end);
  return set.Contains(minute);
}

bool CompiledSchedule::IsCovered(Time at, Time* until) const { return Holds(coverage_, at, until); }

const CompiledSchedule::Change* CompiledSchedule::LastThatHolds(const std::vector<Change>& changes,
                                                                Time at, Time* until) const {
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    if (at >= change->end) continue;
    if (at < change->begin) {
      Lower(until, change->begin);
      continue;
    }
    Lower(until, change->end);
    if (!away_[static_cast<size_t>(change->person)].Contains(at, until)) return &*change;
  }
  return nullptr;
}

bool CompiledSchedule::FromLayer(size_t number, Time at, Turns* turns, Time* until,
                                 Answer* answer) const {
  const CompiledLayer& layer = layers_[number];
  if (at < layer.begin) Lower(until, layer.begin);
  if (at < layer.begin || at >= layer.end) return false;
  Lower(until, layer.end);
  if (!Holds(layer.only, at, until)) return false;
  Turn& turn = (*turns)[number];
  if (at < turn.begin || at >= turn.end) turn = TurnAt(layer.layer->rotation, at);
  Lower(until, turn.end);
  const size_t people = layer.people.size();
  const auto first = static_cast<size_t>(turn.number % static_cast<int64_t>(people));
  answer->layer = static_cast<int>(number);
  for (size_t i = 0; i < people; ++i) {
    const int person = layer.people[(first + i) % people];
    if (const Change* taken = LastThatHolds(takeovers_[static_cast<size_t>(person)], at, until)) {
      answer->person = taken->person;
      answer->why = Duty::Why::kTakeover;
      answer->instead_of = person;
      answer->edit = taken->edit;
      return true;
    }
    if (away_[static_cast<size_t>(person)].Contains(at, until)) continue;
    answer->person = person;
    answer->why = i == 0 ? Duty::Why::kTurn : Duty::Why::kInstead;
    answer->instead_of = i == 0 ? Answer::kNobody : layer.people[first];
    return true;
  }
  answer->layer = -1;
  return false;
}

CompiledSchedule::Answer CompiledSchedule::At(Time at, Turns* turns, Time* until) const {
  *until = kNever;
  Answer answer;
  if (const Change* change = LastThatHolds(overrides_, at, until)) {
    answer.person = change->person;
    answer.why = Duty::Why::kOverride;
    answer.edit = change->edit;
    return answer;
  }
  for (size_t layer = layers_.size(); layer-- > 0;) {
    if (FromLayer(layer, at, turns, until, &answer)) return answer;
  }
  return answer;
}

CompiledSchedule::Answer CompiledSchedule::OfLayer(size_t layer, Time at, Turns* turns,
                                                   Time* until) const {
  *until = kNever;
  Answer answer;
  static_cast<void>(FromLayer(layer, at, turns, until, &answer));
  return answer;
}

std::optional<Duty> CompiledSchedule::DutyOf(const Answer& answer) const {
  if (answer.person == Answer::kNobody) return std::nullopt;
  Duty duty;
  duty.person = people_[static_cast<size_t>(answer.person)];
  duty.why = answer.why;
  if (answer.layer >= 0) duty.layer = schedule_.layers[static_cast<size_t>(answer.layer)].name;
  if (answer.instead_of != Answer::kNobody) {
    duty.instead_of = people_[static_cast<size_t>(answer.instead_of)];
  }
  duty.edit = answer.edit;
  return duty;
}

}  // namespace kizashi::oncall
