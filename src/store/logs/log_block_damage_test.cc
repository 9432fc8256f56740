// Damaged blocks: an error or the right lines, never others, never a crash.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "store/logs/block_search.h"
#include "store/logs/log_block.h"
#include "store/logs/log_test_support.h"

namespace kizashi {
namespace {

// The block's lines, or the error that any part of it gave.
StatusOr<std::vector<TestLine>> ReadAll(std::string bytes) {
  KZ_ASSIGN_OR_RETURN(const auto block, LogBlock::OpenBytes(std::move(bytes)));
  std::vector<TestLine> lines;
  for (uint32_t i = 0; i < block->footer().lines; ++i) {
    KZ_ASSIGN_OR_RETURN(LogRow row, block->Read(i));
    lines.push_back({std::move(row.line), row.stream});
  }
  KZ_RETURN_IF_ERROR(block->Counts().status());
  KZ_RETURN_IF_ERROR(FindText(block.get(), "nowhere to be found").status());
  return lines;
}

bool Same(const std::vector<TestLine>& a, const std::vector<TestLine>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const TestLine& x, const TestLine& y) {
                      return x.line == y.line && x.stream == y.stream;
                    });
}

TEST(LogBlockDamage, EveryFlippedByteIsFound) {
  LineMaker maker(11);
  auto lines = maker.Lines(60);
  lines.push_back({MakeLine(1, std::string(3'000, 'q') + "end"), 1});
  const std::string good = BlockOf(lines);
  ASSERT_TRUE(ReadAll(good).ok());
  size_t refused = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    for (const int flip : {1, 0x80, 0xff}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ flip);
      const auto read = ReadAll(bad);
      if (read.ok()) {
        ASSERT_TRUE(Same(*read, lines)) << "byte " << at;
      } else {
        ASSERT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << read.status();
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, good.size() * 2);
}

TEST(LogBlockDamage, EveryShorterFileIsFound) {
  LineMaker maker(12);
  const std::string good = BlockOf(maker.Lines(40));
  for (size_t size = 0; size < good.size(); ++size) {
    const auto read = ReadAll(good.substr(0, size));
    ASSERT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << size;
  }
  EXPECT_EQ(ReadAll(good + "x").status().code(), absl::StatusCode::kDataLoss);
}

TEST(LogBlockDamage, OtherFilesAreRefused) {
  EXPECT_EQ(LogBlock::OpenBytes(std::string(500, 'a')).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(LogBlock::OpenFile("/nonexistent/block").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(LogBlock::OpenFile("/").status().code(), absl::StatusCode::kInternal);
}

// tests/golden/log_block_v1.kzlog was written by the first version of the writer from these lines.
std::vector<TestLine> GoldenLines() {
  std::vector<TestLine> lines;
  for (int i = 0; i < 48; ++i) {
    const int64_t time = 1'700'000'000'123 + i * 1'001;
    const std::string clock = FormatTime(TimeFromMs(time));
    const std::string trace =
        HexId(Hash64(std::to_string(i / 3))) + HexId(Hash64(std::to_string(i / 3), 1));
    TestLine line{MakeLine(time, clock.substr(0, 10) + " " + clock.substr(11, 12) +
                                     " INFO TraceID: " + trace + " took " + std::to_string(i * i) +
                                     " ms by worker-" + std::to_string(i % 3) + " of pool-" +
                                     std::to_string(i % 3 / 2)),
                  static_cast<uint32_t>(i % 2)};
    line.line.severity = i % 5 == 0 ? LogSeverity::kWarn : LogSeverity::kInfo;
    line.line.trace_id = trace;
    lines.push_back(line);
  }
  for (uint64_t i = 0; i < 24; ++i) {
    std::string word;
    for (uint64_t part = 0; part < 20; ++part)
      word += HexId(Hash64(std::to_string(part % 3), i % 9)).substr(i % 5);
    const std::string number = std::to_string(i * i * 7'919);
    lines.push_back({MakeLine(1'700'000'060'000 + static_cast<int64_t>(i),
                              "word=" + word + " n=" + number + " uuid"),
                     3});
  }
  LogLine odd = MakeLine(1'700'000'099'999, std::string("\0\xff", 2) + std::string(1'500, 'z'));
  odd.cut = true;
  odd.span_id = "00f067aa0ba902b7";
  odd.metadata = Labels(std::vector<Label>{{"pod", "p-1"}});
  lines.push_back({odd, 70'000});
  return lines;
}

std::string GoldenPath() { return "tests/golden/log_block_v1.kzlog"; }

TEST(LogBlockGolden, VersionOneStaysReadable) {
  std::ifstream file(GoldenPath(), std::ios::binary);
  ASSERT_TRUE(file.is_open()) << GoldenPath() << " is missing; run the test from the root";
  std::stringstream bytes;
  bytes << file.rdbuf();
  const auto read = ReadAll(bytes.str());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(Same(*read, GoldenLines()));
}

}  // namespace
}  // namespace kizashi
