#include "judge/together/group_forecast.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include "base/check.h"

namespace kizashi {
namespace {

// The stated priors. A member goes away once in thirty days, worth half an event; it is back after
// an hour, worth one repair.
constexpr GammaBelief kPriorSingle{0.5, 0.5 * 30 * 24 * 60};
constexpr GammaBelief kPriorRepair{1, 60};

// The i-th number of van der Corput's sequence.
double Halton(int i, int base) {
  double result = 0;
  double part = 1;
  for (; i > 0; i /= base) {
    part /= base;
    result += part * (i % base);
  }
  return result;
}

Range RangeOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  double sum = 0;
  for (const double value : values) sum += value;
  const auto at = [&](double p) {
    return values[static_cast<size_t>(p * static_cast<double>(values.size()))];
  };
  const double mean = sum / static_cast<double>(values.size());
  return {mean, std::min(at(0.05), mean), std::max(at(0.95), mean)};
}

double LogChoose(int n, int k) {
  return std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0);
}

// The chance that of `taken` members of `of`, `hit` are among the `up` ones.
double Hypergeometric(int of, int up, int taken, int hit) {
  if (hit > up || hit > taken || taken - hit > of - up) return 0;
  return std::exp(LogChoose(up, hit) + LogChoose(of - up, taken - hit) - LogChoose(of, taken));
}

// The kind of sizes that stands at `at` in the belief.
const GroupSizes& SizesAt(const std::vector<GroupSizes>& sizes, double at) {
  size_t place = 0;
  for (double below = sizes[0].belief; below <= at && place + 1 < sizes.size();) {
    below += sizes[++place].belief;
  }
  return sizes[place];
}

}  // namespace

// The chain of how many members are down: 0 to spares, and one state more, that of too few.
class GroupForecast::Chain {
 public:
  Chain(const GroupState& state, const std::vector<double>& shares)
      : of_(state.of),
        down_(state.down),
        spares_(std::min(state.of - state.need, kSparesMax)),
        states_(static_cast<size_t>(spares_ + 2)),
        single_(states_ * states_),
        several_(states_ * states_) {
    for (int from = 0; from <= spares_; ++from) {
      AddHits(from, 1, 1, &single_);
      for (size_t i = 0; i < shares.size(); ++i) {
        AddHits(from, static_cast<int>(i) + 2, shares[i], &several_);
      }
    }
  }

  // `old_repair`: of the members that are down at the begin.
  double TooFew(double single, double several, double repair, double old_repair,
                double minutes) const {
    if (down_ > spares_) return 1;
    std::vector<double> rates(states_ * states_);
    double most = 0;
    for (size_t from = 0; from + 1 < states_; ++from) {
      for (size_t to = 0; to < states_; ++to) {
        rates[from * states_ + to] =
            single * single_[from * states_ + to] + several * several_[from * states_ + to];
      }
      const double old = std::min(static_cast<double>(from), static_cast<double>(down_));
      if (from > 0) {
        rates[from * states_ + from - 1] =
            old_repair * old + repair * (static_cast<double>(from) - old);
      }
      double sum = 0;
      for (size_t to = 0; to < states_; ++to) sum += to == from ? 0 : rates[from * states_ + to];
      most = std::max(most, sum);
    }
    if (most <= 0) return 0;
    return Transition(rates, most, minutes)[static_cast<size_t>(down_) * states_ + states_ - 1];
  }

 private:
  // Beyond the spares all is one state.
  void AddHits(int from, int taken, double share, std::vector<double>* to) const {
    double rest = share;
    for (int hit = 0; from + hit <= spares_ && hit <= taken; ++hit) {
      const double chance = share * Hypergeometric(of_, of_ - from, taken, hit);
      rest -= chance;
      if (hit > 0)
        (*to)[static_cast<size_t>(from) * states_ + static_cast<size_t>(from + hit)] += chance;
    }
    if (from + taken > spares_) {
      (*to)[static_cast<size_t>(from) * states_ + states_ - 1] += std::max(0.0, rest);
    }
  }

  std::vector<double> Multiply(const std::vector<double>& a, const std::vector<double>& b) const {
    std::vector<double> c(states_ * states_);
    for (size_t i = 0; i < states_; ++i) {
      for (size_t k = 0; k < states_; ++k) {
        const double factor = a[i * states_ + k];
        if (factor == 0) continue;
        for (size_t j = 0; j < states_; ++j) c[i * states_ + j] += factor * b[k * states_ + j];
      }
    }
    return c;
  }

