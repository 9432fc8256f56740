#include "store/telemetry_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <atomic>
#include <limits>

#include "store/database.h"
#include "store/store_keys.h"
#include "store/telemetry_store_test_support.h"

namespace kizashi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(TelemetryStoreTest, WhatWasAcknowledgedIsReadBackAfterReopening) {
  {
    const StorePtr store = OpenAndStart();
    ASSERT_EQ(*store->InternSeries(Up("a")), 0U);
    ASSERT_EQ(*store->InternSeries(Up("b")), 1U);
    ASSERT_EQ(*store->InternStream(Labels({Label{"service", "shop"}})), 0U);
    ASSERT_TRUE(Append(*store, CatalogChange{{{"shop.yaml", "service: shop"}}}).ok());
    ASSERT_TRUE(Append(*store, ScrapeBatch{"n/a", start_, Layout({0, 1}), {1, 0.5}}).ok());
    LogBatch logs = Logs("refused");
    logs.cursor_key = "/var/log/shop";
    logs.cursor_value = "inode 7 at 4096";
    ASSERT_TRUE(Append(*store, logs).ok());
    store->AppendTick();
    store->Stop();
    EXPECT_EQ(store->last_seq(), 4U);
  }
  const StorePtr store = OpenAndStart();
  EXPECT_EQ(store->last_seq(), 4U);
  EXPECT_THAT(Read(*store),
              ElementsAre("1 catalog [shop.yaml:service: shop]", "2 scrape n/a [0=1 1=0.5]",
                          "3 logs 0 [refused]", "4 tick"));
  EXPECT_EQ(store->SeriesLabels(1), Up("b"));
  EXPECT_EQ(store->StreamLabels(0), Labels({Label{"service", "shop"}}));
  EXPECT_EQ(store->ReadCursor("/var/log/shop"), "inode 7 at 4096");
  EXPECT_EQ(store->ReadCursor("/var/log/other"), "");
  // What is known keeps its number, what is new goes on after it.
  EXPECT_EQ(*store->InternSeries(Up("b")), 1U);
  EXPECT_EQ(*store->InternSeries(Up("c")), 2U);
  ASSERT_TRUE(Append(*store, ScrapeBatch{"n/a", start_, Layout({0, 1}), {1, 1}}).ok());
  ASSERT_TRUE(Append(*store, ScrapeBatch{"n/b", start_, Layout({2}), {7}}).ok());
  EXPECT_THAT(Read(*store, 4), ElementsAre("5 scrape n/a [0=1 1=1]", "6 scrape n/b [2=7]"));
}

TEST_F(TelemetryStoreTest, TheListenerSeesEveryEntryOnceInOrderAfterItsAnswer) {
  const StorePtr store = Open();
  std::atomic<int> answered = 0;
  Lines seen;
  store->Start([&](const TelemetryStore::Entries& entries) {
    for (const auto& entry : entries) seen.push_back(Describe(*entry));
    EXPECT_GE(answered, static_cast<int>(seen.size()));
  });
  for (int i = 0; i < 100; ++i) {
    store->Append(Logs(std::to_string(i)), [&](const Status& status) {
      EXPECT_TRUE(status.ok());
      ++answered;
    });
  }
  store->Stop();
  EXPECT_EQ(answered, 100);
  EXPECT_EQ(seen, Read(*store));
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_EQ(seen.back(), "100 logs 0 [99]");
}

TEST_F(TelemetryStoreTest, TimeNeverGoesBack) {
  const auto times = [](TelemetryStore& store) {
    std::vector<Time> all;
    EXPECT_TRUE(store
                    .Scan(0,
                          [&](const JournalEntry& entry) {
                            all.push_back(entry.time);
                            return true;
                          })
                    .ok());
    return all;
  };
  {
    const StorePtr store = OpenAndStart();
    ASSERT_TRUE(Append(*store, Logs("a")).ok());
    clock_.Advance(-std::chrono::hours(5));  // into a block before the one that is written
    ASSERT_TRUE(Append(*store, Logs("b")).ok());
  }
  const StorePtr store = OpenAndStart();
  ASSERT_TRUE(Append(*store, Logs("c")).ok());
  clock_.Set(start_ + Duration(5));
  ASSERT_TRUE(Append(*store, Logs("d")).ok());
  EXPECT_THAT(times(*store), ElementsAre(start_, start_, start_, start_ + Duration(5)));
}

