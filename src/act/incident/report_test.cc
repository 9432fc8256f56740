#include "act/incident/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/incident/incident_test_support.h"
#include "act/incident/report_draft.h"

namespace kizashi::incidents {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kGood = R"(---
incident: 3
title: "shop: availability"
state: published
owner: hanako
trigger: config_push
causes: [process, configuration]
anything: else
actions:
  - what: Check quorum before a change
    owner: aiko
    due: 2026-01-20
    state: doing
  - {what: "Tell customers", owner: hanako, due: 2026-01-10, state: done}
  - Look at the balancer
---

# shop: availability

## Summary

A change took three servers.
<!-- In two sentences. -->
)";

std::vector<std::string> ErrorsOf(std::string_view text, uint64_t incident = 0) {
  std::vector<std::string> errors;
  for (const ReportError& error : ReadReport(text, incident).errors) {
    errors.push_back(error.ToString("r.md"));
  }
  return errors;
}

std::string Replaced(std::string_view from, std::string_view to) {
  std::string text(kGood);
  text.replace(text.find(from), from.size(), to);
  return text;
}

TEST(ReportTest, ReadsWhatPeopleWrote) {
  const std::string text = Replaced("  - Look at the balancer\n", "");
  const ReportRead read = ReadReport(text, 3);
  EXPECT_THAT(read.errors, IsEmpty());
  EXPECT_TRUE(read.report.is_published());
  EXPECT_EQ(read.report.owner, "hanako");
  EXPECT_EQ(read.report.trigger, "config_push");
  EXPECT_THAT(read.report.causes, ElementsAre("process", "configuration"));
  ASSERT_EQ(read.report.actions.size(), 2u);
  EXPECT_EQ(read.report.actions[0].what, "Check quorum before a change");
  EXPECT_EQ(read.report.actions[0].line, 10);
  EXPECT_TRUE(read.report.actions[0].is_overdue("2026-01-21"));
  EXPECT_FALSE(read.report.actions[0].is_overdue("2026-01-20")) << "its day is not over";
  EXPECT_FALSE(read.report.actions[1].is_overdue("2027-01-01")) << "done";
  EXPECT_EQ(read.report.summary, "A change took three servers.");
}

TEST(ReportTest, ToleratesWhatEditorsDo) {
  std::string text = Replaced("state: published", "state: Draft");
  std::string dos = "\xEF\xBB\xBF";
  for (const char c : text) dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_THAT(ErrorsOf(dos, 3), IsEmpty());
  EXPECT_THAT(ErrorsOf("---\nincident: 3\n---\n", 3), IsEmpty()) << "no sections at all";
  EXPECT_THAT(ErrorsOf("---\nincident: 3\nactions:\ncauses:\nowner:\n---", 3), IsEmpty());
  const Report report =
      ReadReport("---\nincident: 3\ncauses: software\n---\n# 概要\nある\n").report;
  EXPECT_THAT(report.causes, ElementsAre("software"));
  EXPECT_EQ(report.summary, "ある");
  EXPECT_THAT(ErrorsOf("---\nincident: 3\nactions: [{what: x, due: 2026-02-01T10:00:00Z}]\n---\n"),
              IsEmpty());
}

TEST(ReportTest, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(ErrorsOf(""), ElementsAre(HasSubstr("r.md:1:1: found 'a line without ---'")));
  EXPECT_THAT(ErrorsOf("---\nincident: 3\n"), ElementsAre(HasSubstr("r.md:2:1: found 'the end")));
  EXPECT_THAT(ErrorsOf("---\n---\n"), ElementsAre(HasSubstr("r.md:2:1: found 'no fields'")));
  EXPECT_THAT(ErrorsOf("---\nincident: 3\nactions: [{what: x, due: soon}]\n---\n", 3),
              ElementsAre("r.md:3:26: actions[0].due: found 'soon', expected a day such as "
                          "2026-12-10"));
  EXPECT_THAT(ErrorsOf("---\nincident: 3\nowner: [a\n---\n"), testing::Not(IsEmpty()));
}

TEST(ReportTest, AllErrorsAreToldAtOnce) {
  std::string text = Replaced("state: published", "state: ready");
  const auto replace = [&text](std::string_view from, std::string_view to) {
    text.replace(text.find(from), from.size(), to);
  };
  replace("trigger: config_push", "trigger: gremlins");
  replace("process,", "luck,");
  replace("due: 2026-01-20", "due: 2026-02-30");
  replace("  - Look at the balancer", "  - [a, b]");
  EXPECT_THAT(
      ErrorsOf(text, 4),
      ElementsAre(
          "r.md:2:11: incident: found '3', expected 4",
          "r.md:4:8: state: found 'ready', expected one of draft, review, published",
          HasSubstr("r.md:6:10: trigger: found 'gremlins', expected one of unknown, binary_push"),
          HasSubstr("r.md:7:10: causes[0]: found 'luck', expected one of unknown, software"),
          "r.md:12:10: actions[0].due: found '2026-02-30', expected a day such as 2026-12-10",
          "r.md:15:5: actions[2]: found 'a list', expected what, owner, due and state"));
}

