#include "judge/anomaly/record_rate.h"

#include <gtest/gtest.h>

#include "base/archive.h"

namespace kizashi {
namespace {

// Blocks with maxima from 8 to 10 above a usual level of 0.
RecordRate After(int blocks) {
  RecordRate rate;
  for (int block = 1; block <= blocks; ++block) {
    rate.Add(8 + float(block * 37 % 101) / 50);
    rate.EndBlock(uint16_t(block), 0, 0.1f);
  }
  return rate;
}

TEST(RecordRateTest, OnlyWhatClearlyExceedsAllThatWasReachedIsARecord) {
  const RecordRate rate = After(300);
  EXPECT_EQ(rate.Log10Blocks(9, 0, 300), RecordRate::kNoRecord);
  EXPECT_EQ(rate.Log10Blocks(10.2f, 0, 300), RecordRate::kNoRecord);
  const float near = rate.Log10Blocks(11, 0, 300);
  EXPECT_GT(near, 1.7f);  // 300 blocks, six kept: one of them each 50
  EXPECT_GT(rate.Log10Blocks(14, 0, 300), near + 0.3f);
  EXPECT_FALSE(rate.Unlike(11, 0));
  EXPECT_TRUE(rate.Unlike(14, 0));
}

TEST(RecordRateTest, NothingIsARecordBeforeTwoDaysOfHours) {
  const RecordRate rate = After(40);
  EXPECT_EQ(rate.Log10Blocks(100, 0, 40), RecordRate::kNoRecord);
}

TEST(RecordRateTest, NothingIsARecordOfWhatNeverMoved) {
  RecordRate rate;
  for (int block = 1; block <= 100; ++block) {
    rate.Add(0);
    rate.EndBlock(uint16_t(block), 0, 0);
  }
  EXPECT_EQ(rate.Log10Blocks(1, 0, 100), RecordRate::kNoRecord);
}

TEST(RecordRateTest, AnOccasionCountsOnceHoweverLongItLasts) {
  RecordRate once = After(300);
  RecordRate thrice = After(300);
  for (int block = 301; block <= 303; ++block) {
    if (block == 301) once.Add(30);
    thrice.Add(30);
    once.EndBlock(uint16_t(block), 0, 0.1f);
    thrice.EndBlock(uint16_t(block), 0, 0.1f);
  }
  EXPECT_EQ(once.Log10Blocks(40, 0, 303), thrice.Log10Blocks(40, 0, 303));
}

TEST(RecordRateTest, WhatWasReachedIsForgottenAfterThreeWeeks) {
  RecordRate rate = After(300);
  rate.Add(30);
  int block = 301;
  rate.EndBlock(uint16_t(block), 0, 0.1f);
  EXPECT_EQ(rate.Log10Blocks(20, 0, block), RecordRate::kNoRecord);
  for (++block; block <= 301 + RecordRate::kMemoryBlocks + 1; ++block) {
    rate.Add(9);
    rate.EndBlock(uint16_t(block), 0, 0.1f);
  }
  EXPECT_GT(rate.Log10Blocks(20, 0, block), 1);
}

TEST(RecordRateTest, DamagedBytesKeepItInBounds) {
  std::string bytes(64, char(0xff));
  StateReader in(bytes);
  RecordRate rate;
  in(rate);
  rate.Add(5);
  rate.EndBlock(7, 0, 1);
  EXPECT_FALSE(rate.Log10Blocks(3, 0, 100) > 100);
}

}  // namespace
}  // namespace kizashi
