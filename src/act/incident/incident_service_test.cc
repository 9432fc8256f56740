#include "act/incident/incident_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "act/incident/incident_summary.h"
#include "act/incident/incident_test_support.h"
#include "catalog/load.h"
#include "catalog/test_folder.h"

namespace kizashi::incidents {
namespace {

using testing::HasSubstr;

constexpr std::string_view kCatalog = R"(
service: {name: shop, owner: shop-team, depends_on: [pay]}
---
service: {name: pay}
---
team: {name: shop-team, language: en, time_zone: Asia/Tokyo}
)";

class IncidentServiceTest : public testing::Test {
 protected:
  IncidentServiceTest() {
    catalog_ = LoadCatalog({{"teams/shop.yaml", std::string(kCatalog)}}).catalog;
    EXPECT_NE(catalog_, nullptr);
    Start();
  }
  IncidentServiceOptions Options() {
    IncidentServiceOptions options;
    options.log.directory = folder_.name() + "/log";
    options.log.name = "incidents";
    options.places = {folder_.name() + "/catalog", folder_.name() + "/own"};
    options.catalog = [this] { return catalog_; };
    options.impact = [](const Incident& incident) {
      return std::vector<Impact>{
          {"shop", "availability", incident.begin, *incident.resolved, 12, 600, 2}};
    };
    return options;
  }
  void Start() {
    service_.reset();
    auto service = IncidentService::Open(Options(), clock_, &registry_);
    ASSERT_TRUE(service.ok()) << service.status();
    service_ = *std::move(service);
  }
  void Tell(const IncidentEvent& event) {
    clock_.Set(std::max(clock_.Now(), event.time));
    service_->Tell({event});
  }
  void Look() { service_->Look(clock_.Now()); }
  static std::string Read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  static void Write(const std::string& path, const std::string& text) {
    std::ofstream(path + "~", std::ios::binary) << text;
    std::filesystem::rename(path + "~", path);
  }
  std::string ReportText() { return service_->Find(1)->incident.report.back().text; }
  std::string Path() { return service_->FileOf(1)->path; }
  static std::string Replaced(std::string text, std::string_view from, std::string_view to) {
    EXPECT_NE(text.find(from), text.npos) << from;
    return text.replace(text.find(from), from.size(), to);
  }
  void ResolveOne() {
    Tell(PageAt(0, "p"));
    Tell(PageEndAt(600, "p"));
    Look();
  }

