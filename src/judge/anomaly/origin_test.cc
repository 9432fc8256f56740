#include "judge/anomaly/origin.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/archive.h"

namespace kizashi {
namespace {

constexpr Time kStart = TimeFromMs(1'767'225'600'000);
constexpr Duration kLook = std::chrono::seconds(5);

/// shop calls cart and mail, cart calls stock, stock calls mysql.
DependencyGraph Shop() {
  DependencyGraph graph;
  graph.Declare({{"shop", "cart"}, {"shop", "mail"}, {"cart", "stock"}, {"stock", "mysql"}});
  return graph;
}

/// A look at every service in which nothing is found, but for `found`.
void Look(OriginRanker* ranker, Time now, const std::vector<OriginEvidence>& found) {
  for (const char* service : {"shop", "cart", "mail", "stock"}) {
    for (const OriginSource source : {OriginSource::kLog, OriginSource::kFailed,
                                      OriginSource::kOwnFailed, OriginSource::kOwnSlow}) {
      ranker->Add({source, service, "", 0, ""}, now);
    }
  }
  for (const OriginEvidence& one : found) ranker->Add(one, now);
}

std::vector<std::string> Names(const std::vector<Origin>& origins) {
  std::vector<std::string> names;
  for (const Origin& origin : origins) names.push_back(origin.service);
  return names;
}

TEST(OriginTest, AFailingCalleeExplainsItsCallers) {
  OriginRanker ranker;
  Look(&ranker, kStart,
       {{OriginSource::kFailed, "shop", "", 30, ""},
        {OriginSource::kFailed, "cart", "", 30, ""},
        {OriginSource::kFailed, "stock", "", 30, ""},
        {OriginSource::kOwnFailed, "stock", "", 20, "12 of 30"}});
  const auto origins = ranker.Rank(Shop(), kStart);
  ASSERT_FALSE(origins.empty());
  EXPECT_EQ(origins[0].service, "stock");
  EXPECT_GT(origins[0].probability, 0.95);
  bool by_itself = false;
  bool by_caller = false;
  for (const OriginReason& reason : origins[0].reasons) {
    const OriginEvidence& evidence = reason.evidence;
    by_itself = by_itself || (reason.relation == OriginReason::Relation::kItself &&
                              evidence.what == "12 of 30" && reason.gain > 0);
    by_caller = by_caller || (reason.relation == OriginReason::Relation::kCaller &&
                              evidence.service == "cart" && reason.gain > 0);
  }
  EXPECT_TRUE(by_itself);
  EXPECT_TRUE(by_caller) << "the callers' failures speak for it";
}

TEST(OriginTest, ACallerThatFailsByItselfIsNotExplainedByAQuietCallee) {
  OriginRanker ranker;
  Look(&ranker, kStart,
       {{OriginSource::kLog, "cart", "", 20, ""}, {OriginSource::kFailed, "shop", "", 15, ""}});
  EXPECT_EQ(ranker.Rank(Shop(), kStart).at(0).service, "cart");
}

TEST(OriginTest, APeerWithoutTelemetryIsFoundByThoseWhoCallIt) {
  OriginRanker ranker;
  Look(&ranker, kStart,
       {{OriginSource::kFailed, "mysql", "", 25, "seen by stock"},
        {OriginSource::kFailed, "stock", "", 25, ""},
        {OriginSource::kFailed, "cart", "", 25, ""}});
  EXPECT_EQ(ranker.Rank(Shop(), kStart).at(0).service, "mysql");
}

TEST(OriginTest, LogsAloneAreEnough) {
  OriginRanker ranker;
  for (const char* service : {"shop", "cart", "stock"}) {
    ranker.Add({OriginSource::kLog, service, "", service[0] == 's' ? 9.0 : 18.0, ""}, kStart);
  }
  EXPECT_EQ(ranker.Rank(DependencyGraph(), kStart).at(0).service, "cart");
}

TEST(OriginTest, NothingIsNoOrigin) {
  OriginRanker ranker;
  EXPECT_TRUE(ranker.Rank(Shop(), kStart).empty());
  Look(&ranker, kStart, {});
  for (const Origin& origin : ranker.Rank(Shop(), kStart)) EXPECT_LT(origin.probability, 0.2);
}

TEST(OriginTest, EvidenceOfBeforeIsNotLookedAt) {
  OriginRanker ranker;
  Look(&ranker, kStart, {{OriginSource::kLog, "mail", "", 30, ""}});
  const Time later = kStart + OriginRanker::kWindow;
  Look(&ranker, later, {{OriginSource::kLog, "cart", "", 12, ""}});
  EXPECT_EQ(ranker.Rank(Shop(), later).at(0).service, "cart");
}

TEST(OriginTest, APlaceThatIsAlwaysNoisySaysLess) {
  OriginRanker ranker;
  Time now = kStart;
  for (int i = 0; i < 500; ++i, now += kLook) {
    Look(&ranker, now, {{OriginSource::kLog, "mail", "", 8.0 + i % 3, ""}});
  }
  EXPECT_GT(ranker.NoiseOf(OriginSource::kLog, "mail", ""), 6);
  EXPECT_LT(ranker.NoiseOf(OriginSource::kLog, "cart", ""), 2);
  Look(&ranker, now,
       {{OriginSource::kLog, "mail", "", 12, ""}, {OriginSource::kLog, "cart", "", 12, ""}});
  EXPECT_EQ(ranker.Rank(Shop(), now).at(0).service, "cart");
}

TEST(OriginTest, OnceInSoManyWeeks) {
  const double windows = std::chrono::hours(7 * 24) / OriginRanker::kWindow;
  EXPECT_NEAR(OriginRanker::NatsOfRarity(1), std::log(windows), 1e-3);
  EXPECT_NEAR(OriginRanker::NatsOfRarity(10), std::log(10 * windows), 1e-3);
  EXPECT_LT(OriginRanker::NatsOfRarity(1e-9), 1e-3);
}

TEST(OriginTest, SavedInMidStreamItSaysTheSame) {
  OriginRanker straight;
  OriginRanker broken;
  Time now = kStart;
  for (int i = 0; i < 100; ++i, now += kLook) {
    const std::vector<OriginEvidence> found = {
        {OriginSource::kLog, i % 2 == 0 ? "cart" : "mail", "", (i * 7) % 11 * 1.0, "x"}};
    Look(&straight, now, found);
    StateWriter writer;
    writer(broken);
    const std::string bytes = writer.Take();
    OriginRanker again;
    StateReader reader(bytes);
    reader(again);
    ASSERT_TRUE(reader.ok() && reader.AtEnd());
    broken = std::move(again);
    Look(&broken, now, found);
    const auto one = straight.Rank(Shop(), now);
    const auto other = broken.Rank(Shop(), now);
    ASSERT_EQ(Names(one), Names(other));
    for (size_t k = 0; k < one.size(); ++k) ASSERT_EQ(one[k].log_odds, other[k].log_odds);
  }
}

/// A graph of `count` services, each called by one to three of those before it.
std::vector<std::pair<std::string, std::string>> Generated(int count, std::mt19937* random) {
  std::vector<std::pair<std::string, std::string>> edges;
  for (int i = 1; i < count; ++i) {
    const int callers = 1 + static_cast<int>((*random)() % 3);
    for (int k = 0; k < callers; ++k) {
      edges.emplace_back(fmt::format("s{}", (*random)() % static_cast<unsigned>(i)),
                         fmt::format("s{}", i));
    }
  }
  return edges;
}

// Faults in generated fleets: at the origin one or two sources of its own show, its callers show
// effects that fade with the distance, all else is noise.
TEST(OriginTest, FindsTheOriginInGeneratedFleets) {
  constexpr int kRounds = 200;
  constexpr int kServices = 40;
  int first = 0;
  int third = 0;
  std::mt19937 random(20260101);
  for (int round = 0; round < kRounds; ++round) {
    std::exponential_distribution<double> noise(1 / 1.0);
    std::exponential_distribution<double> effect(1 / 12.0);
    DependencyGraph graph;
    graph.Declare(Generated(kServices, &random));
    const std::string origin = fmt::format("s{}", random() % kServices);
    const auto callers = graph.CallersOf(origin, 3);
    OriginRanker ranker;
    for (int i = 0; i < kServices; ++i) {
      const std::string service = fmt::format("s{}", i);
      const auto caller = callers.find(service);
      const bool is_hit =
          caller != callers.end() && random() % 100 < 60 / static_cast<unsigned>(caller->second);
      const bool is_origin = service == origin;
      const auto own = random() % 3;  // which of its own sources shows
      const auto nats = [&](bool shows) { return noise(random) + (shows ? effect(random) : 0); };
      ranker.Add({OriginSource::kLog, service, "", nats(is_hit || is_origin), ""}, kStart);
      ranker.Add({OriginSource::kFailed, service, "", nats(is_hit || is_origin), ""}, kStart);
      const double more = is_origin ? 5 + effect(random) : 0;
      ranker.Add({OriginSource::kOwnFailed, service, "", nats(false) + (own == 0 ? more : 0), ""},
                 kStart);
      ranker.Add({OriginSource::kOwnSlow, service, "", nats(false) + (own != 0 ? more : 0), ""},
                 kStart);
    }
    const auto names = Names(ranker.Rank(graph, kStart));
    const auto at = std::find(names.begin(), names.end(), origin) - names.begin();
    first += at == 0;
    third += at < 3;
  }
  RecordProperty("first", first);
  EXPECT_GE(first, kRounds * 80 / 100) << first << " of " << kRounds;
  EXPECT_GE(third, kRounds * 95 / 100) << third << " of " << kRounds;
}

}  // namespace
}  // namespace kizashi
