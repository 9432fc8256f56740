// Samples in the telemetry store as a whole: read back by queries, in blocks whose rows are gone,
// after restarts, in snapshots, with times of their own.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "store/database.h"
#include "store/series/series_budget.h"
#include "store/series/series_test_support.h"
#include "store/store_keys.h"
#include "store/telemetry_store_test_support.h"

namespace kizashi {
namespace {

class TelemetrySeriesTest : public TelemetryStoreTest {
 protected:
  // Scrapes of two sources, with log lines and ticks between them.
  void Fill(TelemetryStore& store, int scrapes) {
    const SeriesId up = *store.InternSeries(Up("a"));
    const SeriesId other = *store.InternSeries(Up("b"));
    if (layout_ == nullptr) layout_ = Layout({up, other});
    for (int i = 0; i < scrapes; ++i) {
      clock_.Advance(std::chrono::seconds(15));
      values_.push_back(static_cast<double>(values_.size()) / 4);
      ASSERT_TRUE(
          Append(store, ScrapeBatch{"n/a", clock_.Now(), layout_, {values_.back(), 1}}).ok());
      if (i % 5 != 0) continue;
      ASSERT_TRUE(Append(store, Logs(fmt::format("line {}", i))).ok());
    }
  }
  void ExpectSamples(TelemetryStore& store) {
    const auto reader = store.series().OpenReader();
    const auto all = ReadAll(*reader, {{"instance", LabelMatcher::Op::kEqual, "a"}});
    ASSERT_EQ(all.size(), values_.empty() ? 0U : 1U);
    if (values_.empty()) return;
    const auto& samples = all.begin()->second;
    ASSERT_EQ(samples.size(), values_.size());
    for (size_t i = 0; i < values_.size(); ++i) {
      ASSERT_EQ(samples[i].second, std::bit_cast<uint64_t>(values_[i])) << i;
    }
  }
  // Blocks are made on a thread of the store's own.
  template <typename Condition>
  static void WaitUntil(Condition condition) {
    bool is_met = condition();
    for (int i = 0; i < 2000 && !is_met; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      is_met = condition();
    }
    ASSERT_TRUE(is_met);
  }
  size_t SampleFamilies() const {
    const auto database = Database::Open({.directory = options_.directory, .read_only = true});
    // Unless the writer changed it meanwhile.
    return database.ok() ? (*database)->Blocks(RowKind::kSamples).size() : SIZE_MAX;
  }
  bool HasBlocks() const {
    const auto path = std::filesystem::path(options_.directory) / "series";
    return std::filesystem::exists(path) && !std::filesystem::is_empty(path);
  }

  SeriesLayout layout_;
  std::vector<double> values_;
};

TEST_F(TelemetrySeriesTest, WhatWasAcknowledgedIsReadAtOnceAndAfterARestart) {
  StorePtr store = OpenAndStart();
  Fill(*store, 50);
  ExpectSamples(*store);
  store.reset();
  store = OpenAndStart();
  ExpectSamples(*store);
  Fill(*store, 10);
  ExpectSamples(*store);
}

TEST_F(TelemetrySeriesTest, RowsGoWhenBlocksHaveThemAndTheJournalStaysWhole) {
  options_.series_block_every = std::chrono::milliseconds(1);
  options_.samples_block_length = std::chrono::seconds(60);
  StorePtr store = OpenAndStart();
  Fill(*store, 40);
  const Lines whole = Read(*store);
  const auto reader = store->series().OpenReader();
  WaitUntil([this] { return HasBlocks(); });
  Fill(*store, 1);
  // The rows of all but the newest minute go after the next block.
  WaitUntil([this] { return SampleFamilies() <= 2; });
  ExpectSamples(*store);
  store.reset();
  EXPECT_LE(SampleFamilies(), 2U);
  store = OpenAndStart();
  ExpectSamples(*store);
  Lines read = Read(*store);
  ASSERT_GE(read.size(), whole.size());
  read.resize(whole.size());
  EXPECT_EQ(read, whole);
  const Lines behind = Read(*store, 30);
  ASSERT_FALSE(behind.empty());
  EXPECT_EQ(behind[0], whole[30]);
  size_t without = 0;
  ASSERT_TRUE(store
                  ->ScanWithoutSamples(0,
                                       [&](const JournalEntry& entry) {
                                         EXPECT_FALSE(
                                             std::holds_alternative<ScrapeBatch>(entry.body));
                                         ++without;
                                         return true;
                                       })
                  .ok());
  EXPECT_EQ(without, 9U);
}

TEST_F(TelemetrySeriesTest, SamplesOutsideOfTheWindowAreNamed) {
  const StorePtr store = OpenAndStart();
  const SeriesId id = *store->InternSeries(Up("a"));
  const Time now = clock_.Now();
  SampleBatch batch;
  batch.samples = {{id, now, 1},
                   {id, now - std::chrono::minutes(61), 2},
                   {id, now - std::chrono::minutes(59), 3},
                   {id, now + std::chrono::minutes(11), 4},
                   {id, now, 5}};
  std::promise<Status> done;
  const auto refused =
      store->Append(batch, [&](Status status) { done.set_value(std::move(status)); });
  EXPECT_TRUE(done.get_future().get().ok());
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].index, 1U);
  EXPECT_NE(Message(refused[0].reason).find("too old"), std::string_view::npos);
  EXPECT_EQ(refused[1].index, 3U);
  const auto all = ReadAll(*store->series().OpenReader(), {});
  const auto& samples = all.begin()->second;
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0].second, std::bit_cast<uint64_t>(3.0));
  EXPECT_EQ(samples[1].second, std::bit_cast<uint64_t>(1.0));  // the first of two stays
  SampleBatch old;
  old.samples = {{id, TimeFromMs(0), 1}};
  bool answered = false;
  EXPECT_EQ(store->Append(old, [&](const Status& status) { answered = status.ok(); }).size(), 1U);
  EXPECT_TRUE(answered);
}

