#include "store/series/series_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "store/journal_test_support.h"
#include "store/series/series_test_support.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;
using Bits = std::vector<std::pair<int64_t, uint64_t>>;
using Op = LabelMatcher::Op;
using testing::Contains;
using testing::Not;

class SeriesStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "series-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    options_.directory = pattern;
    Open();
  }
  void TearDown() override {
    store_.reset();
    fs::remove_all(options_.directory);
  }
  void Open() {
    store_.reset();
    auto store = SeriesStore::Open(options_, index_, clock_, &registry_);
    ASSERT_TRUE(store.ok()) << Message(store.status());
    store_ = *std::move(store);
  }
  SeriesId Series(const std::string& name) {
    const Labels labels({{"__name__", name}});
    if (const auto known = index_.FindLiving(labels)) return *known;
    index_.Add(index_.end(), labels);
    return index_.end() - 1;
  }
  void Append(std::shared_ptr<JournalEntry> entry) {
    entry->seq = entries_.size() + 1;
    entry->time = now_ += Duration(250);
    entries_.push_back(entry);
    store_->Append(entry);
  }
  void Scrape(const std::string& source,
              const std::vector<std::pair<std::string, double>>& samples) {
    auto entry = std::make_shared<JournalEntry>();
    ScrapeBatch batch;
    batch.source = source;
    batch.time = now_ - Duration(3);
    std::vector<SeriesId> ids;
    for (const auto& [name, value] : samples) {
      ids.push_back(Series(name));
      batch.values.push_back(value);
      if (std::count(ids.begin(), ids.end(), ids.back()) == 1) Note(name, batch.time, value);
    }
    auto& layout = layouts_[ids];
    if (layout == nullptr) layout = LayoutOf(ids);
    batch.layout = layout;
    entry->body = std::move(batch);
    Append(std::move(entry));
  }
  void Loose(const std::vector<std::tuple<std::string, int64_t, double>>& samples) {
    auto entry = std::make_shared<JournalEntry>();
    SampleBatch batch;
    for (const auto& [name, offset_ms, value] : samples) {
      batch.samples.push_back({Series(name), now_ + Duration(offset_ms), value});
      Note(name, batch.samples.back().time, value);
    }
    entry->body = std::move(batch);
    Append(std::move(entry));
  }
  void Note(const std::string& name, Time time, double value) {
    expected_[name + "{}"].emplace(ToMs(time), std::bit_cast<uint64_t>(value));
  }
  // Scrapes of three sources whose series come and go, with odd values, and single samples.
  void Fill(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      std::vector<std::pair<std::string, double>> a = {{"up", 1}, {"n", i}};
      std::vector<std::pair<std::string, double>> b;
      for (int series = 0; series < 40; ++series) {
        if (random_() % 50 == 0) continue;
        const double value = random_() % 60 == 0   ? StaleNan()
                             : random_() % 60 == 1 ? -0.0
                                                   : static_cast<double>(random_() % 1000) / 8;
        b.emplace_back(fmt::format("b{}", series + (now_ - start_) / Duration(20'000)), value);
      }
      Scrape("a", a);
      if (i % 2 == 0) Scrape("b", b);
      if (i % 3 == 0) Scrape("c", {{"c", 1e300 * i}, {"c", 3}, {"d", std::sqrt(i)}});
      if (i % 7 == 0) Loose({{"n", -100 - i, 0.5}, {"late", 10, 1.0 * i}, {"late", 9, i}});
    }
  }
  void ExpectSamples() {
    std::map<std::string, Bits> expected;
    for (const auto& [name, samples] : expected_) {
      expected[name] = Bits(samples.begin(), samples.end());
    }
    const auto reader = store_->OpenReader();
    const auto all = ReadAll(*reader, {});
    ASSERT_EQ(all.size(), expected.size());
    for (const auto& [name, samples] : expected) ASSERT_EQ(all.at(name), samples) << name;
    for (const std::string name : {"n", "late", "b5", "d"}) {
      if (expected_.count(name + "{}") == 0) continue;
      const Bits& samples = expected[name + "{}"];
      const int64_t from = samples[samples.size() / 3].first;
      const int64_t to = samples[samples.size() * 2 / 3].first;
      Bits some;
      for (const auto& sample : samples) {
        if (sample.first >= from && sample.first <= to) some.push_back(sample);
      }
      const auto read = ReadAll(*reader, {{"__name__", Op::kEqual, name}}, from, to);
      ASSERT_EQ(read.at(name + "{}"), some) << name;
    }
  }
  void ExpectReplay(uint64_t after, uint64_t until) {
    uint64_t next = after + 1;
    const Status status = store_->Replay(after, until, [&](JournalEntry entry) {
      EXPECT_EQ(entry.seq, next++);
      EXPECT_TRUE(Same(entry, *entries_[entry.seq - 1])) << entry.seq;
      return true;
    });
    EXPECT_TRUE(status.ok()) << Message(status);
    EXPECT_EQ(next, until + 1);
  }
  void Flush() {
    const Status flushed = store_->Flush();
    ASSERT_TRUE(flushed.ok()) << Message(flushed);
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& file : fs::directory_iterator(options_.directory)) {
      names.push_back(file.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  const Time start_ = TimeFromMs(1'700'006'400'000);
  Time now_ = start_;
  ManualClock clock_{start_};
  Registry registry_;
  SeriesStoreOptions options_;
  SeriesNames index_;
  std::unique_ptr<SeriesStore> store_;
  std::vector<std::shared_ptr<const JournalEntry>> entries_;
  std::map<std::vector<SeriesId>, SeriesLayout> layouts_;
  std::map<std::string, std::map<int64_t, uint64_t>> expected_;
  std::mt19937_64 random_{11};
};

TEST_F(SeriesStoreTest, ABlockHasWhatTheHeadHad) {
  Fill(60);
  ASSERT_NO_FATAL_FAILURE(ExpectSamples());
  Flush();
  EXPECT_EQ(store_->durable_seq(), entries_.size());
  EXPECT_EQ(store_->head_samples(), 0U);
  ASSERT_NO_FATAL_FAILURE(ExpectSamples());
  ExpectReplay(0, entries_.size());
  ExpectReplay(17, 31);
  Open();
  ASSERT_NO_FATAL_FAILURE(ExpectSamples());
  EXPECT_EQ(store_->durable_seq(), entries_.size());
}

TEST_F(SeriesStoreTest, SeveralBlocksAndTheHeadAreOne) {
  for (int i = 0; i < 4; ++i) {
    Fill(25);
    Flush();
  }
  const uint64_t durable = entries_.size();
  Fill(30);
  ASSERT_NO_FATAL_FAILURE(ExpectSamples());
  EXPECT_EQ(store_->durable_seq(), durable);
  ExpectReplay(0, durable);
  ExpectReplay(durable / 3, durable / 2);
}

TEST_F(SeriesStoreTest, MergingChangesNothingButTheFiles) {
  options_.merged_blocks_max = 4;
  Open();
  for (int i = 0; i < 3; ++i) {
    Fill(30);
    Flush();
    EXPECT_FALSE(*store_->Merge());
  }
  Fill(30);
  Flush();
  Fill(10);
  const auto before = store_->OpenReader();
  const auto all = ReadAll(*before, {});
  const auto kept = store_->OpenReader();
  const StatusOr<bool> merged = store_->Merge();
  ASSERT_TRUE(merged.ok()) << Message(merged.status());
  EXPECT_TRUE(*merged);
  EXPECT_FALSE(*store_->Merge());
  EXPECT_EQ(Files(), std::vector<std::string>{"0000000005.kzser"});
  ASSERT_NO_FATAL_FAILURE(ExpectSamples());
  EXPECT_EQ(ReadAll(*kept, {}), all);  // of deleted files
  ExpectReplay(0, store_->durable_seq());
  ExpectReplay(100, 101);
}

TEST_F(SeriesStoreTest, ABlockThatIsLongEnoughIsMergedAlone) {
  options_.merged_span = options_.block_every / 2 + std::chrono::seconds(10);
  Open();
  Fill(10);
  Flush();
  EXPECT_FALSE(*store_->Merge());
  Fill(60);
  Flush();
  EXPECT_TRUE(*store_->Merge());
  Fill(60);
  Flush();
  EXPECT_TRUE(*store_->Merge());
  EXPECT_FALSE(*store_->Merge());
  EXPECT_EQ(Files(), (std::vector<std::string>{"0000000003.kzser", "0000000005.kzser"}));
  ASSERT_NO_FATAL_FAILURE(ExpectSamples());
  ExpectReplay(0, entries_.size());
}

TEST_F(SeriesStoreTest, BlocksThatWereMergedAreDeletedAfterACrash) {
  options_.merged_blocks_max = 2;
  Open();
  Fill(20);
  Flush();
  Fill(20);
  Flush();
  const fs::path copy = options_.directory + "-copy";
  fs::copy(options_.directory, copy);
  ASSERT_TRUE(*store_->Merge());
  fs::copy(copy, options_.directory);
  fs::remove_all(copy);
  EXPECT_EQ(Files().size(), 3U);
  Open();
  EXPECT_EQ(Files(), std::vector<std::string>{"0000000003.kzser"});
  ASSERT_NO_FATAL_FAILURE(ExpectSamples());
}

TEST_F(SeriesStoreTest, ADamagedBlockIsSetAsideAndTheOthersServe) {
  Fill(20);
  Flush();
  expected_.clear();
  Fill(20);
  Flush();
  const std::string path = options_.directory + "/0000000001.kzser";
  fs::resize_file(path, fs::file_size(path) - 9);
  std::ofstream(options_.directory + "/0000000009.kzser.tmp") << "unfinished";
  Open();
  EXPECT_EQ(Files(), (std::vector<std::string>{"0000000001.kzser.damaged", "0000000002.kzser"}));
  ASSERT_NO_FATAL_FAILURE(ExpectSamples());
}

TEST_F(SeriesStoreTest, RetentionByAgeAndBySize) {
  for (int i = 0; i < 5; ++i) {
    Fill(20);
    Flush();
  }
  const uint64_t all = store_->disk_bytes();
  clock_.Set(now_);
  ASSERT_TRUE(store_->ApplyRetention().ok());
  EXPECT_EQ(Files().size(), 5U);
  EXPECT_EQ(store_->first_seq(), 1U);
  options_.retention_bytes = all / 2;
  Open();
  ASSERT_TRUE(store_->ApplyRetention().ok());
  EXPECT_LE(store_->disk_bytes(), all / 2);
  EXPECT_GT(store_->first_seq(), 1U);
  ExpectReplay(store_->first_seq() - 1, entries_.size());
  clock_.Advance(options_.retention + std::chrono::hours(1));
  ASSERT_TRUE(store_->ApplyRetention().ok());
  EXPECT_EQ(Files().size(), 1U);  // the last one stays
}

TEST_F(SeriesStoreTest, WhatIsDeletedIsHiddenAtOnceAndGoneAfterAMerge) {
  options_.merged_blocks_max = 2;
  Open();
  Fill(40);
  Flush();
  Fill(40);
  const int64_t from = expected_["n{}"].begin()->first + 5'000;
  const int64_t to = from + 10'000;
  const std::vector<LabelMatcher> matchers = {{"__name__", Op::kRegex, "n|late|d"}};
  clock_.Set(now_);
  EXPECT_EQ(*store_->Delete(matchers, TimeFromMs(from), TimeFromMs(to)), 3U);
  for (const std::string name : {"n{}", "late{}", "d{}"}) {
    auto& samples = expected_[name];
    samples.erase(samples.lower_bound(from), samples.upper_bound(to));
  }
  ASSERT_NO_FATAL_FAILURE(ExpectSamples());
  Open();  // the head is gone: the journal would fill it again
  for (const auto& entry : entries_) {
    if (entry->seq > store_->durable_seq()) store_->Append(entry);
  }
  ASSERT_NO_FATAL_FAILURE(ExpectSamples());
  Flush();
  ASSERT_TRUE(*store_->Merge());
  ASSERT_NO_FATAL_FAILURE(ExpectSamples());
  int markers = 0;
  ASSERT_TRUE(store_
                  ->Replay(0, entries_.size(),
                           [&](const JournalEntry& entry) {
                             const auto* scrape = std::get_if<ScrapeBatch>(&entry.body);
                             if (scrape != nullptr && scrape->source == "a")
                               markers += IsStaleNan(scrape->values[1]);
                             return true;
                           })
                  .ok());
  EXPECT_GT(markers, 5);
}

TEST_F(SeriesStoreTest, CleaningTakesWhatIsDeletedOffTheDisk) {
  options_.merged_blocks_max = 2;
  Open();
  Fill(40);
  Flush();
  Fill(40);
  Flush();
  ASSERT_TRUE(*store_->Merge());
  Fill(40);
  Flush();
  const std::vector<std::string> before = Files();
  Fill(10);
  const int64_t from = expected_["n{}"].begin()->first + 5'000;
  const int64_t to = std::prev(expected_["n{}"].end())->first;
  const std::vector<LabelMatcher> matchers = {{"__name__", Op::kRegex, "n|late|d"}};
  clock_.Set(now_);
  EXPECT_EQ(*store_->Delete(matchers, TimeFromMs(from), TimeFromMs(to)), 3U);
  for (const std::string name : {"n{}", "late{}", "d{}"}) {
    auto& samples = expected_[name];
    samples.erase(samples.lower_bound(from), samples.upper_bound(to));
  }
  Fill(10);  // what comes afterwards stays, and so does its block
  ASSERT_NO_FATAL_FAILURE(ExpectSamples());
  const Status cleaned = store_->CleanDeleted();
  ASSERT_TRUE(cleaned.ok()) << Message(cleaned);
  ASSERT_NO_FATAL_FAILURE(ExpectSamples());
  for (const std::string& file : before) EXPECT_THAT(Files(), Not(Contains(file)));
  // As somebody finds it who knows nothing of the deletion.
  fs::remove(options_.directory + "/deleted");
  Open();
  for (const std::string name : {"n{}", "late{}", "d{}"}) {
    for (const auto& [time, bits] : ReadAll(*store_->OpenReader(), {}).at(name)) {
      EXPECT_TRUE(time < from || time > to || bits == kStaleNanBits) << name;
    }
  }
  const std::vector<std::string> after = Files();
  EXPECT_TRUE(store_->CleanDeleted().ok());
  EXPECT_EQ(Files(), after);
}

TEST_F(SeriesStoreTest, ASnapshotIsAStoreOfItsOwn) {
  Fill(40);
  Flush();
  const std::string directory = options_.directory + "-snapshot";
  const Status status = store_->Snapshot(directory, [] { return OkStatus(); });
  ASSERT_TRUE(status.ok()) << Message(status);
  const auto expected = expected_;
  Fill(5);
  std::swap(options_.directory, const_cast<std::string&>(directory));
  Open();
  expected_ = expected;
  ASSERT_NO_FATAL_FAILURE(ExpectSamples());
  store_.reset();
  fs::remove_all(options_.directory);
  options_.directory = directory;
}

TEST_F(SeriesStoreTest, AFullDiskLosesNothing) {
  Fill(30);
  fs::create_directory(options_.directory + "/0000000001.kzser.tmp");  // cannot be written
  EXPECT_FALSE(store_->Flush().ok());
  Fill(10);
  ASSERT_NO_FATAL_FAILURE(ExpectSamples());
  EXPECT_FALSE(store_->Flush().ok());
  fs::remove(options_.directory + "/0000000001.kzser.tmp");
  Flush();
  EXPECT_LT(store_->durable_seq(), entries_.size());
  Flush();
  EXPECT_EQ(store_->durable_seq(), entries_.size());
  ASSERT_NO_FATAL_FAILURE(ExpectSamples());
  ExpectReplay(0, entries_.size());
}

}  // namespace
}  // namespace kizashi
