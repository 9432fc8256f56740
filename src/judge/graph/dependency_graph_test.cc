#include "judge/graph/dependency_graph.h"

#include <gtest/gtest.h>

#include "base/archive.h"

namespace kizashi {
namespace {

constexpr Time kNow = TimeFromMs(1'767'225'600'000);
using Steps = DependencyGraph::Steps;

TEST(DependencyGraphTest, DeclaredAndSeenEdgesAreOne) {
  DependencyGraph graph;
  graph.Declare({{"shop", "cart"}, {"cart", "cart"}});
  graph.Saw("cart", "mysql", kNow);
  graph.Saw("shop", "cart", kNow);
  const auto edges = graph.Edges();
  ASSERT_EQ(edges.size(), 2u);
  EXPECT_FALSE(edges[0].declared);
  EXPECT_TRUE(edges[1].declared);
  EXPECT_EQ(edges[1].last_seen, kNow);
  EXPECT_EQ(graph.CallersOf("mysql", 3), (Steps{{"cart", 1}, {"shop", 2}}));
  EXPECT_EQ(graph.CallersOf("mysql", 1), (Steps{{"cart", 1}}));
  EXPECT_EQ(graph.CalleesOf("shop", 3), (Steps{{"cart", 1}, {"mysql", 2}}));
}

TEST(DependencyGraphTest, WhatIsNotSeenForLongIsForgottenWhatIsDeclaredStays) {
  DependencyGraph graph;
  graph.Declare({{"a", "b"}});
  graph.Saw("a", "b", kNow);
  graph.Saw("b", "c", kNow);
  graph.Forget(kNow + DependencyGraph::kForgetAfter + Duration(1));
  EXPECT_TRUE(graph.CalleesOf("b", 1).empty());
  EXPECT_EQ(graph.CalleesOf("a", 1), (Steps{{"b", 1}}));
}

TEST(DependencyGraphTest, CirclesEnd) {
  DependencyGraph graph;
  graph.Saw("a", "b", kNow);
  graph.Saw("b", "a", kNow);
  EXPECT_EQ(graph.CallersOf("a", 5), (Steps{{"b", 1}}));
}

TEST(DependencyGraphTest, WhatWasSeenIsSaved) {
  DependencyGraph graph;
  graph.Saw("a", "b", kNow);
  StateWriter writer;
  writer(graph);
  const std::string bytes = writer.Take();
  DependencyGraph again;
  StateReader reader(bytes);
  reader(again);
  ASSERT_TRUE(reader.ok() && reader.AtEnd());
  EXPECT_EQ(again.CallersOf("b", 1), (Steps{{"a", 1}}));
}

}  // namespace
}  // namespace kizashi
