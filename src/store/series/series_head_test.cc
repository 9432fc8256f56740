#include "store/series/series_head.h"

#include <gtest/gtest.h>

#include <random>

#include "store/series/series_index.h"
#include "store/series/series_test_support.h"
#include "store/series/store_reader.h"

namespace kizashi {
namespace {

using Bits = std::vector<std::pair<int64_t, uint64_t>>;

class SeriesHeadTest : public testing::Test {
 protected:
  SeriesId Series(const std::string& name) {
    const Labels labels({{"__name__", name}});
    if (const auto known = index_.FindLiving(labels)) return *known;
    index_.Add(index_.end(), labels);
    return index_.end() - 1;
  }
  void Scrape(const std::string& source, int64_t time_ms,
              const std::vector<std::pair<std::string, double>>& samples) {
    std::vector<SeriesId> ids;
    std::vector<double> values;
    std::set<std::string> seen;
    for (const auto& [name, value] : samples) {
      ids.push_back(Series(name));
      values.push_back(value);
      if (!seen.insert(name).second) continue;  // of a series that comes twice the first stays
      Note(name, time_ms, value);
    }
    auto& layout = layouts_[ids];
    if (layout == nullptr) layout = LayoutOf(ids);
    auto entry = ScrapeEntry(++seq_, source, time_ms, layout, values);
    is_loading_ ? head_.AppendLoaded(std::move(entry)) : head_.Append(std::move(entry));
  }
  void Loose(const std::vector<std::tuple<std::string, int64_t, double>>& samples) {
    SampleBatch batch;
    for (const auto& [name, time_ms, value] : samples) {
      batch.samples.push_back({Series(name), TimeFromMs(time_ms), value});
      Note(name, time_ms, value);
    }
    auto entry = std::make_shared<JournalEntry>();
    entry->seq = ++seq_;
    entry->body = std::move(batch);
    head_.Append(entry);
  }
  void Note(const std::string& name, int64_t time_ms, double value) {
    expected_[name].emplace(time_ms, std::bit_cast<uint64_t>(value));
  }
  StoreReader Reader() {
    StoreView view;
    view.head = head_.View();
    return StoreReader(index_, std::move(view));
  }
  void ExpectAll(StoreReader&& reader) {
    std::map<std::string, Bits> expected;
    for (const auto& [name, samples] : expected_) {
      expected[name + "{}"] = Bits(samples.begin(), samples.end());
    }
    EXPECT_EQ(ReadAll(reader, {}), expected);
  }

