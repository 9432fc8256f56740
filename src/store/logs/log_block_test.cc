#include "store/logs/log_block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/logs/log_test_support.h"

namespace kizashi {
namespace {

// Reads every line, in an order that needs each part to be found by itself.
void ExpectLines(const std::string& bytes, const std::vector<TestLine>& lines) {
  auto block = LogBlock::OpenBytes(bytes);
  ASSERT_TRUE(block.ok()) << block.status();
  ASSERT_EQ((*block)->footer().lines, lines.size());
  uint64_t text_bytes = 0;
  for (auto i = static_cast<uint32_t>(lines.size()); i-- > 0;) {
    const auto row = (*block)->Read(i);
    ASSERT_TRUE(row.ok()) << row.status();
    ASSERT_EQ(row->line, lines[i].line) << i << ": " << row->line.text;
    ASSERT_EQ(row->stream, lines[i].stream);
    ASSERT_EQ(row->number, i);
    text_bytes += lines[i].line.text.size() + 1;
  }
  EXPECT_EQ((*block)->footer().text_bytes, text_bytes);
}

TEST(LogBlock, GivesBackEveryLineByteForByte) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    LineMaker maker(seed);
    const auto lines = maker.Lines(1 + maker.Below(seed < 30 ? 60 : 4'000));
    ExpectLines(BlockOf(lines), lines);
    if (HasFatalFailure()) return;
  }
}

TEST(LogBlock, KeepsOneLine) {
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("a 1"), std::string(1, '\0'),
        std::string("\n\n"), std::string("8e71ee0187c368bcbe6823b645d5bd51")}) {
    const std::vector<TestLine> lines = {{MakeLine(-5, text), UINT32_MAX}};
    ExpectLines(BlockOf(lines), lines);
  }
}

TEST(LogBlock, KeepsHugeLines) {
  LineMaker maker(3);
  std::vector<TestLine> lines;
  for (const size_t size :
       {kSplitBytesMax - 1, kSplitBytesMax, kSplitBytesMax + 1, size_t{256} << 10}) {
    lines.push_back({MakeLine(1, maker.Bytes(size)), 1});
    lines.push_back({MakeLine(1, std::string(size, '7')), 1});
    lines.push_back({MakeLine(1, std::string(size, ' ')), 1});
  }
  ExpectLines(BlockOf(lines), lines);
}

TEST(LogBlock, KeepsColumnsThatAreAlmostOfOneForm) {
  // A single value that is no number, time or id, among many that are.
  for (const std::string odd :
       {"00012", "x9", "2023-02-30", "8E71EE0187C368BCBE6823B645D5BD51", "-0", "1e5"}) {
    LineMaker maker(9);
    std::vector<TestLine> lines;
    for (int i = 0; i < 300; ++i) {
      const bool is_odd = i == 177;
      lines.push_back(
          {MakeLine(i, "n " + (is_odd ? odd : std::to_string(maker.Below(1'000'000))) + " e"), 1});
      lines.push_back(
          {MakeLine(i, "t " + (is_odd ? odd : FormatTime(TimeFromMs(i * 777))) + " e"), 1});
      lines.push_back({MakeLine(i, "h " + (is_odd ? odd : maker.Hex(32)) + " e"), 1});
    }
    ExpectLines(BlockOf(lines), lines);
    if (HasFatalFailure()) return;
  }
}

TEST(LogBlock, KeepsLinesWhoseSkeletonsAreAllDifferent) {
  std::vector<TestLine> lines;
  for (uint32_t i = 0; i < kBlockSkeletonsMax; ++i) {
    std::string word = "w";
    for (uint32_t rest = i; rest > 0; rest /= 26) word += static_cast<char>('a' + rest % 26);
    lines.push_back({MakeLine(i, word + " " + word + " " + std::to_string(i % 7)), 1});
  }
  // One pattern: what is beyond the limit of skeletons goes into its common one.
  LogBlockWriter writer;
  std::vector<Slot> slots;
  for (const TestLine& line : lines) {
    const uint64_t hash = SplitLine(line.line.text, &slots);
    ASSERT_TRUE(writer.Fits(line.line.text.size()));
    writer.Add(line.line, line.stream, {hash, 5, &slots}, 1);
  }
  EXPECT_LE(writer.rows().skeletons.size(), kBlockSkeletonsMax / 2 + 1);
  ExpectLines(writer.Finish(), lines);
}