  // The chances of going from state to state in so many minutes.
  std::vector<double> Transition(const std::vector<double>& rates, double most,
                                 double minutes) const {
    constexpr int kTerms = 16;
    int squarings = 0;
    double step = minutes;
    for (; most * step > 0.5; step /= 2) ++squarings;
    std::vector<double> jump(states_ * states_);  // of the uniformised chain
    for (size_t from = 0; from < states_; ++from) {
      double away = 0;
      for (size_t to = 0; to < states_; ++to) {
        if (to == from) continue;
        jump[from * states_ + to] = rates[from * states_ + to] / most;
        away += jump[from * states_ + to];
      }
      jump[from * states_ + from] = std::max(0.0, 1 - away);
    }
    std::vector<double> power(states_ * states_);
    for (size_t i = 0; i < states_; ++i) power[i * states_ + i] = 1;
    std::vector<double> sum(states_ * states_);
    double weight = std::exp(-most * step);
    for (int term = 0; term < kTerms; ++term) {
      for (size_t i = 0; i < sum.size(); ++i) sum[i] += weight * power[i];
      power = Multiply(power, jump);
      weight *= most * step / (term + 1);
    }
    for (int i = 0; i < squarings; ++i) sum = Multiply(sum, sum);
    return sum;
  }

  int of_;
  int down_;
  int spares_;
  size_t states_;
  std::vector<double> single_;  // for one event: chances of a state after another
  std::vector<double> several_;
};

bool GroupForecast::HasHistory(const GroupHistory::Counts& counts) {
  const double member_days = (counts.up_minutes + counts.down_minutes) / (24 * 60);
  return counts.failures() > kFailuresMin || member_days >= kMemberDaysMin;
}

GroupForecast::GroupForecast(const GroupHistory::Counts& counts, const GroupPool& pool)
    : counts_(counts), pool_(pool) {
  const GammaBelief single{kPriorSingle.shape + counts.events[0],
                           kPriorSingle.rate + counts.up_minutes};
  const GammaBelief repair{kPriorRepair.shape + counts.repairs,
                           kPriorRepair.rate + counts.down_minutes};
  const GammaBelief together = BeliefOf(pool.several, SeveralOf(counts));  // a month
  for (int i = 1; i <= kDraws; ++i) {
    draws_.push_back({GammaQuantile(single, Halton(i, 2)), GammaQuantile(repair, Halton(i, 3)),
                      GammaQuantile(together, Halton(i, 5)) / kMinutesOfMonth, Halton(i, 7)});
  }
}

std::vector<double> GroupForecast::TooFewByDraw(const GroupState& state, Duration window,
                                                const WhatIf& what_if, bool independent) const {
  KZ_CHECK(state.need >= 1 && state.need <= state.of && state.down >= 0, "{} of {}, {} down",
           state.need, state.of, state.down);
  GroupState then = state;
  then.of += what_if.more_members;
  const std::vector<GroupSizes> kinds = SizesOf({counts_, state.of}, pool_);
  std::vector<Chain> chains;
  for (const GroupSizes& kind : kinds) chains.emplace_back(then, kind.shares);
  std::vector<double> chances;
  for (const Draw& draw : draws_) {
    const GroupSizes& sizes = SizesAt(kinds, draw.sizes);
    // What takes one member grows with their number, what takes several is one cause for all. Of
    // those that are avoided each takes one instead. Were members independent, each would go as
    // often, but alone.
    double several = sizes.shares.empty() ? 0 : draw.several * what_if.common_cause;
    double single = draw.single * then.of + (draw.several - draw.several * what_if.common_cause);
    if (independent) {
      single = (draw.single + several * sizes.mean() / state.of) * then.of;
      several = 0;
    }
    const double repair = draw.repair * what_if.repair_speed;
    const double old_repair = 2 * repair / (2 + repair * state.down_minutes);
    const Chain& chain = chains[static_cast<size_t>(&sizes - kinds.data())];
    chances.push_back(chain.TooFew(single, several, repair, old_repair, ToMinutes(window)));
  }
  return chances;
}

Range GroupForecast::TooFew(const GroupState& state, Duration window, const WhatIf& what_if) const {
  return RangeOf(TooFewByDraw(state, window, what_if, false));
}

Range GroupForecast::TooFewIndependent(const GroupState& state, Duration window) const {
  return RangeOf(TooFewByDraw(state, window, {}, true));
}

Range GroupForecast::AtOnce(int of, int members, Duration window) const {
  const std::vector<GroupSizes> kinds = SizesOf({counts_, of}, pool_);
  std::vector<double> chances;
  for (const Draw& draw : draws_) {
    const std::vector<double>& shares = SizesAt(kinds, draw.sizes).shares;
    double rate = members <= 1 ? draw.single * of : 0;
    for (size_t i = 0; i < shares.size(); ++i) {
      if (static_cast<int>(i) + 2 >= members) rate += draw.several * shares[i];
    }
    chances.push_back(-std::expm1(-rate * ToMinutes(window)));
  }
  return RangeOf(std::move(chances));
}