  SeriesNames index_;
  SeriesHead head_;
  std::map<std::vector<SeriesId>, SeriesLayout> layouts_;
  std::map<std::string, std::map<int64_t, uint64_t>> expected_;
  uint64_t seq_ = 0;
  bool is_loading_ = false;
};

TEST_F(SeriesHeadTest, WhatWasAppendedIsRead) {
  for (int i = 0; i < 100; ++i) {
    Scrape("a", 1000 * i, {{"up", 1}, {"n", i}});
    if (i % 2 == 0) Scrape("b", 1000 * i + 5, {{"m", 0.5 * i}});
  }
  ExpectAll(Reader());
  StoreReader reader = Reader();
  const auto some = ReadAll(reader, {{"__name__", LabelMatcher::Op::kEqual, "n"}}, 10'000, 12'000);
  ASSERT_EQ(some.size(), 1U);
  EXPECT_EQ(some.at("n{}"), (Bits{{10'000, std::bit_cast<uint64_t>(10.0)},
                                  {11'000, std::bit_cast<uint64_t>(11.0)},
                                  {12'000, std::bit_cast<uint64_t>(12.0)}}));
  EXPECT_TRUE(ReadAll(reader, {}, 200'000, 300'000).empty());
  EXPECT_EQ(*reader.LabelValues("__name__", {}, TimeFromMs(0), TimeFromMs(1)),
            (std::vector<std::string>{"n", "up"}));
}

TEST_F(SeriesHeadTest, AReaderSeesWhatWasThereWhenItWasOpened) {
  Scrape("a", 1000, {{"n", 1}});
  StoreReader before = Reader();
  const auto expected = ReadAll(before, {});
  StoreReader later = Reader();
  for (int i = 2; i < 60; ++i) Scrape("a", 1000 * i, {{"n", i}});
  Loose({{"n", 500, 7}});
  head_.Seal();
  head_.Release();
  EXPECT_EQ(ReadAll(later, {}), expected);
}

TEST_F(SeriesHeadTest, SealedSamplesAreReadUntilTheyAreReleased) {
  for (int i = 0; i < 20; ++i) Scrape("a", 1000 * i, {{"n", i}});
  Loose({{"x", 70, 7}});
  const HeadView sealed = head_.Seal();
  EXPECT_EQ(sealed.last_seq, 21U);
  for (int i = 20; i < 60; ++i) Scrape("a", 1000 * i, {{"n", i}});
  Loose({{"x", 71, 8}});
  ExpectAll(Reader());
  head_.Release();
  expected_["n"].erase(expected_["n"].begin(), expected_["n"].lower_bound(20'000));
  expected_["x"].erase(70);
  ExpectAll(Reader());
  EXPECT_EQ(head_.samples(), 41U);
  head_.Seal();
  head_.Release();
  head_.Seal();
  head_.Release();
  EXPECT_EQ(head_.sources(), 0U);
  EXPECT_EQ(head_.samples(), 0U);
}

TEST_F(SeriesHeadTest, SeriesLiveUntilABlockHasNoneOfTheirSamples) {
  EXPECT_EQ(head_.Living().size(), 0U);
  EXPECT_EQ(head_.oldest_ms(), std::nullopt);
  Scrape("a", 1000, {{"n", 1}, {"m", 2}, {"ended", 3}});
  Scrape("a", 2000, {{"n", 1}, {"m", 2}});
  Scrape("b", 3000, {{"n", 1}, {"o", 2}});
  Loose({{"x", 700, 7}, {"n", 5000, 7}});
  EXPECT_EQ(head_.Living().size(), 4U);  // n, m, o, x
  EXPECT_EQ(head_.Living().Count(Series("ended"), 1), 0U);
  EXPECT_EQ(head_.oldest_ms(), 700);
  head_.Seal();
  EXPECT_EQ(head_.Living().size(), 4U);
  head_.Release();
  EXPECT_EQ(head_.oldest_ms(), std::nullopt);
  EXPECT_EQ(head_.Living().size(), 4U);  // the next scrape is to come
  Scrape("b", 4000, {{"o", 2}});
  EXPECT_EQ(head_.oldest_ms(), 4000);
  head_.Seal();
  head_.Release();
  EXPECT_EQ(head_.Living().size(), 1U);
  EXPECT_EQ(head_.Living().Count(Series("o"), 1), 1U);
}

TEST_F(SeriesHeadTest, ClockJumpsAndLateSamplesComeInOrder) {
  for (const int64_t time : {5000, 6000, 2000, 3000, 6000, 7000}) {
    Scrape("a", time, {{"n", static_cast<double>(time)}, {"n", 9.0}});
  }
  Loose({{"n", 2500, 1}, {"n", 2000, 2}, {"n", 2500, 3}, {"only", -5, -0.0}});
  Scrape("b", 2600, {{"n", 4}});
  ExpectAll(Reader());
}

// Targets whose series come and go, with stale markers, in one set of columns for each chunk.
TEST_F(SeriesHeadTest, ChurnOfSeries) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 300; ++i) {
    std::vector<std::pair<std::string, double>> samples = {{"up", 1}};
    for (int series = 0; series < 40; ++series) {
      const uint64_t dice = random() % 10;
      if (dice == 0) continue;
      samples.emplace_back(fmt::format("s{}", series + i / 50),
                           dice == 1 ? StaleNan() : static_cast<double>(random() % 100));
    }
    if (i % 3 == 0) std::shuffle(samples.begin(), samples.end(), random);
    Scrape(i % 2 == 0 ? "a" : "b", 1000 * i, samples);
    if (i == 77) head_.Seal();
    if (i % 10 == 0) ExpectAll(Reader());
  }
}

// A start takes scrapes as they are; chunks are made of them later, beside everything else.
TEST_F(SeriesHeadTest, WhatAStartLoadedIsReadBeforeAndAfterItIsInChunks) {
  is_loading_ = true;
  for (int i = 0; i < 40; ++i) {
    Scrape("a", 1000 * i, {{"n", i}, {"m", 0.5 * i}});
    if (i % 2 == 0) Scrape("b", 1000 * i + 1, {{i < 20 ? "old" : "new", i}});
  }
  is_loading_ = false;
  ExpectAll(Reader());
  StoreReader before = Reader();
  for (int i = 40; i < 60; ++i) Scrape("a", 1000 * i, {{"n", i}, {"m", 0.5 * i}});
  EXPECT_TRUE(head_.CompactOne());
  ExpectAll(Reader());
  EXPECT_TRUE(head_.CompactOne());
  EXPECT_FALSE(head_.CompactOne());
  ExpectAll(Reader());
  EXPECT_EQ(ReadAll(before, {{"__name__", LabelMatcher::Op::kEqual, "n"}}).at("n{}").size(), 40U);
  for (const HeadSourcePtr& source : head_.View().sources) {
    for (const HeadSegmentPtr& segment : source->segments) EXPECT_NE(segment->chunk, nullptr);
  }
}

TEST_F(SeriesHeadTest, WhatIsSealedIsLeftAsItIs) {
  is_loading_ = true;
  for (int i = 0; i < 40; ++i) Scrape("a", 1000 * i, {{"n", i}});
  const HeadView sealed = head_.Seal();
  EXPECT_FALSE(head_.CompactOne());
  for (int i = 40; i < 80; ++i) Scrape("a", 1000 * i, {{"n", i}});
  EXPECT_TRUE(head_.CompactOne());
  EXPECT_FALSE(head_.CompactOne());
  ExpectAll(Reader());
  head_.Release();
  expected_["n"].erase(expected_["n"].begin(), expected_["n"].lower_bound(40'000));
  ExpectAll(Reader());
}

}  // namespace
}  // namespace kizashi
