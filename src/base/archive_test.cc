#include "base/archive.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kizashi {
namespace {

enum class Colour { kRed, kGreen };

struct Leaf {
  std::string name;
  std::optional<Time> time;
  std::variant<double, std::string> value;
  template <typename A>
  void Fields(A& a) {
    a(name, time, value);
  }
  bool operator==(const Leaf&) const = default;
};

// Of somebody else: it has no Fields of its own.
struct Foreign {
  int a = 0;
  int b = 0;
  bool operator==(const Foreign&) const = default;
};
template <typename A>
void ArchiveFields(A& a, Foreign& value) {
  a(value.a, value.b);
}

struct Tree {
  bool flag = false;
  int32_t small = 0;
  uint64_t large = 0;
  double number = 0;
  Colour colour = Colour::kRed;
  Foreign foreign;
  std::vector<Leaf> leaves;
  std::deque<std::pair<Time, double>> queue;
  std::map<std::string, Leaf> by_name;
  std::set<uint16_t> seen;
  template <typename A>
  void Fields(A& a) {
    a(flag, small, large, number, colour, foreign, leaves, queue, by_name, seen);
  }
  bool operator==(const Tree&) const = default;
};

Tree Sample() {
  Tree tree;
  tree.flag = true;
  tree.small = std::numeric_limits<int32_t>::min();
  tree.large = std::numeric_limits<uint64_t>::max();
  tree.number = 0.1;
  tree.colour = Colour::kGreen;
  tree.foreign = {-7, 7};
  tree.leaves = {{"", std::nullopt, 1.5},
                 {std::string("a\0b", 3), TimeFromMs(-1), std::string("text")}};
  tree.queue = {{TimeFromMs(5), -0.0}, {TimeFromMs(6), INFINITY}};
  tree.by_name = {{"one", tree.leaves[0]}, {"two", tree.leaves[1]}};
  tree.seen = {0, 65535};
  return tree;
}

std::string Save(Tree tree) {
  StateWriter out;
  out(tree);
  return out.Take();
}

// Whether `bytes` were read to their end.
bool Load(std::string_view bytes, Tree* tree) {
  StateReader in(bytes);
  in(*tree);
  return in.ok() && in.AtEnd();
}

TEST(ArchiveTest, EveryShapeRoundTrips) {
  Tree restored = Sample();
  // What was there before is replaced, not added to.
  restored.leaves.resize(5);
  restored.by_name["three"] = {};
  restored.seen.insert(7);
  ASSERT_TRUE(Load(Save(Sample()), &restored));
  EXPECT_EQ(restored, Sample());
  ASSERT_TRUE(Load(Save(Tree{}), &restored));
  EXPECT_EQ(restored, Tree{});
}

TEST(ArchiveTest, NanKeepsItsBits) {
  Tree tree;
  tree.number = std::bit_cast<double>(0x7ff0000000000002ULL);  // Prometheus' stale marker
  Tree restored;
  ASSERT_TRUE(Load(Save(tree), &restored));
  EXPECT_EQ(std::bit_cast<uint64_t>(restored.number), 0x7ff0000000000002ULL);
}

TEST(ArchiveTest, EveryCutIsNoticed) {
  const std::string bytes = Save(Sample());
  for (size_t size = 0; size < bytes.size(); ++size) {
    Tree tree;
    EXPECT_FALSE(Load(std::string_view(bytes).substr(0, size), &tree)) << size;
  }
  Tree tree;
  EXPECT_FALSE(Load(bytes + '\0', &tree)) << "bytes are left over";
}

TEST(ArchiveTest, ACountThatLiesTakesNoMemory) {
  ByteWriter out;
  out.Varint(std::numeric_limits<uint64_t>::max());
  const std::string bytes = out.Take() + std::string(100, '\0');
  std::vector<Leaf> leaves;
  std::map<std::string, Leaf> by_name;
  std::set<uint64_t> seen;
  for (int round = 0; round < 3; ++round) {
    StateReader in(bytes);
    if (round == 0) in(leaves);
    if (round == 1) in(by_name);
    if (round == 2) in(seen);
    EXPECT_FALSE(in.ok());
  }
  EXPECT_TRUE(leaves.empty() && by_name.empty() && seen.empty());
}

TEST(ArchiveTest, AnyOneByteWrongIsReadOrRefusedButNeverMore) {
  const std::string bytes = Save(Sample());
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(value);
      Tree tree;
      if (!Load(damaged, &tree)) continue;
      Tree again;
      EXPECT_TRUE(Load(Save(tree), &again)) << at << " " << value;
    }
  }
}

}  // namespace
}  // namespace kizashi
