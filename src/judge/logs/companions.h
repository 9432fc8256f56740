// Patterns that are always logged together, in one service or across services.
//
// "Query route by id" of one service and "Get route by id" of its caller are logged once each per
// request: their counts are equal, whatever the traffic does. When one of the two is missing, that
// is certain after a few lines and needs no threshold. Such relations are known as log invariants
// (Lou et al. 2010, "Mining invariants from console logs for system problem detection"); here they
// are learnt while lines come in, for the relation of equality only.
//
// Two patterns become companions when they have counted the same number of lines up to now and in
// the last 20 seconds. A difference of one line is carried into the next 20 seconds, as a request
// may fall on the edge. A relation that breaks is not unlearnt at once: it is held as it was for
// kHoldBins, so that a fault is not taken for normal; one that breaks again and again, or for
// moments only, is dropped.
// How surprising a difference is follows from the lines that the two had in common before (the
// negative binomial that predicts a Poisson count with a gamma prior).
//
// One per judge, part of its saved state; one thread; time comes in as steps. Memory: kMembersMax
// members with kCompanionsMax companions of 40 bytes each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

namespace kizashi {

class Companions {
 public:
  static constexpr size_t kMembersMax = 8192;
  static constexpr size_t kCompanionsMax = 8;
  static constexpr size_t kWindowSteps = 12;  // looked at: a minute
  static constexpr int kBinSteps = 4;         // learnt in bins of 20 seconds
  static constexpr uint32_t kHoldBins = 180;  // an hour
  static constexpr uint32_t kNone = UINT32_MAX;

  /// A number for a pattern of a service, to count it by; kNone when there are too many. The same
  /// pair always gets the same number.
  uint32_t Join(uint64_t service, uint64_t pattern);
  /// Counts `lines` of a member in the step that is going on.
  void Count(uint32_t member, uint32_t lines);
  /// Ends a step of five seconds in which telemetry came in.
  void EndStep();
  /// Nothing was measured for longer than the last minute: it is learnt, and the next begins empty.
  void SkipWindow();

  struct Break {
    double nats = 0;
    uint32_t other = kNone;  // the companion whose count is missed
    double count = 0;        // lines of this pattern in the last minute
    double other_count = 0;
    double common = 0;  // lines that the two had in common before
  };
  /// How surprising it is that this member has fewer lines in the last minute than its companions;
  /// nats 0 when it has not, or when a companion agrees with it and only those of other services
  /// do not.
  Break Look(uint32_t member) const;

  /// How many members of `service` have a companion.
  int CountOf(uint64_t service) const;
  uint64_t service(uint32_t member) const { return members_[member].service; }
  uint64_t pattern(uint32_t member) const { return members_[member].pattern; }
  size_t size() const { return members_.size(); }

  template <typename A>
  void Fields(A& a) {
    a(members_, recent_, bin_steps_);
    if constexpr (A::kReading) Mend();
  }

 private:
  struct Companion {
    uint32_t other = 0;
    uint32_t equal_bins = 0;
    uint32_t bins = 0;
    uint32_t held_bins = 0;  // broken and not learnt
    uint32_t breaks = 0;
    uint32_t run_bins = 0;  // of the break that is going on; 0: none
    double run_lost = 0;
    double lines = 0;  // seen together
    double lost = 0;   // differences that stayed
    int64_t carry = 0;
    uint32_t carry_bins = 0;
    template <typename A>
    void Fields(A& a) {
      a(other, equal_bins, bins, held_bins, breaks, run_bins, run_lost, lines, lost, carry,
        carry_bins);
    }
  };
  struct Member {
    uint64_t service = 0;
    uint64_t pattern = 0;
    uint64_t total = 0;  // lines learnt
    uint32_t bin = 0;    // lines in the bin being learnt
    uint32_t step = 0;   // in the step that is going on
    std::vector<Companion> companions;
    uint32_t window = 0;  // lines in the last minute; follows from recent_
    template <typename A>
    void Fields(A& a) {
      a(service, pattern, total, bin, step, companions);
    }
  };
  using Step = std::vector<std::pair<uint32_t, uint32_t>>;  // member, lines

  void LearnOldestStep();
  void LearnBin();
  void CountProven();
  bool LearnPair(Companion* pair, int64_t mine, int64_t others) const;
  void FindPairs(const std::vector<uint32_t>& logged);
  bool Proven(const Companion& pair, uint64_t service) const;
  static double Surprise(const Companion& pair, int64_t mine, int64_t others);
  static double Believed(const Companion& pair, bool same, double nats);
  void Mend();

  std::vector<Member> members_;
  std::deque<Step> recent_;  // ended steps of the last minute
  int32_t bin_steps_ = 0;

  // Follows from the above.
  std::vector<std::pair<std::pair<uint64_t, uint64_t>, uint32_t>> by_key_;  // sorted
  Step touched_;
  std::map<uint64_t, int> proven_;  // by service: members with a companion
};

}  // namespace kizashi
