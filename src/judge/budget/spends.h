// What the anomalies of one service spend: the price of each episode at its begin.
//
// Part of the judge's state; one thread. A sum goes over all episodes of the window.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "store/records.h"

namespace kizashi {

class Spends {
 public:
  struct Sum {
    double mean_minutes = 0;
    double low_minutes = 0;  // the 5 % quantiles of the prices, added
  };

  /// The episode spends from `begin` on what its price says now; a new price replaces the old one.
  void Put(const AnomalyRecord& anomaly, Time begin);
  /// Its price has changed: so has what it spends, if it spends.
  void Reprice(const AnomalyRecord& anomaly);
  /// It spends nothing.
  void Forgive(const std::string& id) { spends_.erase(id); }
  /// What began before is out of every window.
  void Forget(Time before);

  /// Of what began in (begin, end].
  Sum Between(Time begin, Time end) const;
  /// The kinds that spent most in it, the dearest first.
  std::vector<std::pair<std::string, double>> Dearest(Time begin, Time end, size_t most) const;

  template <typename A>
  void Fields(A& a) {
    a(spends_);
  }

 private:
  struct Spend {
    std::string kind;
    Time begin{};
    double mean_minutes = 0;
    double low_minutes = 0;
    template <typename A>
    void Fields(A& a) {
      a(kind, begin, mean_minutes, low_minutes);
    }
  };
  std::map<std::string, Spend> spends_;  // by the episode's id
};

}  // namespace kizashi
