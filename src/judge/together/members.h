// The members of a redundancy group: which are up, by their `up` series.
//
// A member counts from its first time up. It is down after two failed scrapes in a row (one lost
// scrape is no news) and back after two good ones. A member whose target is taken away leaves the
// group; that is a change of scale, not an anomaly.
// Owned by the judge, one thread. Limit: kMembersMax; further members are not followed.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/clock.h"

namespace kizashi {

class Members {
 public:
  static constexpr size_t kMembersMax = 10'000;
  static constexpr int kScrapesToChange = 2;

  struct Member {
    bool up = false;
    bool was_up = false;  // ever
    int streak = 0;       // scrapes in a row that contradict `up`
    Time streak_begin{};
    Time since{};  // when `up` began
    template <typename A>
    void Fields(A& a) {
      a(up, was_up, streak, streak_begin, since);
    }
  };
  struct Change {
    bool down = false;
    Time since{};  // the first scrape that said so
  };

  /// A scrape of `name` succeeded or failed.
  std::optional<Change> Update(const std::string& name, bool up, Time now);
  /// Its target is gone. True when it was a member.
  bool Remove(const std::string& name);

  /// Members that were up once and are down.
  int down_count() const;
  const std::map<std::string, Member>& members() const { return members_; }

  template <typename A>
  void Fields(A& a) {
    a(members_);
  }

 private:
  std::map<std::string, Member> members_;
};

}  // namespace kizashi
