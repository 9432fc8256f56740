// The format on disk: every key and value that a small store holds, against the bytes in
// tests/golden/journal_v5.txt, and stores that are made of the bytes of each version.
//
// When this fails the format has changed: stores that exist would be misread. Then it needs a new
// version, a golden file of its own beside this one, and docs/internals/journal.md.
#include <gtest/gtest.h>
#include <rocksdb/write_batch.h>

#include <fstream>

#include "store/database.h"
#include "store/journal_test_support.h"
#include "store/store_keys.h"
#include "store/telemetry_store_test_support.h"

namespace kizashi {
namespace {

constexpr const char* kGoldenFile = "tests/golden/journal_v5.txt";
constexpr const char* kGoldenFileV4 = "tests/golden/journal_v4.txt";
constexpr const char* kGoldenFileV3 = "tests/golden/journal_v3.txt";
constexpr const char* kGoldenFileV2 = "tests/golden/journal_v2.txt";
constexpr const char* kGoldenFileV1 = "tests/golden/journal_v1.txt";

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return hex;
}

std::string Unhex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// A line: the column family, the key and the value in hexadecimal.
struct Row {
  std::string family;
  std::string key;
  std::string value;
};

std::vector<Row> ReadGolden(const char* name) {
  std::vector<Row> rows;
  std::ifstream file(name);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t key = line.find(' ') + 1;
    const size_t value = line.find(' ', key) + 1;
    rows.push_back(
        {line.substr(0, key - 1), line.substr(key, value - key - 1), line.substr(value)});
  }
  return rows;
}

class JournalGoldenTest : public TelemetryStoreTest {
 protected:
  void SetUp() override {
    TelemetryStoreTest::SetUp();
    entries_ = EntryOfEachKind(&names_);
    clock_.Set(entries_[0].entry.time);
  }

  void Fill(TelemetryStore& store) {
    ASSERT_TRUE(store.InternSeries(Up("a")).ok());
    ASSERT_TRUE(store.InternSeries(Labels()).ok());
    ASSERT_TRUE(store.InternStream(Labels({Label{"service", "兆し"}})).ok());
    for (const TestEntry& test : entries_) {
      if (const auto* scrape = std::get_if<ScrapeBatch>(&test.entry.body)) {
        ASSERT_TRUE(Append(store, *scrape).ok());
        clock_.Advance(options_.block_length);
      }
      if (const auto* logs = std::get_if<LogBatch>(&test.entry.body)) {
        LogBatch batch = *logs;
        batch.cursor_key = "/var/log/shop";
        batch.cursor_value = "4096";
        ASSERT_TRUE(Append(store, batch).ok());
      }
      if (const auto* change = std::get_if<CatalogChange>(&test.entry.body)) {
        ASSERT_TRUE(Append(store, *change).ok());
      }
    }
    ASSERT_TRUE(Append(store, std::get<LogBatch>(full_lines_.entry.body)).ok());
    ASSERT_TRUE(Append(store, std::get<SampleBatch>(samples_.entry.body)).ok());
    ASSERT_TRUE(Append(store, std::get<SliceBatch>(slices_.entry.body)).ok());
    ASSERT_TRUE(Append(store, std::get<LedgerEdit>(edit_.entry.body)).ok());
    ASSERT_TRUE(Append(store, std::get<AlertBatch>(alerts_.entry.body)).ok());
    store.AppendTick();
    store.Stop();
    ASSERT_TRUE(store.PutPoints({{'s', "shop/rps", clock_.Now(), "good"}}).ok());
    ASSERT_TRUE(store.PutCheckpoint(4, clock_.Now(), "state").ok());
  }

  // Everything in the database, in the form of the golden file.
  std::vector<std::string> Dump() const {
    std::vector<std::string> lines;
    const auto database = Database::Open({.directory = options_.directory});
    EXPECT_TRUE(database.ok());
    const auto add = [&](const std::string& name, Database::Family* family) {
      const Status read =
          (*database)->Visit(family, {}, "dump", [&](std::string_view key, std::string_view value) {
            lines.push_back(fmt::format("{} {} {}", name, Hex(key), Hex(value)));
            return true;
          });
      EXPECT_TRUE(read.ok());
    };
    add("default", (*database)->meta());
    add("derived", (*database)->derived());
    for (const RowKind kind : {RowKind::kEntries, RowKind::kSamples}) {
      for (const Database::Block& block : (*database)->Blocks(kind)) {
        add(BlockName(block.start, kind), block.family.get());
      }
    }
    return lines;
  }