TEST(ReportTest, APublishedReportIsWhole) {
  EXPECT_THAT(ErrorsOf(kGood, 3),
              ElementsAre("r.md:15:1: actions[2].owner: found 'nothing', expected a person before "
                          "it is published",
                          "r.md:15:1: actions[2].due: found 'nothing', expected a day before it is "
                          "published"));
  EXPECT_THAT(ErrorsOf("---\nincident: 3\nstate: published\n---\n"),
              ElementsAre(HasSubstr("r.md:3:1: owner:"), HasSubstr("r.md:4:1: Summary:")));
}

Incident AnIncident() {
  IncidentBook book;
  IncidentEvent deploy = EventAt(50, EventKind::kDeploy, "d1");
  deploy.fields = {{"version", "1.2|3"}, {"what", "<b>new</b>"}};
  book.Tell(deploy, deploy.time);
  book.Tell(AnomalyAt(60, "x"), At(60));
  book.Tell(PageAt(120, "p"), At(120));
  IncidentEvent delivery = EventAt(125, EventKind::kDelivery, "7-1", "");
  delivery.links = {{"alert", "p"}};
  delivery.fields = {{"destination", "slack hooks.slack.com"},
                     {"event", "firing"},
                     {"result", "failed"},
                     {"attempt", 1.0},
                     {"answer", "503 try\nlater"}};
  book.Tell(delivery, At(125));
  Edit note = EditAt(200, Edit::What::kNote, 1, "looks like `the` balancer");
  book.Apply(note);
  book.Tell(PageEndAt(720, "p"), At(720));
  return *book.Find(1);
}

TEST(ReportDraftTest, SaysWhatIsKnown) {
  DraftFacts facts;
  facts.impacts = {{"shop", "availability", At(60), At(720), 120, 6000, 1.5}};
  DraftOptions options;
  options.page_url = "http://kizashi.example";
  options.time_zone = "Asia/Tokyo";
  options.owner = "aiko";
  const std::string text = DraftReport(AnIncident(), facts, options);
  for (const char* part :
       {"incident: 1\n", "state: draft\n", "owner: aiko\n", "budget_minutes: 1.50\n",
        "trigger: unknown\n", "120 of 6,000 failed (2.0%)", "1.50 min of error budget",
        "The first anomaly that fed it began 1 min before, at 2026-01-01 09:01:00",
        "Deployed before it: 2026-01-01 09:00:50",
        "- 2026-01-01 09:02:05 slack hooks.slack.com did not take that it is firing, attempt 1: "
        "503 try later "
        "([delivery 7-1](http://kizashi.example/incidents/1#delivery-7-1))",
        "- 2026-01-01 09:12:00 Resolved", "## Why it surprised us", "## Where we were lucky"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_EQ(text.find("<b>"), text.npos);
  const ReportRead read = ReadReport(text, 1);
  EXPECT_THAT(read.errors, IsEmpty());
  EXPECT_NE(read.report.summary, "");
  for (const char* hostile : {"a: b # c\n---\n\"x", "---", "- [x]: {", "*alias &anchor !tag", "yes",
                              "# 1", "\x01\x7f\xe2\x80\xa8", "日本語「」: \\"}) {
    Incident incident = AnIncident();
    incident.title = hostile;
    incident.service = hostile;
    incident.team = hostile;
    options.owner = hostile;
    for (TimelineEntry& line : incident.timeline) line.service = line.id = hostile;
    const ReportRead odd = ReadReport(DraftReport(incident, facts, options), 1);
    EXPECT_EQ(ErrorText(odd.errors, "r.md"), "") << hostile;
    EXPECT_NE(odd.report.owner, "") << hostile;
  }
  options.language = Language::kJapanese;
  options.page_url.clear();
  const std::string japanese = DraftReport(AnIncident(), facts, options);
  EXPECT_THAT(japanese, HasSubstr("## なぜ予想外だったか"));
  EXPECT_THAT(japanese, HasSubstr("(`delivery 7-1`)"));
  EXPECT_THAT(ReadReport(japanese, 1).errors, IsEmpty());
}

}  // namespace
}  // namespace kizashi::incidents
