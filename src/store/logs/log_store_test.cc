#include "store/logs/log_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "store/logs/durable_file.h"
#include "store/logs/log_test_support.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;

class LogStoreTest : public testing::Test {
 protected:
  LogStoreTest() {
    const auto* about = testing::UnitTest::GetInstance()->current_test_info();
    folder_ =
        fs::path(testing::TempDir()) / fmt::format("kizashi-logs-{}-{}", about->name(), ::getpid());
    fs::remove_all(folder_);
    options_.directory = folder_.string();
    options_.block_text_bytes = 20'000;
    options_.retry = Duration(5);
  }
  ~LogStoreTest() override {
    store_.reset();
    fs::remove_all(folder_);
  }

  void Open() {
    store_.reset();
    auto opened = LogStore::Open(options_, clock_, &registry_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = std::move(*opened);
  }
  // Entry `seq`: lines that can be told from all others.
  static LogBatch Batch(uint64_t seq, size_t lines) {
    LogBatch batch;
    batch.stream = static_cast<StreamId>(seq % 5);
    for (size_t i = 0; i < lines; ++i) {
      batch.lines.push_back(MakeLine(static_cast<int64_t>(seq * 1'000 + i),
                                     fmt::format("entry {} line {} of the log", seq, i)));
    }
    return batch;
  }
  Status Append(uint64_t seq, size_t lines) {
    return store_->Append(
        seq, Batch(seq, lines),
        [](std::string_view, uint64_t skeleton, const std::vector<Slot>&) { return skeleton; });
  }
  std::vector<std::string> AllTexts() const {
    std::vector<std::string> texts;
    const LogStoreView view = store_->View();
    for (const auto& info : view.blocks) {
      auto block = LogBlock::OpenFile(info->path);
      KZ_CHECK(block.ok(), "{}", block.status().ToString());
      for (uint32_t i = 0; i < info->lines; ++i) texts.push_back((*block)->Read(i)->line.text);
    }
    for (const auto& tail : view.tails) {
      std::vector<std::string> newest_first;
      tail.tail->Visit(tail.lines, tail.lines, [&](const BlockRows& rows, uint32_t line) {
        newest_first.push_back(rows.Read(line).line.text);
        return true;
      });
      texts.insert(texts.end(), newest_first.rbegin(), newest_first.rend());
    }
    return texts;
  }
  static std::vector<std::string> Expected(uint64_t last, size_t lines) {
    std::vector<std::string> texts;
    for (uint64_t seq = 1; seq <= last; ++seq) {
      for (const LogLine& line : Batch(seq, lines).lines) texts.push_back(line.text);
    }
    return texts;
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& file : fs::directory_iterator(folder_))
      names.push_back(file.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  double Metric(std::string_view name) { return registry_.GetCounter(name, "x").value(); }

  fs::path folder_;
  LogStoreOptions options_;
  ManualClock clock_{TimeFromMs(1'700'000'000'000)};
  Registry registry_;
  std::unique_ptr<LogStore> store_;
};

TEST_F(LogStoreTest, EveryLineIsInABlockOrInMemory) {
  Open();
  for (uint64_t seq = 1; seq <= 60; ++seq) ASSERT_TRUE(Append(seq, 40).ok());
  EXPECT_GE(store_->View().blocks.size() + store_->View().tails.size(), 4U);
  EXPECT_EQ(AllTexts(), Expected(60, 40));
  ASSERT_TRUE(store_->SealAll().ok());
  EXPECT_TRUE(store_->View().tails.empty());
  EXPECT_EQ(AllTexts(), Expected(60, 40));
  EXPECT_EQ(store_->durable(), (LogPosition{60, 40}));
  EXPECT_EQ(Metric("kizashi_log_store_lines_total"), 60 * 40);
}

TEST_F(LogStoreTest, ARestartGoesOnFromTheDurablePositionWithoutGapOrRepetition) {
  Open();
  for (uint64_t seq = 1; seq <= 50; ++seq) ASSERT_TRUE(Append(seq, 37).ok());
  for (int restart = 0; restart < 3; ++restart) {
    Open();  // what was in memory is gone
    const LogPosition from = store_->durable();
    EXPECT_GT(from.seq, 10U);
    for (uint64_t seq = from.seq; seq <= 50; ++seq) ASSERT_TRUE(Append(seq, 37).ok());
    EXPECT_EQ(AllTexts(), Expected(50, 37));
  }
  // From the very beginning is as good: what is known is passed over.
  Open();
  for (uint64_t seq = 1; seq <= 50; ++seq) ASSERT_TRUE(Append(seq, 37).ok());
  EXPECT_EQ(AllTexts(), Expected(50, 37));
}

TEST_F(LogStoreTest, AnEntryThatComesAgainIsPassedOver) {
  Open();
  ASSERT_TRUE(Append(1, 10).ok());
  ASSERT_TRUE(Append(1, 10).ok());
  ASSERT_TRUE(Append(3, 10).ok());
  ASSERT_TRUE(Append(2, 10).ok());
  EXPECT_EQ(AllTexts().size(), 20U);
}

TEST_F(LogStoreTest, ABlockIsMadeWhenItsFirstLineIsOld) {
  options_.block_age = hours(2);
  Open();
  ASSERT_TRUE(Append(1, 5).ok());
  clock_.Advance(hours(2) - Duration(1));
  store_->SealOld();
  ASSERT_EQ(store_->View().tails.size(), 1U);
  clock_.Advance(Duration(1));
  store_->SealOld();
  ASSERT_TRUE(store_->SealAll().ok());  // waits for it
  EXPECT_EQ(store_->View().blocks.size(), 1U);
  clock_.Advance(hours(9));
  store_->SealOld();  // nothing is there
  ASSERT_TRUE(store_->SealAll().ok());
  EXPECT_EQ(Metric("kizashi_log_store_blocks_written_total"), 1);
}

TEST_F(LogStoreTest, AFullDiskStopsTheTakingAndLosesNothing) {
  std::atomic<bool> full = true;
  options_.write_file = [&](const std::string& path, std::string_view bytes) {
    return full ? ResourceExhausted("the disk is full") : WriteDurably(path, bytes);
  };
  Open();
  uint64_t seq = 1;
  Status refused = OkStatus();
  while (seq < 1'000 && (refused = Append(seq, 40)).ok()) ++seq;
  ASSERT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(Message(refused).find("the disk is full"), std::string_view::npos);
  EXPECT_FALSE(Append(seq, 40).ok());
  EXPECT_EQ(store_->durable(), LogPosition{});
  EXPECT_GE(Metric("kizashi_log_store_write_failures_total"), 1);
  EXPECT_GE(AllTexts().size(), 40 * (seq - 1));  // what was taken is found meanwhile
  full = false;
  while (!Append(seq, 40).ok()) std::this_thread::yield();
  ASSERT_TRUE(store_->SealAll().ok());
  EXPECT_EQ(AllTexts(), Expected(seq, 40));
}

TEST_F(LogStoreTest, WhatAKillLeftBehindIsRemovedAndDamageSetAside) {
  Open();
  for (uint64_t seq = 1; seq <= 60; ++seq) ASSERT_TRUE(Append(seq, 40).ok());
  ASSERT_TRUE(store_->SealAll().ok());
  const auto blocks = store_->View().blocks;
  ASSERT_GE(blocks.size(), 3U);
  store_.reset();
  fs::resize_file(blocks[1]->path, blocks[1]->file_bytes / 2);
  std::ofstream(folder_ / "0000000099.kzlog.tmp") << "half a blo";
  std::ofstream(folder_ / "notes.txt") << "not ours";
  Open();
  EXPECT_EQ(store_->View().blocks.size(), blocks.size() - 1);
  EXPECT_EQ(AllTexts().size(), 60 * 40 - blocks[1]->lines);
  EXPECT_EQ(Metric("kizashi_log_store_damaged_blocks_total"), 1);
  EXPECT_THAT(Files(), testing::Contains("0000000002.kzlog.damaged"));
  EXPECT_THAT(Files(), testing::Contains("notes.txt"));
  EXPECT_THAT(Files(), testing::Not(testing::Contains("0000000099.kzlog.tmp")));
}

TEST_F(LogStoreTest, ADamagedLastBlockIsMadeAgainFromTheJournal) {
  Open();
  for (uint64_t seq = 1; seq <= 60; ++seq) ASSERT_TRUE(Append(seq, 40).ok());
  ASSERT_TRUE(store_->SealAll().ok());
  const auto last = store_->View().blocks.back();
  store_.reset();
  fs::resize_file(last->path, 10);
  Open();
  for (uint64_t seq = store_->durable().seq; seq <= 60; ++seq) ASSERT_TRUE(Append(seq, 40).ok());
  ASSERT_TRUE(store_->SealAll().ok());
  EXPECT_EQ(AllTexts(), Expected(60, 40));
}

TEST_F(LogStoreTest, RetentionDropsWholeBlocksByAgeAndSizeButNotTheLast) {
  clock_.Set(TimeFromMs(100'000));
  Open();
  for (uint64_t seq = 1; seq <= 60; ++seq) ASSERT_TRUE(Append(seq, 40).ok());
  ASSERT_TRUE(store_->SealAll().ok());
  const auto blocks = store_->View().blocks;
  ASSERT_TRUE(store_->ApplyRetention().ok());
  EXPECT_EQ(store_->View().blocks.size(), blocks.size());
  options_.retention = hours(1);
  Open();
  clock_.Set(blocks[1]->last_time + hours(1) + Duration(1));
  ASSERT_TRUE(store_->ApplyRetention().ok());
  ASSERT_EQ(store_->View().blocks.size(), blocks.size() - 2);
  EXPECT_EQ(store_->View().blocks[0]->number, blocks[2]->number);
  EXPECT_FALSE(fs::exists(blocks[0]->path));
  options_.retention = hours(100);
  options_.retention_bytes = 1;
  Open();
  ASSERT_TRUE(store_->ApplyRetention().ok());
  ASSERT_EQ(store_->View().blocks.size(), 1U);
  EXPECT_EQ(store_->durable(), (LogPosition{60, 40}));
  Open();
  EXPECT_EQ(store_->durable(), (LogPosition{60, 40}));
}

TEST_F(LogStoreTest, LinesThatAreTooLongAreRefused) {
  Open();
  LogBatch batch;
  batch.lines.push_back(MakeLine(1, std::string(kLogTextMax + 1, 'x')));
  const auto pattern = [](std::string_view, uint64_t skeleton, const std::vector<Slot>&) {
    return skeleton;
  };
  EXPECT_EQ(store_->Append(1, batch, pattern).code(), absl::StatusCode::kInvalidArgument);
  batch.lines[0].text.pop_back();
  EXPECT_TRUE(store_->Append(2, batch, pattern).ok());
  ASSERT_TRUE(store_->SealAll().ok());
  EXPECT_EQ(AllTexts()[0].size(), kLogTextMax);
}

TEST(DurableFile, LeavesNothingBehindWhereItCannotWrite) {
  const fs::path folder =
      fs::path(testing::TempDir()) / fmt::format("kizashi-durable-{}", ::getpid());
  fs::create_directories(folder);
  ASSERT_TRUE(WriteDurably((folder / "a").string(), "one").ok());
  ASSERT_TRUE(WriteDurably((folder / "a").string(), "two").ok());
  std::ifstream file(folder / "a");
  std::string text;
  file >> text;
  EXPECT_EQ(text, "two");
  fs::create_directories(folder / "taken");
  EXPECT_FALSE(WriteDurably((folder / "taken").string(), "x").ok());
  EXPECT_FALSE(WriteDurably((folder / "missing" / "b").string(), "x").ok());
  EXPECT_FALSE(fs::exists(folder / "taken.tmp"));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace kizashi