  TestResolver names_;
  // A store made of the rows of a golden file.
  StorePtr Restore(const char* golden_file) {
    const std::vector<Row> golden = ReadGolden(golden_file);
    EXPECT_FALSE(golden.empty()) << golden_file;
    {
      const auto database = Database::Open({.directory = options_.directory});
      EXPECT_TRUE(database.ok());
      rocksdb::WriteBatch batch;
      for (const Row& row : golden) {
        Database::Family* family = (*database)->meta();
        if (row.family == "derived") family = (*database)->derived();
        for (const RowKind kind : {RowKind::kEntries, RowKind::kSamples}) {
          const auto start = BlockStart(row.family, kind);
          if (start) family = *(*database)->BlockFor(*start, kind);
        }
        batch.Put(family, Unhex(row.key), Unhex(row.value));
      }
      EXPECT_TRUE((*database)->Commit(&batch, "restore").ok());
    }
    return Open();
  }

  // Checks what a store of that version holds.
  void ExpectContent(TelemetryStore& store, int version) const {
    EXPECT_EQ(store.SeriesLabels(0), Up("a"));
    EXPECT_EQ(store.SeriesLabels(1), Labels());
    EXPECT_EQ(store.StreamLabels(0), Labels({Label{"service", "兆し"}}));
    std::vector<JournalEntry> read;
    ASSERT_TRUE(store
                    .Scan(0,
                          [&](const JournalEntry& entry) {
                            read.push_back(entry);
                            return true;
                          })
                    .ok());
    const Time first = entries_[0].entry.time;
    const Time later = first + options_.block_length;
    std::vector<JournalEntry> expected = {{1, first, entries_[1].entry.body},
                                          {2, later, entries_[2].entry.body},
                                          {3, later, entries_[3].entry.body}};
    if (version >= 2) expected.push_back({4, later, full_lines_.entry.body});
    if (version >= 3) expected.push_back({5, later, samples_.entry.body});
    if (version >= 4) expected.push_back({6, later, slices_.entry.body});
    if (version >= 5) expected.push_back({7, later, edit_.entry.body});
    if (version >= 5) expected.push_back({8, later, alerts_.entry.body});
    expected.push_back({expected.size() + 1, later, entries_[0].entry.body});
    ASSERT_EQ(read.size(), expected.size());
    for (size_t i = 0; i < read.size(); ++i) EXPECT_TRUE(Same(read[i], expected[i])) << i;
    EXPECT_EQ((*store.LatestCheckpoint())->state, "state");
    std::string point;
    ASSERT_TRUE(store
                    .ScanPoints('s', "shop/rps", later, later,
                                [&](Time, std::string_view value) {
                                  point = value;
                                  return true;
                                })
                    .ok());
    EXPECT_EQ(point, "good");
  }

  std::vector<TestEntry> entries_;
  const TestEntry full_lines_ = EntryOfFullLines();
  const TestEntry samples_ = EntryOfSamples();
  const TestEntry slices_ = EntryOfSlices();
  const TestEntry edit_ = EntryOfEdit();
  const TestEntry alerts_ = EntryOfAlerts();
};

TEST_F(JournalGoldenTest, AStoreHoldsTheseBytes) {
  {
    const StorePtr store = OpenAndStart();
    ASSERT_NO_FATAL_FAILURE(Fill(*store));
  }
  std::vector<std::string> golden;
  for (const Row& row : ReadGolden(kGoldenFile))
    golden.push_back(row.family + ' ' + row.key + ' ' + row.value);
  std::string dump;
  for (const std::string& line : Dump()) dump += line + '\n';
  EXPECT_EQ(Dump(), golden) << "the format has changed; this program writes:\n" << dump;
}

TEST_F(JournalGoldenTest, AStoreOfTheseBytesIsReadable) {
  const StorePtr store = Restore(kGoldenFile);
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->ReadCursor("/var/log/shop"), "4096");
  ExpectContent(*store, 5);
}

TEST_F(JournalGoldenTest, AStoreOfVersionFourIsReadable) {
  const StorePtr store = Restore(kGoldenFileV4);
  ASSERT_NE(store, nullptr);
  ExpectContent(*store, 4);
}

TEST_F(JournalGoldenTest, AStoreOfVersion3IsReadable) {
  const StorePtr store = Restore(kGoldenFileV3);
  ASSERT_NE(store, nullptr);
  ExpectContent(*store, 3);
}

TEST_F(JournalGoldenTest, AStoreOfVersion2IsReadable) {
  const StorePtr store = Restore(kGoldenFileV2);
  ASSERT_NE(store, nullptr);
  ExpectContent(*store, 2);
}

TEST_F(JournalGoldenTest, AStoreOfVersion1IsReadable) {
  const StorePtr store = Restore(kGoldenFileV1);
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->ReadCursor("/var/log/shop"), "4096");
  ExpectContent(*store, 1);
}

}  // namespace
}  // namespace kizashi
