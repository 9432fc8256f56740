#include "act/incident/incident_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "act/incident/incident_records.h"
#include "act/incident/incident_test_support.h"

namespace kizashi::incidents {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

IncidentBook::Outcome TellNow(IncidentBook* book, const IncidentEvent& event) {
  return book->Tell(event, event.time);
}

TEST(IncidentBookTest, APageOpensAnIncidentAndItsEndResolvesIt) {
  IncidentBook book;
  EXPECT_EQ(TellNow(&book, AnomalyAt(100, "x")).opened, 0u);
  const auto outcome = TellNow(&book, PageAt(200, "p"));
  EXPECT_EQ(outcome.opened, 1u);
  const Incident& incident = *book.Find(1);
  EXPECT_EQ(incident.state, State::kOpen);
  EXPECT_EQ(incident.title, "shop: availability");
  EXPECT_EQ(incident.severity, kSeverityOfPage);
  EXPECT_EQ(incident.team, "shop-team");
  EXPECT_EQ(incident.begin, At(200));
  EXPECT_EQ(TellNow(&book, PageEndAt(500, "p")).resolved, 1u);
  EXPECT_EQ(incident.state, State::kResolved);
  EXPECT_EQ(incident.resolved, At(500));
  EXPECT_THAT(LinesOf(incident),
              ElementsAre("anomaly_begin x", "page_begin p", "open", "page_end p", "resolve"));
}

TEST(IncidentBookTest, TwoPagesOfAServiceAreOneIncidentUntilBothAreOver) {
  IncidentBook book;
  TellNow(&book, PageAt(10, "p"));
  EXPECT_EQ(TellNow(&book, PageAt(20, "q")).opened, 0u);
  EXPECT_EQ(TellNow(&book, PageEndAt(30, "p")).resolved, 0u);
  EXPECT_EQ(book.Find(1)->state, State::kOpen);
  EXPECT_EQ(TellNow(&book, PageEndAt(40, "q")).resolved, 1u);
  EXPECT_EQ(book.all().size(), 1u);
}

TEST(IncidentBookTest, PagesThatNoServiceClaimsAreOneIncidentByTheirName) {
  IncidentBook book;
  const auto page = [](int64_t second, const char* id, const char* name) {
    IncidentEvent event = PageAt(second, id, "");
    event.fields = {{"name", std::string(name)}};
    return event;
  };
  TellNow(&book, page(10, "p1", "DiskFull"));
  TellNow(&book, page(20, "p2", "BackupLate"));
  TellNow(&book, page(30, "p3", "DiskFull"));
  TellNow(&book, AnomalyAt(40, "a1", ""));
  ASSERT_EQ(book.all().size(), 2u);
  EXPECT_EQ(book.Find(1)->title, "DiskFull");
  EXPECT_EQ(book.Find(1)->alerts.size(), 2u);
  EXPECT_EQ(book.Find(2)->title, "BackupLate");
  EXPECT_THAT(book.Find(2)->links, IsEmpty()) << "nothing relates them";
  for (const auto& [number, incident] : book.all()) {
    EXPECT_THAT(incident.watched, IsEmpty());
    for (const TimelineEntry& line : incident.timeline) EXPECT_NE(line.id, "a1");
  }
}

TEST(IncidentBookTest, APageThatComesBackSoonReopensAndLaterOpensAnother) {
  IncidentBook book;
  TellNow(&book, PageAt(10, "p"));
  TellNow(&book, PageEndAt(100, "p"));
  EXPECT_EQ(TellNow(&book, PageAt(400, "q")).opened, 0u);
  EXPECT_EQ(book.Find(1)->state, State::kOpen);
  EXPECT_FALSE(book.Find(1)->resolved);
  TellNow(&book, PageEndAt(500, "q"));
  EXPECT_EQ(TellNow(&book, PageAt(500 + 601, "r")).opened, 2u);
  EXPECT_EQ(book.Find(1)->state, State::kResolved);
}

TEST(IncidentBookTest, WhatIsToldTwiceCountsOnce) {
  IncidentBook book;
  for (int i = 0; i < 3; ++i) {
    TellNow(&book, AnomalyAt(1, "x"));
    TellNow(&book, PageAt(10, "p"));
    IncidentEvent delivery = EventAt(12, EventKind::kDelivery, "1-1", "");
    delivery.links = {{"alert", "p"}};
    TellNow(&book, delivery);
    TellNow(&book, PageEndAt(20, "p"));
    book.Apply(EditAt(30, Edit::What::kNote, 1, "hello"));
  }
  EXPECT_EQ(book.all().size(), 1u);
  EXPECT_EQ(book.inputs(), 5u);
  EXPECT_EQ(book.Find(1)->timeline.size(), 7u);
}

TEST(IncidentBookTest, OldAnomaliesThatEndedLongBeforeDidNotFeedIt) {
  IncidentBook book;
  TellNow(&book, AnomalyAt(0, "long ago"));
  IncidentEvent end = EventAt(60, EventKind::kAnomalyEnd, "long ago");
  TellNow(&book, end);
  TellNow(&book, AnomalyAt(100, "goes on"));
  TellNow(&book, AnomalyAt(150, "of another", "other"));
  TellNow(&book, PageAt(3600, "p"));
  EXPECT_THAT(LinesOf(*book.Find(1)), ElementsAre("anomaly_begin goes on", "page_begin p", "open"));
  EXPECT_EQ(TellNow(&book, PageAt(3600 + 3 * 3600, "q", "other")).opened, 2u);
  EXPECT_THAT(LinesOf(*book.Find(2)), ElementsAre("page_begin q", "open"))
      << "more than two hours before";
}

TEST(IncidentBookTest, TheTroubleOfWhatItDependsOnBelongsToIt) {
  IncidentBook book;
  IncidentEvent deploy = EventAt(50, EventKind::kDeploy, "d1", "pay");
  TellNow(&book, deploy);
  IncidentEvent page = PageAt(100, "p");
  page.services = {"pay"};
  TellNow(&book, page);
  TellNow(&book, AnomalyAt(120, "x", "pay"));
  EXPECT_THAT(LinesOf(*book.Find(1)),
              ElementsAre("deploy d1", "page_begin p", "open", "anomaly_begin x"));
  // A page there is an incident of its own, side by side with this one.
  TellNow(&book, PageAt(130, "q", "pay"));
  ASSERT_EQ(book.Find(2)->links.size(), 1u);
  EXPECT_EQ(book.Find(2)->links[0].incident, 1u);
  EXPECT_EQ(book.Find(1)->links[0].relation, "related");
}

TEST(IncidentBookTest, ALongNameIsCutBetweenCharacters) {
  IncidentBook book;
  IncidentEvent page = PageAt(0, "p");
  std::string name;
  for (int i = 0; i < 500; ++i) name += "障";
  page.fields = {{"name", name}};
  TellNow(&book, page);
  EXPECT_TRUE(IsUtf8(book.Find(1)->title));
  EXPECT_LE(book.Find(1)->title.size(), IncidentBook::kNameBytesMax);
}

TEST(IncidentBookTest, AnAcknowledgementOnThePhoneIsOne) {
  IncidentBook book;
  TellNow(&book, PageAt(10, "p"));
  IncidentEvent acknowledged = EventAt(70, EventKind::kAcknowledged, "call-1", "");
  acknowledged.links = {{"alert", "p"}};
  acknowledged.fields = {{"by", "hanako"}, {"via", "phone"}};
  TellNow(&book, acknowledged);
  EXPECT_EQ(book.Find(1)->state, State::kAcknowledged);
  EXPECT_EQ(book.Find(1)->acknowledged_by, "hanako");
  EXPECT_EQ(book.Find(1)->acknowledged, At(70));
}

TEST(IncidentBookTest, LateEventsStandWhereTheyHappened) {
  std::vector<IncidentEvent> events = {AnomalyAt(10, "x"), PageAt(100, "p"), PageEndAt(900, "p")};
  for (int i = 0; i < 20; ++i) {
    IncidentEvent delivery = EventAt(101 + 30 * i, EventKind::kDelivery, std::to_string(i), "");
    delivery.links = {{"alert", "p"}};
    events.push_back(delivery);
  }
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::shuffle(events.begin(), events.end(), random);
    IncidentBook book;
    for (const IncidentEvent& event : events) book.Tell(event, At(1000));
    ASSERT_EQ(book.all().size(), 1u);
    const Incident& incident = *book.Find(1);
    EXPECT_EQ(incident.state, State::kResolved) << "round " << round;
    EXPECT_EQ(incident.resolved, At(900));
    EXPECT_EQ(incident.timeline.size(), events.size() + 2) << "round " << round;
    EXPECT_TRUE(std::is_sorted(incident.timeline.begin(), incident.timeline.end(),
                               [](const auto& a, const auto& b) { return a.time < b.time; }));
    EXPECT_EQ(incident.timeline.front().id, "x");
  }
}

