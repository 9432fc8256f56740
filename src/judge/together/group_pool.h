// What redundancy groups are like before one is known: how often a group loses several members in
// one event, and how many such an event takes. Learnt from all groups of the fleet beside a stated
// prior that is worth kStatedGroups of them, by expectation maximisation (empirical Bayes).
//
// How often: a KindPool of events a month. How many: kinds of sizes, each a binomial of a lethality
// (the binomial failure rate model of common causes: Vesely 1977; Atwood 1986), some with a share
// of events that take all; around its kind a group's own sizes are Dirichlet.
//
// Plain values; any thread.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "judge/price/kind_pool.h"
#include "judge/together/group_history.h"

namespace kizashi {

/// Several members at once every five months, or much more seldom, or every ten days.
inline constexpr KindPool kStatedGroupPool{{0.05, 0.05, 0.1, 0.2, 0.3, 0.2, 0.09, 0.01}};
inline constexpr double kStatedGroups = 10;
inline constexpr size_t kSizeKinds = 18;
inline constexpr double kMinutesOfMonth = 30.0 * 24 * 60;

struct GroupPool {
  GroupPool() { sizes.fill(1.0 / kSizeKinds); }
  KindPool several = kStatedGroupPool;
  std::array<double, kSizeKinds> sizes{};  // how much each kind is believed in; sums to 1
  template <typename A>
  void Fields(A& a) {
    a(several);
    for (double& belief : sizes) a(belief);
  }
};

/// Of events that take several members: how many take two, three, ..., by one kind.
struct GroupSizes {
  double belief = 0;
  std::vector<double> shares;  // empty of a group of one
  double mean() const;         // members that such an event takes
};

/// A group of the fleet.
struct GroupSeen {
  GroupHistory::Counts counts;
  int of = 1;  // members
};

/// Events that took several, and months.
KindCount SeveralOf(const GroupHistory::Counts& counts);
/// One for each kind; beliefs sum to 1.
std::vector<GroupSizes> SizesOf(const GroupSeen& group, const GroupPool& pool);
GroupPool PoolGroups(std::span<const GroupSeen> groups);

/// As a price's fields hold it, and back; nothing when the text is none.
std::string GroupPoolText(const GroupPool& pool);
std::optional<GroupPool> ReadGroupPool(const std::string& text);

}  // namespace kizashi
