// Random schedules and escalations, for tests and bench/quality/oncall_figures.cc. What is random
// prefers the hours in which clocks change.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "act/oncall/naive_model.h"
#include "act/oncall/schedule.h"

namespace kizashi::oncall::naive {

class RandomPlan {
 public:
  RandomPlan(uint64_t seed, Minute from, Minute to, const ZoneTable& zone)
      : random_(seed), from_(from), to_(to), zone_(zone) {}

  Plan Make(const std::string& time_zone) {
    Plan plan;
    Schedule schedule;
    schedule.name = "s";
    schedule.team = "t";
    schedule.time_zone = time_zone;
    for (int i = Pick(1, 3); i > 0; --i) schedule.layers.push_back(RandomLayer());
    for (int i = Pick(0, 6); i > 0; --i) {
      const auto [begin, end] = RandomInterval(20'000);
      schedule.overrides.push_back({Person(), begin, end, 0, ""});
    }
    for (int i = Pick(0, 6); i > 0; --i) {
      const auto [begin, end] = RandomInterval(60'000);
      const std::string giver = Person();
      std::string taker = Person();
      while (taker == giver) taker = Person();
      schedule.takeovers.push_back({giver, taker, begin, end, 0, ""});
    }
    if (Chance(0.5)) schedule.coverage = RandomRanges(0);
    for (int i = Pick(0, 8); i > 0; --i) {
      const auto [begin, end] = RandomInterval(40'000);
      plan.leave.push_back({Person(), begin, end, 0, ""});
    }
    plan.schedules.push_back(std::move(schedule));
    plan.policies.push_back(RandomPolicy(time_zone));
    return plan;
  }

  /// What happens to one group: opened, perhaps answered and escalated, in the end resolved.
  std::vector<Happening> RandomStory() {
    using Kind = Happening::Kind;
    const Minute begin = Uniform(from_, to_ - 2'000);
    std::vector<Happening> story = {{begin, Kind::kOpen}};
    for (int i = Pick(0, 4); i > 0; --i) {
      const Minute at = begin + Uniform(0, 600);
      story.push_back({at, Chance(0.5) ? Kind::kAcknowledge : Kind::kEscalate});
    }
    std::stable_sort(story.begin(), story.end(),
                     [](const Happening& a, const Happening& b) { return a.at < b.at; });
    story.push_back({story.back().at + Uniform(0, 900), Kind::kResolve});
    return story;
  }
  /// Minutes in which the server does not run.
  std::set<Minute> RandomOutage(Minute begin) {
    std::set<Minute> without;
    if (Chance(0.7)) return without;
    const Minute first = begin + Uniform(0, 300);
    for (Minute at = first; at < first + Uniform(1, 120); ++at) without.insert(at);
    return without;
  }
  std::string Severity() { return Chance(0.5) ? "critical" : "warning"; }
  Minute Uniform(Minute low, Minute high) {
    return std::uniform_int_distribution<Minute>(low, high)(random_);
  }

 private:
  int Pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool Chance(double p) { return std::bernoulli_distribution(p)(random_); }
  std::string Person() { return std::string("p") + static_cast<char>('0' + Pick(0, 7)); }

  /// A minute, one time in three near a change of the clock.
  Minute Moment(Minute from, Minute to) {
    const auto& rows = zone_.rows();
    if (rows.size() > 1 && Chance(0.3)) {
      const size_t row = static_cast<size_t>(Pick(1, static_cast<int>(rows.size()) - 1));
      return std::clamp(rows[row].from + Uniform(-180, 180), from, to);
    }
    return Uniform(from, to);
  }
  static Time At(Minute minute) { return TimeFromMs(minute * 60'000); }
  std::pair<Time, Time> RandomInterval(Minute longest) {
    const Minute begin = Moment(from_ - 1'000, to_);
    const Minute length = Chance(0.3) ? Uniform(1, 180) : Uniform(1, longest);
    return {At(begin), At(begin + length)};
  }

  int MinuteOfDay() { return Chance(0.5) ? Pick(0, 239) : 15 * Pick(0, 95); }
  std::vector<WeekRange> RandomRanges(int least) {
    std::vector<WeekRange> ranges;
    for (int i = Pick(least, 3); i > 0; --i) {
      if (Chance(0.5)) {  // the same hours of some days
        const int begin = MinuteOfDay();
        const int length = Pick(1, 24 * 60);
        for (int day = 0; day < 7; ++day) {
          if (Chance(0.6)) ranges.push_back({day * 1'440 + begin, day * 1'440 + begin + length});
        }
        continue;
      }
      const int begin = Pick(0, 6) * 1'440 + MinuteOfDay();
      ranges.push_back({begin, begin + Pick(1, kWeekMinutes)});
    }
    if (ranges.empty() && least > 0) ranges.push_back({0, kWeekMinutes});
    return ranges;
  }

  Layer RandomLayer() {
    Layer layer;
    layer.name = "l";
    Rotation& rotation = layer.rotation;
    rotation.unit = static_cast<Rotation::Unit>(Pick(0, 3));
    const int most[] = {48, 10, 6, 4};
    rotation.every = Pick(1, most[static_cast<int>(rotation.unit)]);
    const Minute day = Uniform(from_ - 400 * 1'440, from_ + 300 * 1'440) / 1'440;
    rotation.start = LocalTime(std::chrono::minutes(day * 1'440 + MinuteOfDay()));
    for (int i = Pick(1, 6); i > 0; --i) rotation.people.push_back(Person());
    if (Chance(0.2)) {
      layer.until = rotation.start + std::chrono::minutes(Uniform(1, 4'000 * Minute{1'440}));
    }
    if (Chance(0.5)) layer.only = RandomRanges(1);
    return layer;
  }

  EscalationPolicy RandomPolicy(const std::string& time_zone) {
    EscalationPolicy policy;
    policy.name = "e";
    policy.repeat = Pick(0, 2);
    for (int i = Pick(1, 5); i > 0; --i) {
      EscalationStep step;
      step.time_zone = time_zone;
      step.wait = std::chrono::minutes(Pick(1, 45));
      for (int target = Pick(1, 3); target > 0; --target) {
        const int kind = Pick(0, 4);
        if (kind < 3) step.targets.push_back({Target::Kind::kSchedule, "s"});
        if (kind == 3) step.targets.push_back({Target::Kind::kPerson, Person()});
        if (kind == 4) step.targets.push_back({Target::Kind::kChannel, "t"});
      }
      if (Chance(0.3)) step.only = RandomRanges(1);
      if (Chance(0.2)) step.severities = {Severity()};
      policy.steps.push_back(std::move(step));
    }
    for (int i = Pick(0, 2); i > 0; --i) {
      policy.last_resort.push_back({Target::Kind::kPerson, Person()});
    }
    return policy;
  }

  std::mt19937_64 random_;
  const Minute from_;
  const Minute to_;
  const ZoneTable& zone_;
};

}  // namespace kizashi::oncall::naive
