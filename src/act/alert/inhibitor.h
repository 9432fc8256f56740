// Which alerts are kept quiet by others that fire: Alertmanager's inhibition rules.
//
// Sources are found by the values of the labels that must be equal, so that ten thousand alerts
// cost no more than one. One thread at a time; the rules outlive it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "act/alert/alert.h"
#include "act/alert/alert_config.h"

namespace kizashi::alerts {

class Inhibitor {
 public:
  /// The alert of a fingerprint, null when it is gone.
  using Find = std::function<const Alert*(uint64_t)>;

  explicit Inhibitor(const std::vector<InhibitRule>& rules);

  void Add(const Alert& alert);
  void Remove(const Alert& alert);
  /// The fingerprint of an alert that fires at `now` and inhibits `alert`.
  std::optional<uint64_t> InhibitedBy(const Alert& alert, Time now, const Find& find) const;

 private:
  struct Sources {
    const InhibitRule* rule = nullptr;
    std::map<std::string, std::set<uint64_t>> by_equal;
  };
  std::vector<Sources> sources_;
};

}  // namespace kizashi::alerts
