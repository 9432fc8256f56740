#include "api/slo_backfill_plan.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace kizashi {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr Time kDay = TimeFromMs(1'700'006'400'000);  // midnight

TEST(DayPartsTest, PartsEndAtMidnightAndTouch) {
  const Time since = kDay - hours(2);
  EXPECT_EQ(DayParts(since, kDay + hours(30)),
            (std::vector<PastPart>{
                {since, kDay}, {kDay, kDay + days(1)}, {kDay + days(1), kDay + hours(30)}}));
  EXPECT_EQ(DayParts(kDay, kDay + days(1)), (std::vector<PastPart>{{kDay, kDay + days(1)}}));
  EXPECT_TRUE(DayParts(kDay, kDay).empty());
  EXPECT_TRUE(DayParts(kDay, kDay - days(1)).empty());
  EXPECT_EQ(DayParts(kDay - days(90), kDay).size(), 90u);
}

class ResumeFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "resume-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/done"; }

  std::string folder_;
  const std::string key_ = ResumeFile::KeyOf("shop", "availability", 7);
};

TEST_F(ResumeFileTest, WhatWasDoneIsDoneAfterARestart) {
  {
    const auto resume = ResumeFile::Open(path());
    ASSERT_TRUE(resume.ok());
    EXPECT_FALSE((*resume)->IsDone(key_, {kDay, kDay + days(1)}));
    ASSERT_TRUE((*resume)->Done(key_, {kDay, kDay + days(1)}).ok());
  }
  const auto resume = ResumeFile::Open(path());
  EXPECT_TRUE((*resume)->IsDone(key_, {kDay, kDay + days(1)}));
  // A first part that begins later by now is within it; a last one that ends later is not.
  EXPECT_TRUE((*resume)->IsDone(key_, {kDay + hours(3), kDay + days(1)}));
  EXPECT_FALSE((*resume)->IsDone(key_, {kDay, kDay + days(1) + minutes(1)}));
  EXPECT_FALSE((*resume)->IsDone(ResumeFile::KeyOf("shop", "latency", 7), {kDay, kDay + days(1)}));
  EXPECT_FALSE(
      (*resume)->IsDone(ResumeFile::KeyOf("shop", "availability", 8), {kDay, kDay + days(1)}));
}

TEST_F(ResumeFileTest, ALineThatACrashCutOffIsNotDone) {
  std::ofstream(path()) << key_ << "\t2023-11-15T00:00:00Z\t2023-11-16T00:00:00Z\n"
                        << key_ << "\t2023-11-16T00:";
  for (int round = 0; round < 2; ++round) {
    const auto resume = ResumeFile::Open(path());
    ASSERT_TRUE(resume.ok()) << Message(resume.status());
    EXPECT_TRUE((*resume)->IsDone(key_, {kDay, kDay + days(1)}));
    EXPECT_EQ((*resume)->IsDone(key_, {kDay + days(1), kDay + days(2)}), round == 1);
    ASSERT_TRUE((*resume)->Done(key_, {kDay + days(1), kDay + days(2)}).ok());
  }
}

TEST_F(ResumeFileTest, AnotherFileIsRefused) {
  std::ofstream(path()) << "a\tb\tc\n";
  EXPECT_FALSE(ResumeFile::Open(path()).ok());
  EXPECT_FALSE(ResumeFile::Open(folder_ + "/none/done").ok());
  EXPECT_TRUE(ResumeFile::Open("").ok());
}

}  // namespace
}  // namespace kizashi
