#include "judge/logs/companions.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/check.h"
#include "judge/logs/count_model.h"

namespace kizashi {
namespace {

// A pair of one service is believed after so many equal bins, one across services later: their
// clocks and queues differ.
constexpr uint32_t kProvenBins = 2;
constexpr uint32_t kProvenBinsAcross = 10;
constexpr double kLostShareAcross = 0.02;
// A difference as surprising as this is held, not learnt.
constexpr double kHoldNats = 3;
constexpr uint32_t kHoldBinsMin = 20;
// A shorter break is none.
constexpr uint32_t kBreakBinsMin = 2;
// So many lines may be on their way from one service to the other.
constexpr int64_t kOnTheirWay = 2;
// A pair that breaks so often is none.
constexpr uint32_t kBreaksMax = 4;
constexpr double kBreakShareMax = 0.02;
constexpr double kLostShareMax = 0.1;
// Lines of difference taken for granted before any was seen: the prior's shape.
constexpr double kPriorLost = 0.3;
constexpr double kCarriedLost = 0.25;

// Equal counts may be chance: of two unrelated counts around n, one in sqrt(4 pi n) is equal. How
// unlikely, in nats, it must be before a pair is believed at all.
constexpr double kChanceNats = 2.3;
constexpr double kChanceNatsAcross = 7;

double LostShare(double lost, double lines) { return (lost + 0.5) / (lines + 1); }

}  // namespace

uint32_t Companions::Join(uint64_t service, uint64_t pattern) {
  const std::pair key{service, pattern};
  const auto at = std::lower_bound(by_key_.begin(), by_key_.end(), key,
                                   [](const auto& a, const auto& b) { return a.first < b; });
  if (at != by_key_.end() && at->first == key) return at->second;
  if (members_.size() >= kMembersMax) return kNone;
  const auto number = static_cast<uint32_t>(members_.size());
  by_key_.insert(at, {key, number});
  Member& member = members_.emplace_back();
  member.service = service;
  member.pattern = pattern;
  return number;
}

void Companions::Count(uint32_t member, uint32_t lines) {
  KZ_CHECK(member < members_.size());
  if (members_[member].step == 0) touched_.emplace_back(member, 0);
  members_[member].step += lines;
}

void Companions::EndStep() {
  for (auto& [member, lines] : touched_) {
    lines = std::exchange(members_[member].step, 0);
    members_[member].window += lines;
  }
  std::sort(touched_.begin(), touched_.end());
  recent_.push_back(std::move(touched_));
  touched_.clear();
  while (recent_.size() > kWindowSteps) LearnOldestStep();
}

void Companions::SkipWindow() {
  while (!recent_.empty()) LearnOldestStep();
}

void Companions::LearnOldestStep() {
  for (const auto& [member, lines] : recent_.front()) {
    members_[member].window -= lines;
    members_[member].bin += lines;
  }
  recent_.pop_front();
  if (++bin_steps_ < kBinSteps) return;
  bin_steps_ = 0;
  LearnBin();
}

// Negative binomial: the differences of `lines` lines had shape kPriorLost + lost.
double Companions::Surprise(const Companion& pair, int64_t mine, int64_t others) {
  const auto most = static_cast<double>(std::max(mine, others));
  const auto lost = static_cast<double>(std::abs(mine - others));
  if (lost == 0) return 0;
  const double shape = kPriorLost + pair.lost;
  return -std::log(
      std::max(1e-300, NegBinomialUpperTail(lost, most * shape / (pair.lines + 1), shape)));
}

// `nats` of a break, less what speaks for the pair being none: the odds that it was equal up to now
// by chance.
double Companions::Believed(const Companion& pair, bool same, double nats) {
  const double bins = pair.equal_bins;
  const double evidence = 0.5 * bins * std::log(1 + 4 * M_PI * pair.lines / std::max(1.0, bins));
  const double by_chance = std::exp(-(evidence - (same ? kChanceNats : kChanceNatsAcross)));
  if (by_chance >= 1) return 0;
  return -std::log(by_chance + (1 - by_chance) * std::exp(-nats));
}

// False when the two turned out to be no pair.
bool Companions::LearnPair(Companion* pair, int64_t mine, int64_t others) const {
  const int64_t difference = others - mine + pair->carry;
  const auto most = static_cast<double>(std::max(mine, others));
  ++pair->bins;
  if (difference == 0) {
    if (pair->run_bins > 0) {
      // A fault lasts; a moment's difference is how the two are.
      if (pair->run_bins < kBreakBinsMin) pair->lost += pair->run_lost;
      pair->held_bins /= 2;
      pair->run_bins = 0;
      pair->run_lost = 0;
    }
    ++pair->equal_bins;
    pair->carry = 0;
    pair->carry_bins = 0;
    pair->lines += most;
  } else if (std::abs(difference) == 1 && pair->run_bins == 0) {
    // On the edge of a bin, or by chance: then it happens often.
    pair->lines += most;
    if (pair->carry == 0) pair->lost += kCarriedLost;
    pair->carry = difference;
    if (++pair->carry_bins > 3) {
      pair->lost += 1 - kCarriedLost;  // it did not come
      pair->carry = 0;
      pair->carry_bins = 0;
    }
  } else if (pair->run_bins > 0 ||
             (pair->equal_bins >= kProvenBins && Surprise(*pair, mine, others) > kHoldNats)) {
    if (pair->run_bins++ == 0) ++pair->breaks;
    pair->run_lost += static_cast<double>(std::abs(difference));
    pair->carry = 0;
    if (++pair->held_bins > std::min(kHoldBins, kHoldBinsMin + 2 * pair->equal_bins)) return false;
    return pair->breaks < kBreaksMax || pair->breaks <= kBreakShareMax * pair->bins;
  } else {
    pair->lines += most;
    pair->lost += static_cast<double>(std::abs(difference));
    pair->carry = 0;
  }
  return pair->lost <= kLostShareMax * pair->lines + 1.5;
}

void Companions::LearnBin() {
  std::vector<uint32_t> logged;
  for (uint32_t i = 0; i < members_.size(); ++i) {
    Member& member = members_[i];
    if (member.bin > 0) logged.push_back(i);
    std::erase_if(member.companions, [&](Companion& pair) {
      const int64_t mine = member.bin;
      const int64_t others = members_[pair.other].bin;
      return (mine > 0 || others > 0) && !LearnPair(&pair, mine, others);
    });
  }
  for (const uint32_t i : logged) members_[i].total += members_[i].bin;
  FindPairs(logged);
  for (const uint32_t i : logged) members_[i].bin = 0;
  CountProven();
}

// Those with equal counts in this bin and in all before become companions; of the same service
// first.
void Companions::FindPairs(const std::vector<uint32_t>& logged) {
  std::map<std::pair<uint64_t, uint64_t>, std::vector<uint32_t>> alike;
  for (const uint32_t i : logged) alike[{members_[i].bin, members_[i].total}].push_back(i);
  for (const auto& [counts, group] : alike) {
    if (group.size() < 2) continue;
    for (const uint32_t i : group) {
      Member& member = members_[i];
      for (const bool same : {true, false}) {
        for (const uint32_t other : group) {
          if (member.companions.size() >= kCompanionsMax) break;
          if (other == i || (members_[other].service == member.service) != same) continue;
          const bool known =
              std::any_of(member.companions.begin(), member.companions.end(),
                          [&](const Companion& pair) { return pair.other == other; });
          if (known) continue;
          Companion pair;
          pair.other = other;
          pair.equal_bins = 1;
          pair.bins = 1;
          pair.lines = member.bin;
          member.companions.push_back(pair);
        }
      }
    }
  }
}

bool Companions::Proven(const Companion& pair, uint64_t service) const {
  return pair.equal_bins >=
         (members_[pair.other].service == service ? kProvenBins : kProvenBinsAcross);
}

Companions::Break Companions::Look(uint32_t number) const {
  KZ_CHECK(number < members_.size());
  const Member& member = members_[number];
  double best_share = 1;
  for (const Companion& pair : member.companions) {
    if (!Proven(pair, member.service)) continue;
    best_share = std::min(best_share, LostShare(pair.lost, pair.lines));
  }
  Break inside;
  Break across;
  bool agrees = false;
  bool any_across = false;
  for (const Companion& pair : member.companions) {
    if (!Proven(pair, member.service)) continue;
    const double share = LostShare(pair.lost, pair.lines);
    if (share > 3 * best_share + 0.01) continue;
    const Member& other = members_[pair.other];
    const bool same = other.service == member.service;
    const int64_t mine = std::min<int64_t>(other.window, member.window + (same ? 0 : kOnTheirWay));
    const Break broken{Believed(pair, same, Surprise(pair, mine, other.window)), pair.other,
                       double(member.window), double(other.window), pair.lines};
    agrees = agrees || broken.nats == 0;
    if (same) {
      if (broken.nats > inside.nats) inside = broken;
    } else if (share < kLostShareAcross && (!any_across || broken.nats < across.nats)) {
      any_across = true;
      across = broken;
    }
  }
  return !agrees && across.nats > inside.nats ? across : inside;
}

void Companions::CountProven() {
  proven_.clear();
  for (const Member& member : members_) {
    const bool proven =
        std::any_of(member.companions.begin(), member.companions.end(),
                    [&](const Companion& pair) { return Proven(pair, member.service); });
    if (proven) ++proven_[member.service];
  }
}

int Companions::CountOf(uint64_t service) const {
  const auto found = proven_.find(service);
  return found == proven_.end() ? 0 : found->second;
}

// What was read may be damaged: numbers of members that are not there are dropped.
void Companions::Mend() {
  if (members_.size() > kMembersMax) members_.resize(kMembersMax);
  by_key_.clear();
  touched_.clear();
  for (uint32_t i = 0; i < members_.size(); ++i) {
    by_key_.push_back({{members_[i].service, members_[i].pattern}, i});
    if (members_[i].step > 0) touched_.emplace_back(i, 0);
    std::erase_if(members_[i].companions,
                  [&](const Companion& pair) { return pair.other >= members_.size(); });
  }
  std::sort(by_key_.begin(), by_key_.end());
  for (Step& step : recent_) {
    std::erase_if(step, [&](const auto& count) { return count.first >= members_.size(); });
    for (const auto& [member, lines] : step) members_[member].window += lines;
  }
  CountProven();
}

}  // namespace kizashi
