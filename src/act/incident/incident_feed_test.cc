#include "act/incident/incident_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/alert_feed.h"
#include "act/incident/incident_groups.h"
#include "act/incident/incident_test_support.h"
#include "act/incident/incident_texts.h"
#include "catalog/load.h"
#include "catalog/test_folder.h"

namespace kizashi::incidents {
namespace {

AlertRecord AnAlert() {
  AlertRecord alert;
  alert.id = "a1";
  alert.service = "shop";
  alert.owner = "shop-team";
  alert.slo = "availability";
  alert.begin = At(100);
  alert.fields = {{"code", "burn"}, {"short_burn", 20.0}};
  return alert;
}

std::shared_ptr<const Catalog> ACatalog() {
  return LoadCatalog({{"c.yaml",
                       "service: {name: shop, depends_on: [pay]}\n---\n"
                       "service: {name: pay}\n"}})
      .catalog;
}

// The first page of a group of one.
alerts::AlertEvent OpenedAt50(const alerts::Alert& alert) {
  alerts::AlertEvent event;
  event.kind = alerts::AlertEvent::Kind::kOpened;
  event.id = "g-1-opened";
  event.at = event.opened_at = At(50);
  event.group_id = 5;
  event.episode = 1;
  event.rank = 4;
  event.service = alert.labels.Get("service");
  event.labels = alert.labels;
  event.alerts = {{std::make_shared<const alerts::Alert>(alert), true}};
  return event;
}

TEST(IncidentFeedTest, AlertsBecomePagesAndTickets) {
  AlertRecord alert = AnAlert();
  auto events = EventsOf(alert, *ACatalog());
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, EventKind::kPageBegin);
  EXPECT_EQ(events[0].time, At(100));
  EXPECT_EQ(events[0].services, std::vector<std::string>{"pay"});
  EXPECT_EQ(FieldText(events[0].fields, "name"), "availability");
  alert.end = At(300);
  alert.severity = Severity::kTicket;
  events = EventsOf(alert, *ACatalog());
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].kind, EventKind::kTicketBegin);
  EXPECT_EQ(events[1].kind, EventKind::kTicketEnd);
  EXPECT_EQ(events[1].time, At(300));
  alert.service.clear();
  alert.owner.clear();
  events = EventsOf(alert, *ACatalog());
  ASSERT_EQ(events.size(), 2u) << "a page is one whether or not a service claims it";
  EXPECT_EQ(events[0].team, "");
}

TEST(IncidentFeedTest, AVersionThatTelemetryNamesIsADeploy) {
  const IncidentEvent event = EventOf(ReleaseSeen{"shop", "1.2.3", "1.2.2", At(100)}, *ACatalog());
  EXPECT_TRUE(Check(event).ok());
  EXPECT_EQ(event.kind, EventKind::kDeploy);
  EXPECT_EQ(event.time, At(100));
  EXPECT_EQ(event.service, "shop");
  EXPECT_EQ(FieldText(event.fields, "version"), "1.2.3");
  EXPECT_EQ(FieldText(event.fields, "before"), "1.2.2");
  EXPECT_EQ(EventOf(ReleaseSeen{"shop", "1.2.3", "1.2.2", At(100)}, *ACatalog()).id, event.id)
      << "a start tells it again";
  EXPECT_NE(EventOf(ReleaseSeen{"shop", "1.2.3", "1.2.2", At(200)}, *ACatalog()).id, event.id);
  const std::string large(100'000, 'x');
  EXPECT_TRUE(Check(EventOf(ReleaseSeen{"shop", large, large, At(1)}, *ACatalog())).ok());
}

TEST(IncidentFeedTest, WhatIsLongIsCut) {
  AnomalyRecord anomaly;
  anomaly.id = "x";
  anomaly.service = "shop";
  anomaly.begin = At(1);
  for (int i = 0; i < 100; ++i) {
    anomaly.fields.emplace_back("field" + std::to_string(i), std::string(9000, 'x'));
  }
  const auto events = EventsOf(anomaly);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_TRUE(Check(events[0]).ok()) << Check(events[0]);
}

TEST(IncidentFeedTest, AnAnswerIsLinkedToTheAlertsOfItsGroup) {
  alerts::Alert alert;
  alert.labels.Set("service", "shop");
  alert.annotations.Set("kizashi_id", "a1");
  alerts::AlertEvent event;
  event.kind = alerts::AlertEvent::Kind::kFailed;
  event.id = "g-1-failed-50-7";
  event.at = At(50);
  event.service = "shop";
  event.alerts = {{std::make_shared<const alerts::Alert>(alert), true}};
  event.destination = "team shop/slack/0";
  event.firing = true;
  event.attempt = 2;
  event.detail = "answered 503";
  const auto events = EventsOf(event, *ACatalog());
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, EventKind::kDelivery);
  EXPECT_EQ(LinkOf(events[0].links, "alert"), "a1");
  EXPECT_EQ(FieldText(events[0].fields, "result"), "failed");
  EXPECT_EQ(FieldText(events[0].fields, "answer"), "answered 503");
  event.kind = alerts::AlertEvent::Kind::kAttempted;
  EXPECT_TRUE(EventsOf(event, *ACatalog()).empty());
  event.kind = alerts::AlertEvent::Kind::kOpened;
  EXPECT_TRUE(EventsOf(event, *ACatalog()).empty()) << "the record of our alert tells of it";
}

