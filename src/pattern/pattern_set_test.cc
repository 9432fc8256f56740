#include "pattern/pattern_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>

namespace kizashi {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

std::set<std::string> TextsOf(PatternSet* set) {
  set->Update();
  std::set<std::string> texts;
  set->ForEach([&](uint32_t index) { texts.insert(set->pattern(index).text); });
  return texts;
}

std::set<std::string> Mine(const std::vector<std::string>& lines) {
  PatternSet set;
  for (const std::string& line : lines) set.Add(line);
  return TextsOf(&set);
}

TEST(PatternSet, WordsThatVaryAreVariables) {
  EXPECT_THAT(Mine({"login of ann failed", "login of bob failed", "login of cyd failed"}),
              ElementsAre("login of <*> failed"));
  EXPECT_THAT(Mine({"cache cleared", "cache filled"}),
              UnorderedElementsAre("cache cleared", "cache filled"));
  EXPECT_THAT(Mine({"job 7 ended", "job cleanup ended"}), ElementsAre("job <*> ended"));
  EXPECT_THAT(Mine({"x INFO up", "x WARN up", "x ERROR up", "x DEBUG up", "x TRACE up"}),
              testing::SizeIs(5));
}

TEST(PatternSet, WhatNeverVariesIsWrittenOut) {
  EXPECT_THAT(Mine({"tty=ssh uid=0", "tty=ssh uid=1"}), ElementsAre("tty=ssh uid=<*>"));
  EXPECT_THAT(Mine({"tty=ssh uid=0", "tty=con uid=1"}), ElementsAre("tty=<*> uid=<*>"));
  EXPECT_THAT(Mine({"free 3 KB", "free 4 KB"}), ElementsAre("free <*> KB"));
  EXPECT_THAT(Mine({"free 3 KB", "free 4 MB"}), ElementsAre("free <*>"));
}

TEST(PatternSet, ListsOfAnyLengthAreOnePattern) {
  EXPECT_THAT(Mine({"drop [1]", "drop [1, 2]", "drop [1, 2, 3, 4]"}), ElementsAre("drop [<*>]"));
}

TEST(PatternSet, JapaneseWordsAreParted) {
  EXPECT_THAT(
      Mine({"佐藤さんが3件登録", "鈴木さんが12件登録", "田中さんが9件登録", "高橋さんが1件登録",
            "伊藤さんが1件登録", "渡辺さんが1件登録", "山本さんが1件登録", "中村さんが1件登録",
            "小林さんが1件登録", "加藤さんが1件登録", "吉田さんが1件登録", "山田さんが1件登録"}),
      ElementsAre("<*>さんが<*>件登録"));
}

std::vector<std::string> Lines(const std::string& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Real logs beside the project, else made up ones.
std::vector<std::string> SomeLines() {
  std::vector<std::string> lines;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("../shared/data/loghub-2k", error)) {
    const std::string name = entry.path().filename();
    const std::vector<std::string> some = Lines(entry.path() / (name + "_2k.log"));
    lines.insert(lines.end(), some.begin(), some.end());
  }
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    lines.push_back("worker " + std::to_string(random() % 99) + " of pool " +
                    std::string(1, static_cast<char>('a' + random() % 26)) + " said " +
                    (random() % 2 != 0 ? "yes" : "no"));
  }
  return lines;
}

TEST(PatternSet, OrderRestartAndShardsChangeNothing) {
  std::vector<std::string> lines = SomeLines();
  const std::set<std::string> expected = Mine(lines);
  std::mt19937 random(5);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(lines.begin(), lines.end(), random);
    PatternSet shards[4];
    for (size_t i = 0; i < lines.size(); ++i) {
      shards[i % 4].Add(lines[i]);
      if (random() % 1000 == 0) shards[i % 4].Update();
    }
    PatternSet restarted;
    ASSERT_TRUE(restarted.Restore(shards[0].Save()).ok());
    for (int i = 1; i < 4; ++i) restarted.Merge(shards[i]);
    EXPECT_EQ(TextsOf(&restarted), expected);
    EXPECT_EQ(Mine(lines), expected);
  }
}

TEST(PatternSet, CountsEveryLineOnce) {
  PatternSet set;
  std::map<std::string, uint64_t> counted;
  uint64_t sum = 0;
  const auto drain = [&] {
    set.Drain([&](const PatternSet::Count& count) {
      counted[set.pattern(count.pattern).text] += count.lines;
      sum += count.lines;
    });
  };
  for (int i = 0; i < 10; ++i) set.Add("user " + std::to_string(i) + " came");
  drain();
  set.Add("user eve came", LogSeverity::kWarn);
  set.Add("");
  drain();
  EXPECT_EQ(counted["user <*> came"], 11U);
  EXPECT_EQ(counted[""], 1U);
  EXPECT_EQ(sum, set.lines());
  drain();
  EXPECT_EQ(sum, set.lines());
}

// A name of letters alone: no two alike.
std::string Name(uint64_t number) {
  std::string name;
  for (int i = 0; i < 8; ++i) name += static_cast<char>('g' + (number >> (4 * i) & 15));
  return name;
}

TEST(PatternSet, AFloodIsCountedAndEvictsNothingElse) {
  PatternSet set;
  for (int i = 0; i < 100; ++i) {
    set.Add("the pump number " + std::to_string(i) + " is running");
    set.Add("valve [" + std::to_string(i) + "] closed");
  }
  set.Update();
  const size_t before = set.MemoryBytes();
  uint64_t other = 0;
  std::mt19937_64 random(9);
  for (int i = 0; i < 200'000; ++i) {
    std::string line;
    const uint64_t words = random() % 7 + 1;
    for (uint64_t word = 0; word < words; ++word) line += (word > 0 ? " " : "") + Name(random());
    set.Add(line);
    if (i % 50'000 == 0) set.Update();
  }
  std::map<std::string, uint64_t> counted;
  set.Drain([&](const PatternSet::Count& count) {
    counted[set.pattern(count.pattern).text] += count.lines;
    other += count.lines;
  });
  EXPECT_EQ(other, set.lines());
  EXPECT_EQ(counted["the pump number <*> is running"], 100U);
  EXPECT_EQ(counted["valve [<*>] closed"], 100U);
  EXPECT_LE(set.skeletons(), 7 * PatternSet::kSkeletonsPerClass + 2);
  EXPECT_LT(set.MemoryBytes() - before, 8U << 20);
}

TEST(PatternSet, TellsWhatBecamePartOfAnotherPattern) {
  PatternSet set;
  set.Add("call to ann ended");
  set.Update();
  const uint64_t before = PatternIdOf("call to ann ended");
  set.Add("call to bob ended");
  set.Add("call to cyd ended");
  std::map<uint64_t, uint64_t> renamed;
  set.Update([&](uint64_t old_id, uint64_t new_id) { renamed[old_id] = new_id; });
  EXPECT_THAT(renamed, ElementsAre(std::pair(before, PatternIdOf("call to <*> ended"))));
}

TEST(PatternSet, RefusesDamagedState) {
  PatternSet set;
  set.Add("a 1 b");
  std::string state = set.Save();
  PatternSet short_one;
  EXPECT_FALSE(short_one.Restore(std::string_view(state).substr(0, state.size() - 1)).ok());
  PatternSet other_version;
  state[0] = 9;
  EXPECT_FALSE(other_version.Restore(state).ok());
}

}  // namespace
}  // namespace kizashi
