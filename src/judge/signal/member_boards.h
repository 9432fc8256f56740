// The signals of each member of a redundancy group, and which member differs from its siblings.
//
// The members of a group do the same work, so that one is measured against the others at once, with
// little history: what a sum over all of them hides, and whose it is, shows there. Of every rule
// the member farthest from the median of the others is told, step by step; whether it is unusual
// that one is so far away is for who follows these values to say (signal_watch.h). Owned by the
// judge, one thread. Limits: kMembersMax are followed, further ones are not; a member that sent
// nothing for kForgetSteps is forgotten.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "judge/signal/board.h"

namespace kizashi {

class MemberBoards {
 public:
  static constexpr size_t kMembersMax = 500;
  /// Of two nobody can say which is the odd one.
  static constexpr size_t kSiblingsMin = 3;
  static constexpr int kForgetSteps = 240;  // an hour

  /// A member against the others, by one rule.
  struct Odd {
    const SignalRule* rule = nullptr;
    std::string member;
    double value = 0;   // the member's
    double middle = 0;  // the median of the others
    double low = 0;     // the lowest and the highest of them
    double high = 0;
    double away() const { return value > middle ? value - middle : middle - value; }
  };

  void AddIncrease(std::string_view member, const SignalFeed& feed, double increase);
  void SetGauge(std::string_view member, const SignalFeed& feed, SeriesId series,
                std::optional<double> value);
  /// Ends a step: of every rule that kSiblingsMin members have a value of, the odd one.
  std::vector<Odd> EndStep();
  size_t size() const { return members_.size(); }

  template <typename A>
  void Fields(A& a) {
    a(members_);
  }

 private:
  struct Member {
    SignalBoard board;
    int idle_steps = 0;
    template <typename A>
    void Fields(A& a) {
      a(board, idle_steps);
    }
  };
  SignalBoard* Of(std::string_view member);

  std::map<std::string, Member, std::less<>> members_;
};

}  // namespace kizashi