TEST(IncidentFeedTest, APageOfAnotherProgramOpensAnIncidentAndItsEndResolvesIt) {
  alerts::Alert alert;
  alert.labels.Set("service", "shop");
  alert.labels.Set("alertname", "DiskFull");
  alerts::AlertEvent event = OpenedAt50(alert);
  IncidentBook book;
  for (const IncidentEvent& one : EventsOf(event, *ACatalog())) book.Tell(one, At(50));
  ASSERT_EQ(book.all().size(), 1u);
  event.kind = alerts::AlertEvent::Kind::kAcknowledged;
  event.id = "g-1-acknowledged";
  event.by = "aiko";
  event.via = kViaIncident;
  EXPECT_TRUE(EventsOf(event, *ACatalog()).empty()) << "the incident has that line already";
  // One of ours joined it.
  alert.annotations.Set(kAlertIdAnnotation, "rec-1");
  event.alerts.push_back({std::make_shared<const alerts::Alert>(alert), false});
  event.kind = alerts::AlertEvent::Kind::kResolved;
  event.via.clear();
  event.id = "g-1-resolved";
  event.at = At(90);
  event.rank = 0;
  for (const IncidentEvent& one : EventsOf(event, *ACatalog())) book.Tell(one, At(90));
  EXPECT_EQ(book.Find(1)->state, State::kResolved);
}

TEST(IncidentFeedTest, APageThatNoServiceClaimsOpensAnIncident) {
  alerts::Alert alert;
  alert.labels.Set("alertname", "DiskFull");
  alerts::AlertEvent event = OpenedAt50(alert);
  IncidentBook book;
  for (const IncidentEvent& one : EventsOf(event, *ACatalog())) book.Tell(one, At(50));
  ASSERT_EQ(book.all().size(), 1u);
  EXPECT_EQ(book.Find(1)->title, "DiskFull");
  event.kind = alerts::AlertEvent::Kind::kDelivered;
  event.id = "g-1-delivered";
  event.destination = "default/webhook/0";
  for (const IncidentEvent& one : EventsOf(event, *ACatalog())) book.Tell(one, At(51));
  event.kind = alerts::AlertEvent::Kind::kResolved;
  event.id = "g-1-resolved";
  event.at = At(90);
  for (const IncidentEvent& one : EventsOf(event, *ACatalog())) book.Tell(one, At(90));
  EXPECT_EQ(book.Find(1)->state, State::kResolved);
  EXPECT_EQ(LineText(book.Find(1)->timeline.front(), Language::kEnglish), "Page: DiskFull fires");
}

TEST(IncidentFeedTest, AStartTellsWhatTheRecordsHave) {
  const TestFolder folder;
  auto records = *RecordStore::Open(folder.name() + "/records.db");
  VerdictBatch batch;
  AlertRecord alert = AnAlert();
  alert.end = At(400);
  AnomalyRecord anomaly;
  anomaly.id = "x";
  anomaly.service = "shop";
  anomaly.code = "member_down";
  anomaly.begin = At(50);
  batch.alerts = {alert};
  batch.anomalies = {anomaly};
  ASSERT_TRUE(records->Apply(batch).ok());
  const auto events = EventsSince(*records, *ACatalog(), At(0));
  ASSERT_TRUE(events.ok()) << events.status();
  IncidentBook book;
  for (int again = 0; again < 2; ++again) {
    for (const IncidentEvent& event : *events) book.Tell(event, At(500));
  }
  ASSERT_EQ(book.all().size(), 1u);
  EXPECT_EQ(book.Find(1)->state, State::kResolved);
  EXPECT_THAT(LinesOf(*book.Find(1)), testing::Contains("anomaly_begin x"));
  const auto later = EventsSince(*records, *ACatalog(), At(401));
  ASSERT_TRUE(later.ok());
  EXPECT_EQ(later->size(), 1u) << "the anomaly goes on, the alert does not";
}

}  // namespace
}  // namespace kizashi::incidents
