#include "store/commit_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace kizashi {
namespace {

constexpr Duration kForever = std::chrono::hours(1);

PendingEntry Scrape(size_t samples, bool may_wait) {
  PendingEntry pending;
  pending.entry = std::make_shared<JournalEntry>();
  ScrapeBatch batch;
  batch.values.resize(samples);
  pending.entry->body = std::move(batch);
  pending.may_wait = may_wait;
  return pending;
}

void Push(CommitQueue* queue, size_t samples, bool may_wait) {
  PendingEntry pending = Scrape(samples, may_wait);
  ASSERT_TRUE(queue->Push(&pending).ok());
}

std::vector<size_t> Sizes(const CommitQueue::Group& group) {
  std::vector<size_t> sizes;
  for (const PendingEntry& pending : group.entries) {
    sizes.push_back(std::get<ScrapeBatch>(pending.entry->body).values.size());
  }
  return sizes;
}

TEST(CommitQueue, WhatMayWaitWaitsForCompanyAndNoLonger) {
  CommitQueue queue(64 << 20, Duration(30));
  queue.Open();
  Push(&queue, 1, true);
  Push(&queue, 2, true);
  const Stopwatch since;
  EXPECT_EQ(Sizes(queue.Take()), (std::vector<size_t>{1, 2}));
  EXPECT_GE(since.Elapsed(), Duration(29));
}

TEST(CommitQueue, WhatMayNotWaitTakesTheOthersAlongInOrder) {
  CommitQueue queue(64 << 20, kForever);
  queue.Open();
  Push(&queue, 1, true);
  std::thread later([&] {
    Push(&queue, 2, true);
    Push(&queue, 3, false);
  });
  EXPECT_EQ(Sizes(queue.Take()), (std::vector<size_t>{1, 2, 3}));
  later.join();
  // What comes afterwards may wait again.
  Push(&queue, 4, true);
  Push(&queue, 5, false);
  EXPECT_EQ(Sizes(queue.Take()), (std::vector<size_t>{4, 5}));
}

TEST(CommitQueue, EnoughCompanyGoesAtOnce) {
  CommitQueue queue(64 << 20, kForever);
  queue.Open();
  constexpr size_t kHalf = CommitQueue::kCompanyBytes / sizeof(double) / 2;
  Push(&queue, kHalf, true);
  Push(&queue, kHalf, true);
  EXPECT_EQ(Sizes(queue.Take()).size(), 2u);
}

TEST(CommitQueue, NothingWaitsWhileOthersAreRefused) {
  CommitQueue queue(1'000, kForever);
  queue.Open();
  Push(&queue, 100, true);
  PendingEntry refused = Scrape(100, true);
  EXPECT_EQ(queue.Push(&refused).code(), absl::StatusCode::kResourceExhausted);
  const CommitQueue::Group group = queue.Take();
  EXPECT_EQ(Sizes(group), (std::vector<size_t>{100}));
  queue.Release(group);
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST(CommitQueue, WhatAFullGroupLeavesGoesNext) {
  CommitQueue queue(64 << 20, kForever);
  queue.Open();
  constexpr size_t kMost = CommitQueue::kGroupBytesMax / sizeof(double) - 100;
  Push(&queue, kMost, true);
  Push(&queue, 200, true);
  EXPECT_EQ(Sizes(queue.Take()), (std::vector<size_t>{kMost}));
  EXPECT_EQ(Sizes(queue.Take()), (std::vector<size_t>{200}));
}

TEST(CommitQueue, ClosingEndsTheWait) {
  CommitQueue queue(64 << 20, kForever);
  queue.Open();
  Push(&queue, 1, true);
  std::thread closes([&] { queue.Close(); });
  EXPECT_EQ(Sizes(queue.Take()), (std::vector<size_t>{1}));
  EXPECT_TRUE(queue.Take().entries.empty());
  closes.join();
}

}  // namespace
}  // namespace kizashi
