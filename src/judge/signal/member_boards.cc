#include "judge/signal/member_boards.h"

#include <algorithm>
#include <utility>

namespace kizashi {
namespace {

struct Held {
  const std::string* member;
  double value;
};

// Of ascending values; requires some.
double Middle(const std::vector<Held>& held) {
  const size_t half = held.size() / 2;
  return held.size() % 2 == 1 ? held[half].value : (held[half - 1].value + held[half].value) / 2;
}

// The odd one is the lowest or the highest: who is farther from the median of the rest.
MemberBoards::Odd OddOf(const SignalRule& rule, std::vector<Held> held) {
  std::stable_sort(held.begin(), held.end(),
                   [](const Held& a, const Held& b) { return a.value < b.value; });
  const auto against = [&](const Held& one, std::vector<Held> others) {
    return MemberBoards::Odd{&rule,          *one.member,          one.value,
                             Middle(others), others.front().value, others.back().value};
  };
  const MemberBoards::Odd low = against(held.front(), {held.begin() + 1, held.end()});
  const MemberBoards::Odd high = against(held.back(), {held.begin(), held.end() - 1});
  return low.away() > high.away() ? low : high;
}

}  // namespace

SignalBoard* MemberBoards::Of(std::string_view member) {
  const auto found = members_.find(member);
  if (found != members_.end()) return &found->second.board;
  if (members_.size() >= kMembersMax) return nullptr;
  return &members_.try_emplace(std::string(member)).first->second.board;
}

void MemberBoards::AddIncrease(std::string_view member, const SignalFeed& feed, double increase) {
  if (SignalBoard* const board = Of(member)) board->AddIncrease(feed, increase);
}

void MemberBoards::SetGauge(std::string_view member, const SignalFeed& feed, SeriesId series,
                            std::optional<double> value) {
  if (SignalBoard* const board = Of(member)) board->SetGauge(feed, series, value);
}

std::vector<MemberBoards::Odd> MemberBoards::EndStep() {
  std::vector<std::pair<const SignalRule*, std::vector<Held>>> rules;
  for (auto& [name, member] : members_) {
    ++member.idle_steps;
    for (const SignalValue& signal : member.board.EndStep()) {
      if (!signal.value) continue;
      member.idle_steps = 0;
      const auto found = std::find_if(rules.begin(), rules.end(), [&](const auto& entry) {
        return entry.first->id == signal.rule->id;
      });
      if (found == rules.end()) {
        rules.push_back({signal.rule, {{&name, *signal.value}}});
      } else {
        found->second.push_back({&name, *signal.value});
      }
    }
  }
  std::vector<Odd> odd;
  for (auto& [rule, held] : rules) {
    if (held.size() >= kSiblingsMin) odd.push_back(OddOf(*rule, std::move(held)));
  }
  std::erase_if(members_, [](const auto& item) { return item.second.idle_steps > kForgetSteps; });
  return odd;
}

}  // namespace kizashi