  TestFolder folder_;
  ManualClock clock_{kDay};
  Registry registry_;
  std::shared_ptr<const Catalog> catalog_;
  std::unique_ptr<IncidentService> service_;
};

TEST_F(IncidentServiceTest, DraftsAReportIntoTheTeamsDirectoryWhenResolved) {
  Tell(PageAt(0, "p"));
  Look();
  EXPECT_TRUE(service_->Find(1)->incident.report.empty()) << "it goes on";
  Tell(PageEndAt(600, "p"));
  Look();
  EXPECT_EQ(Path(), folder_.name() + "/catalog/teams/incidents/2026-01-01-incident-1.md");
  EXPECT_EQ(Read(Path()), ReportText());
  EXPECT_THAT(ReportText(), HasSubstr("12 of 600 failed"));
  EXPECT_THAT(ReportText(), HasSubstr("2026-01-01 09:00:00")) << "the team's time";
  // What comes late is in it, while nobody wrote anything.
  IncidentEvent late = EventAt(605, EventKind::kDelivery, "1-1", "");
  late.links = {{"alert", "p"}};
  late.fields = {{"destination", "slack"}, {"result", "delivered"}, {"answer", "200"}};
  Tell(late);
  Look();
  EXPECT_EQ(service_->Find(1)->incident.report.size(), 1u) << "not at once";
  clock_.Advance(std::chrono::seconds(6));
  Look();
  EXPECT_THAT(ReportText(), HasSubstr("delivery 1-1"));
  EXPECT_EQ(Read(Path()), ReportText());
  clock_.Advance(std::chrono::seconds(60));
  Look();
  EXPECT_EQ(service_->Find(1)->incident.report.size(), 2u) << "the same text is no version";
}

TEST_F(IncidentServiceTest, ATeamOutsideTheCatalogHasADirectoryBelowTheData) {
  IncidentEvent page = PageAt(0, "p", "other");
  page.team = "../..";
  Tell(page);
  Tell(PageEndAt(10, "p", "other"));
  Look();
  EXPECT_EQ(Path(), folder_.name() + "/own/team-..%2F../2026-01-01-incident-1.md");
  EXPECT_EQ(Read(Path()), ReportText());
}

TEST_F(IncidentServiceTest, TakesWhatPeopleWriteIntoTheFile) {
  ResolveOne();
  Write(Path(), Replaced(ReportText(), "owner: \"\"", "owner: hanako"));
  Look();
  EXPECT_EQ(service_->Find(1)->report->owner, "hanako");
  EXPECT_EQ(service_->Find(1)->incident.report.back().author, "file");
  // What cannot be read stays where it is, and is told.
  const std::string broken = Replaced(ReportText(), "state: draft", "state: dreft");
  Write(Path(), broken);
  Look();
  Look();
  EXPECT_EQ(Read(Path()), broken);
  EXPECT_EQ(service_->Find(1)->incident.report.size(), 2u);
  ASSERT_EQ(service_->FileOf(1)->errors.size(), 1u);
  EXPECT_EQ(service_->FileOf(1)->errors[0].line, 4);
  Edit edit = EditAt(700, Edit::What::kReport, 1, ReportText() + "more\n");
  edit.other = 2;
  EXPECT_THAT(std::string(Message(service_->Do(edit).status())), HasSubstr("has errors"));
  Write(Path(), Replaced(broken, "state: dreft", "state: review"));
  Look();
  EXPECT_EQ(service_->Find(1)->report->state, "review");
  EXPECT_TRUE(service_->FileOf(1)->errors.empty());
  std::filesystem::remove(Path());
  Look();
  EXPECT_EQ(Read(Path()), ReportText()) << "a file that went comes back";
}

TEST_F(IncidentServiceTest, AnEditOnThePageGoesIntoTheFileAndNeverOverAnother) {
  ResolveOne();
  Edit edit = EditAt(700, Edit::What::kReport, 1, ReportText() + "of the page\n");
  edit.other = 1;
  ASSERT_TRUE(service_->Do(edit).ok());
  Look();
  EXPECT_EQ(Read(Path()), edit.text);
  Write(Path(), edit.text + "of the file\n");
  Edit old = EditAt(701, Edit::What::kReport, 1, edit.text + "of the page again\n");
  old.other = 2;
  EXPECT_EQ(service_->Do(old).status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(ReportText(), HasSubstr("of the file"));
  Edit wrong = EditAt(702, Edit::What::kReport, 1, "---\nincident: 1\nstate: x\n---\n");
  wrong.other = 3;
  EXPECT_THAT(std::string(Message(service_->Do(wrong).status())), HasSubstr("report.md:3:8"));
}

TEST_F(IncidentServiceTest, APublishedReportClosesTheIncident) {
  ResolveOne();
  Edit edit = EditAt(700, Edit::What::kReport, 1,
                     Replaced(Replaced(ReportText(), "state: draft", "state: published"),
                              "owner: \"\"", "owner: hanako"));
  edit.other = 1;
  ASSERT_TRUE(service_->Do(edit).ok());
  EXPECT_EQ(service_->Find(1)->incident.state, State::kClosed);
}

TEST_F(IncidentServiceTest, AStartKnowsWhatWasThereAndAFileLeftBehindIsMadeNew) {
  ResolveOne();
  const std::string first = ReportText();
  Edit edit = EditAt(700, Edit::What::kReport, 1, first + "second\n");
  edit.other = 1;
  ASSERT_TRUE(service_->Do(edit).ok());
  const std::string path = Path();
  Start();  // before the second version was written
  EXPECT_EQ(ReportText(), first + "second\n");
  Look();
  EXPECT_EQ(Read(path), first + "second\n");
  Write(path, first + "third\n");
  Start();
  Look();
  EXPECT_EQ(ReportText(), first + "third\n") << "written while nobody looked";
}

TEST_F(IncidentServiceTest, TheDailyReportTellsWhatWaitsForPeople) {
  ResolveOne();
  Edit edit = EditAt(
      700, Edit::What::kReport, 1,
      Replaced(Replaced(ReportText(), "owner: \"\"", "owner: hanako"), "actions: []",
               "actions: [{what: A sixth server, owner: aiko, due: 2026-01-03},"
               " {what: An alarm, due: 2026-01-09}, {what: Done, due: 2026-01-02, state: done}]"));
  edit.other = 1;
  ASSERT_TRUE(service_->Do(edit).ok());
  Tell(PageAt(7200, "q"));
  const Time then = kDay + std::chrono::hours(24 * 6);
  const auto daily = [&](std::string_view team, Language language) {
    return DailyIncidents(service_->All(), team, language, "Asia/Tokyo", then);
  };
  const std::string text = daily("shop-team", Language::kEnglish);
  EXPECT_THAT(text, HasSubstr("- #2 shop: availability is open since"));
  EXPECT_THAT(text, HasSubstr("- #1 shop: availability: its report is not published, 5 d 23 h "
                              "after the end; owner: hanako"));
  EXPECT_THAT(text, HasSubstr("overdue since 2026-01-03: A sixth server; owner: aiko"));
  EXPECT_THAT(text, HasSubstr("due on 2026-01-09: An alarm; owner: nobody"));
  EXPECT_EQ(text.find("Done"), text.npos);
  EXPECT_THAT(daily("shop-team", Language::kJapanese), HasSubstr("## インシデント"));
  EXPECT_EQ(daily("other", Language::kEnglish), "");
  const IncidentStats stats = CountIncidents(service_->All(), "", kDay, then, "2026-01-07");
  EXPECT_EQ(stats.incidents, 2u);
  EXPECT_EQ(stats.open, 1u);
  EXPECT_EQ(stats.unpublished, 1u);
  EXPECT_EQ(stats.actions_overdue, 1u);
  EXPECT_EQ(stats.by_trigger.at("unknown"), 1u);
  EXPECT_EQ(stats.to_resolve, std::chrono::minutes(10));
  EXPECT_EQ(ListActions(service_->All(), "", "overdue", "2026-01-07").size(), 1u);
}

TEST_F(IncidentServiceTest, SimilarOnesSayWhy) {
  for (int i = 0; i < 2; ++i) {
    const int64_t at = i * 7200;
    IncidentEvent anomaly = AnomalyAt(at, "x" + std::to_string(i));
    Tell(anomaly);
    Tell(PageAt(at + 60, "p" + std::to_string(i)));
    Tell(PageEndAt(at + 600, "p" + std::to_string(i)));
  }
  Tell(PageAt(20'000, "q", "pay"));
  Look();
  const auto similar = FindSimilar(*service_->Find(2), service_->All());
  ASSERT_EQ(similar.size(), 1u);
  EXPECT_EQ(similar[0].view->incident.number, 1u);
  std::vector<std::string> codes;
  for (const Likeness& likeness : similar[0].reasons) codes.push_back(likeness.code);
  EXPECT_THAT(codes, testing::ElementsAre("alert", "anomaly", "service"));
  EXPECT_EQ(LikenessText(similar[0].reasons[0], Language::kEnglish),
            "the same alert, shop availability");
  EXPECT_THAT(service_->Find(2)->incident.report.back().text, HasSubstr("## Similar incidents"));
  EXPECT_TRUE(FindSimilar(*service_->Find(3), service_->All()).empty());
}

// A child process writes as fast as it can and tells by a pipe what was acknowledged; it is killed
// at a random moment, and its log is read: nothing that was acknowledged is missing, nothing is
// there twice, also when everything is told again.
TEST_F(IncidentServiceTest, KillNineLosesNothingAndDoublesNothing) {
  service_.reset();
  for (int round = 0; round < 12; ++round) {
    const std::string directory = folder_.name() + "/crash" + std::to_string(round);
    IncidentServiceOptions options = Options();
    options.log.directory = directory;
    options.log.compact_bytes_min = 4096;  // so that compactions are hit, too
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Registry registry;
      auto service = IncidentService::Open(options, clock_, &registry);
      if (!service.ok()) _exit(3);
      (void)(*service)->TellAndWait({PageAt(0, "p")});
      for (uint32_t i = 1; i < 100'000; ++i) {
        Edit note = EditAt(i, Edit::What::kNote, 1, "note " + std::to_string(i));
        const bool kept = (*service)->Do(note).ok();
        if (!kept || write(ends[1], &i, sizeof(i)) != sizeof(i)) _exit(4);
      }
      _exit(0);
    }
    close(ends[1]);
    uint32_t acknowledged = 0;
    uint32_t got = 0;
    const uint32_t until = 1 + static_cast<uint32_t>(round) * 23;
    while (read(ends[0], &got, sizeof(got)) == sizeof(got)) {
      acknowledged = got;
      if (got == until) kill(child, SIGKILL);
    }
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    Registry registry;
    auto service = IncidentService::Open(options, clock_, &registry);
    ASSERT_TRUE(service.ok()) << service.status();
    const auto notes = [&] {
      size_t count = 0;
      for (const TimelineEntry& line : (*service)->Find(1)->incident.timeline) {
        if (line.what == "note") ++count;
      }
      return count;
    };
    ASSERT_NE((*service)->Find(1), nullptr);
    const size_t found = notes();
    EXPECT_GE(found, acknowledged) << "round " << round;
    EXPECT_LE(found, acknowledged + 1) << "round " << round;
    ASSERT_TRUE((*service)->TellAndWait({PageAt(0, "p")}).ok());
    for (uint32_t i = 1; i <= acknowledged; ++i) {
      ASSERT_TRUE((*service)->Do(EditAt(i, Edit::What::kNote, 1, "again")).ok());
    }
    EXPECT_EQ(notes(), found) << "round " << round;
    EXPECT_EQ((*service)->All().size(), 1u);
  }
}

}  // namespace
}  // namespace kizashi::incidents
