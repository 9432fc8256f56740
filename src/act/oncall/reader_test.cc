#include "act/oncall/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/oncall/oncall_test_support.h"
#include "act/oncall/policies.h"
#include "act/oncall/time_fields.h"

namespace kizashi::oncall {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Reader, TakesWhatAllFieldsSay) {
  const Read read = ReadText(
      "schedule:\n"
      "  name: p\n"
      "  title: Primary\n"
      "  team: DEV\n"
      "  layers:\n"
      "    - {rotation: hourly, every: 12, start: 2026-03-02 09:00, until: 2026-12-31,\n"
      "       people: [ann, bob], only: [{days: [sat, sun]}, {from: fri 17:00, to: mon 09:00}]}\n"
      "  coverage: none\n"
      "---\n"
      "escalation:\n"
      "  team: dev\n"
      "  repeat: 2\n"
      "  steps:\n"
      "    - {tell: {schedule: P}, wait: 10m}\n"
      "    - {tell: [{person: zoe}, {channel: sre}], wait: 1h, only: {from: 22:00, to: 06:00},\n"
      "       severity: [critical]}\n");
  EXPECT_THAT(read.errors, IsEmpty());
  ASSERT_EQ(read.plan.plan.schedules.size(), 1u);
  const Schedule& schedule = read.plan.plan.schedules[0];
  EXPECT_EQ(schedule.team, "dev");
  EXPECT_EQ(schedule.title, "Primary");
  EXPECT_EQ(schedule.time_zone, "Asia/Tokyo");
  EXPECT_EQ(schedule.file, "a.yaml");
  ASSERT_EQ(schedule.layers.size(), 1u);
  const Layer& layer = schedule.layers[0];
  EXPECT_EQ(layer.name, "layer 1");
  EXPECT_EQ(layer.rotation.unit, Rotation::Unit::kHourly);
  EXPECT_EQ(layer.rotation.every, 12);
  EXPECT_EQ(layer.until, ParseLocalTime("2027-01-01", DayIs::kBegin));
  EXPECT_THAT(layer.only, ElementsAre(WeekRange{7'200, 8'640}, WeekRange{8'640, 10'080},
                                      WeekRange{4 * 1'440 + 17 * 60, kWeekMinutes + 9 * 60}));
  ASSERT_TRUE(schedule.coverage.has_value());
  EXPECT_TRUE(schedule.coverage->empty());
  ASSERT_EQ(read.plan.plan.policies.size(), 1u);
  const EscalationPolicy& policy = read.plan.plan.policies[0];
  EXPECT_EQ(policy.name, "dev");
  EXPECT_EQ(policy.repeat, 2);
  ASSERT_EQ(policy.steps.size(), 2u);
  EXPECT_THAT(policy.steps[0].targets, ElementsAre(Target{Target::Kind::kSchedule, "p"}));
  EXPECT_EQ(policy.steps[1].wait, std::chrono::hours(1));
  EXPECT_EQ(policy.steps[1].only.size(), 7u);
  EXPECT_EQ(policy.steps[1].only[6], (WeekRange{6 * 1'440 + 22 * 60, 7 * 1'440 + 6 * 60}));
  EXPECT_THAT(
      policy.last_resort,
      ElementsAre(Target{Target::Kind::kPerson, "ann"}, Target{Target::Kind::kPerson, "bob"},
                  Target{Target::Kind::kPerson, "cy"}, Target{Target::Kind::kChannel, "dev"}));
}

TEST(Reader, TellsAllErrorsAtOnceWithTheirPlaces) {
  const Read read = ReadText(
      "schedule:\n"
      "  name: p\n"
      "  team: devv\n"
      "  time_zone: Asia/Tokio\n"
      "  layers:\n"
      "    - rotation: fortnightly\n"
      "      every: 0\n"
      "      start: 2026-02-30 09:00\n"
      "      people: []\n"
      "      only: {days: mon-fry, from: 25:00}\n"
      "  overrides:\n"
      "    - {person: ann, from: 2026-03-02, to: 2026-03-01}\n"
      "  swaps:\n"
      "    - {give: ann, take: ann, from: 2026-03-02, to: 2026-03-03}\n"
      "---\n"
      "escalation:\n"
      "  team: dev\n"
      "  services: [shopp]\n"
      "  steps:\n"
      "    - {tell: {schedule: q}, wait: 10s, only: {from: 22:00, to: 06:00}}\n"
      "    - {tell: {person: ann, channel: dev}}\n"
      "---\n"
      "leave: {person: ann, from: 2026-03-02}\n");
  EXPECT_THAT(
      read.errors,
      ElementsAre(
          HasSubstr("a.yaml:3:9: team: found 'devv', expected the name of a team of this catalog; "
                    "did you mean 'dev'?"),
          HasSubstr("a.yaml:4:14: time_zone: found 'Asia/Tokio', expected a time zone"),
          HasSubstr("a.yaml:6:17: layers[0].rotation: found 'fortnightly', expected hourly"),
          HasSubstr("a.yaml:7:14: layers[0].every: found '0', expected a whole number from 1"),
          HasSubstr("a.yaml:8:14: layers[0].start: found '2026-02-30 09:00', expected a day"),
          HasSubstr("a.yaml:9:15: layers[0].people: found a list, expected a list of one person"),
          HasSubstr("a.yaml:10:20: layers[0].only.days: found 'mon-fry', expected days such as"),
          HasSubstr("a.yaml:10:35: layers[0].only.from: found '25:00', expected a time of day"),
          HasSubstr("a.yaml:12:43: overrides[0].to: found '2026-03-01', expected a time behind"),
          HasSubstr("a.yaml:14:25: swaps[0].take: found 'ann', expected another person"),
          HasSubstr("a.yaml:18:14: services[0]: found 'shopp', expected the name of a service"),
          HasSubstr("a.yaml:20:25: steps[0].tell.schedule: found 'q', expected the name of a "
                    "schedule; did you mean 'p'?"),
          HasSubstr("a.yaml:20:35: steps[0].wait: found '10s', expected a duration"),
          HasSubstr("a.yaml:21:14: steps[1].tell: found a mapping, expected one of schedule"),
          HasSubstr("a.yaml:23:8: to: found nothing, expected a time such as")));
}

TEST(Reader, WantsAStepForAllTimes) {
  const Read read = ReadText(
      "escalation: {team: dev, steps: [{tell: {person: ann}, only: {from: 09:00, to: 17:00}}]}");
  EXPECT_THAT(read.errors, ElementsAre(HasSubstr("one step at least without `only`")));
}

TEST(Reader, RefusesNamesTwiceAndAServiceTwice) {
  const std::string schedule =
      "schedule: {name: p, team: dev, layers: [{rotation: daily, start: 2026-01-01, people: "
      "[ann]}]}\n---\n";
  const std::string escalation =
      "escalation: {name: NAME, team: dev, services: [shop], steps: [{tell: {person: ann}}]}\n";
  std::string other = escalation;
  other.replace(other.find("NAME"), 4, "OTHER");
  const Read read = ReadText(schedule + schedule + escalation + "---\n" + other);
  EXPECT_THAT(read.errors,
              ElementsAre(HasSubstr("a name that no other schedule has"),
                          HasSubstr("a service without an escalation; 'NAME' has it")));
}

TEST(Reader, PassesOverWhatIsTheCatalogs) {
  EXPECT_THAT(ReadText("service: {name: other}\n").errors, IsEmpty());
  EXPECT_THAT(ReadText("schedul: {name: p}\n").errors,
              ElementsAre(HasSubstr("did you mean 'schedule'?")));
}

TEST(Policies, TellDevelopersFirstAndSreSecondByDefault) {
  const Read read = ReadText(
      "person: {name: ann}\n---\nperson: {name: bob}\n---\n"
      "person: {name: cy}\n---\nperson: {name: sam}\n---\n"
      "person: {name: sue}\n");
  ASSERT_THAT(read.errors, IsEmpty());
  const Catalog& catalog = *read.catalog.catalog;
  const EscalationPolicy policy = PolicyFor("shop", catalog, {}, {});
  EXPECT_TRUE(policy.is_default);
  ASSERT_EQ(policy.steps.size(), 2u);
  EXPECT_THAT(policy.steps[0].targets, ElementsAre(Target{Target::Kind::kPerson, "ann"},
                                                   Target{Target::Kind::kPerson, "bob"},
                                                   Target{Target::Kind::kChannel, "dev"}));
  EXPECT_THAT(policy.steps[1].targets, ElementsAre(Target{Target::Kind::kPerson, "sam"},
                                                   Target{Target::Kind::kPerson, "sue"},
                                                   Target{Target::Kind::kChannel, "sre"}));
  Schedule schedule;
  schedule.name = "dev-primary";
  schedule.team = "dev";
  EXPECT_THAT(PolicyFor("shop", catalog, {schedule}, {}).steps[0].targets,
              ElementsAre(Target{Target::Kind::kSchedule, "dev-primary"},
                          Target{Target::Kind::kChannel, "dev"}));
  EXPECT_EQ(PolicyFor("unknown", catalog, {}, {}).steps.size(), 1u);
}

TEST(Policies, TheServicesOwnComesBeforeTheTeams) {
  const Read read = ReadText("service: {name: cart, owner: dev}\n");
  EscalationPolicy team;
  team.name = "team";
  team.team = "dev";
  EscalationPolicy own = team;
  own.name = "own";
  own.services = {"cart"};
  const Catalog& catalog = *read.catalog.catalog;
  EXPECT_EQ(PolicyFor("cart", catalog, {}, {own, team}).name, "own");
  EXPECT_EQ(PolicyFor("shop", catalog, {}, {own, team}).name, "team");
}

}  // namespace
}  // namespace kizashi::oncall