TEST(LogBlock, TellsSkeletonsOfOneHashApart) {
  std::vector<TestLine> lines;
  LogBlockWriter writer;
  std::vector<Slot> slots;
  for (int i = 0; i < 40; ++i) {
    lines.push_back(
        {MakeLine(i, i % 2 == 0 ? "even " + std::to_string(i) : std::to_string(i) + " odd one"),
         1});
    SplitLine(lines.back().line.text, &slots);
    writer.Add(lines.back().line, 1, {42, 42, &slots}, 1);
  }
  EXPECT_EQ(writer.rows().skeletons.size(), 2U);
  ExpectLines(writer.Finish(), lines);
}

TEST(LogBlock, CountsByPatternMinuteAndSeverity) {
  LineMaker maker(5);
  const auto lines = maker.Lines(3'000);
  std::map<std::tuple<uint64_t, LogSeverity, Time>, uint32_t> expected;
  std::vector<Slot> slots;
  for (const TestLine& line : lines) {
    const Time minute = FloorTo(line.line.time, std::chrono::minutes(1));
    ++expected[{SplitLine(line.line.text, &slots), line.line.severity, minute}];
  }
  auto block = LogBlock::OpenBytes(BlockOf(lines));
  ASSERT_TRUE(block.ok());
  const auto counts = (*block)->Counts();
  ASSERT_TRUE(counts.ok()) << counts.status();
  decltype(expected) found;
  for (const PatternCount& count : *counts)
    found[{count.pattern, count.severity, count.minute}] += count.lines;
  EXPECT_EQ(found, expected);
  EXPECT_EQ(counts->size(), expected.size());
}

TEST(LogBlock, FooterTellsTimesStreamsAndPosition) {
  const std::vector<TestLine> lines = {
      {MakeLine(500, "a"), 9}, {MakeLine(-3, "b"), 4}, {MakeLine(7, "c"), 9}};
  auto block = LogBlock::OpenBytes(BlockOf(lines));
  ASSERT_TRUE(block.ok());
  const BlockFooter& footer = (*block)->footer();
  EXPECT_EQ(ToMs(footer.first_time), -3);
  EXPECT_EQ(ToMs(footer.last_time), 500);
  ASSERT_EQ(footer.streams.size(), 2U);
  EXPECT_EQ(footer.streams[0].id, 9U);
  EXPECT_EQ(footer.streams[0].lines, 2U);
  EXPECT_EQ(footer.first_seq, 100U);
  EXPECT_EQ(footer.last_seq, 100U);
  EXPECT_EQ(footer.last_lines, 3U);
}

TEST(LogBlock, ClampsTimesThatAreFarBeyondAnyCalendar) {
  std::vector<TestLine> lines;
  for (const int64_t time : {INT64_MIN, INT64_MAX, int64_t{0}, kTimeMsMax})
    lines.push_back({MakeLine(time, "t 12:00:00"), 1});
  const std::string bytes = BlockOf(lines);
  lines[0].line.time = TimeFromMs(-kTimeMsMax);
  lines[1].line.time = TimeFromMs(kTimeMsMax);
  ExpectLines(bytes, lines);
  EXPECT_EQ((*LogBlock::OpenBytes(bytes))->Counts()->size(), 3U);
}

TEST(LogBlock, PacksWhatRepeats) {
  // Far below zstd's 3:1 on random ids: most of the text must be gone.
  LineMaker maker(1);
  std::vector<TestLine> lines;
  uint64_t text = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string time = FormatTime(TimeFromMs(1'700'000'000'000 + i * 13));
    lines.push_back({MakeLine(1'700'000'000'000 + i * 13,
                              time + " INFO shop.Cart#add user=" + std::to_string(maker.Below(50)) +
                                  " took " + std::to_string(maker.Below(100)) + " ms in the shop"),
                     1});
    text += lines.back().line.text.size() + 1;
  }
  EXPECT_LT(BlockOf(lines).size() * 25, text);
}

}  // namespace
}  // namespace kizashi
