// Points, checkpoints and retention of the telemetry store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <random>

#include "store/database.h"
#include "store/derived_values.h"
#include "store/telemetry_store.h"
#include "store/telemetry_store_test_support.h"

namespace kizashi {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;

class DerivedTest : public TelemetryStoreTest {
 protected:
  Lines Points(TelemetryStore& store, char kind, std::string_view name, Time from, Time to) const {
    Lines lines;
    const Status read =
        store.ScanPoints(kind, name, from, to, [&](Time time, std::string_view value) {
          lines.push_back(fmt::format("{}={}", (time - start_).count(), value));
          return true;
        });
    EXPECT_TRUE(read.ok()) << Message(read);
    return lines;
  }

  // One entry in each of `count` blocks, the clock left in the last one.
  void FillBlocks(TelemetryStore& store, int count, size_t bytes = 10) {
    for (int i = 0; i < count; ++i) {
      if (i > 0) clock_.Advance(options_.block_length);
      ASSERT_TRUE(Append(store, BigLogs(bytes, static_cast<char>('a' + i))).ok());
    }
  }
  // Puts what is in the log into files, as RocksDB does when there is enough of it: only files are
  // counted as a block's size.
  void WriteOutFiles() const {
    std::vector<std::string> names;
    ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, options_.directory, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    families.reserve(names.size());
    for (const std::string& name : names) families.emplace_back(name, rocksdb::Options());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open({}, options_.directory, families, &handles, &db).ok());
    EXPECT_TRUE(db->Flush({}, handles).ok());
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      EXPECT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
    }
    delete db;
  }
  // The entries that are left.
  static std::vector<uint64_t> Seqs(TelemetryStore& store) {
    std::vector<uint64_t> seqs;
    const Status read = store.Scan(0, [&](const JournalEntry& entry) {
      seqs.push_back(entry.seq);
      return true;
    });
    EXPECT_TRUE(read.ok()) << Message(read);
    return seqs;
  }
};

TEST_F(DerivedTest, PointsComeBackInOrderWithinTheirTimes) {
  const StorePtr store = Open();
  const auto at = [&](Duration after) { return start_ + after; };
  ASSERT_TRUE(store->PutPoints({}).ok());
  ASSERT_TRUE(store
                  ->PutPoints({{'g', "shop/rps", at(hours(30)), "late"},
                               {'g', "shop/rps", at(Duration(0)), "first"},
                               {'g', "shop/rps", at(hours(24)), "midnight"},
                               {'g', "shop/rps", at(hours(24) - Duration(1)), "before"},
                               {'s', "shop/rps", at(Duration(1)), "another kind"},
                               {'g', "shop/rps2", at(Duration(1)), "a longer name"},
                               {'g', "shop/rp", at(Duration(1)), "a shorter name"}})
                  .ok());
  const Lines all = {"0=first", "86399999=before", "86400000=midnight", "108000000=late"};
  EXPECT_EQ(Points(*store, 'g', "shop/rps", start_, at(hours(30))), all);
  EXPECT_EQ(Points(*store, 'g', "shop/rps", at(-hours(50)), at(hours(50))), all);
  EXPECT_THAT(Points(*store, 'g', "shop/rps", at(Duration(1)), at(hours(24))),
              ElementsAre(all[1], all[2]));
  EXPECT_THAT(Points(*store, 'g', "shop/rps", at(hours(31)), at(hours(50))), IsEmpty());
  EXPECT_THAT(Points(*store, 'g', "shop/rps", at(hours(2)), at(hours(1))), IsEmpty());
  EXPECT_THAT(Points(*store, 's', "shop/rps", start_, at(hours(1))), ElementsAre("1=another kind"));
  // Putting a point again replaces it; reading ends when it is told to.
  ASSERT_TRUE(store->PutPoints({{'g', "shop/rps", start_, "again"}}).ok());
  Lines seen;
  ASSERT_TRUE(store
                  ->ScanPoints('g', "shop/rps", start_, at(hours(50)),
                               [&](Time, std::string_view value) {
                                 seen.emplace_back(value);
                                 return seen.size() < 2;
                               })
                  .ok());
  EXPECT_THAT(seen, ElementsAre("again", "before"));
}

