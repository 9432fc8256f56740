#include "judge/price/service_evidence.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/check.h"

namespace kizashi {
namespace {

constexpr int kRoundsMax = 60;
constexpr double kRoundsEnd = 1e-4;
constexpr double kCreditMoved = 1e-6;
constexpr int64_t kDayMs = 24 * 3600 * 1000;
// The service's own rate is worth so many failures beside the fleet's, a bin's beside the
// service's.
constexpr double kFleetRateWeight = 1;
constexpr double kServiceRateWeight = 2;
// A situation counts when so much of it was measured.
constexpr double kMeasuredShare = 0.5;

}  // namespace

// Six parts of the day on work days and six at weekends, in UTC.
size_t ServiceEvidence::BinOf(Time time) {
  const int64_t ms = ToMs(time);
  const int64_t day = ms >= 0 ? ms / kDayMs : (ms - kDayMs + 1) / kDayMs;
  const int64_t weekday = ((day % 7) + 7 + 3) % 7;  // 0 is Monday: 1970-01-01 was a Thursday
  const int64_t part = (ms - day * kDayMs) / (kDayMs / 6);
  return static_cast<size_t>((weekday >= 5 ? 6 : 0) + part);
}

const ServiceEvidence::Kind* ServiceEvidence::Find(std::string_view kind) const {
  for (const Kind& one : kinds_) {
    if (one.name == kind) return &one;
  }
  return nullptr;
}

std::optional<uint32_t> ServiceEvidence::SlotOf(std::string_view source, std::string_view kind,
                                                const KindPool& pool, Time at) {
  KZ_CHECK(!kind.empty());
  if (Find(kind) == nullptr) {
    if (kinds_.size() == kKindsMax && Find("") == nullptr) FreeOldestKind();
    const Kind* free = Find("");
    Kind& slot = free == nullptr ? kinds_.emplace_back() : kinds_[size_t(free - kinds_.data())];
    slot = Kind{};
    slot.name = kind;
    slot.source = source;
    slot.pool = pool;
    slot.hazard = pool.mean();
  }
  const auto index = static_cast<size_t>(Find(kind) - kinds_.data());
  kinds_[index].last = at;
  return static_cast<uint32_t>(index);
}

void ServiceEvidence::FreeOldestKind() {
  const auto oldest = std::min_element(
      kinds_.begin(), kinds_.end(), [](const Kind& a, const Kind& b) { return a.last < b.last; });
  const auto slot = static_cast<uint32_t>(oldest - kinds_.begin());
  for (Situation& situation : past_) {
    std::erase_if(situation.parts, [&](const Part& part) { return part.slot == slot; });
  }
  const auto forget = [&](Live& live) {
    std::erase_if(live.episodes, [&](const auto& episode) { return episode.first == slot; });
  };
  if (open_) forget(*open_);
  for (Live& live : settling_) forget(live);
  *oldest = Kind{};
}

void ServiceEvidence::Begin(std::string_view source, std::string_view kind, const KindPool& pool,
                            Time at) {
  const auto slot = SlotOf(source, kind, pool, at);
  const bool symptom =
      outage_ && at >= outage_->begin && (outage_->active > 0 || at <= *outage_->end);
  if (!slot || symptom) return;
  if (open_ && (at > open_->end || at > open_->begin + kSituationMax - kHorizon)) {
    settling_.push_back(std::move(*open_));
    open_.reset();
  }
  if (!open_) open_ = Live{at, at, {}, 0};
  std::set<uint32_t> slots;
  for (const auto& episode : open_->episodes) slots.insert(episode.first);
  if (slots.size() >= kKindsInSituationMax && slots.count(*slot) == 0) return;
  open_->episodes.emplace_back(*slot, at);
  open_->end = std::max(open_->end, at + kHorizon);
}

void ServiceEvidence::Advance(Time now, bool measured, std::vector<Outcome>* outcomes) {
  const Duration step = last_ && now > *last_
                            ? std::min<Duration>(now - *last_, std::chrono::minutes(1))
                            : Duration(0);
  last_ = now;
  if (measured) measured_minutes_ += ToMinutes(step);
  if (open_ && now > open_->end) {
    settling_.push_back(std::move(*open_));
    open_.reset();
  }
  if (open_) {
    if (measured) open_->measured_minutes += ToMinutes(step);
  } else if (measured && !(outage_ && outage_->active > 0)) {
    control_[BinOf(now)].minutes += ToMinutes(step);
  }
  while (!settling_.empty() && now >= settling_.front().end + kSettle) {
    const Live live = std::move(settling_.front());
    settling_.pop_front();
    Close(live, std::nullopt, 0, outcomes);
  }
  Forget(now);
}

void ServiceEvidence::Forget(Time now) {
  const int64_t day = ToMs(now) / kDayMs;
  if (day == control_day_) return;
  if (control_day_ != 0) {
    const double kept = std::exp2(-static_cast<double>(day - control_day_) * double(kDayMs) /
                                  (double(kForget.count()) / 2));
    for (Control& control : control_) {
      control.minutes *= kept;
      control.failures *= kept;
    }
  }
  control_day_ = day;
  while (!past_.empty() && past_.front().end + kForget < now) {
    past_.pop_front();
    changed_ = true;
  }
  while (!failures_.empty() && failures_.front().begin + kForget < now) failures_.pop_front();
}

double ServiceEvidence::BaseOf(Time begin, Time end) const {
  return rate_by_bin_[BinOf(begin)] * std::max(0.0, ToMinutes(end - begin));
}

// What is expected of it by `at`.
double ServiceEvidence::HazardOf(const Live& live, Time at) const {
  double hazard = BaseOf(live.begin, std::min(at, live.end));
  for (const auto& [slot, begin] : live.episodes) {
    if (begin < at) hazard += kinds_[slot].hazard;
  }
  return hazard;
}

double ServiceEvidence::HazardAt(Time at) const {
  double hazard = 0;
  const auto add = [&](const Live& live) {
    if (live.begin < at && at <= live.end) hazard += HazardOf(live, at);
  };
  if (open_) add(*open_);
  for (const Live& live : settling_) add(live);
  return hazard;
}

bool ServiceEvidence::IsSameFailure(Time begin) const {
  return outage_ && (outage_->active > 0 || begin <= *outage_->end + kMerge);
}

void ServiceEvidence::FailureBegan(Time begin, double share, std::vector<Outcome>* outcomes) {
  if (IsSameFailure(begin)) {
    ++outage_->active;
    return;
  }
  outage_ = Outage{begin, std::nullopt, 1};
  failures_.push_back({begin, 0});
  if (failures_.size() > kFailuresMax) failures_.pop_front();
  if (open_) settling_.push_back(std::move(*open_));
  open_.reset();
  const double all = HazardAt(begin);
  std::deque<Live> stay;
  for (const Live& live : settling_) {
    if (live.begin >= begin) continue;  // symptoms, told before the failure was
    if (begin > live.end) {
      stay.push_back(live);
    } else {
      Close(live, begin, share * HazardOf(live, begin) / all, outcomes);
    }
  }
  settling_ = std::move(stay);
  if (all <= 0) control_[BinOf(begin)].failures += 1;
  changed_ = true;
}

void ServiceEvidence::FailureEnded(Time end, double minutes) {
  if (!outage_ || outage_->active == 0) return;
  --outage_->active;
  outage_->end = std::max(outage_->end.value_or(end), end);
  // One outage that several services see is paid once: by the one that it cost most.
  for (auto it = failures_.rbegin(); it != failures_.rend(); ++it) {
    if (it->begin == outage_->begin) it->minutes = std::max(it->minutes, minutes);
  }
  for (auto it = past_.rbegin(); it != past_.rend() && it->end >= outage_->begin - kSituationMax;
       ++it) {
    if (it->share > 0 && it->failure == outage_->begin)
      it->minutes = std::max(it->minutes, minutes);
  }
  changed_ = true;
}

void ServiceEvidence::Close(const Live& live, std::optional<Time> failure, double share,
                            std::vector<Outcome>* outcomes) {
  if (!failure && live.measured_minutes < kMeasuredShare * ToMinutes(live.end - live.begin)) return;
  Situation situation{live.begin, failure.value_or(live.end), {},
                      share,      failure.value_or(Time{}),   0};
  std::map<uint32_t, uint32_t> counts;
  for (const auto& [slot, begin] : live.episodes) {
    if (!failure || begin < *failure) ++counts[slot];
  }
  for (const auto& [slot, count] : counts) situation.parts.push_back({slot, count});
  outcomes->push_back({HazardOf(live, situation.end + Duration(1)), failure ? share : 0});
  past_.push_back(std::move(situation));
  if (past_.size() > kSituationsMax) past_.pop_front();
  changed_ = true;
}

double ServiceEvidence::Others(Time at, std::string_view without) const {
  double others = BaseOf(at, at + kHorizon);
  if (!open_) return others;
  bool left_out = without.empty();
  for (auto it = open_->episodes.rbegin(); it != open_->episodes.rend(); ++it) {
    if (!left_out && kinds_[it->first].name == without) {
      left_out = true;
    } else if (it->second + kHorizon >= at) {
      others += kinds_[it->first].hazard;
    }
  }
  return others;
}

double ServiceEvidence::control_minutes() const {
  double sum = 0;
  for (const Control& control : control_) sum += control.minutes;
  return sum;
}

double ServiceEvidence::control_failures() const {
  double sum = 0;
  for (const Control& control : control_) sum += control.failures;
  return sum;
}

ServiceEvidence::Failures ServiceEvidence::failures() const {
  Failures all;
  for (const Failure& failure : failures_) {
    // One that goes on, or ended unmeasured, has burned nothing that is known.
    if (failure.minutes <= 0) continue;
    all.count += 1;
    all.minutes += failure.minutes;
  }
  return all;
}

void ServiceEvidence::Estimate(const std::map<std::string, KindPool>& pools,
                               const KindPool& pool_of_others, double fleet_rate) {
  for (Kind& kind : kinds_) {
    const auto found = pools.find(kind.source);
    kind.pool = found == pools.end() ? pool_of_others : found->second;
  }
  EstimateBase(fleet_rate);
  Credit();
  changed_ = false;
}

void ServiceEvidence::EstimateBase(double fleet_rate) {
  const double rate =
      (control_failures() + kFleetRateWeight) / (control_minutes() + kFleetRateWeight / fleet_rate);
  for (size_t i = 0; i < control_.size(); ++i) {
    rate_by_bin_[i] = (control_[i].failures + kServiceRateWeight) /
                      (control_[i].minutes + kServiceRateWeight / rate);
  }
}

// Expectation maximisation over the situations, from the hazards believed so far.
void ServiceEvidence::Credit() {
  for (Kind& kind : kinds_) {
    kind.episodes = kind.followed = kind.expected = kind.credited = kind.minutes = 0;
  }
  std::vector<double> base;
  for (const Situation& situation : past_) {
    base.push_back(BaseOf(situation.begin, situation.end));
    for (const Part& part : situation.parts) {
      kinds_[part.slot].episodes += part.count;
      if (situation.share > 0) kinds_[part.slot].followed += 1;
    }
  }
  const auto hazard_of = [this](const Situation& situation, double hazard) {
    for (const Part& part : situation.parts) hazard += part.count * kinds_[part.slot].hazard;
    return hazard;
  };
  std::vector<double> before(kinds_.size(), -1);
  for (int round = 0; round < kRoundsMax; ++round) {
    for (Kind& kind : kinds_) kind.credited = 0;
    for (size_t i = 0; i < past_.size(); ++i) {
      if (past_[i].share <= 0) continue;
      // Of a Poisson number of causes with this mean, at least one: so many are expected of each.
      const double hazard = hazard_of(past_[i], base[i]);
      const double each = hazard > 0 ? past_[i].share / -std::expm1(-hazard) : 0;
      for (const Part& part : past_[i].parts) {
        Kind& kind = kinds_[part.slot];
        kind.credited += each * part.count * kind.hazard;
      }
    }
    double moved = 0;
    for (size_t i = 0; i < kinds_.size(); ++i) {
      Kind& kind = kinds_[i];
      // Most kinds are credited nothing, round after round.
      if (kind.name.empty() || std::abs(kind.credited - before[i]) < kCreditMoved) continue;
      before[i] = kind.credited;
      const double next = kizashi::HazardOf(kind.pool, kind.count());
      moved = std::max(moved, std::abs(next - kind.hazard));
      kind.hazard = next;
    }
    if (moved < kRoundsEnd) break;
  }
  for (size_t i = 0; i < past_.size(); ++i) {
    const double hazard = hazard_of(past_[i], base[i]);
    for (const Part& part : past_[i].parts) {
      Kind& kind = kinds_[part.slot];
      const double own = part.count * kind.hazard;
      kind.expected += -std::expm1(-std::max(0.0, hazard - own));
      if (hazard > 0) kind.minutes += past_[i].share * own / hazard * past_[i].minutes;
    }
  }
}

}  // namespace kizashi
