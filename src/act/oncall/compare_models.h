// One random plan, asked of OnCall and EscalationEngine and of the naive model: what differs.
// For tests and bench/quality/oncall_figures.cc.
#pragma once

#include <fmt/core.h>

#include <memory>
#include <string>
#include <vector>

#include "act/oncall/escalation.h"
#include "act/oncall/naive_model.h"
#include "act/oncall/oncall.h"
#include "act/oncall/random_plan.h"

namespace kizashi::oncall::naive {

struct Comparison {
  int64_t minutes = 0;  // compared one by one, who is on call and whether that is a gap
  int64_t asked = 0;    // OnCall::At and Next at random minutes
  int64_t gaps = 0;
  int64_t pages = 0;
  int64_t missed_steps = 0;  // that the check behind each tick found
  std::vector<std::string> differences;
};

class Comparer {
 public:
  Comparer(std::string zone, const ZoneTable& table, Minute from, Minute to, Comparison* out)
      : zone_(std::move(zone)), table_(table), from_(from), to_(to), out_(*out) {}

  /// A random plan; `stories` groups of alerts are opened over the time.
  void Run(uint64_t seed, int stories) {
    RandomPlan random(seed, from_, to_, table_);
    const Plan plan = random.Make(zone_);
    Compare(OnCall(plan, {}), plan, seed, &random, stories);
  }

  /// What `oncall` says against what the model says of `plan`.
  void Compare(const OnCall& oncall, const Plan& plan, uint64_t seed, RandomPlan* random,
               int stories) {
    seed_ = seed;
    const std::vector<Span> spans = oncall.PersonSpans("s", At(from_), At(to_));
    const std::vector<Gap> gaps = oncall.Gaps("s", At(from_), At(to_));
    CheckOrder(spans, gaps);
    size_t span = 0;
    size_t gap = 0;
    const Answers& answers = answers_;
    ScheduleModel(plan.schedules[0], plan.leave, table_, from_, to_, &answers_)
        .Run(from_ - 410 * 1'440,
             [&](Minute begin, Minute end, const uint8_t* who, const uint8_t* is_gap) {
               ComparePeople(spans, &span, begin, end, who);
               CompareGaps(gaps, &gap, begin, end, is_gap);
             });
    out_.minutes += to_ - from_;
    out_.gaps += static_cast<int64_t>(gaps.size());
    CompareMoments(oncall, answers, random);
    for (int i = 0; i < stories; ++i) CompareStory(oncall, plan, answers, random);
  }