TEST_F(DerivedTest, TheLatestCheckpointIsTheOneToGoOnFrom) {
  {
    const StorePtr store = OpenAndStart();
    EXPECT_FALSE(store->LatestCheckpoint()->has_value());
    FillBlocks(*store, 3);
    ASSERT_TRUE(store->PutCheckpoint(1, start_, "one").ok());
    ASSERT_TRUE(store->PutCheckpoint(3, clock_.Now(), std::string("\0three", 6)).ok());
  }
  const StorePtr store = Open();
  const auto latest = store->LatestCheckpoint();
  ASSERT_TRUE(latest.ok() && latest->has_value());
  EXPECT_EQ((*latest)->seq, 3U);
  EXPECT_EQ((*latest)->state, std::string("\0three", 6));
  // The journal is whole, so a replay begins with its first entry.
  EXPECT_FALSE(store->ReplayBase()->has_value());
}

TEST_F(DerivedTest, ACheckpointBeyondTheJournalIsVoid) {
  const StorePtr store = OpenAndStart();
  FillBlocks(*store, 2);
  ASSERT_TRUE(store->PutCheckpoint(2, start_, "two").ok());
  ASSERT_TRUE(store->PutCheckpoint(9, start_, "nine").ok());
  EXPECT_EQ((*store->LatestCheckpoint())->seq, 2U);
}

