#include "store/series/shape_cache.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "store/series/block_builder.h"
#include "store/series/block_part.h"
#include "store/series/series_head.h"
#include "store/series/series_test_support.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kBegin = 1'700'000'000'000;
constexpr SeriesId kSeries = 200;

double ValueOf(SeriesId id, int scrape) { return id * 1000.0 + scrape * 7 + id % 3 * 0.25; }

// A block of one source: four chunks of sixteen scrapes.
class ShapeCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "shapes-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    block_ = Write("1.kzser", 0);
    contents_ = *block_->Load();
    ASSERT_EQ(contents_->directory.chunks.size(), 4U);
  }
  void TearDown() override { fs::remove_all(folder_); }

  SeriesBlockPtr Write(const std::string& name, SeriesId first) {
    std::vector<SeriesId> ids;
    for (SeriesId id = first; id < first + kSeries; ++id) ids.push_back(id);
    const SeriesLayout layout = LayoutOf(ids);
    SeriesHead head;
    for (int scrape = 0; scrape < 64; ++scrape) {
      std::vector<double> values;
      for (const SeriesId id : ids) values.push_back(ValueOf(id, scrape));
      const auto seq = static_cast<uint64_t>(scrape + 1);
      head.Append(ScrapeEntry(seq, "a", kBegin + scrape * 15'000, layout, std::move(values)));
    }
    const std::string path = folder_ + "/" + name;
    EXPECT_TRUE(WriteHeadBlock(head.Seal(), 1, path).ok());
    return *SeriesBlock::Open(path);
  }
  std::vector<std::unique_ptr<BlockPart>> Parts(ShapeCache* shapes, StretchCache* stretches,
                                                size_t expected) {
    std::vector<std::unique_ptr<BlockPart>> parts;
    for (size_t i = 0; i < contents_->directory.chunks.size(); ++i) {
      parts.push_back(std::make_unique<BlockPart>(block_, contents_, i, shapes, stretches));
      parts.back()->ExpectReads(expected);
    }
    return parts;
  }
  // Reads series in an order that comes back to each group again and again.
  static void ExpectValues(const std::vector<std::unique_ptr<BlockPart>>& parts) {
    SampleColumns samples;
    for (SeriesId i = 0; i < kSeries; ++i) {
      const SeriesId id = i * 37 % kSeries;
      samples.Clear();
      for (const auto& part : parts) {
        ASSERT_TRUE(part->Read(id, kBegin, kBegin + 64 * 15'000, &samples).ok());
      }
      ASSERT_EQ(samples.size(), 64U);
      for (int scrape = 0; scrape < 64; ++scrape) {
        ASSERT_EQ(samples.values[static_cast<size_t>(scrape)], ValueOf(id, scrape)) << id;
      }
    }
  }

  std::string folder_;
  SeriesBlockPtr block_;
  std::shared_ptr<const SeriesBlock::Contents> contents_;
};

TEST_F(ShapeCacheTest, AShapeIsKeptAndSharesItsSeries) {
  ShapeCache cache;
  const auto first = cache.Get(block_, *contents_, 0);
  const auto second = cache.Get(block_, *contents_, 1);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*cache.Get(block_, *contents_, 0), *first);
  EXPECT_NE(*second, *first);
  EXPECT_EQ((*second)->shape.columns, (*first)->shape.columns);
  EXPECT_EQ((*second)->shape.times_ms.front(), kBegin + 16 * 15'000);
}

TEST_F(ShapeCacheTest, NoMoreIsKeptThanTheLimit) {
  ShapeCache all;
  size_t most = 0;
  for (size_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(all.Get(block_, *contents_, i).ok());
    if (i == 1) most = all.bytes();
  }
  ShapeCache cache(most);
  for (size_t i = 0; i < 4; ++i) ASSERT_TRUE(cache.Get(block_, *contents_, i).ok());
  EXPECT_LE(cache.bytes(), most);
  EXPECT_GT(cache.bytes(), 0U);
}

TEST_F(ShapeCacheTest, WhatNobodyAsksForIsForgotten) {
  ShapeCache cache;
  const auto kept = *cache.Get(block_, *contents_, 0);
  ASSERT_TRUE(cache.Get(block_, *contents_, 1).ok());
  cache.DropUnused();
  EXPECT_EQ(*cache.Get(block_, *contents_, 0), kept);
  cache.DropUnused();
  EXPECT_EQ(*cache.Get(block_, *contents_, 0), kept);
  cache.DropUnused();
  cache.DropUnused();
  EXPECT_EQ(cache.bytes(), 0U);
  EXPECT_NE(*cache.Get(block_, *contents_, 0), kept);
}

TEST_F(ShapeCacheTest, AnotherBlockHasShapesOfItsOwn) {
  ShapeCache cache;
  ASSERT_TRUE(cache.Get(block_, *contents_, 0).ok());
  for (SeriesId first = 1; first < 20; ++first) {
    contents_.reset();
    block_.reset();  // the next one may be at its address
    block_ = Write("2.kzser", first);
    contents_ = *block_->Load();
    const auto shape = cache.Get(block_, *contents_, 0);
    ASSERT_TRUE(shape.ok());
    EXPECT_EQ((*shape)->shape.columns->ids->front(), first);
  }
}

TEST_F(ShapeCacheTest, ValuesAreTheSameWhateverIsKept) {
  for (const size_t expected : {size_t{1}, size_t{kSeries}}) {
    for (const size_t bytes : {size_t{0}, size_t{3000}, StretchCache::kBytesMax}) {
      ShapeCache shapes;
      StretchCache stretches(bytes);
      ASSERT_NO_FATAL_FAILURE(ExpectValues(Parts(&shapes, &stretches, expected)));
    }
  }
}

TEST_F(ShapeCacheTest, DamageInAnyGroupOfAStretchIsFound) {
  const std::string path = folder_ + "/1.kzser";
  const BlockSection* const values = block_->footer().Find(SectionKind::kValues);
  ASSERT_NE(values, nullptr);
  {
    std::FILE* const file = std::fopen(path.c_str(), "r+b");
    ASSERT_NE(file, nullptr);
    std::fseek(file, static_cast<long>(values->offset + 700), SEEK_SET);
    std::fputc(0x5a, file);
    std::fputc(0xa5, file);
    std::fclose(file);
  }
  ShapeCache shapes;
  StretchCache stretches;
  const auto parts = Parts(&shapes, &stretches, kSeries);
  SampleColumns samples;
  const Status status = parts[0]->Read(0, kBegin, kBegin + 64 * 15'000, &samples);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(Message(status).find(path), std::string_view::npos) << Message(status);
}

}  // namespace
}  // namespace kizashi