TEST_F(TelemetryStoreTest, NothingIsTakenBeforeStartOrAfterStop) {
  const StorePtr store = Open();
  EXPECT_EQ(Append(*store, Logs("early")).code(), absl::StatusCode::kUnavailable);
  store->Start(nullptr);
  EXPECT_TRUE(Append(*store, Logs("in time")).ok());
  store->Stop();
  EXPECT_EQ(Append(*store, Logs("late")).code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(Read(*store), ElementsAre("1 logs 0 [in time]"));
}

// A listener that stands still, so that the queue behind it fills.
class Gate {
 public:
  TelemetryStore::Listener Listener() {
    return [this](const TelemetryStore::Entries&) {
      if (!std::exchange(reached_once_, true)) reached_.set_value();
      opened_.wait();
    };
  }
  void WaitUntilReached() { reached_.get_future().wait(); }
  void Open() { open_.set_value(); }

 private:
  bool reached_once_ = false;
  std::promise<void> reached_;
  std::promise<void> open_;
  std::shared_future<void> opened_ = open_.get_future().share();
};

TEST_F(TelemetryStoreTest, AFullQueueRefusesAndKeepsNothingOfWhatItRefused) {
  options_.queue_bytes_max = 4'000;
  Registry registry;
  auto opened = TelemetryStore::Open(options_, clock_, &registry);
  ASSERT_TRUE(opened.ok());
  const StorePtr store = *std::move(opened);
  Gate gate;
  store->Start(gate.Listener());
  ASSERT_TRUE(Append(*store, Logs("first")).ok());
  gate.WaitUntilReached();
  std::vector<Status> answers(5, InvalidArgument("none"));
  for (size_t i = 0; i < answers.size(); ++i) {
    store->Append(BigLogs(1'000, static_cast<char>('a' + i)),
                  [&answers, i](const Status& status) { answers[i] = status; });
  }
  // The first entry counts until the listener is done with it: three more fit.
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(Message(answers[i]), "none") << i;
  for (size_t i = 3; i < 5; ++i) {
    EXPECT_EQ(answers[i].code(), absl::StatusCode::kResourceExhausted) << i;
    EXPECT_THAT(std::string(Message(answers[i])), HasSubstr("the store's queue is full"));
  }
  EXPECT_THAT(registry.Write(), HasSubstr("kizashi_store_refused_total 2"));
  gate.Open();
  store->Stop();
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(answers[i].ok()) << i;
  const std::string a(1'000, 'a');
  const std::string b(1'000, 'b');
  const std::string c(1'000, 'c');
  EXPECT_THAT(Read(*store), ElementsAre("1 logs 0 [first]", "2 logs 0 [" + a + "]",
                                        "3 logs 0 [" + b + "]", "4 logs 0 [" + c + "]"));
  EXPECT_THAT(registry.Write(), HasSubstr("kizashi_store_queue_bytes 0"));
}

TEST_F(TelemetryStoreTest, ABatchIsNeverTooBigForAnEmptyQueue) {
  options_.queue_bytes_max = 1'000;
  const StorePtr store = OpenAndStart();
  EXPECT_TRUE(Append(*store, BigLogs(100'000)).ok());
  EXPECT_EQ(Read(*store).size(), 1U);
}

TEST_F(TelemetryStoreTest, ASeriesBeyondTheLimitIsRefusedByName) {
  options_.series_max = 1;
  const StorePtr store = OpenAndStart();
  ASSERT_TRUE(store->InternSeries(Up("a")).ok());
  EXPECT_EQ(Message(store->InternSeries(Up("b")).status()),
            "the store holds 1 series already, its limit");
  EXPECT_TRUE(store->InternSeries(Up("a")).ok());
}

TEST_F(TelemetryStoreTest, TheJournalIsReadAcrossBlocksFromAnyEntryUntilToldToStop) {
  const StorePtr store = OpenAndStart();
  for (int i = 1; i <= 6; ++i) {
    ASSERT_TRUE(Append(*store, Logs(std::to_string(i))).ok());
    clock_.Advance(options_.block_length / 2);
  }
  EXPECT_EQ(Read(*store).size(), 6U);
  EXPECT_THAT(Read(*store, 4), ElementsAre("5 logs 0 [5]", "6 logs 0 [6]"));
  EXPECT_THAT(Read(*store, 6), IsEmpty());
  EXPECT_THAT(Read(*store, 1'000), IsEmpty());
  int visited = 0;
  EXPECT_TRUE(store->Scan(1, [&](const JournalEntry&) { return ++visited < 3; }).ok());
  EXPECT_EQ(visited, 3);
}

TEST_F(TelemetryStoreTest, OneProcessAtATimeWrites) {
  const StorePtr store = Open();
  const auto second = TelemetryStore::Open(options_, clock_, nullptr);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Message(second.status())), HasSubstr("another process has it open"));
}

TEST_F(TelemetryStoreTest, ReadOnlyReadsBesideTheWriterAndMakesNothing) {
  StoreOptions reader = options_;
  reader.read_only = true;
  EXPECT_FALSE(TelemetryStore::Open(reader, clock_, nullptr).ok());
  EXPECT_FALSE(std::filesystem::exists(options_.directory + "/CURRENT"));

  const StorePtr store = OpenAndStart();
  ASSERT_TRUE(store->InternSeries(Up("a")).ok());
  ASSERT_TRUE(Append(*store, ScrapeBatch{"n/a", start_, Layout({0}), {1}}).ok());
  const auto read = TelemetryStore::Open(reader, clock_, nullptr);
  ASSERT_TRUE(read.ok()) << Message(read.status());
  EXPECT_THAT(Read(**read), ElementsAre("1 scrape n/a [0=1]"));
  EXPECT_EQ((*read)->SeriesLabels(0), Up("a"));
}

// Puts bytes below the store.
class DamagedStoreTest : public TelemetryStoreTest {
 protected:
  void SetUp() override {
    TelemetryStoreTest::SetUp();
    const StorePtr store = OpenAndStart();
    for (const char* line : {"a", "b", "c"}) ASSERT_TRUE(Append(*store, Logs(line)).ok());
    ASSERT_TRUE(store->PutCheckpoint(2, start_, "after two").ok());
    ASSERT_TRUE(store->PutCheckpoint(3, start_, "after three").ok());
  }

  template <typename Damage>
  void Change(Damage damage) {
    auto database = Database::Open({.directory = options_.directory});
    ASSERT_TRUE(database.ok());
    rocksdb::WriteBatch batch;
    damage(**database, &batch);
    ASSERT_TRUE((*database)->Write(&batch, Database::Sync::kYes, "damage").ok());
  }
};

TEST_F(DamagedStoreTest, AnEntryThatIsDamagedEndsTheScanThere) {
  Change([&](Database& database, rocksdb::WriteBatch* batch) {
    batch->Put(*database.BlockFor(start_), SeqKey(2), "not an entry");
  });
  const StorePtr store = Open();
  int visited = 0;
  const Status read = store->Scan(0, [&](const JournalEntry&) { return ++visited > 0; });
  EXPECT_EQ(read.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Message(read), "journal entry 2 has a wrong checksum");
  EXPECT_EQ(visited, 1);
  EXPECT_THAT(Read(*store, 2), ElementsAre("3 logs 0 [c]"));
}

TEST_F(DamagedStoreTest, ADamagedCheckpointIsPassedOver) {
  Change([](Database& database, rocksdb::WriteBatch* batch) {
    const auto value = database.Get(database.derived(), CheckpointKey(3));
    std::string damaged = **value;
    damaged[9] = 'A';
    batch->Put(database.derived(), CheckpointKey(3), damaged);
  });
  const StorePtr store = Open();
  const auto latest = store->LatestCheckpoint();
  ASSERT_TRUE(latest.ok());
  ASSERT_TRUE(latest->has_value());
  EXPECT_EQ((*latest)->seq, 2U);
  EXPECT_EQ((*latest)->state, "after two");
}

TEST_F(DamagedStoreTest, AReplayPassesADamagedCheckpointOver) {
  Change([this](Database& database, rocksdb::WriteBatch* batch) {
    batch->Delete(*database.BlockFor(start_), SeqKey(1));
    batch->Put(database.derived(), CheckpointKey(2), "damaged");
  });
  const StorePtr store = Open();
  const auto base = store->ReplayBase();
  ASSERT_TRUE(base.ok()) << Message(base.status());
  EXPECT_EQ((*base)->state, "after three");
}

TEST_F(DamagedStoreTest, AnotherFormatIsRefusedByName) {
  Change([](Database& database, rocksdb::WriteBatch* batch) {
    batch->Put(database.meta(), FormatKey(), "kizashi-telemetry 9");
  });
  const auto store = TelemetryStore::Open(options_, clock_, nullptr);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(Message(store.status())),
              HasSubstr("its format is 'kizashi-telemetry 9', this program reads "
                        "'kizashi-telemetry 1'"));
}

TEST_F(DamagedStoreTest, DefinitionsOutOfOrderAreRefused) {
  Change([](Database& database, rocksdb::WriteBatch* batch) {
    batch->Put(database.meta(), MetaKey(MetaKind::kSeries, 7), EncodeLabels(Up("a")));
  });
  const auto store = TelemetryStore::Open(options_, clock_, nullptr);
  EXPECT_EQ(Message(store.status()), "stored series are not numbered in order: 7 after 0");
}

// A database of another program, in which `family` is one more column family.
void MakeForeign(const std::string& directory, const std::string& family) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, directory, &db).ok());
  ASSERT_TRUE(db->Put({}, "key", "value").ok());
  if (!family.empty()) {
    rocksdb::ColumnFamilyHandle* handle = nullptr;
    ASSERT_TRUE(db->CreateColumnFamily({}, family, &handle).ok());
    ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
  }
  delete db;
}

TEST_F(TelemetryStoreTest, ADatabaseOfAnotherProgramIsRefusedAndLeftAlone) {
  for (const char* family : {"", "users", "rows-", "rows-12", "rows-00000000000000000x12"}) {
    std::filesystem::remove_all(options_.directory);
    MakeForeign(options_.directory, family);
    for (const bool read_only : {false, true}) {
      options_.read_only = read_only;
      const auto store = TelemetryStore::Open(options_, clock_, nullptr);
      EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss) << family;
      EXPECT_THAT(std::string(Message(store.status())), HasSubstr("another program")) << family;
    }
    options_.read_only = false;
    std::vector<std::string> names;
    ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, options_.directory, &names).ok());
    EXPECT_EQ(names.size(), *family == '\0' ? 1U : 2U) << family;
  }
}

TEST_F(TelemetryStoreTest, OnlyALockThatIsHeldIsAnotherProcess) {
  options_.directory = folder_ + "/block/locks";
  std::filesystem::create_directories(options_.directory);
  std::filesystem::create_directory(options_.directory + "/LOCK");  // cannot be opened as a file
  const auto store = TelemetryStore::Open(options_, clock_, nullptr);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Message(store.status())), Not(HasSubstr("another process")));
  EXPECT_THAT(std::string(Message(store.status())), HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace kizashi
