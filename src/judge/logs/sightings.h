// When is the first sight of something news? Where such first sights are rare in time.
//
// What comes at widely differing rates is first seen at every scale of a log's life: as much from
// the first to the tenth minute as from the first to the tenth day. So one more is news only when
// the last one was in the first kNewsAge-th of the log's life, or longer ago than any log needs.
// What else comes soon after told news (a tenth of the log's life, at most kNewsTogether) is news
// too. A value, part of its owner's saved state.
#pragma once

#include <chrono>

#include "base/clock.h"

namespace kizashi {

class Sightings {
 public:
  static constexpr int kNewsAge = 20;
  static constexpr Duration kNewsTogether = std::chrono::hours(1);

  /// One more; whether it is news. The log began at `begin`; a quiet of `quiet_max` is enough in
  /// any log. `learnt`: so much is known that there can be news.
  bool See(Time now, Time begin, Duration quiet_max, bool learnt);
  /// The last one is explained otherwise: it does not make later ones less rare.
  void Explain() { last_ = before_; }

  template <typename A>
  void Fields(A& a) {
    a(last_, before_, told_);
  }

 private:
  Time last_{};
  Time before_{};
  Time told_{};
};

}  // namespace kizashi