TEST(IncidentBookTest, WhatIsTooOldOrWrongIsLeftOut) {
  IncidentBook book;
  book.Tell(PageAt(0, "p"), At(8L * 24 * 3600));
  EXPECT_THAT(book.all(), IsEmpty());
  IncidentEvent nameless = PageAt(0, "");
  nameless.id.clear();
  book.Tell(nameless, At(0));
  IncidentEvent large = PageAt(0, "q");
  large.fields = {{"text", std::string(kEventTextBytesMax + 1, 'x')}};
  book.Tell(large, At(0));
  IncidentEvent bytes = PageAt(0, "r");
  bytes.fields = {{"name", "\xff\xfe"}};
  book.Tell(bytes, At(0));
  EXPECT_THAT(book.all(), IsEmpty());
  book.Tell(PageAt(7200, "ahead"), At(10));
  EXPECT_EQ(book.Find(1)->begin, At(10)) << "a clock that is ahead";
}

TEST(IncidentBookTest, PeopleDoWhatTheStateAllows) {
  IncidentBook book;
  Edit open = EditAt(10, Edit::What::kOpen, 0, "The shop is slow");
  open.name = "shop";
  EXPECT_TRUE(book.Check(open).ok());
  EXPECT_EQ(book.Apply(open).opened, 1u);
  EXPECT_EQ(book.Find(1)->severity, kSeverityOfPerson);
  const auto refusal = [&](const Edit& edit) { return std::string(Message(book.Check(edit))); };
  EXPECT_THAT(refusal(EditAt(11, Edit::What::kClose, 1)), HasSubstr("have to be resolved"));
  EXPECT_THAT(refusal(EditAt(11, Edit::What::kReopen, 1)), HasSubstr("resolved or closed"));
  book.Apply(EditAt(12, Edit::What::kAcknowledge, 1));
  EXPECT_THAT(refusal(EditAt(13, Edit::What::kAcknowledge, 1)),
              HasSubstr("acknowledged already, by aiko"));
  book.Apply(EditAt(14, Edit::What::kMitigate, 1));
  EXPECT_EQ(book.Apply(EditAt(15, Edit::What::kResolve, 1)).resolved, 1u);
  book.Apply(EditAt(16, Edit::What::kClose, 1));
  EXPECT_EQ(book.Find(1)->state, State::kClosed);
  book.Apply(EditAt(17, Edit::What::kReopen, 1));
  EXPECT_EQ(book.Find(1)->state, State::kAcknowledged);
  EXPECT_FALSE(book.Find(1)->closed);
  EXPECT_EQ(book.Check(EditAt(18, Edit::What::kNote, 9, "x")).code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(refusal(EditAt(18, Edit::What::kNote, 1, " ")), HasSubstr("text: it is missing"));
  EXPECT_THAT(refusal(EditAt(18, Edit::What::kNote, 1, std::string(20'000, 'x'))),
              HasSubstr("at most 16384"));
  Edit severity = EditAt(19, Edit::What::kSeverity, 1);
  severity.other = 5;
  EXPECT_THAT(refusal(severity), HasSubstr("expected 1 to 4"));
  severity.other = 1;
  book.Apply(severity);
  EXPECT_EQ(book.Find(1)->severity, 1);
  Edit role = EditAt(20, Edit::What::kRole, 1, "hanako");
  role.name = kCommander;
  book.Apply(role);
  EXPECT_EQ(book.Find(1)->PersonOf(kCommander), "hanako");
}

TEST(IncidentBookTest, AMergedIncidentGoesOnInTheOther) {
  IncidentBook book;
  TellNow(&book, PageAt(10, "p"));
  TellNow(&book, PageAt(5, "q", "pay"));
  Edit merge = EditAt(20, Edit::What::kMerge, 2);
  merge.other = 1;
  ASSERT_TRUE(book.Check(merge).ok());
  book.Apply(merge);
  EXPECT_EQ(book.Find(2)->merged_into, 1u);
  EXPECT_EQ(book.FindStanding(2)->number, 1u);
  const Incident& into = *book.Find(1);
  EXPECT_EQ(into.begin, At(5));
  EXPECT_EQ(into.alerts.size(), 2u);
  EXPECT_EQ(into.timeline.front().from, 2u);
  // What is told of its alert goes there, and it is over when both are.
  TellNow(&book, PageEndAt(30, "p"));
  EXPECT_EQ(into.state, State::kOpen);
  IncidentEvent delivery = EventAt(31, EventKind::kDelivery, "1-1", "");
  delivery.links = {{"alert", "q"}};
  EXPECT_THAT(TellNow(&book, delivery).changed, ElementsAre(1u));
  TellNow(&book, PageEndAt(40, "q", "pay"));
  EXPECT_EQ(into.state, State::kResolved);
  EXPECT_THAT(std::string(Message(book.Check(EditAt(41, Edit::What::kNote, 2, "x")))),
              HasSubstr("merged into 1"));
  Edit back = EditAt(42, Edit::What::kMerge, 1);
  back.other = 2;
  EXPECT_THAT(std::string(Message(book.Check(back))), HasSubstr("cannot go with itself"));
}

TEST(IncidentBookTest, AReportMadeFromAnOldVersionIsRefused) {
  IncidentBook book;
  TellNow(&book, PageAt(10, "p"));
  Edit first = EditAt(20, Edit::What::kReport, 1, "one");
  book.Apply(first);
  Edit second = EditAt(21, Edit::What::kReport, 1, "two");
  EXPECT_EQ(book.Check(second).code(), absl::StatusCode::kAborted);
  second.other = 1;
  book.Apply(second);
  EXPECT_EQ(book.Find(1)->report.back().version, 2u);
  for (uint64_t i = 2; i < 80; ++i) {
    Edit next = EditAt(static_cast<int64_t>(100 + i), Edit::What::kReport, 1, "more");
    next.other = i;
    book.Apply(next);
  }
  EXPECT_EQ(book.Find(1)->report.size(), IncidentBook::kReportVersionsMax);
  EXPECT_EQ(book.Find(1)->report.back().version, 80u);
}

TEST(IncidentBookTest, ATimelineHasALimitThatPeopleAreNotHeldTo) {
  IncidentBook book;
  TellNow(&book, PageAt(0, "p"));
  for (int i = 0; i < 2500; ++i) {
    IncidentEvent delivery = EventAt(1, EventKind::kDelivery, std::to_string(i), "");
    delivery.links = {{"alert", "p"}};
    TellNow(&book, delivery);
  }
  EXPECT_EQ(book.Find(1)->timeline.size(), IncidentBook::kTimelineMax);
  EXPECT_EQ(book.Find(1)->left_out, 502u);
  book.Apply(EditAt(5, Edit::What::kNote, 1, "still here"));
  EXPECT_EQ(book.Find(1)->timeline.size(), IncidentBook::kTimelineMax + 1);
  TellNow(&book, PageEndAt(10, "p"));
  EXPECT_EQ(book.Find(1)->state, State::kResolved) << "states do not depend on lines";
}

TEST(IncidentBookTest, TheOldestClosedIncidentIsForgottenBeyondTheLimit) {
  IncidentBook book;
  for (size_t i = 1; i <= IncidentBook::kIncidentsMax + 1; ++i) {
    Edit open = EditAt(static_cast<int64_t>(i), Edit::What::kOpen, 0, "t");
    book.Apply(open);
    if (i == 2) {
      book.Apply(EditAt(2, Edit::What::kResolve, 2));
      book.Apply(EditAt(3, Edit::What::kClose, 2));
    }
  }
  EXPECT_EQ(book.all().size(), IncidentBook::kIncidentsMax);
  EXPECT_EQ(book.Find(2), nullptr);
  EXPECT_NE(book.Find(1), nullptr) << "it is under way";
  // All are under way: what would open another is refused, and what is there goes on.
  EXPECT_FALSE(book.Check(EditAt(6000, Edit::What::kOpen, 0, "t")).ok());
  const IncidentBook::Outcome refused = TellNow(&book, PageAt(6001, "p"));
  EXPECT_TRUE(refused.is_full);
  EXPECT_EQ(refused.opened, 0u);
  EXPECT_EQ(book.all().size(), IncidentBook::kIncidentsMax);
  book.Apply(EditAt(6002, Edit::What::kResolve, 1));
  const IncidentBook::Outcome taken = TellNow(&book, PageAt(6003, "q"));
  EXPECT_NE(taken.opened, 0u);
  EXPECT_EQ(book.all().size(), IncidentBook::kIncidentsMax);
  EXPECT_EQ(book.Find(1), nullptr) << "the one that is over made room";
}

// Random days: whatever the order, the inputs make the same book again, from the inputs and from
// what a compacted log has, with a crash anywhere.
TEST(IncidentBookTest, InputsMakeTheSameBookAgain) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    std::mt19937_64 random(seed);
    const auto pick = [&](uint64_t n) { return random() % n; };
    IncidentBook book;
    IncidentBook replayed;
    int64_t second = 0;
    for (int step = 0; step < 300; ++step) {
      second += static_cast<int64_t>(pick(120));
      const std::string service = pick(2) == 0 ? "shop" : "pay";
      const std::string id = std::to_string(pick(25));
      std::string record;
      if (pick(3) != 0) {
        IncidentEvent event = EventAt(second - static_cast<int64_t>(pick(300)),
                                      static_cast<EventKind>(1 + pick(13)), id, service);
        if (pick(2) == 0) event.links = {{"alert", std::to_string(pick(25))}};
        if (pick(9) == 0) event.links.push_back({"incident", std::to_string(pick(4))});
        record = EncodeEvent(event, At(second));
      } else {
        Edit edit = EditAt(second, static_cast<Edit::What>(1 + pick(14)), pick(5), "text");
        edit.name = pick(2) == 0 ? "related" : "commander";
        edit.other = pick(4);
        record = EncodeEdit(edit);
      }
      ASSERT_TRUE(book.Restore(record));
      ASSERT_TRUE(replayed.Restore(record));
      if (pick(40) == 0) {  // a start after a compaction
        IncidentBook again;
        for (const std::string& saved : SavedBook(replayed)) ASSERT_TRUE(again.Restore(saved));
        replayed = std::move(again);
      }
    }
    // As a truth value: what differs would be pages of bytes.
    EXPECT_TRUE(SavedBook(book) == SavedBook(replayed)) << "seed " << seed;
    for (const auto& [number, incident] : book.all()) {
      EXPECT_NE(book.FindStanding(number), nullptr);
      EXPECT_TRUE(std::is_sorted(incident.timeline.begin(), incident.timeline.end(),
                                 [](const auto& a, const auto& b) { return a.time < b.time; }));
    }
  }
}

}  // namespace
}  // namespace kizashi::incidents
