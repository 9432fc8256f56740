#include "judge/anomaly/episode.h"

#include <gtest/gtest.h>

#include <set>

namespace kizashi {
namespace {

Service Shop() {
  Service service;
  service.name = "shop";
  service.owner = "shop-team";
  return service;
}

TEST(EpisodeTest, TheSameEpisodeHasTheSameIdAndAnyOtherAnother) {
  const Time begin = TimeFromMs(1'700'000'000'000);
  const auto id = [](const Service& service, std::string_view suffix, std::string_view subject,
                     Time at) {
    return BeginEpisode(service, "redundancy", "member_down", suffix, subject, at).id;
  };
  Service cart = Shop();
  cart.name = "cart";
  const std::string first = id(Shop(), "member_down", "a", begin);
  EXPECT_EQ(first, id(Shop(), "member_down", "a", begin));
  EXPECT_EQ(first.size(), 16u);
  const std::set<std::string> ids = {first, id(Shop(), "member_down", "b", begin),
                                     id(Shop(), "member_down", "a", begin + Duration(1)),
                                     id(Shop(), "other", "a", begin),
                                     id(cart, "member_down", "a", begin)};
  EXPECT_EQ(ids.size(), 5u);
}

TEST(EpisodeTest, TheVerdictOfAnEpisodeDoesNotDependOnWhatGrowsInIt) {
  const Time now = TimeFromMs(1'700'000'000'000);
  AnomalyRecord record = BeginEpisode(Shop(), "logs", "pattern_new", "00ff", "00ff", now);
  record.price.mean_minutes = 0.1;
  record.fields = {{"count", 1.0}};
  const Verdict verdict = AnomalyVerdict(record, "anomaly_begin", now);
  record.fields = {{"count", 4711.0}};
  EXPECT_EQ(AnomalyVerdict(record, "anomaly_begin", now), verdict);
  EXPECT_EQ(verdict.subject, record.id);
  EXPECT_EQ(verdict.text, "pattern_new shop/logs/00ff price=0.1");
}

TEST(EpisodeTest, TheVerdictOfAnAlertCarriesEveryNumber) {
  AlertRecord alert;
  alert.id = "00000000000000aa";
  alert.service = "shop";
  alert.slo = "availability";
  alert.severity = Severity::kTicket;
  alert.fields = {{"long_burn", 0.1 + 0.2}, {"note", "why"}};
  const Verdict verdict = AlertVerdict(alert, "alert_firing", TimeFromMs(5));
  EXPECT_EQ(verdict.text, "ticket availability long_burn=0.30000000000000004 note=why");
  EXPECT_EQ(verdict.service, "shop");
  EXPECT_EQ(verdict.time, TimeFromMs(5));
}

}  // namespace
}  // namespace kizashi
