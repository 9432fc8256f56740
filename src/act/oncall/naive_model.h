// On-call told a second time, as simply as can be, for tests and bench/quality/oncall_figures.cc:
// minute by minute, with the C library's time zones. Shares no code with what it checks; of its
// header files it knows the nouns of schedule.h alone.
//
// Time here is whole minutes since 1970, local time likewise. One thread: it sets TZ.
#pragma once

#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "act/oncall/schedule.h"

namespace kizashi::oncall::naive {

using Minute = int64_t;

inline Minute ToMinute(Time time) { return ToMs(time) / 60'000; }
inline Minute ToMinute(LocalTime local) { return local.time_since_epoch().count() / 60'000; }

/// What the C library says a zone's clock is ahead of UTC, over [from, to).
class ZoneTable {
 public:
  ZoneTable(const std::string& name, Minute from, Minute to) {
    setenv("TZ", name.c_str(), 1);
    tzset();
    constexpr Minute kStride = 15;
    Minute at = from;
    rows_.push_back({at, Ahead(at)});
    while (at < to) {
      const Minute next = at + kStride;
      if (Ahead(next) != rows_.back().ahead) {
        while (at < next && Ahead(at) == rows_.back().ahead) ++at;
        rows_.push_back({at, Ahead(at)});
      } else {
        at = next;
      }
    }
    unsetenv("TZ");
    tzset();
  }
  struct Row {
    Minute from;
    Minute ahead;
  };
  const std::vector<Row>& rows() const { return rows_; }

 private:
  static Minute Ahead(Minute at) {
    const time_t seconds = at * 60;
    tm parts{};
    localtime_r(&seconds, &parts);
    return parts.tm_gmtoff / 60;
  }
  std::vector<Row> rows_;
};

/// Which minutes of a week are in any of `ranges`, twice in a row; 0xff for yes.
inline std::vector<uint8_t> Mask(const std::vector<WeekRange>& ranges) {
  std::vector<uint8_t> mask(2 * kWeekMinutes, 0);
  for (const WeekRange& range : ranges) {
    for (int minute = range.begin; minute < range.end; ++minute) {
      mask[static_cast<size_t>(minute % kWeekMinutes)] = 0xff;
      mask[static_cast<size_t>(minute % kWeekMinutes + kWeekMinutes)] = 0xff;
    }
  }
  return mask;
}

/// The hands of one rotation: whose turn it is, and what the clock shows when it ends.
class Hands {
 public:
  explicit Hands(const Rotation& rotation) : rotation_(rotation) {
    const time_t seconds = ToMinute(rotation.start) * 60;
    gmtime_r(&seconds, &first_);
    next_ = ToMinute(rotation.start);
  }
  /// The clock shows `local`. True when a hand-off was made.
  bool Show(Minute local) {
    bool moved = false;
    for (; local >= next_; moved = true) {
      ++turn_;
      next_ = Shown(turn_ + 1);
    }
    return moved;
  }
  int64_t turn() const { return turn_; }  // -1 before the first one
  Minute next() const { return next_; }

 private:
  Minute Shown(int64_t turn) const {
    tm at = first_;
    const int n = static_cast<int>(turn) * rotation_.every;
    switch (rotation_.unit) {
      case Rotation::Unit::kHourly: return ToMinute(rotation_.start) + Minute{60} * n;
      case Rotation::Unit::kDaily: at.tm_mday += n; break;
      case Rotation::Unit::kWeekly: at.tm_mday += 7 * n; break;
      case Rotation::Unit::kMonthly: {
        at.tm_mon += n;
        tm begin = at;
        begin.tm_mday = 1;
        const time_t same_month = timegm(&begin);  // settles year and month
        tm last = begin;
        ++last.tm_mon;
        last.tm_mday = 0;
        timegm(&last);
        (void)same_month;
        at.tm_mday = std::min(at.tm_mday, last.tm_mday);
        break;
      }
    }
    return timegm(&at) / 60;
  }
  const Rotation& rotation_;
  tm first_{};
  int64_t turn_ = -1;
  Minute next_ = 0;
};

/// Who is on call in each minute of [from, to): 0 for nobody, else the person's number.
struct Answers {
  Minute from = 0;
  std::vector<uint8_t> who;
  std::vector<std::string> people = {""};
  std::map<std::string, uint8_t> numbers;

  uint8_t NumberOf(const std::string& person) {
    const auto [at, is_new] = numbers.try_emplace(person, static_cast<uint8_t>(people.size()));
    if (is_new) people.push_back(person);
    return at->second;
  }
};

class ScheduleModel {
 public:
  ScheduleModel(const Schedule& schedule, const std::vector<Leave>& leave, const ZoneTable& zone,
                Minute from, Minute to, Answers* answers)
      : schedule_(schedule), zone_(zone), to_(to), answers_(*answers) {
    answers_.from = from;
    answers_.who.resize(static_cast<size_t>(to - from));
    answers_.people = {""};
    answers_.numbers.clear();
    for (const Layer& layer : schedule.layers) {
      hands_.emplace_back(layer.rotation);
      masks_.push_back(layer.only.empty() ? Mask({{0, kWeekMinutes}}) : Mask(layer.only));
      over_.push_back(false);
      known_.emplace_back();
    }
    cover_ = schedule.coverage ? Mask(*schedule.coverage) : Mask({{0, kWeekMinutes}});
    for (const Override& one : schedule.overrides) {
      overrides_.push_back(Number(one.person, one.person, one.begin, one.end));
    }
    for (const Takeover& one : schedule.takeovers) {
      takeovers_.push_back(Number(one.giver, one.taker, one.begin, one.end));
    }
    for (const Leave& one : leave) {
      leave_.push_back(Number(one.person, one.person, one.begin, one.end));
    }
    for (const Layer& layer : schedule.layers) {
      people_.emplace_back();
      for (const std::string& person : layer.rotation.people) {
        people_.back().push_back(answers_.NumberOf(person));
      }
    }
  }

  /// `warm_up`: where the hands begin to turn, before anything of the schedule. Each piece of
  /// minutes is told when it is known: look(from, to, who, gap), the last two an entry a minute.
  template <typename Look>
  void Run(Minute warm_up, Look look) {
    const auto& rows = zone_.rows();
    size_t row = 0;
    for (Minute at = warm_up; at < to_;) {
      while (row + 1 < rows.size() && rows[row + 1].from <= at) ++row;
      const Minute local = at + rows[row].ahead;
      const Minute same_offset = row + 1 < rows.size() ? rows[row + 1].from - at : to_ - at;
      const Minute painted = Paint(at, local, std::min(same_offset, to_ - at));
      if (at >= answers_.from) {
        look(at, at + painted, answers_.who.data() + (at - answers_.from), gap_.data());
      }
      at += painted;
    }
  }

 private:
  /// Something that holds over [begin, end).
  struct Numbered {
    uint8_t of;
    uint8_t person;
    Minute begin;
    Minute end;
    bool Holds(Minute at) const { return begin <= at && at < end; }
  };
  Numbered Number(const std::string& of, const std::string& person, Time begin, Time end) {
    edges_.insert(ToMinute(begin));
    edges_.insert(ToMinute(end));
    return {answers_.NumberOf(of), answers_.NumberOf(person), ToMinute(begin), ToMinute(end)};
  }

  bool IsAway(uint8_t person, Minute at) const {
    return std::any_of(leave_.begin(), leave_.end(),
                       [&](const Numbered& one) { return one.person == person && one.Holds(at); });
  }

  uint8_t Overriding(Minute at) const {
    uint8_t person = 0;
    for (const Numbered& one : overrides_) {
      if (one.Holds(at) && !IsAway(one.person, at)) person = one.person;
    }
    return person;
  }

  uint8_t FromRotation(const std::vector<uint8_t>& people, int64_t turn, Minute at) const {
    for (size_t tried = 0; tried < people.size(); ++tried) {
      const uint8_t candidate = people[(static_cast<size_t>(turn) + tried) % people.size()];
      uint8_t person = IsAway(candidate, at) ? 0 : candidate;
      for (const Numbered& one : takeovers_) {
        if (one.of == candidate && one.Holds(at) && !IsAway(one.person, at)) person = one.person;
      }
      if (person != 0) return person;
    }
    return 0;
  }

  /// Gives a person to each minute from `at` on, at most `most` of them, until a hand-off or an
  /// edge; how many that were.
  Minute Paint(Minute at, Minute local, Minute most) {
    struct Painted {
      const uint8_t* mask;
      uint8_t person;
    };
    std::vector<Painted> layers;
    const auto edge = edges_.upper_bound(at);
    const Minute next_edge = edge == edges_.end() ? to_ : *edge;
    for (size_t i = 0; i < hands_.size(); ++i) {
      const Layer& layer = schedule_.layers[i];
      hands_[i].Show(local);
      most = std::min(most, hands_[i].next() - local);
      if (layer.until && local >= ToMinute(*layer.until)) over_[i] = true;
      if (layer.until && !over_[i]) most = std::min(most, ToMinute(*layer.until) - local);
      if (hands_[i].turn() < 0 || over_[i]) continue;
      Known& known = known_[i];
      if (known.turn != hands_[i].turn() || at >= known.until) {
        known = {hands_[i].turn(), next_edge, FromRotation(people_[i], hands_[i].turn(), at)};
      }
      layers.push_back({masks_[i].data(), known.person});
    }
    most = std::min(most, next_edge - at);
    // In pieces of a week, as the masks are two weeks long.
    const auto week_minute =
        static_cast<size_t>((local + 3 * 24 * 60) % kWeekMinutes);  // 1970 began on a Thursday
    most = std::min<Minute>(most, kWeekMinutes);
    if (at < answers_.from) return std::min(most, answers_.from - at);
    uint8_t* const who = answers_.who.data() + (at - answers_.from);
    uint8_t* const gap = gap_.data();
    const uint8_t overriding = Overriding(at);
    std::memset(who, 0, static_cast<size_t>(most));
    for (const Painted& layer : layers) {
      if (layer.person == 0) continue;
      const uint8_t* const mask = layer.mask + week_minute;
      for (Minute i = 0; i < most; ++i) {
        who[i] = static_cast<uint8_t>((who[i] & ~mask[i]) | (layer.person & mask[i]));
      }
    }
    if (overriding != 0) std::memset(who, overriding, static_cast<size_t>(most));
    const uint8_t* const cover = cover_.data() + week_minute;
    for (Minute i = 0; i < most; ++i) {
      gap[i] = static_cast<uint8_t>(cover[i] & (who[i] == 0 ? 0xff : 0));
    }
    return most;
  }

  const Schedule& schedule_;
  const ZoneTable& zone_;
  const Minute to_;
  Answers& answers_;
  std::vector<Hands> hands_;
  std::vector<std::vector<uint8_t>> masks_;
  std::vector<bool> over_;
  struct Known {
    int64_t turn = -1;
    Minute until = 0;
    uint8_t person = 0;
  };
  std::vector<Numbered> overrides_;
  std::vector<Numbered> takeovers_;
  std::vector<Numbered> leave_;
  std::vector<std::vector<uint8_t>> people_;  // of each layer
  std::vector<Known> known_;  // of each layer: whom its turn gives until the next edge
  std::vector<uint8_t> cover_;
  // Of the piece: 0xff where somebody has to be on call and nobody is.
  std::vector<uint8_t> gap_ = std::vector<uint8_t>(kWeekMinutes);
  std::set<Minute> edges_;
};

// What happens to one group of alerts, and who is told of it.

struct Happening {
  enum class Kind { kOpen, kAcknowledge, kEscalate, kResolve };
  Minute at = 0;
  Kind kind = Kind::kOpen;
};

struct Told {
  Minute at = 0;
  Target to;
  bool operator==(const Told&) const = default;
  auto operator<=>(const Told& other) const {
    return std::tie(at, to.kind, to.name) <=> std::tie(other.at, other.to.kind, other.to.name);
  }
};

/// Counts the minutes down to the next step. `who_at` gives the person on call of a schedule.
class EscalationModel {
 public:
  template <typename WhoAt, typename Away, typename WeekMinute>
  static std::vector<Told> Run(const EscalationPolicy& policy, const std::string& severity,
                               const std::vector<Happening>& happenings,
                               const std::set<Minute>& without_tick, Minute end, WhoAt who_at,
                               Away away, WeekMinute week_minute) {
    EscalationModel model(policy);
    size_t next = 0;
    for (Minute at = happenings.front().at; at < end; ++at) {
      for (; next < happenings.size() && happenings[next].at == at; ++next) {
        model.Happen(happenings[next].kind);
      }
      if (!without_tick.contains(at)) model.Tick(at, severity, who_at, away, week_minute);
      --model.left_;
    }
    return std::move(model.told_);
  }

 private:
  explicit EscalationModel(const EscalationPolicy& policy)
      : policy_(policy), to_do_((policy.repeat + 1) * static_cast<int>(policy.steps.size())) {}

  void Happen(Happening::Kind kind) {
    switch (kind) {
      case Happening::Kind::kOpen: open_ = true; break;
      case Happening::Kind::kAcknowledge: quiet_ = true; break;
      case Happening::Kind::kResolve: open_ = false; break;
      case Happening::Kind::kEscalate:
        quiet_ = false;
        left_ = 0;
        if (to_do_ == 0) to_do_ += static_cast<int>(policy_.steps.size());
        break;
    }
  }

  template <typename WhoAt, typename Away, typename WeekMinute>
  void Tick(Minute at, const std::string& severity, WhoAt who_at, Away away,
            WeekMinute week_minute) {
    while (open_ && !quiet_ && left_ <= 0 && (to_do_ > 0 || lost_)) {
      std::set<Told> told;
      const bool last_resort = lost_;
      const EscalationStep& step = policy_.steps[last_resort ? policy_.steps.size() - 1 : step_];
      if (last_resort) {
        for (const Target& target : policy_.last_resort) told.insert({at, target});
      } else if (IsMeant(step, severity, week_minute(at))) {
        for (const Target& target : step.targets) {
          if (target.kind == Target::Kind::kChannel) told.insert({at, target});
          if (target.kind == Target::Kind::kPerson && !away(target.name, at)) {
            told.insert({at, target});
          }
          if (target.kind != Target::Kind::kSchedule) continue;
          const std::string person = who_at(target.name, at);
          if (!person.empty()) told.insert({at, {Target::Kind::kPerson, person}});
        }
      }
      told_.insert(told_.end(), told.begin(), told.end());
      if (!told.empty() || last_resort) {
        const Minute wait = step.wait.count() / 60'000;
        left_ = left_ + wait > 0 ? left_ + wait : wait;
      }
      lost_ = false;
      if (last_resort) continue;
      reached_ = reached_ || !told.empty();
      --to_do_;
      if (++step_ < policy_.steps.size()) continue;
      lost_ = !reached_;
      step_ = 0;
      reached_ = false;
    }
  }

  static bool IsMeant(const EscalationStep& step, const std::string& severity, int week_minute) {
    if (!step.severities.empty() &&
        std::count(step.severities.begin(), step.severities.end(), severity) == 0) {
      return false;
    }
    return step.only.empty() || Mask(step.only)[static_cast<size_t>(week_minute)] != 0;
  }

  const EscalationPolicy& policy_;
  int to_do_;
  size_t step_ = 0;
  bool reached_ = false;  // anybody, in this round
  bool lost_ = false;     // a round is over that reached nobody
  bool open_ = false;
  bool quiet_ = false;
  Minute left_ = 0;
  std::vector<Told> told_;
};

}  // namespace kizashi::oncall::naive
