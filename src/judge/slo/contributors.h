// Who burns the budget: bad events by series over the last hour or so, and the labels they share.
//
// Counts halve every hour. Part of the judge's state; one thread. At most kSeriesMax series are
// told apart, those that came first; events of others are left out.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/telemetry_store.h"

namespace kizashi {

struct Contributor {
  std::string label;
  std::string value;
  double share = 0;   // of the bad events
  double of_all = 0;  // of all events
};

class Contributors {
 public:
  static constexpr size_t kSeriesMax = 512;

  /// A series had `all` events, of which `bad` were bad; either may come alone.
  void Add(SeriesId series, double bad, double all, Time at);
  /// The labels that tell bad events from others best: each has at least half of the bad events,
  /// and so much more of them than of all; the most telling first.
  std::vector<Contributor> Top(const SeriesDirectory& directory, size_t most) const;

  template <typename A>
  void Fields(A& a) {
    a(series_, decayed_);
  }

 private:
  struct Count {
    double bad = 0;
    double all = 0;
    template <typename A>
    void Fields(A& a) {
      a(bad, all);
    }
  };
  std::map<SeriesId, Count> series_;
  Time decayed_{};
};

/// "instance=c (92 %), version=1.4 (100 %)"; empty when nothing tells.
std::string ContributorsText(const std::vector<Contributor>& contributors);

}  // namespace kizashi