Price GroupForecast::PriceOf(const GroupState& state, Duration window,
                             const PriceBook::Cost& cost) const {
  KZ_CHECK(state.down >= 1);
  const bool failed = state.down > state.of - state.need;
  GroupState before = state;
  --before.down;
  const std::vector<double> chances = TooFewByDraw(state, window, {}, false);
  const std::vector<double> chances_before = TooFewByDraw(before, window, {}, false);
  std::vector<double> minutes;
  std::vector<double> rises;
  for (size_t i = 0; i < chances.size(); ++i) {
    rises.push_back(failed ? 0 : std::max(0.0, chances[i] - chances_before[i]));
    minutes.push_back(rises.back() * GammaQuantile({cost.weight, cost.weight / cost.minutes},
                                                   Halton(static_cast<int>(i) + 1, 7)));
  }
  const Range range = RangeOf(std::move(minutes));
  std::string events;
  size_t sizes = counts_.events.size();
  while (sizes > 1 && counts_.events[sizes - 1] == 0) --sizes;
  for (size_t i = 0; i < sizes; ++i) {
    events += fmt::format("{}{}", events.empty() ? "" : " ", counts_.events[i]);
  }
  Price price;
  price.mean_minutes = range.mean;
  price.low_minutes = range.low;
  price.high_minutes = range.high;
  price.basis = "together";
  price.fields = {{"rule", double(kRule)},
                  {"need", double(state.need)},
                  {"of", double(state.of)},
                  {"down", double(state.down)},
                  {"down_minutes", state.down_minutes},
                  {"window_minutes", ToMinutes(window)},
                  {"member_up_minutes", counts_.up_minutes},
                  {"member_down_minutes", counts_.down_minutes},
                  {"group_minutes", counts_.group_minutes},
                  {"repairs", counts_.repairs},
                  {"events", events},
                  {"pool", GroupPoolText(pool_)},
                  {"chance", RangeOf(chances).mean},
                  {"failure_chance_rise", RangeOf(rises).mean},
                  {"failure_minutes", cost.minutes},
                  {"failure_weight", cost.weight},
                  {"failed", failed ? 1.0 : 0.0}};
  return price;
}

Range GroupForecast::failures_a_member_month(int of) const {
  const std::vector<GroupSizes> kinds = SizesOf({counts_, of}, pool_);
  std::vector<double> values;
  for (const Draw& draw : draws_) {
    const double together = draw.several * SizesAt(kinds, draw.sizes).mean() / of;
    values.push_back((draw.single + together) * kMinutesOfMonth);
  }
  return RangeOf(std::move(values));
}

Range GroupForecast::repair_minutes() const {
  std::vector<double> values;
  for (const Draw& draw : draws_) values.push_back(1 / draw.repair);
  return RangeOf(std::move(values));
}

Range GroupForecast::common_cause(int of) const {
  std::vector<double> values;
  for (const Draw& draw : draws_) {
    values.push_back(draw.several / (draw.several + draw.single * of));
  }
  return RangeOf(std::move(values));
}

std::optional<Price> TogetherPriceAgain(const Price& price) {
  const auto number = [&](std::string_view name) { return FieldNumber(price.fields, name); };
  if (price.basis != "together" || number("rule") != GroupForecast::kRule) return std::nullopt;
  GroupHistory::Counts counts;
  counts.up_minutes = number("member_up_minutes");
  counts.down_minutes = number("member_down_minutes");
  counts.group_minutes = number("group_minutes");
  counts.repairs = number("repairs");
  std::istringstream events(FieldText(price.fields, "events"));
  for (double& count : counts.events) {
    if (!(events >> count)) break;
  }
  const GroupState state{int(number("need")), int(number("of")), int(number("down")),
                         number("down_minutes")};
  const PriceBook::Cost cost{number("failure_minutes"), number("failure_weight")};
  const auto pool = ReadGroupPool(FieldText(price.fields, "pool"));
  const bool whole = pool && state.need >= 1 && state.need <= state.of && state.down >= 1 &&
                     cost.minutes > 0 && cost.weight > 0 && number("window_minutes") > 0;
  if (!whole) return std::nullopt;
  const auto window = Duration(int64_t(number("window_minutes") * 60'000));
  return GroupForecast(counts, *pool).PriceOf(state, window, cost);
}

}  // namespace kizashi
