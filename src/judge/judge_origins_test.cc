// Origins of anomalies: that services are called by the catalog's names, whatever telemetry calls
// them.
#include <gtest/gtest.h>

#include "judge/judge.h"
#include "judge/test_journal.h"

namespace kizashi {
namespace {

using std::chrono::seconds;

constexpr std::string_view kShopAndCart = R"yaml(
service: {name: shop, redundancy: {need: 2, of: 3}, depends_on: [cart]}
---
service: {name: cart, match: '{service_name="cart-svc-v2"}'}
)yaml";
constexpr int kStepSeconds = 15;

/// A shop that calls a cart, which telemetry calls "cart-svc-v2": all is well for an hour, then the
/// cart's requests fail and a member of the shop goes away.
class ShopAndCart {
 public:
  explicit ShopAndCart(std::string_view catalog) { journal_.Catalog(kMidnight, catalog); }

  void Run(int steps, bool cart_fails) {
    for (int i = 0; i < steps; ++i) {
      at_ += kStepSeconds;
      good_ += cart_fails ? 10 : 100;
      failed_ += cart_fails ? 90 : 0;
      const std::string call =
          R"(traces_span_metrics_calls_total{{service_name="{}",span_name="POST",)"
          R"(span_kind="SPAN_KIND_SERVER",status_code="STATUS_CODE_{}"}})";
      const std::string edge = R"({client="shop",server="cart-svc-v2",job="kizashi"})";
      journal_.Scrape(kMidnight + seconds(at_), "spans",
                      {{fmt::format(fmt::runtime(call), "cart-svc-v2", "OK"), good_},
                       {fmt::format(fmt::runtime(call), "cart-svc-v2", "ERROR"), failed_},
                       {"traces_service_graph_request_total" + edge, good_ + failed_}});
      for (const char* member : {"a", "b", "c"}) {
        const bool is_up = !(cart_fails && *member == 'c');
        journal_.Scrape(
            kMidnight + seconds(at_), std::string("shop/") + member,
            {{fmt::format(R"(up{{service="shop",instance="{}"}})", member), is_up ? 1 : 0}});
      }
    }
  }
  void Catalog(std::string_view yaml) { journal_.Catalog(kMidnight + seconds(++at_), yaml); }

  /// The origins that the anomaly of the shop was told.
  std::vector<Fields> Origins() const {
    Judge judge(journal_);
    std::vector<Fields> origins;
    for (const AnomalyRecord& anomaly : JudgeRest(journal_, &judge).anomalies) {
      if (anomaly.service != "shop") continue;
      for (const Evidence& one : anomaly.evidence) {
        if (one.code == "origin") origins.push_back(one.fields);
      }
      if (!origins.empty()) break;
    }
    return origins;
  }

 private:
  TestJournal journal_;
  int at_ = 0;
  double good_ = 1000;
  double failed_ = 0;
};

TEST(JudgeOriginsTest, AnOriginIsCalledByTheCatalogsName) {
  ShopAndCart fleet(kShopAndCart);
  fleet.Run(240, false);
  fleet.Run(8, true);
  const std::vector<Fields> origins = fleet.Origins();
  ASSERT_FALSE(origins.empty());
  EXPECT_EQ(FieldText(origins[0], "service"), "cart");
  EXPECT_EQ(FieldNumber(origins[0], "of_catalog"), 1);
  EXPECT_NE(FieldText(origins[0], "why").find("cart"), std::string::npos);
}

TEST(JudgeOriginsTest, WhoIsNotInTheCatalogKeepsTelemetrysName) {
  ShopAndCart fleet("service: {name: shop, redundancy: {need: 2, of: 3}}");
  fleet.Run(240, false);
  fleet.Run(8, true);
  const std::vector<Fields> origins = fleet.Origins();
  ASSERT_FALSE(origins.empty());
  EXPECT_EQ(FieldText(origins[0], "service"), "cart-svc-v2");
  EXPECT_EQ(FieldNumber(origins[0], "of_catalog"), 0);
}

// The edge that was seen before follows the name; what is learnt of the requests begins anew.
TEST(JudgeOriginsTest, ANewCatalogRenamesWhatWasSeen) {
  ShopAndCart fleet("service: {name: shop, redundancy: {need: 2, of: 3}}");
  fleet.Run(240, false);
  fleet.Catalog(kShopAndCart);
  fleet.Run(240, false);
  fleet.Run(8, true);
  const std::vector<Fields> origins = fleet.Origins();
  ASSERT_FALSE(origins.empty());
  EXPECT_EQ(FieldText(origins[0], "service"), "cart");
  for (const Fields& origin : origins) EXPECT_NE(FieldText(origin, "service"), "cart-svc-v2");
}

TEST(DependencyGraphTest, RenamingJoinsEdgesAndKeepsTheNewest) {
  DependencyGraph graph;
  graph.Saw("shop", "cart-a", kMidnight);
  graph.Saw("shop", "cart-b", kMidnight + seconds(1));
  graph.Saw("cart-a", "cart-b", kMidnight);
  graph.Rename(
      [](std::string_view name) { return std::string(name.starts_with("cart") ? "cart" : name); });
  const std::vector<DependencyGraph::Edge> edges = graph.Edges();
  ASSERT_EQ(edges.size(), 1u);
  EXPECT_EQ(edges[0].callee, "cart");
  EXPECT_EQ(edges[0].last_seen, kMidnight + seconds(1));
  EXPECT_EQ(graph.CallersOf("cart", 3), (DependencyGraph::Steps{{"shop", 1}}));
}

}  // namespace
}  // namespace kizashi
