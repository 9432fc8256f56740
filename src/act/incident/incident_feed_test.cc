#include "act/incident/incident_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/incident/incident_test_support.h"
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
  EXPECT_TRUE(EventsOf(alert, *ACatalog()).empty()) << "nobody's";
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

TEST(IncidentFeedTest, AnAttemptSaysWhatWasAnsweredAndNoSecret) {
  DeliveryRecord delivery;
  delivery.id = 7;
  delivery.alert_id = "a1";
  delivery.event = "firing";
  delivery.kind = "slack";
  delivery.url = "https://hooks.slack.com/services/T0/B0/secret";
  EXPECT_FALSE(EventOf(delivery));
  delivery.attempts = 2;
  delivery.last_attempt = At(50);
  delivery.last_error = "answered 503";
  const auto event = EventOf(delivery);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->id, "7-2");
  EXPECT_EQ(FieldText(event->fields, "destination"), "slack hooks.slack.com");
  EXPECT_EQ(FieldText(event->fields, "result"), "failed");
  EXPECT_EQ(FieldText(event->fields, "answer"), "answered 503");
  delivery.state = DeliveryRecord::State::kDelivered;
  EXPECT_EQ(FieldText(EventOf(delivery)->fields, "result"), "delivered");
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
  DeliveryRecord delivery;
  delivery.alert_id = alert.id;
  delivery.event = "firing";
  delivery.kind = "webhook";
  delivery.url = "http://a/";
  delivery.attempts = 1;
  delivery.last_attempt = At(101);
  ASSERT_TRUE(records->Apply(batch, {delivery}).ok());
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
