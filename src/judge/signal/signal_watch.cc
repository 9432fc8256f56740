#include "judge/signal/signal_watch.h"

#include <algorithm>
#include <cmath>

namespace kizashi {
namespace {

// What is full at one: of file systems, memory, descriptors. A processor is no store.
bool IsShare(const SignalRule& rule) {
  return rule.kind == SignalKind::kRest || rule.kind == SignalKind::kRatio;
}

// Whether it is so far from what was expected that it may matter, however rare it is.
bool HasWeight(const SignalRule& rule, double value, double expected) {
  return std::abs(value - expected) >=
         (IsShare(rule) ? SignalWatch::kShareMin : SignalWatch::kPartMin * std::abs(expected));
}

bool Weighs(const SignalWatch::Moved& moved) {
  return HasWeight(*moved.rule, moved.value, moved.expected);
}

}  // namespace

// Rules are few and shipped with the program: what is saved is their ids, so that a number means
// the same after the table has grown.
uint32_t SignalWatch::NumberOf(const SignalRule& rule) {
  const auto found = std::find(names_.begin(), names_.end(), rule.id);
  if (found == names_.end()) {
    names_.emplace_back(rule.id);
    return static_cast<uint32_t>(names_.size() - 1);
  }
  return static_cast<uint32_t>(found - names_.begin());
}

void SignalWatch::BorrowSignal(uint32_t number, Siblings siblings) {
  if (number >= detector_.size() || !detector_.signal(number).Borrows()) return;
  std::vector<const SeriesDetector*> others;
  for (const SignalWatch* sibling : siblings) {
    const auto found = std::find(sibling->names_.begin(), sibling->names_.end(), names_[number]);
    const auto at = static_cast<uint32_t>(found - sibling->names_.begin());
    if (at < sibling->detector_.size()) others.push_back(&sibling->detector_.signal(at));
  }
  detector_.signal(number).Borrow(others);
}

void SignalWatch::Borrow(Siblings siblings) {
  if (!detector_.Borrows()) return;
  std::vector<const ServiceDetector*> others;
  for (const SignalWatch* sibling : siblings) others.push_back(&sibling->detector_);
  detector_.Borrow(others);
}

SignalWatch::Change SignalWatch::Look(const std::vector<SignalValue>& values,
                                      const std::vector<MemberBoards::Odd>& odd, Time now,
                                      int32_t zone_s, Siblings siblings) {
  if (now - looked_ < kEvery) return Change::kNothing;
  looked_ = now;
  // What moved lately and led to nothing yet.
  if (!open_) {
    std::erase_if(moved_, [&](const Moved& moved) {
      return ToSeconds(now - moved.last) > ServiceDetector::kWindowS;
    });
  }
  if (!siblings.empty()) Borrow(siblings);
  bool alone = false;
  for (const SignalValue& signal : values) {
    alone = LookAtSignal(signal, now, zone_s, siblings) || alone;
  }
  for (const MemberBoards::Odd& one : odd) {
    alone = LookAtMember(one, now, zone_s) || alone;
  }
  const ServiceDetector::Finding finding = detector_.Judge(now);
  const bool together = finding.alert && moved_.size() >= kTogetherMin &&
                        std::any_of(moved_.begin(), moved_.end(), Weighs);
  rarity_weeks_ = std::pow(10.0, std::clamp(double{finding.log10_weeks}, -9.0, 9.0));
  if (!open_) {
    if (!together && !alone) return Change::kNothing;
    if (!together) {
      std::erase_if(moved_, [&](const Moved& moved) { return now - moved.last > kStillMoves; });
    }
    if (moved_.empty()) return Change::kNothing;
    Open(now);
    return Change::kBegins;
  }
  if (now - last_ >= kQuiet || now - begin_ >= kUsualAfter) {
    open_ = false;
    moved_.clear();
    return Change::kEnds;
  }
  return Change::kGoesOn;
}

bool SignalWatch::Starts(Time* seen, Time now) {
  if (*seen == Time{}) *seen = now;
  return now - *seen < kStarts;
}

// True when it is an anomaly without any other.
bool SignalWatch::LookAtSignal(const SignalValue& signal, Time now, int32_t zone_s,
                               Siblings siblings) {
  if (!signal.value || signal.rule->signal == SignalClass::kAvailability) return false;
  const uint32_t number = NumberOf(*signal.rule);
  if (number >= seen_.size()) seen_.resize(number + 1);
  if (Starts(&seen_[number], now)) return false;
  if (!siblings.empty()) BorrowSignal(number, siblings);
  const Reading reading = detector_.Observe(number, now, *signal.value, zone_s);
  if (IsShare(*signal.rule)) {
    growth_[std::string(signal.rule->id)].Observe(now, *signal.value, zone_s);
  }
  bool alone = false;
  if (signal.rule->signal == SignalClass::kThroughput) {
    const UsageWatch::News news = usage_[std::string(signal.rule->id)].Observe(now, reading);
    alone = news == UsageWatch::News::kBeginHigh || news == UsageWatch::News::kBeginLow;
  }
  if (number >= was_rare_.size()) was_rare_.resize(number + 1);
  const bool rare = !reading.recurring && IsFar(*signal.rule, number, reading, *signal.value);
  alone = alone || (rare && was_rare_[number] != 0);
  was_rare_[number] = rare ? 1 : 0;
  if (reading.masked || IsBack(number, *signal.value)) return alone;
  if (reading.moves_log10_weeks >= kMovesLog10Weeks || (open_ && reading.shifted)) {
    const bool is_part = std::any_of(moved_.begin(), moved_.end(), [number](const Moved& moved) {
      return moved.number == number;
    });
    // What is hardly off counts for what begins, and joins nothing that has begun.
    if (!open_ || is_part ||
        HasWeight(*signal.rule, *signal.value, detector_.signal(number).Expected().expected)) {
      TakeSignal(number, reading, *signal.value, now);
    }
  }
  return alone;
}

// As rare as a signal has to be that is alone.
bool SignalWatch::IsFar(const SignalRule& rule, uint32_t number, const Reading& reading,
                        double value) {
  if (reading.masked || reading.unbounded < kAloneLog10Weeks) return false;
  return HasWeight(rule, value, detector_.signal(number).Expected().expected);
}

// What returns to where it came from is unlike what was expected of it meanwhile, and the end of
// the anomaly, not a sign of it.
bool SignalWatch::IsBack(uint32_t number, double value) const {
  return open_ && std::any_of(moved_.begin(), moved_.end(), [&](const Moved& moved) {
           return moved.number == number && value >= moved.low && value <= moved.high;
         });
}

// One that comes nearer to its siblings is no news.
bool SignalWatch::LookAtMember(const MemberBoards::Odd& odd, Time now, int32_t zone_s) {
  if (odd.rule->signal == SignalClass::kAvailability) return false;
  Away& away = away_[std::string(odd.rule->id)];
  if (Starts(&away.seen, now)) return false;
  const Reading reading = away.detector.Observe(now, odd.away(), zone_s);
  const bool counts = !IsShare(*odd.rule) || odd.away() >= kShareMin;
  const bool far =
      counts && !reading.masked && reading.direction > 0 && reading.unbounded >= kAloneLog10Weeks;
  const bool rare = far && !reading.recurring;
  const bool alone = rare && away.was_rare == odd.member;
  away.was_rare = rare ? odd.member : "";
  // Of what is less than that, one of the siblings is always the farthest.
  if (far) TakeMember(NumberOf(*odd.rule), reading, odd, now);
  return alone;
}

// Named by what moved first; of what the same look found, by what is the farthest beyond its band.
// What is hardly off is no part of it, nor its begin. More or fewer users move the other signals,
// and no other moves them: they are named before what moved not more than a look before them.
void SignalWatch::Open(Time now) {
  if (std::any_of(moved_.begin(), moved_.end(), Weighs)) {
    std::erase_if(moved_, [](const Moved& moved) { return !Weighs(moved); });
  }
  const auto beyond = [](const Moved& moved) {
    return std::abs(moved.value - moved.expected) / std::max(moved.high - moved.low, 1e-12);
  };
  std::stable_sort(moved_.begin(), moved_.end(), [&](const Moved& a, const Moved& b) {
    return a.first != b.first ? a.first < b.first : beyond(a) > beyond(b);
  });
  const Time begin = moved_.front().first;
  const auto traffic = std::find_if(moved_.begin(), moved_.end(), [&](const Moved& moved) {
    return moved.rule->signal == SignalClass::kThroughput && moved.first - begin <= kEvery &&
           moved.unbounded >= kAloneLog10Weeks;
  });
  if (traffic != moved_.end()) std::rotate(moved_.begin(), traffic, traffic + 1);
  open_ = true;
  begin_ = begin;
  last_ = now;
}

void SignalWatch::Mark(kizashi::Change change, Time time) {
  detector_.Mark(change, time);
  for (auto& [id, away] : away_) away.detector.Mark(change, time);
}

// The signal's place among those that moved; nullptr when there are as many as are told.
SignalWatch::Moved* SignalWatch::Take(uint32_t number, Time now) {
  last_ = now;
  auto found = std::find_if(moved_.begin(), moved_.end(),
                            [&](const Moved& moved) { return moved.number == number; });
  if (found == moved_.end()) {
    if (moved_.size() >= kMovedMax) return nullptr;
    moved_.push_back({});
    found = moved_.end() - 1;
  }
  // One odd value, as comes every day, is no begin of what is odd again later.
  if (found->rule == nullptr || (!open_ && now - found->last >= 2 * kEvery)) {
    *found = {};
    found->number = number;
    found->rule = RuleOf(names_[number]);
    found->first = now;
  }
  found->last = now;
  return &*found;
}

void SignalWatch::TakeSignal(uint32_t number, const Reading& reading, double value, Time now) {
  Moved* const moved = Take(number, now);
  if (moved == nullptr) return;
  if (moved->only_member || reading.unbounded > moved->unbounded) {
    const SeriesDetector::Band band = detector_.signal(number).Expected();
    moved->expected = band.expected;
    moved->low = band.low;
    moved->high = band.high;
    moved->unbounded = reading.unbounded;
    moved->direction = reading.direction;
    moved->predictor = reading.predictor;
    moved->look = reading.look;
    moved->value = value;
    moved->only_member = false;
  }
  moved->log10_weeks = std::max(moved->log10_weeks, double{reading.moves_log10_weeks});
  if (moved->direction * (value - moved->value) > 0) moved->value = value;
}

void SignalWatch::TakeMember(uint32_t number, const Reading& reading, const MemberBoards::Odd& odd,
                             Time now) {
  Moved* const moved = Take(number, now);
  if (moved == nullptr) return;
  const double before = std::max(moved->siblings_low - moved->member_value,
                                 moved->member_value - moved->siblings_high);
  const double beyond = std::max(odd.low - odd.value, odd.value - odd.high);
  if (!moved->member.empty() && beyond <= before) return;
  moved->member = odd.member;
  moved->member_value = odd.value;
  moved->siblings_low = odd.low;
  moved->siblings_high = odd.high;
  if (moved->unbounded > -9 && !moved->only_member) return;
  moved->only_member = true;
  moved->value = odd.value;
  moved->expected = odd.middle;
  moved->low = odd.low;
  moved->high = odd.high;
  moved->log10_weeks = reading.moves_log10_weeks;
  moved->unbounded = reading.unbounded;
  moved->direction = odd.value > odd.middle ? 1 : -1;
  moved->predictor = reading.predictor;
  moved->look = reading.look;
}

const SignalRule* SignalWatch::RuleOf(std::string_view id) {
  const auto rules = SignalRules();
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](const SignalRule& rule) { return rule.id == id; });
  return found == rules.end() ? nullptr : &*found;
}

std::vector<SignalWatch::Filling> SignalWatch::LookAtGrowth(Time now) const {
  std::vector<Filling> found;
  for (const auto& [id, growth] : growth_) {
    const SignalRule* const rule = RuleOf(id);
    if (rule == nullptr) continue;
    const auto reach = growth.Reaches(1);
    if (reach && reach->expected <= now + kLimitNear) {
      found.push_back({rule, true, *reach, growth.Now().value_or(Growth::Trend{})});
    } else if (!reach || reach->expected > now + kLimitFar) {
      found.push_back({rule, false, {}, {}});
    }
  }
  return found;
}

// Finds the rules of the signals that moved; of alternatives any is as good.
void SignalWatch::Mend() {
  std::erase_if(moved_, [&](Moved& moved) {
    if (moved.number >= names_.size()) return true;
    moved.rule = RuleOf(names_[moved.number]);
    return moved.rule == nullptr;
  });
}

}  // namespace kizashi
