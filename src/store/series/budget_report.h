// Tells how many series each owner has and who has too many: as metrics, and in the log.
//
// Owned by the server, one thread. Look is called every few seconds; an owner whose series are
// being refused is logged at the first look that finds it, then once in kLogEvery while it goes on.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "store/series/series_budget.h"

namespace kizashi {

class BudgetReport {
 public:
  static constexpr Duration kLookEvery = std::chrono::seconds(5);
  static constexpr Duration kLogEvery = std::chrono::minutes(5);

  /// Both outlive this.
  BudgetReport(const SeriesBudget& budget, Registry* registry)
      : budget_(budget), registry_(*registry) {}

  /// Does something every kLookEvery, however often it is called.
  void Look(Time now);

 private:
  struct Seen {
    uint64_t refused = 0;
    uint64_t logged = 0;  // `refused` when it was logged
    Time log_time{};
    bool was_logged = false;
  };
  void Tell(const SeriesBudget::OwnerUse& use, Time now);
  void Put(std::string_view owner, size_t series, size_t limit, uint64_t new_refused);

  const SeriesBudget& budget_;
  Registry& registry_;
  Time next_{};
  std::map<std::string, Seen> seen_;
};

}  // namespace kizashi
