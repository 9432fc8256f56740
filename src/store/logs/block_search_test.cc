// Searches in blocks against a plain scan of the lines.
#include "store/logs/block_search.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "store/logs/log_test_support.h"

namespace kizashi {
namespace {

std::vector<uint32_t> LinesFound(LogBlock* block, std::string_view needle) {
  const auto found = FindText(block, needle);
  KZ_CHECK(found.ok(), "{}", found.status().ToString());
  KZ_CHECK(block->LoadLines().ok());
  std::vector<uint32_t> lines;
  for (uint32_t line = 0; line < block->footer().lines; ++line) {
    if ((*found)[block->order()[line]].Has(block->rows()[line])) lines.push_back(line);
  }
  return lines;
}

std::vector<uint32_t> LinesHolding(const std::vector<TestLine>& lines, std::string_view needle) {
  std::vector<uint32_t> holding;
  for (uint32_t i = 0; i < lines.size(); ++i) {
    if (lines[i].line.text.find(needle) != std::string::npos) holding.push_back(i);
  }
  return holding;
}

// A piece of some line, now and then with one byte changed.
std::string CutNeedle(const std::vector<TestLine>& lines, LineMaker* maker) {
  const std::string& text = lines[maker->Below(lines.size())].line.text;
  if (text.empty()) return {};
  const size_t begin = maker->Below(text.size());
  const size_t size = 1 + maker->Below(maker->Below(3) == 0 ? 200 : 14);
  std::string needle = text.substr(begin, size);
  if (maker->Below(5) == 0)
    needle[maker->Below(needle.size())] = static_cast<char>('0' + maker->Below(75));
  return needle;
}

TEST(BlockSearch, FindsWhatAScanFinds) {
  for (uint64_t seed = 0; seed < 12; ++seed) {
    LineMaker maker(seed);
    const auto lines = maker.Lines(seed % 3 == 0 ? 40 : 2'500);
    auto block = LogBlock::OpenBytes(BlockOf(lines));
    ASSERT_TRUE(block.ok()) << block.status();
    for (int round = 0; round < 250; ++round) {
      const std::string needle = CutNeedle(lines, &maker);
      ASSERT_EQ(LinesFound(block->get(), needle), LinesHolding(lines, needle))
          << "seed " << seed << ", needle '" << needle << "'";
    }
  }
}

TEST(BlockSearch, FindsWhatAScanFindsInABlockOpenedForIt) {
  LineMaker maker(77);
  const auto lines = maker.Lines(1'200);
  const std::string bytes = BlockOf(lines);
  for (int round = 0; round < 150; ++round) {
    auto block = LogBlock::OpenBytes(bytes);
    ASSERT_TRUE(block.ok());
    const std::string needle = CutNeedle(lines, &maker);
    ASSERT_EQ(LinesFound(block->get(), needle), LinesHolding(lines, needle)) << needle;
  }
}

TEST(BlockSearch, FindsOverTheEdgesOfSeveralSlots) {
  std::vector<TestLine> lines;
  for (int i = 0; i < 400; ++i) {
    const std::string number = std::to_string(i);
    lines.push_back(
        {MakeLine(i, "a=" + number + "," + number + ";" + std::to_string(i % 7) + " end"), 1});
  }
  auto block = LogBlock::OpenBytes(BlockOf(lines));
  ASSERT_TRUE(block.ok());
  for (const std::string needle :
       {"12,12;5", "=12,12;5 e", "a=12,12;5 end", "3,3", "3,13;", ",", ";6", "9;2 end", "=3",
        "99,99", "399,399;0 end", "0,0;0", "2,12", "a=1", "1;1", "x", ""}) {
    EXPECT_EQ(LinesFound(block->get(), needle), LinesHolding(lines, needle)) << needle;
  }
}

TEST(BlockSearch, FindsAnIdByAnyPartOfIt) {
  LineMaker maker(5);
  std::vector<TestLine> lines;
  for (int i = 0; i < 500; ++i) {
    lines.push_back({MakeLine(i, "trace " + maker.Hex(32) + " span " + maker.Hex(16) + " ok"), 1});
  }
  auto block = LogBlock::OpenBytes(BlockOf(lines));
  ASSERT_TRUE(block.ok());
  for (int round = 0; round < 300; ++round) {
    const std::string& text = lines[maker.Below(lines.size())].line.text;
    const size_t begin = maker.Below(text.size());
    const std::string needle = text.substr(begin, 1 + maker.Below(40));
    ASSERT_EQ(LinesFound(block->get(), needle), LinesHolding(lines, needle)) << needle;
  }
}

TEST(BlockSearch, FindsValuesOfAColumn) {
  LineMaker maker(8);
  const auto lines = maker.Lines(2'000);
  auto block = LogBlock::OpenBytes(BlockOf(lines));
  ASSERT_TRUE(block.ok());
  ASSERT_TRUE((*block)->LoadLines().ok());
  std::vector<Slot> slots;
  for (int round = 0; round < 200; ++round) {
    const auto line = static_cast<uint32_t>(maker.Below(lines.size()));
    const std::string& text = lines[line].line.text;
    SplitLine(text, &slots);
    if (slots.empty()) continue;
    const size_t slot = maker.Below(slots.size());
    const std::string value = text.substr(slots[slot].begin, slots[slot].end - slots[slot].begin);
    const uint32_t skeleton = (*block)->order()[line];
    const auto found = FindValue(block->get(), skeleton, slot, value);
    ASSERT_TRUE(found.ok());
    for (uint32_t other = 0; other < lines.size(); ++other) {
      if ((*block)->order()[other] != skeleton) continue;
      std::vector<Slot> others;
      const std::string& other_text = lines[other].line.text;
      SplitLine(other_text, &others);
      const bool same =
          other_text.substr(others[slot].begin, others[slot].end - others[slot].begin) == value;
      ASSERT_EQ(found->Has((*block)->rows()[other]), same) << other_text;
    }
  }
}

TEST(TextFinder, FindsWhatStringViewFinds) {
  LineMaker maker(2);
  for (int round = 0; round < 3'000; ++round) {
    std::string text;
    for (uint64_t i = maker.Below(120); i > 0; --i) text += static_cast<char>('a' + maker.Below(3));
    std::string needle;
    for (uint64_t i = maker.Below(6); i > 0; --i) needle += static_cast<char>('a' + maker.Below(3));
    const size_t from = maker.Below(text.size() + 2);
    ASSERT_EQ(TextFinder(needle).Find(text, from), text.find(needle, from))
        << text << " / " << needle;
  }
}

TEST(TextFilter, NeverDeniesWhatIsThere) {
  LineMaker maker(3);
  for (const size_t size : std::vector<size_t>{0, 3, 4, 5, 1'000, 300'000}) {
    const std::string text = maker.Bytes(size);
    const auto filter = TextFilter::Read(TextFilter::Of(text).Encode());
    ASSERT_TRUE(filter.ok());
    for (int round = 0; round < 200; ++round) {
      const size_t begin = maker.Below(size + 1);
      EXPECT_TRUE(filter->MayHold(text.substr(begin, maker.Below(20))));
    }
  }
  const TextFilter words = TextFilter::Of("some words that repeat, some words that do not");
  EXPECT_TRUE(words.MayHold("words that"));
  EXPECT_FALSE(words.MayHold("OutOfMemoryError"));
  EXPECT_EQ(TextFilter::Read("12345").status().code(), absl::StatusCode::kDataLoss);
}

TEST(RowSet, AndsAndOrs) {
  const RowSet some = RowSet::Of({1, 4, 7});
  EXPECT_EQ(some.And(RowSet::Of({4, 5, 7})).rows(), (std::vector<uint32_t>{4, 7}));
  EXPECT_EQ(some.Or(RowSet::Of({2})).rows(), (std::vector<uint32_t>{1, 2, 4, 7}));
  EXPECT_TRUE(some.And(RowSet::None()).none());
  EXPECT_EQ(some.And(RowSet::All()).rows(), some.rows());
  EXPECT_TRUE(some.Or(RowSet::All()).all());
  EXPECT_TRUE(RowSet::Of({}).none());
  EXPECT_EQ(RowSet::All().Count(9), 9U);
  EXPECT_TRUE(some.Has(4));
  EXPECT_FALSE(some.Has(5));
}

}  // namespace
}  // namespace kizashi
