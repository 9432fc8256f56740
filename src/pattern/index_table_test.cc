#include "pattern/index_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace kizashi {
namespace {

TEST(IndexTableTest, HoldsWhatAMapHolds) {
  std::mt19937_64 random(7);
  std::vector<uint64_t> keys;
  const auto key_of = [&keys](uint32_t number) { return keys[number]; };
  IndexTable table;
  std::map<uint64_t, uint32_t> model;
  for (int i = 0; i < 20'000; ++i) {
    // Few places in the table: many keys are pushed on.
    const uint64_t key = random() % 64 + (random() % 40 << 32);
    const auto known = model.find(key);
    EXPECT_EQ(table.Find(key, key_of), known == model.end() ? IndexTable::kNone : known->second);
    if (known == model.end()) {
      keys.push_back(key);
      const auto number = static_cast<uint32_t>(keys.size() - 1);
      table.Insert(key, number, key_of);
      model[key] = number;
    } else if (random() % 2 == 0) {
      table.Erase(key, key_of);
      model.erase(known);
    }
  }
  for (const auto& [key, number] : model) EXPECT_EQ(table.Find(key, key_of), number);
}

}  // namespace
}  // namespace kizashi