TEST_F(DerivedTest, OfOlderCheckpointsTheFirstOfEachDayStays) {
  const auto database = Database::Open({.directory = options_.directory});
  ASSERT_TRUE(database.ok());
  DerivedValues derived(**database);
  for (uint64_t seq = 1; seq <= 20; ++seq) {
    const Time time = start_ + (seq - 1) * hours(3);  // two days and a half
    ASSERT_TRUE(derived.PutCheckpoint(seq, time, fmt::format("after {}", seq)).ok());
  }
  const std::vector<uint64_t> kept = *derived.CheckpointSeqs();
  EXPECT_THAT(kept, ElementsAre(1, 9, 17, 20));
  for (const uint64_t seq : kept) {
    EXPECT_EQ(derived.ReadCheckpoint(seq)->state, fmt::format("after {}", seq));
  }
  EXPECT_EQ(derived.ReadCheckpoint(2).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(DerivedTest, BlocksThatAreTooOldGoAndAReplayBeginsAtTheCheckpointBefore) {
  options_.retention = hours(24);
  {
    const StorePtr store = OpenAndStart();
    FillBlocks(*store, 20);  // 40 hours; the clock stands at 38
    ASSERT_TRUE(store->PutCheckpoint(4, start_ + hours(6), "four").ok());
    ASSERT_TRUE(store->PutCheckpoint(13, start_ + hours(24), "thirteen").ok());
    ASSERT_TRUE(store->PutCheckpoint(20, clock_.Now(), "twenty").ok());
    const Time old = start_ + hours(23);
    ASSERT_TRUE(store->PutPoints({{'g', "rps", start_, "old"}, {'g', "rps", old, "kept"}}).ok());
    ASSERT_TRUE(store->ApplyRetention().ok());
    // Hours 0 to 14 are more than a day ago, that is seven blocks. Points go by the day.
    EXPECT_EQ(Seqs(*store).front(), 8U);
    EXPECT_EQ(Seqs(*store).size(), 13U);
    EXPECT_EQ((*store->ReplayBase())->state, "thirteen");
    EXPECT_EQ(Points(*store, 'g', "rps", start_, clock_.Now()).size(), 2U);
    clock_.Advance(hours(24));
    ASSERT_TRUE(store->ApplyRetention().ok());
    EXPECT_THAT(Points(*store, 'g', "rps", start_, clock_.Now()), IsEmpty());
  }
  // The block that is written last stays, however old; what comes next has the next number.
  const StorePtr store = OpenAndStart();
  EXPECT_THAT(Seqs(*store), ElementsAre(20));
  ASSERT_TRUE(Append(*store, Logs("next")).ok());
  EXPECT_THAT(Seqs(*store), ElementsAre(20, 21));
  EXPECT_EQ((*store->ReplayBase())->state, "twenty");
}

TEST_F(DerivedTest, WithoutACheckpointAfterItABlockStays) {
  options_.retention = hours(1);
  const StorePtr store = OpenAndStart();
  FillBlocks(*store, 4);
  ASSERT_TRUE(store->ApplyRetention().ok());
  EXPECT_THAT(Seqs(*store), ElementsAre(1, 2, 3, 4));
  ASSERT_TRUE(store->PutCheckpoint(2, clock_.Now(), "two").ok());
  ASSERT_TRUE(store->ApplyRetention().ok());
  EXPECT_THAT(Seqs(*store), ElementsAre(3, 4));
}

TEST_F(DerivedTest, TheOldestBlocksGoWhenAllTogetherAreTooBig) {
  options_.retention_bytes = 2'500'000;
  {
    const StorePtr store = OpenAndStart();
    std::mt19937_64 random(7);
    for (int block = 0; block < 5; ++block) {
      std::string noise(1'000'000, '\0');  // which does not compress
      for (char& byte : noise) byte = static_cast<char>(random());
      ASSERT_TRUE(Append(*store, Logs(noise)).ok());
      clock_.Advance(options_.block_length);
    }
    ASSERT_TRUE(store->PutCheckpoint(5, clock_.Now(), "five").ok());
  }
  WriteOutFiles();
  const StorePtr store = Open();
  ASSERT_TRUE(store->ApplyRetention().ok());
  EXPECT_THAT(Seqs(*store), ElementsAre(4, 5));
  ASSERT_TRUE(store->ApplyRetention().ok());
  EXPECT_THAT(Seqs(*store), ElementsAre(4, 5));
}

TEST_F(DerivedTest, TheBlockThatIsWrittenStaysWhateverItsSize) {
  options_.retention_bytes = 0;
  {
    const StorePtr store = OpenAndStart();
    FillBlocks(*store, 3);
    ASSERT_TRUE(store->PutCheckpoint(3, clock_.Now(), "three").ok());
  }
  WriteOutFiles();
  const StorePtr store = Open();
  ASSERT_TRUE(store->ApplyRetention().ok());
  EXPECT_THAT(Seqs(*store), ElementsAre(3));
}

TEST_F(DerivedTest, CheckpointsThatNoReplayCanBeginWithGoToo) {
  options_.block_length = hours(12);
  options_.retention = hours(24);
  {
    const StorePtr store = OpenAndStart();
    FillBlocks(*store, 10);  // five days
    for (uint64_t seq = 1; seq <= 10; ++seq) {
      const Time time = start_ + (seq - 1) * options_.block_length;
      ASSERT_TRUE(store->PutCheckpoint(seq, time, "state").ok());
    }
    ASSERT_TRUE(store->ApplyRetention().ok());
    EXPECT_THAT(Seqs(*store), ElementsAre(8, 9, 10));
    EXPECT_EQ((*store->ReplayBase())->seq, 7U);
  }
  const auto database = Database::Open({.directory = options_.directory});
  ASSERT_TRUE(database.ok());
  EXPECT_THAT(*DerivedValues(**database).CheckpointSeqs(), ElementsAre(7, 9, 10));
}

TEST_F(DerivedTest, AClockThatIsNotSetDropsNoPoints) {
  const StorePtr store = Open();
  ASSERT_TRUE(store->PutPoints({{'g', "rps", start_, "kept"}}).ok());
  clock_.Set(TimeFromMs(1'000));
  ASSERT_TRUE(store->ApplyRetention().ok());
  EXPECT_EQ(Points(*store, 'g', "rps", start_, start_).size(), 1U);
}

// The judge applies retention while it catches up, that is from inside of a scan.
TEST_F(DerivedTest, AScanThatBeganBeforeABlockIsDroppedReadsItStill) {
  options_.retention = hours(1);
  const StorePtr store = OpenAndStart();
  FillBlocks(*store, 5);
  clock_.Advance(options_.block_length);
  ASSERT_TRUE(store->PutCheckpoint(5, clock_.Now(), "five").ok());
  std::vector<uint64_t> seqs;
  const Status read = store->Scan(0, [&](const JournalEntry& entry) {
    if (seqs.empty()) {
      EXPECT_TRUE(store->ApplyRetention().ok());
    }
    seqs.push_back(entry.seq);
    return true;
  });
  ASSERT_TRUE(read.ok()) << Message(read);
  EXPECT_THAT(seqs, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(Seqs(*store), ElementsAre(5));
}

}  // namespace
}  // namespace kizashi