 private:
  static Time At(Minute minute) { return TimeFromMs(minute * 60'000); }
  void Differ(Minute at, const std::string& what) {
    if (out_.differences.size() < 1'000) {
      out_.differences.push_back(
          fmt::format("{} seed {} {}: {}", zone_, seed_, FormatTime(At(at)), what));
    }
  }

  /// The first of [begin, end) that is not `value`, or `end`. In blocks, to be quick.
  static const uint8_t* FirstOther(const uint8_t* begin, const uint8_t* end, uint8_t value) {
    for (; end - begin >= 64; begin += 64) {
      uint8_t differs = 0;
      for (int i = 0; i < 64; ++i) differs = static_cast<uint8_t>(differs | (begin[i] ^ value));
      if (differs != 0) break;
    }
    while (begin != end && *begin == value) ++begin;
    return begin;
  }

  void CheckOrder(const std::vector<Span>& spans, const std::vector<Gap>& gaps) {
    Time at = At(from_);
    for (const Span& span : spans) {
      if (span.begin != at || span.end <= at) Differ(ToMinute(at), "spans have a hole");
      at = span.end;
    }
    if (at != At(to_)) Differ(ToMinute(at), "spans end early");
    at = At(from_);
    for (const Gap& gap : gaps) {
      if (gap.begin < at || gap.end <= gap.begin) Differ(ToMinute(at), "gaps in disorder");
      at = gap.end;
    }
  }

  /// The minutes [begin, end) of the model against the spans, from `*span` on.
  void ComparePeople(const std::vector<Span>& spans, size_t* span, Minute begin, Minute end,
                     const uint8_t* who) {
    for (Minute at = begin; at < end;) {
      while (*span < spans.size() && ToMinute(spans[*span].end) <= at) ++*span;
      if (*span == spans.size()) return Differ(at, "no span");
      const auto& duty = spans[*span].duty;
      const auto number = duty ? answers_.numbers.find(duty->person) : answers_.numbers.end();
      const uint8_t expected = !duty ? 0 : number == answers_.numbers.end() ? 255 : number->second;
      const Minute until = std::min(end, ToMinute(spans[*span].end));
      const uint8_t* const last = who + (until - begin);
      const uint8_t* const other = FirstOther(who + (at - begin), last, expected);
      if (other != last) {
        Differ(begin + (other - who),
               fmt::format("'{}' is on call, the model has '{}'", duty ? duty->person : "",
                           answers_.people[*other]));
      }
      at = until;
    }
  }

  void CompareGaps(const std::vector<Gap>& gaps, size_t* gap, Minute begin, Minute end,
                   const uint8_t* is_gap) {
    for (Minute at = begin; at < end;) {
      while (*gap < gaps.size() && ToMinute(gaps[*gap].end) <= at) ++*gap;
      const bool inside = *gap < gaps.size() && ToMinute(gaps[*gap].begin) <= at;
      const Minute change = *gap == gaps.size() ? end
                            : inside            ? ToMinute(gaps[*gap].end)
                                                : ToMinute(gaps[*gap].begin);
      const Minute until = std::min(end, change);
      const uint8_t* const last = is_gap + (until - begin);
      const uint8_t* const other = FirstOther(is_gap + (at - begin), last, inside ? 0xff : 0);
      if (other != last) {
        Differ(begin + (other - is_gap), inside ? "a gap that is none" : "a gap was not reported");
      }
      at = until;
    }
  }

  static const std::string& Who(const Answers& answers, Minute at) {
    return answers.people[answers.who[static_cast<size_t>(at - answers.from)]];
  }

  void CompareMoments(const OnCall& oncall, const Answers& answers, RandomPlan* random) {
    for (int i = 0; i < 20; ++i) {
      const Minute at = random->Uniform(from_, to_ - 1);
      const auto duty = oncall.At("s", At(at));
      const std::string person = duty ? duty->person : "";
      if (person != Who(answers, at)) Differ(at, "At gives " + person);
      ++out_.asked;
      if (i >= 5) continue;
      const auto next = oncall.Next("s", At(at), std::chrono::hours(24 * 30));
      const Minute end = std::min(to_, at + 30 * 1'440);
      Minute change = at;
      while (change < end && Who(answers, change) == person) ++change;
      if (change == end) {
        if (next && ToMinute(next->begin) < end) Differ(at, "Next finds a change that is none");
      } else if (!next || ToMinute(next->begin) != change ||
                 (next->duty ? next->duty->person : "") != Who(answers, change)) {
        Differ(at, "Next is not the next change");
      }
    }
  }

  void CompareStory(const OnCall& oncall, const Plan& plan, const Answers& answers,
                    RandomPlan* random) {
    const std::vector<Happening> story = random->RandomStory();
    const Minute begin = story.front().at;
    const Minute end = std::min(to_, story.back().at + 5);
    const std::set<Minute> outage = random->RandomOutage(begin);
    const std::string severity = random->Severity();
    const EscalationPolicy& policy = plan.policies[0];
    const auto away = [&](const std::string& person, Minute at) {
      return std::any_of(plan.leave.begin(), plan.leave.end(), [&](const Leave& one) {
        return one.person == person && ToMinute(one.begin) <= at && at < ToMinute(one.end);
      });
    };
    const auto week_minute = [&](Minute at) {
      size_t row = 0;
      while (row + 1 < table_.rows().size() && table_.rows()[row + 1].from <= at) ++row;
      return static_cast<int>((at + table_.rows()[row].ahead + 4'320) % kWeekMinutes);
    };
    std::vector<Told> expected = EscalationModel::Run(
        policy, severity, story, outage, end,
        [&](const std::string&, Minute at) { return Who(answers, at); }, away, week_minute);
    std::vector<Told> told = Engine(oncall, policy, severity, story, outage, end);
    std::sort(expected.begin(), expected.end());
    std::sort(told.begin(), told.end());
    out_.pages += static_cast<int64_t>(told.size());
    if (told != expected) {
      Differ(begin, fmt::format("{} pages, the model has {}", told.size(), expected.size()));
    }
  }

  std::vector<Told> Engine(const OnCall& oncall, const EscalationPolicy& policy,
                           const std::string& severity, const std::vector<Happening>& story,
                           const std::set<Minute>& outage, Minute end) {
    const Lookup lookup = {
        [&](std::string_view schedule, Time at) -> std::optional<std::string> {
          auto duty = oncall.At(schedule, at);
          return duty ? std::optional<std::string>(duty->person) : std::nullopt;
        },
        [&](std::string_view person, Time at) { return oncall.IsAway(person, at); }};
    EscalationEngine engine;
    std::vector<Told> told;
    size_t next = 0;
    for (Minute at = story.front().at; at < end; ++at) {
      for (; next < story.size() && story[next].at == at; ++next) {
        switch (story[next].kind) {
          case Happening::Kind::kOpen:
            Must(engine.Open("g", "v", severity, policy, At(at)).status());
            break;
          case Happening::Kind::kAcknowledge:
            Must(engine.Acknowledge("g", "a", At(at)).status());
            break;
          case Happening::Kind::kEscalate: Must(engine.Escalate("g", "a", At(at)).status()); break;
          case Happening::Kind::kResolve: Must(engine.Resolve("g", At(at)).status()); break;
        }
      }
      if (outage.contains(at)) continue;
      engine.Tick(At(at), lookup);
      if (const Escalation* one = engine.Find("g")) {
        if (!MissedStep(*one, At(at)).empty()) ++out_.missed_steps;
      }
      for (const Page& page : engine.Pages()) {
        const Tell tell = engine.open().at(page.escalation).done[page.done_step].tells[page.tell];
        told.push_back({at, tell.to});
        engine.HandedOver(page);
      }
    }
    return told;
  }
  void Must(const Status& status) {
    if (!status.ok()) Differ(from_, std::string(Message(status)));
  }

  const std::string zone_;
  const ZoneTable& table_;
  const Minute from_;
  const Minute to_;
  Comparison& out_;
  uint64_t seed_ = 0;
  Answers answers_;  // taken once, as it is large
};

}  // namespace kizashi::oncall::naive
