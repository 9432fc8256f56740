#include "act/alert/alert_config.h"

#include <algorithm>
#include <utility>

namespace kizashi::alerts {

Labels Route::GroupLabels(const Labels& labels) const {
  if (group_by_all) return labels;
  Labels group;
  for (const std::string& name : group_by) {
    if (const std::string_view value = labels.Get(name); !value.empty()) group.Set(name, value);
  }
  return group;
}

namespace {

// Whether `route` or one below it matched.
bool Match(const Route& route, const Labels& labels, std::vector<const Route*>* found) {
  if (!AllMatch(route.matchers, labels)) return false;
  const size_t before = found->size();
  for (const Route& child : route.routes) {
    if (Match(child, labels, found) && !child.continues) break;
  }
  if (found->size() == before) found->push_back(&route);
  return true;
}

}  // namespace

std::vector<const Route*> MatchRoutes(const Route& root, const Labels& labels) {
  std::vector<const Route*> found;
  Match(root, labels, &found);
  return found;
}

const ReceiverConfig* AlertConfig::FindReceiver(std::string_view name) const {
  const auto found = std::find_if(receivers.begin(), receivers.end(),
                                  [name](const ReceiverConfig& of) { return of.name == name; });
  return found == receivers.end() ? nullptr : &*found;
}

bool AlertConfig::Speaks(const Route& route, Time now) const {
  const auto in_any = [&](const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      const auto found = intervals.find(name);
      return found != intervals.end() &&
             std::any_of(found->second.begin(), found->second.end(),
                         [now](const TimeInterval& interval) { return interval.Contains(now); });
    });
  };
  if (!route.active_intervals.empty() && !in_any(route.active_intervals)) return false;
  return !in_any(route.mute_intervals);
}

}  // namespace kizashi::alerts
