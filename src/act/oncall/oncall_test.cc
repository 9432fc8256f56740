#include "act/oncall/oncall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/oncall/check.h"
#include "act/oncall/oncall_test_support.h"

namespace kizashi::oncall {
namespace {

using testing::ElementsAre;

constexpr const char* kWeekly =
    "schedule:\n"
    "  name: p\n"
    "  team: dev\n"
    "  time_zone: America/New_York\n"
    "  layers:\n"
    "    - {name: week, rotation: weekly, start: 2026-03-02 09:00, people: [ann, bob, cy]}\n";

TEST(OnCall, HandsOverByTheWallsClockOnBothSidesOfAChange) {
  const OnCall oncall = OnCallOf(kWeekly);
  EXPECT_EQ(Who(oncall, "p", "2026-03-02T13:59:00Z"), "");  // 08:59 EST
  EXPECT_EQ(Who(oncall, "p", "2026-03-02T14:00:00Z"), "ann");
  EXPECT_EQ(Who(oncall, "p", "2026-03-09T12:59:00Z"), "ann");  // 08:59 EDT
  EXPECT_EQ(Who(oncall, "p", "2026-03-09T13:00:00Z"), "bob");
  const auto next = oncall.Next("p", At("2026-03-09T13:00:00Z"));
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->begin, At("2026-03-16T13:00:00Z"));
  EXPECT_EQ(next->end, At("2026-03-23T13:00:00Z"));
  EXPECT_EQ(next->duty->person, "cy");
}

TEST(OnCall, KnowsNothingOfASchedule) {
  const OnCall oncall = OnCallOf(kWeekly);
  EXPECT_EQ(oncall.Find("q"), nullptr);
  EXPECT_FALSE(oncall.At("q", At("2026-03-09T13:00:00Z")).has_value());
  EXPECT_FALSE(oncall.Next("q", At("2026-03-09T13:00:00Z")).has_value());
  EXPECT_TRUE(oncall.Spans("q", At("2026-03-09T13:00:00Z"), At("2026-03-10T13:00:00Z")).empty());
}

TEST(OnCall, MonthsEndOnTheirLastDay) {
  const OnCall oncall = OnCallOf(
      "schedule: {name: m, team: dev, time_zone: UTC, layers: [{rotation: monthly, "
      "start: 2026-01-31 08:00, people: [ann, bob]}]}");
  EXPECT_EQ(Who(oncall, "m", "2026-02-28T07:59:00Z"), "ann");
  EXPECT_EQ(Who(oncall, "m", "2026-02-28T08:00:00Z"), "bob");
  EXPECT_EQ(Who(oncall, "m", "2026-03-31T08:00:00Z"), "ann");
  EXPECT_EQ(Who(oncall, "m", "2028-02-29T08:00:00Z"), "bob");
}

TEST(OnCall, HoursFollowTheClockThatJumps) {
  // 02:00 is not there on 8 March: its turn has no length.
  const OnCall oncall = OnCallOf(
      "schedule: {name: h, team: dev, time_zone: America/New_York, layers: [{rotation: hourly, "
      "start: 2026-03-08 00:00, people: [ann, bob, cy]}]}");
  EXPECT_EQ(Who(oncall, "h", "2026-03-08T06:59:00Z"), "bob");  // 01:59
  EXPECT_EQ(Who(oncall, "h", "2026-03-08T07:00:00Z"), "ann");  // 03:00
}

constexpr const char* kLayers =
    "schedule:\n"
    "  name: l\n"
    "  team: dev\n"
    "  time_zone: UTC\n"
    "  layers:\n"
    "    - {name: all, rotation: weekly, start: 2026-03-02, people: [ann, bob]}\n"
    "    - name: night\n"
    "      rotation: daily\n"
    "      start: 2026-03-02 22:00\n"
    "      people: [cy]\n"
    "      only: {days: mon-fri, from: 22:00, to: 06:00}\n"
    "  overrides:\n"
    "    - {person: bob, from: 2026-03-03 10:00, to: 2026-03-03 12:00}\n"
    "  swaps:\n"
    "    - {give: ann, take: bob, from: 2026-03-04, to: 2026-03-04,\n"
    "       back: {from: 2026-03-10, to: 2026-03-10}}\n"
    "---\n"
    "leave: {person: ann, from: 2026-03-05 12:00, to: 2026-03-05 18:00}\n";

TEST(OnCall, LaterLayersOverridesSwapsAndLeave) {
  const OnCall oncall = OnCallOf(kLayers);
  EXPECT_EQ(Who(oncall, "l", "2026-03-02T21:00:00Z"), "ann");
  EXPECT_EQ(Who(oncall, "l", "2026-03-02T23:00:00Z"), "cy");
  EXPECT_EQ(Who(oncall, "l", "2026-03-03T05:59:00Z"), "cy");
  EXPECT_EQ(Who(oncall, "l", "2026-03-03T06:00:00Z"), "ann");
  EXPECT_EQ(Who(oncall, "l", "2026-03-07T23:00:00Z"), "ann");  // a Saturday
  EXPECT_EQ(*oncall.At("l", At("2026-03-03T11:00:00Z")),
            (Duty{"bob", Duty::Why::kOverride, "", "", 0}));
  EXPECT_EQ(*oncall.At("l", At("2026-03-04T11:00:00Z")),
            (Duty{"bob", Duty::Why::kTakeover, "all", "ann", 0}));
  EXPECT_EQ(*oncall.At("l", At("2026-03-10T11:00:00Z")),
            (Duty{"ann", Duty::Why::kTakeover, "all", "bob", 0}));
  EXPECT_EQ(*oncall.At("l", At("2026-03-05T12:00:00Z")),
            (Duty{"bob", Duty::Why::kInstead, "all", "ann", 0}));
  EXPECT_EQ(Who(oncall, "l", "2026-03-05T18:00:00Z"), "ann");
}

TEST(OnCall, ALayerByItselfHasSwapsAndLeaveAlone) {
  const OnCall oncall = OnCallOf(kLayers);
  const Time from = At("2026-03-03T00:00:00Z");
  const auto all = oncall.LayerSpans("l", 0, from, At("2026-03-05T18:00:00Z"));
  EXPECT_THAT(all, ElementsAre(Span{from, At("2026-03-04T00:00:00Z"),
                                    Duty{"ann", Duty::Why::kTurn, "all", "", 0}},
                               Span{At("2026-03-04T00:00:00Z"), At("2026-03-05T00:00:00Z"),
                                    Duty{"bob", Duty::Why::kTakeover, "all", "ann", 0}},
                               Span{At("2026-03-05T00:00:00Z"), At("2026-03-05T12:00:00Z"),
                                    Duty{"ann", Duty::Why::kTurn, "all", "", 0}},
                               Span{At("2026-03-05T12:00:00Z"), At("2026-03-05T18:00:00Z"),
                                    Duty{"bob", Duty::Why::kInstead, "all", "ann", 0}}));
  const auto night = oncall.LayerSpans("l", 1, from, At("2026-03-03T22:00:00Z"));
  EXPECT_THAT(
      night,
      ElementsAre(
          Span{from, At("2026-03-03T06:00:00Z"), Duty{"cy", Duty::Why::kTurn, "night", "", 0}},
          Span{At("2026-03-03T06:00:00Z"), At("2026-03-03T22:00:00Z"), std::nullopt}));
  EXPECT_TRUE(oncall.LayerSpans("l", 2, from, At("2026-03-05T00:00:00Z")).empty());
}

TEST(OnCall, SpansHaveNoHolesAndDiffer) {
  const OnCall oncall = OnCallOf(kLayers);
  const auto spans = oncall.Spans("l", At("2026-03-02T00:00:00Z"), At("2026-04-01T00:00:00Z"));
  ASSERT_GT(spans.size(), 40u);
  Time at = At("2026-03-02T00:00:00Z");
  for (size_t i = 0; i < spans.size(); ++i) {
    EXPECT_EQ(spans[i].begin, at);
    EXPECT_LT(spans[i].begin, spans[i].end);
    if (i > 0) {
      EXPECT_NE(spans[i].duty, spans[i - 1].duty);
    }
    at = spans[i].end;
  }
  EXPECT_EQ(at, At("2026-04-01T00:00:00Z"));
}

Edit MakeEdit(Edit::Kind kind, const std::string& schedule, const std::string& person,
              const std::string& from, const std::string& to) {
  Edit edit;
  edit.id = 7;
  edit.kind = kind;
  edit.schedule = schedule;
  edit.person = person;
  edit.begin = At(from);
  edit.end = At(to);
  edit.author = "lead";
  return edit;
}

TEST(OnCall, EditsCountUnlessTakenBack) {
  Edit edit =
      MakeEdit(Edit::Kind::kOverride, "p", "zoe", "2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z");
  const OnCall with = OnCallOf(kWeekly, {edit});
  EXPECT_EQ(*with.At("p", At("2026-03-10T12:00:00Z")),
            (Duty{"zoe", Duty::Why::kOverride, "", "", 7}));
  edit.removed_by = "lead";
  EXPECT_EQ(Who(OnCallOf(kWeekly, {edit}), "p", "2026-03-10T12:00:00Z"), "bob");
  edit = MakeEdit(Edit::Kind::kLeave, "", "bob", "2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z");
  const OnCall away = OnCallOf(kWeekly, {edit});
  EXPECT_EQ(Who(away, "p", "2026-03-10T12:00:00Z"), "cy");
  EXPECT_TRUE(away.IsAway("bob", At("2026-03-10T12:00:00Z")));
  EXPECT_FALSE(away.IsAway("bob", At("2026-03-11T00:00:00Z")));
  EXPECT_FALSE(away.IsAway("cy", At("2026-03-10T12:00:00Z")));
}

TEST(OnCall, NobodyIsOnCallWhenAllAreAway) {
  std::vector<Edit> away;
  for (const char* person : {"ann", "bob", "cy"}) {
    away.push_back(
        MakeEdit(Edit::Kind::kLeave, "", person, "2026-03-10T00:00:00Z", "2026-03-10T06:00:00Z"));
  }
  const OnCall oncall = OnCallOf(kWeekly, away);
  EXPECT_THAT(oncall.Gaps("p", At("2026-03-09T00:00:00Z"), At("2026-03-12T00:00:00Z")),
              ElementsAre(Gap{"p", At("2026-03-10T00:00:00Z"), At("2026-03-10T06:00:00Z")}));
}

TEST(OnCall, GapsCountWithinTheCoverageAlone) {
  const std::string text =
      "schedule: {name: c, team: dev, time_zone: UTC, coverage: {days: mon, from: 08:00, to: "
      "12:00}, layers: [{rotation: daily, start: 2026-01-01, people: [ann], only: {from: 09:00, "
      "to: 17:00}}]}";
  const OnCall oncall = OnCallOf(text);
  EXPECT_THAT(oncall.Gaps("c", At("2026-03-02T00:00:00Z"), At("2026-03-09T00:00:00Z")),
              ElementsAre(Gap{"c", At("2026-03-02T08:00:00Z"), At("2026-03-02T09:00:00Z")}));
}

TEST(OnCall, FindsWhatHasNoEffect) {
  const OnCall oncall = OnCallOf(
      "schedule:\n  name: f\n  team: dev\n  time_zone: UTC\n"
      "  layers: [{rotation: weekly, start: 2026-03-02, people: [ann, bob]}]\n"
      "  overrides: [{person: bob, from: 2026-03-03 10:00, to: 2026-03-03 12:00}]\n"
      "  swaps: [{give: bob, take: ann, from: 2026-03-04, to: 2026-03-04}]\n"
      "---\nleave: {person: bob, from: 2026-03-03 11:00, to: 2026-03-03 13:00}\n");
  EXPECT_THAT(FindFindings(oncall, At("2026-03-02T00:00:00Z"), At("2026-03-09T00:00:00Z")),
              ElementsAre(Finding{Finding::Kind::kAwayOverride, "f", "bob",
                                  At("2026-03-03T11:00:00Z"), At("2026-03-03T12:00:00Z")},
                          Finding{Finding::Kind::kIdleTakeover, "f", "bob",
                                  At("2026-03-04T00:00:00Z"), At("2026-03-05T00:00:00Z")}));
}

}  // namespace
}  // namespace kizashi::oncall
