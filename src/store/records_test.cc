#include "store/records.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kizashi {
namespace {

TEST(RecordsTest, FieldsAreFoundByName) {
  const Fields fields = {{"member", "c"}, {"up", 4.0}};
  EXPECT_EQ(FieldText(fields, "member"), "c");
  EXPECT_EQ(FieldText(fields, "up"), "4");
  EXPECT_EQ(FieldNumber(fields, "up"), 4.0);
  EXPECT_EQ(FieldNumber(fields, "member"), 0.0);
  EXPECT_EQ(FieldText(fields, "absent"), "");
  EXPECT_EQ(FindField(fields, "absent"), nullptr);
}

TEST(RecordsTest, FieldsRoundTripInTheirOrder) {
  const Fields fields = {{"z", "say \"兆し\" \\ \n"}, {"a", 0.1}, {"m", -1e300}, {"", "empty key"}};
  EXPECT_EQ(FieldsToJson({{"b", 1.0}, {"a", "x"}}), R"({"b":1,"a":"x"})");
  const auto read = FieldsFromJson(FieldsToJson(fields));
  ASSERT_TRUE(read.ok()) << Message(read.status());
  EXPECT_EQ(*read, fields);
  EXPECT_EQ(*FieldsFromJson("{}"), Fields{});
}

TEST(RecordsTest, InfinityIsReadBackAsNan) {
  const auto read =
      FieldsFromJson(FieldsToJson({{"hours", std::numeric_limits<double>::infinity()}}));
  ASSERT_TRUE(read.ok()) << Message(read.status());
  EXPECT_TRUE(std::isnan(FieldNumber(*read, "hours")));
}

TEST(RecordsTest, WhatIsNotFieldsIsRefused) {
  for (const char* json : {"", "[]", "1", "{", R"({"a":})", R"({"a":[1]})", R"({"a":{"b":1}})",
                           R"({"a":1} {})", R"({"a":true})", "{\"a\":\"\xff\"}", "nonsense"}) {
    const auto read = FieldsFromJson(json);
    EXPECT_FALSE(read.ok()) << json;
    EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << json;
  }
}

TEST(RecordsTest, EvidenceRoundTrips) {
  const std::vector<Evidence> evidence = {
      {TimeFromMs(1'700'000'000'123), "sample", {{"value", 0.0}, {"series", "up{a=\"b\"}"}}},
      {TimeFromMs(-5), "line", {}},
  };
  const auto read = EvidenceFromJson(EvidenceToJson(evidence));
  ASSERT_TRUE(read.ok()) << Message(read.status());
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].time, evidence[0].time);
  EXPECT_EQ((*read)[0].code, "sample");
  EXPECT_EQ((*read)[0].fields, evidence[0].fields);
  EXPECT_EQ((*read)[1].time, evidence[1].time);
  EXPECT_TRUE((*read)[1].fields.empty());
  EXPECT_TRUE(EvidenceFromJson("[]")->empty());
  EXPECT_FALSE(EvidenceFromJson(R"([{"time":1}])").ok());
  EXPECT_FALSE(EvidenceFromJson("{}").ok());
}

TEST(RecordsTest, ADestinationShowsNothingSecret) {
  EXPECT_EQ(DestinationName("slack", "https://hooks.slack.com/services/T0/B0/secret"),
            "slack hooks.slack.com");
  EXPECT_EQ(DestinationName("webhook", "http://user:pass@127.0.0.1:8080?token=secret"),
            "webhook 127.0.0.1:8080");
  EXPECT_EQ(DestinationName("webhook", "https://[::1]:80#secret"), "webhook [::1]:80");
  EXPECT_EQ(DestinationName("webhook", "host/secret"), "webhook host");
  EXPECT_EQ(DestinationName("webhook", "http:/secret"), "webhook http:");
}

TEST(RecordsTest, NamesOfStates) {
  EXPECT_EQ(SeverityName(Severity::kPage), "page");
  EXPECT_EQ(SeverityName(Severity::kTicket), "ticket");
  EXPECT_EQ(DeliveryStateName(DeliveryRecord::State::kWaiting), "waiting");
  EXPECT_EQ(DeliveryStateName(DeliveryRecord::State::kDelivered), "delivered");
  EXPECT_EQ(DeliveryStateName(DeliveryRecord::State::kGivenUp), "given_up");
}

}  // namespace
}  // namespace kizashi
