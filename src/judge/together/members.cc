#include "judge/together/members.h"

#include <algorithm>

namespace kizashi {

std::optional<Members::Change> Members::Update(const std::string& name, bool up, Time now) {
  if (members_.size() >= kMembersMax && members_.count(name) == 0) return std::nullopt;
  Member& member = members_[name];
  if (!member.was_up) {
    if (up) member = {true, true, 0, {}, now};
    return std::nullopt;
  }
  if (up == member.up) {
    member.streak = 0;
    return std::nullopt;
  }
  if (++member.streak == 1) member.streak_begin = now;
  if (member.streak < kScrapesToChange) return std::nullopt;
  member.up = up;
  member.since = member.streak_begin;
  member.streak = 0;
  return Change{!up, member.since};
}

bool Members::Remove(const std::string& name) { return members_.erase(name) > 0; }

int Members::down_count() const {
  return static_cast<int>(std::count_if(members_.begin(), members_.end(), [](const auto& item) {
    return item.second.was_up && !item.second.up;
  }));
}

}  // namespace kizashi
