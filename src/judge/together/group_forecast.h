// How likely it is that too few members of a redundancy group are left: now, in general, and if.
//
// Members go away in events that take one or several at once, and come back one by one. Rates are
// believed in as Gamma, from the group's own history (GroupHistory) beside a prior, which is what
// thin data shrinks to: events of a member that take it alone, and repairs, beside a stated one;
// events of the group that take several, which are rare, and how many they take (the alpha factors
// of NUREG/CR-5485, section 5), beside what other groups of the fleet show (group_pool.h). An event
// takes any members with the same chance; those that are down already are not hit. The number of
// members that are up is then a Markov chain, and the chance that it falls below `need` within a
// window is found with that state absorbing, by uniformisation (Jensen 1953) and squaring: sums of
// positive numbers, so that small chances are as exact as large ones.
//
// Members that are down come back the slower, the longer they are down: with repair rate m after a
// time t at 2 m / (2 + m t), as if rates of repair were spread with a gamma distribution of
// shape 2.
//
// A number is the mean over kDraws draws of the beliefs, its interval their 5 % and 95 % quantiles.
// The draws are a fixed Halton sequence: the same history gives the same figures. Pure functions.
// Limits: kSparesMax; a group with more spare members is taken to have so many.
#pragma once

#include <optional>
#include <vector>

#include "judge/price/price_book.h"
#include "judge/together/group_history.h"
#include "judge/together/group_pool.h"

namespace kizashi {

/// A chance with its 5 % and 95 % quantiles.
struct Range {
  double mean = 0;
  double low = 0;
  double high = 0;
};

struct GroupState {
  int need = 1;
  int of = 1;
  int down = 0;
  double down_minutes = 0;  // for how long they are, on the average
};

/// What if: everything else stays the same.
struct WhatIf {
  int more_members = 0;
  double repair_speed = 1;  // 2: twice as fast
  double common_cause = 1;  // 0.5: half of the events that take several take one instead
};

class GroupForecast {
 public:
  static constexpr int kDraws = 64;
  static constexpr int kSparesMax = 24;
  /// The version of the rule, which a price names.
  static constexpr int kRule = 2;
  /// With fewer failures of members behind it, and less exposure, a group has no history.
  static constexpr double kFailuresMin = 3;
  static constexpr double kMemberDaysMin = 30;
  static bool HasHistory(const GroupHistory::Counts& counts);

  /// `pool`: what groups of the fleet are like.
  explicit GroupForecast(const GroupHistory::Counts& counts, const GroupPool& pool = {});

  /// The chance that fewer than `need` are up at some time within `window`.
  Range TooFew(const GroupState& state, Duration window, const WhatIf& what_if = {}) const;
  /// The same if members went away each by itself: what redundancy is often taken to promise.
  Range TooFewIndependent(const GroupState& state, Duration window) const;
  /// The chance that at least `members` go away in one event within `window`.
  Range AtOnce(int of, int members, Duration window) const;
  /// The rise of TooFew by the last of the members that are down, in minutes of error budget.
  Price PriceOf(const GroupState& state, Duration window, const PriceBook::Cost& cost) const;

  Range failures_a_member_month(int of) const;
  Range repair_minutes() const;
  /// The share of events that take several of `of` members.
  Range common_cause(int of) const;
  const GroupHistory::Counts& counts() const { return counts_; }

 private:
  // What is believed, once.
  struct Draw {
    double single = 0;   // events of one member, a minute
    double repair = 0;   // a member that is down and minute
    double several = 0;  // events of the group that take several, a minute
    double sizes = 0;    // which kind of sizes: where it stands in the belief, from 0 to 1
  };
  class Chain;

  std::vector<double> TooFewByDraw(const GroupState& state, Duration window, const WhatIf& what_if,
                                   bool independent) const;

  const GroupHistory::Counts counts_;
  const GroupPool pool_;
  std::vector<Draw> draws_;
};

/// A price of basis "together", computed again from its fields; nothing when they are of another
/// rule.
std::optional<Price> TogetherPriceAgain(const Price& price);

}  // namespace kizashi