TEST_F(TelemetrySeriesTest, AClockThatJumpsBackLosesNothing) {
  StorePtr store = OpenAndStart();
  Fill(*store, 20);
  clock_.Advance(-std::chrono::minutes(3));
  const SeriesId up = *store->InternSeries(Up("a"));
  ASSERT_TRUE(
      Append(*store, ScrapeBatch{"n/a", clock_.Now() + Duration(7), Layout({up}), {99}}).ok());
  store.reset();
  store = OpenAndStart();
  const auto all =
      ReadAll(*store->series().OpenReader(), {{"instance", LabelMatcher::Op::kEqual, "a"}});
  ASSERT_EQ(all.begin()->second.size(), 21U);
  EXPECT_TRUE(std::is_sorted(all.begin()->second.begin(), all.begin()->second.end()));
}

TEST_F(TelemetrySeriesTest, ASnapshotIsAStoreAndTheOriginalGoesOn) {
  const StorePtr store = OpenAndStart();
  Fill(*store, 30);
  const Lines whole = Read(*store);
  const std::vector<double> values = values_;
  const std::string copy = folder_ + "/copy";
  const Status taken = store->Snapshot(copy);
  ASSERT_TRUE(taken.ok()) << Message(taken);
  Fill(*store, 5);
  ExpectSamples(*store);
  std::swap(values_, const_cast<std::vector<double>&>(values));
  const std::string original = std::exchange(options_.directory, copy);
  {
    const StorePtr other = OpenAndStart();
    ASSERT_NE(other, nullptr);
    ExpectSamples(*other);
    EXPECT_EQ(Read(*other), whole);
    Fill(*other, 3);
    ExpectSamples(*other);
  }
  options_.directory = original;
}

TEST_F(TelemetrySeriesTest, DeletedSamplesStayDeletedAfterARestart) {
  StorePtr store = OpenAndStart();
  Fill(*store, 30);
  const std::vector<LabelMatcher> matchers = {{"instance", LabelMatcher::Op::kEqual, "a"}};
  EXPECT_EQ(*store->DeleteSamples(matchers, start_, clock_.Now()), 1U);
  values_.clear();
  EXPECT_TRUE(ReadAll(*store->series().OpenReader(), matchers).begin()->second.empty());
  store.reset();
  store = OpenAndStart();
  EXPECT_TRUE(ReadAll(*store->series().OpenReader(), matchers).begin()->second.empty());
}

TEST_F(TelemetrySeriesTest, ABudgetRefusesByOwnerAlsoAfterARestart) {
  SeriesBudgetOptions budgets;
  budgets.owner_of = [](const Labels& labels) { return std::string(labels.Get("instance")); };
  budgets.limit_of = [](std::string_view owner) { return owner == "a" ? size_t{2} : 0; };
  for (int turn = 0; turn < 2; ++turn) {
    SeriesBudget budget(budgets);
    options_.budget = &budget;
    const StorePtr store = OpenAndStart();
    for (const std::string name : {"x", "y"}) {
      EXPECT_TRUE(store->InternSeries(Labels({{"__name__", name}, {"instance", "a"}})).ok());
    }
    const auto refused = store->InternSeries(Labels({{"__name__", "z"}, {"instance", "a"}}));
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_TRUE(store->InternSeries(Labels({{"__name__", "z"}, {"instance", "b"}})).ok());
    ASSERT_TRUE(Append(*store, Logs("definitions come with a batch")).ok());
  }
}

}  // namespace
}  // namespace kizashi
