// Any bytes: a value of every shape that the archive knows, or a failure; what was read is written
// in the one form that reads back the same, and never takes more elements than there are bytes.
#include <cstdint>

#include "base/archive.h"
#include "base/check.h"

namespace {

enum class Colour { kRed, kGreen };

struct Leaf {
  std::string name;
  std::optional<kizashi::Time> time;
  std::variant<double, std::string> value;
  Colour colour{};
  template <typename A>
  void Fields(A& a) {
    a(name, time, value, colour);
  }
};

struct Tree {
  bool flag = false;
  int small = 0;
  uint64_t large = 0;
  double number = 0;
  std::vector<Leaf> leaves;
  std::deque<std::pair<kizashi::Time, double>> queue;
  std::map<std::string, Leaf> by_name;
  std::set<uint16_t> seen;
  template <typename A>
  void Fields(A& a) {
    a(flag, small, large, number, leaves, queue, by_name, seen);
  }
};

std::string Write(Tree& tree) {
  kizashi::StateWriter out;
  out(tree);
  return out.Take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  StateReader in(std::string_view(reinterpret_cast<const char*>(data), size));
  Tree tree;
  in(tree);
  const size_t elements =
      tree.leaves.size() + tree.queue.size() + tree.by_name.size() + tree.seen.size();
  KZ_CHECK(elements <= size + 4);  // the last of each container may have been cut short
  if (!in.ok()) return 0;
  const std::string written = Write(tree);
  Tree again;
  StateReader second(written);
  second(again);
  KZ_CHECK(second.ok() && second.AtEnd());
  KZ_CHECK(Write(again) == written);
  return 0;
}
