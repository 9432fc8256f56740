// A small block with all kinds of parts: its bytes are those of tests/golden/series_block_v1.kzser,
// and whatever byte of it changes, it is refused or read as it was.
//
// When the golden test fails the format has changed: blocks that exist would be misread. Then it
// needs a new number in the magic, a golden file of its own beside this one, and
// docs/internals/series-block.md.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/bytes.h"
#include "base/hash.h"
#include "store/journal_test_support.h"
#include "store/series/block_builder.h"
#include "store/series/block_replay.h"
#include "store/series/series_block.h"
#include "store/series/series_test_support.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGolden = "tests/golden/series_block_v1.kzser";

// Two sources; one of them loses and gains series, with every form of column; single samples.
std::vector<std::shared_ptr<const JournalEntry>> Entries() {
  std::vector<std::shared_ptr<const JournalEntry>> entries;
  const int64_t begin = 1'700'000'000'000;
  const SeriesLayout full =
      LayoutOf({1, 2, 3, 4, 5, 6, 7, 8, 100, 101, 9, 10, 11, 12, 13, 14, 15, 16});
  const SeriesLayout less = LayoutOf({1, 2, 3, 5, 6});
  double sum = 0.5;
  for (int i = 0; i < 24; ++i) {
    const int64_t time = begin + 15'000 * i + i % 3;
    sum += 0.000'123'457 * i + 0.1;
    const bool is_less = i == 9 || i == 10;
    std::vector<double> values = {1,
                                  100.0 * i + i % 5,
                                  is_less ? StaleNan() : 7.25,
                                  4096.0 * (i % 9),
                                  i / 3 * 1.0,
                                  std::sqrt(i),
                                  -0.0,
                                  sum,
                                  1e300,
                                  -i * 0.001};
    values.resize(18, i * 1.5);
    if (is_less) values = {1, 2, StaleNan(), 4, 5};
    entries.push_back(
        ScrapeEntry(entries.size() + 1, "job/a", time, is_less ? less : full, values));
    if (i % 8 == 0) {
      entries.push_back(ScrapeEntry(entries.size() + 1, "job/b", time + 1, LayoutOf({40, 41}),
                                    {static_cast<double>(i), StaleNan()}));
    }
    if (i % 10 == 5) {
      auto entry = std::make_shared<JournalEntry>();
      entry->seq = entries.size() + 1;
      entry->time = TimeFromMs(time + 30);
      SampleBatch batch;
      batch.samples = {{60, TimeFromMs(time - 5), 0.5},
                       {40, TimeFromMs(time - 7), i * 1.0},
                       {60, TimeFromMs(time - 9), StaleNan()}};
      entry->body = std::move(batch);
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class SeriesBlockDamageTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "block-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/1.kzser";
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Write(std::string_view bytes) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }
  // Reads everything: the entries as they were, or an error; never something else.
  Status ReadAllOf() {
    KZ_ASSIGN_OR_RETURN(const SeriesBlockPtr block, SeriesBlock::Open(path_));
    std::vector<JournalEntry> read;
    KZ_RETURN_IF_ERROR(ReplayBlock(block, 0, UINT64_MAX, [&](JournalEntry entry) {
      read.push_back(std::move(entry));
      return true;
    }));
    EXPECT_EQ(read.size(), entries_.size());
    for (size_t i = 0; i < std::min(read.size(), entries_.size()); ++i) {
      EXPECT_TRUE(Same(read[i], *entries_[i])) << i;
    }
    return OkStatus();
  }

  const std::vector<std::shared_ptr<const JournalEntry>> entries_ = Entries();
  std::string folder_;
  std::string path_;
};

TEST_F(SeriesBlockDamageTest, ABlockHasTheseBytes) {
  SeriesHead head;
  for (const auto& entry : entries_) head.Append(entry);
  const Status written = WriteHeadBlock(head.Seal(), 1, path_);
  ASSERT_TRUE(written.ok()) << Message(written);
  const std::string bytes = Slurp(path_);
  if (std::getenv("KIZASHI_WRITE_GOLDEN") != nullptr) {
    std::ofstream(kGolden, std::ios::binary | std::ios::trunc) << bytes;
  }
  EXPECT_TRUE(bytes == Slurp(kGolden)) << "the format has changed";
}

TEST_F(SeriesBlockDamageTest, TheGoldenBlockIsReadable) {
  Write(Slurp(kGolden));
  const Status read = ReadAllOf();
  EXPECT_TRUE(read.ok()) << Message(read);
}

TEST_F(SeriesBlockDamageTest, EveryChangedByteIsFound) {
  const std::string golden = Slurp(kGolden);
  ASSERT_FALSE(golden.empty());
  for (size_t i = 0; i < golden.size(); ++i) {
    std::string changed = golden;
    changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
    Write(changed);
    const Status read = ReadAllOf();
    EXPECT_EQ(read.code(), absl::StatusCode::kDataLoss) << "byte " << i;
    EXPECT_NE(Message(read).find(path_), std::string_view::npos) << Message(read);
  }
}

TEST_F(SeriesBlockDamageTest, ACutBlockIsRefused) {
  const std::string golden = Slurp(kGolden);
  for (size_t size = 0; size < golden.size(); size += 7) {
    Write(golden.substr(0, size));
    EXPECT_EQ(SeriesBlock::Open(path_).status().code(), absl::StatusCode::kDataLoss) << size;
  }
}

// A later program adds sections that this one does not know.
TEST_F(SeriesBlockDamageTest, SectionsOfUnknownKindsArePassedOver) {
  const std::string golden = Slurp(kGolden);
  const size_t tail = golden.size() - kSeriesBlockTail;
  ByteReader size_reader(std::string_view(golden).substr(tail));
  const uint32_t size = size_reader.U32();
  auto footer = SeriesBlockFooter::Decode(std::string_view(golden).substr(tail - size, size));
  ASSERT_TRUE(footer.ok());
  footer->sections.push_back({static_cast<SectionKind>(16), 8, 5});
  footer->sections.push_back({static_cast<SectionKind>(200), 0, 0});
  const std::string encoded = footer->Encode();
  ByteWriter end;
  end.U32(static_cast<uint32_t>(encoded.size()));
  end.U64(Hash64(encoded));
  Write(golden.substr(0, tail - size) + encoded + end.bytes() + std::string(kSeriesBlockMagic));
  const Status read = ReadAllOf();
  EXPECT_TRUE(read.ok()) << Message(read);
}

}  // namespace
}  // namespace kizashi
