#include "judge/logs/log_finder.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "base/archive.h"

namespace kizashi {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using What = LogFinder::Event::What;

constexpr Time kBegin = TimeFromMs(1'767'225'600'000);
constexpr uint64_t kService = 7;

// One service on a virtual clock.
class LogFinderTest : public testing::Test {
 protected:
  using Source = std::function<void(Time)>;

  void Log(uint64_t id, int lines, LogSeverity severity = LogSeverity::kInfo) {
    for (int i = 0; i < lines; ++i) {
      if (finder_.Add(id, severity, "line " + std::to_string(id), now_)) ++news_;
    }
  }
  // Lets `span` pass; `source` logs at the begin of every step.
  void Run(Duration span, const Source& source) {
    for (const Time end = now_ + span; now_ < end; now_ += LogFinder::kStep) {
      source(now_);
      finder_.EndStep(kService, &companions_);
      companions_.EndStep();
      for (const LogFinder::Event& event : finder_.Look(now_, companions_)) {
        if (event.what == What::kGoesOn) continue;
        told_.push_back(fmt::format("{} {} {}{}{}", event.what == What::kBegin ? "begin" : "end",
                                    finder_.pattern(event.finding.slot).id,
                                    PatternChangeName(event.finding.change),
                                    event.reason.empty() ? "" : " ", event.reason));
        times_.push_back(now_);
        findings_.push_back(event.finding);
      }
    }
  }
  int Poisson(double mean) { return std::poisson_distribution<int>(mean)(random_); }
  // Patterns 1 to 5: 40, 8, 4, 2 and 1 lines in five seconds.
  Source Steady() {
    return [this](Time) {
      const double means[] = {40, 8, 4, 2, 1};
      for (uint64_t id = 1; id <= 5; ++id) Log(id, Poisson(means[id - 1]));
    };
  }

  LogFinder finder_;
  Companions companions_;
  Time now_ = kBegin;
  std::mt19937 random_{20260101};
  std::vector<std::string> told_;
  std::vector<Time> times_;
  std::vector<LogFinder::Finding> findings_;
  int news_ = 0;
};

using Told = std::vector<std::string>;

TEST_F(LogFinderTest, LearnsInSilenceThenTellsNews) {
  for (int i = 0; i < 300; ++i) {
    EXPECT_FALSE(finder_.Add(uint64_t(i % 3), LogSeverity::kInfo, "x", now_).has_value());
  }
  EXPECT_FALSE(finder_.Add(98, LogSeverity::kError, "x", now_).has_value())
      << "many lines, but of one moment";
  finder_.Add(98, LogSeverity::kError, "x", now_);
  now_ += LogFinder::kLifeMin;
  const auto news = finder_.Add(99, LogSeverity::kError, "boom", now_);
  ASSERT_TRUE(news.has_value());
  EXPECT_EQ(news->lines, 302u);
  EXPECT_EQ(news->unseen_share, 0);
  EXPECT_FALSE(finder_.Add(99, LogSeverity::kError, "boom", now_).has_value());
  EXPECT_EQ(finder_.Find(99)->count, 2u);
  EXPECT_EQ(finder_.Find(99)->example, "boom");
}

TEST_F(LogFinderTest, AnOpenVocabularyIsNeverNews) {
  for (uint64_t i = 0; i < 5'000; ++i) {
    EXPECT_FALSE(finder_.Add(i, LogSeverity::kInfo, "x", now_).has_value());
  }
  EXPECT_FALSE(finder_.IsLearnt());
}

TEST_F(LogFinderTest, NewsIsRareInTimeToo) {
  const auto rare = [this](uint64_t id, LogSeverity severity) {
    const auto news = finder_.Add(id, severity, "x", now_);
    return news && news->rare;
  };
  Run(hours(2), Steady());
  EXPECT_TRUE(rare(100, LogSeverity::kInfo));
  now_ += minutes(5);
  EXPECT_TRUE(rare(101, LogSeverity::kInfo)) << "soon after news";
  now_ += minutes(30);
  EXPECT_FALSE(rare(102, LogSeverity::kInfo)) << "half an hour after news";
  EXPECT_TRUE(rare(103, LogSeverity::kError)) << "the first new error of the log's life";
  finder_.ExplainNews();
  now_ += hours(23);
  EXPECT_FALSE(rare(104, LogSeverity::kInfo)) << "a day has not passed";
  now_ += hours(24);
  EXPECT_TRUE(rare(105, LogSeverity::kInfo));
}

TEST_F(LogFinderTest, AFloodOfUniqueLinesIsBoundedAndCounted) {
  for (uint64_t i = 0; i < LogFinder::kPatternsMax + 1'000; ++i) {
    finder_.Add(i, LogSeverity::kInfo, "x", now_);
  }
  EXPECT_EQ(finder_.size(), LogFinder::kPatternsMax);
  EXPECT_EQ(finder_.lines(), LogFinder::kPatternsMax + 1'000);
  EXPECT_EQ(finder_.other_lines(), 1'000u);
}

TEST_F(LogFinderTest, ASteadyDayTellsNothing) {
  Run(hours(24), Steady());
  EXPECT_EQ(told_, Told{});
}

TEST_F(LogFinderTest, APatternThatIsLoggedMoreIsOneEpisodeAndThenTheNewLevel) {
  Run(hours(3), Steady());
  Run(hours(2), [this](Time) {
    Steady()(now_);
    Log(4, Poisson(30));
  });
  EXPECT_EQ(told_, (Told{"begin 4 up", "end 4 up new_level"}));
  EXPECT_LE(times_[0] - (kBegin + hours(3)), seconds(60));
  EXPECT_NEAR(findings_[0].expected, 24, 8);
  EXPECT_GT(findings_[0].observed, findings_[0].high);
}

TEST_F(LogFinderTest, OneBusyMinuteIsOneEpisode) {
  Run(hours(3), Steady());
  Run(minutes(1), [this](Time) {
    Steady()(now_);
    Log(4, 60);
  });
  Run(hours(2), Steady());
  EXPECT_EQ(told_, (Told{"begin 4 up", "end 4 up quiet"}));
}

TEST_F(LogFinderTest, APatternThatStaysAwayIsGoneUntilItIsBack) {
  Run(hours(3), Steady());
  const Source without = [this](Time) {
    const double means[] = {40, 0, 4, 2, 1};
    for (const uint64_t id : {1, 3, 4, 5}) Log(id, Poisson(means[id - 1]));
  };
  Run(minutes(20), without);
  ASSERT_EQ(told_, Told{"begin 2 gone"});
  EXPECT_LE(times_[0] - (kBegin + hours(3)), minutes(4));
  Run(hours(1) - minutes(25), without);
  Run(minutes(20), Steady());
  EXPECT_EQ(told_, (Told{"begin 2 gone", "end 2 gone back"}));
}

TEST_F(LogFinderTest, MoreTrafficIsNoFinding) {
  Run(hours(3), Steady());
  Run(hours(2), [this](Time now) {
    for (int i = 0; i < 4; ++i) Steady()(now);
  });
  Run(hours(2), Steady());
  EXPECT_EQ(told_, Told{});
}

TEST_F(LogFinderTest, AHeartbeatIsNotGoneWhenTrafficIs) {
  const auto traffic = [this](double mean, Time now) {
    Log(1, Poisson(mean));
    if (now.time_since_epoch() % seconds(30) == Duration(0)) Log(2, 1);
  };
  Run(hours(6), [&](Time now) { traffic(40, now); });
  Run(hours(6), [&](Time now) { traffic(0.5, now); });
  Run(hours(6), [&](Time now) { traffic(40, now); });
  EXPECT_EQ(told_, Told{});
}

TEST_F(LogFinderTest, AnHourlyJobIsNoFindingOnceItIsKnown) {
  Run(hours(30), [this](Time now) {
    Steady()(now);
    const Duration hour = now.time_since_epoch() % hours(1);
    if (hour < minutes(2)) Log(6, Poisson(50));
  });
  EXPECT_EQ(told_, Told{});
}

TEST_F(LogFinderTest, WhatIsSavedInAnyStepGoesOnAsIfNeverStopped) {
  const Source source = [this](Time now) {
    Steady()(now);
    if (now > kBegin + minutes(200)) Log(4, 40);
    if (random_() % 500 == 0) Log(random_() % 50, 1);
  };
  Run(minutes(190), source);
  const auto save = [](LogFinder finder, Companions companions) {
    StateWriter out;
    out(finder, companions);
    return out.Take();
  };
  for (int i = 0; i < 30; ++i) {
    Run(minutes(1) + LogFinder::kStep * (i % 7), source);
    Log(3, i);  // in the middle of a step
    const std::string bytes = save(finder_, companions_);
    LogFinder finder;
    Companions companions;
    StateReader in(bytes);
    in(finder, companions);
    ASSERT_TRUE(in.ok() && in.AtEnd());
    EXPECT_EQ(save(finder, companions), bytes);
    const std::mt19937 random = random_;
    const LogFinder straight_finder = finder_;
    const Companions straight_companions = companions_;
    const Time now = now_;
    Run(minutes(3), source);
    const std::string straight = save(finder_, companions_);
    const Told told = told_;
    // The same again, from what was restored.
    random_ = random;
    now_ = now;
    finder_ = finder;
    companions_ = companions;
    Run(minutes(3), source);
    EXPECT_EQ(save(finder_, companions_), straight) << "restored in round " << i;
    random_ = random;
    now_ = now;
    finder_ = straight_finder;
    companions_ = straight_companions;
    told_ = told;
  }
}

TEST_F(LogFinderTest, AnAliasAddsUpAndBothIdsCount) {
  Run(hours(2), Steady());
  const uint64_t lines = finder_.Find(4)->count + finder_.Find(5)->count;
  ASSERT_TRUE(finder_.Alias(5, 4));
  EXPECT_EQ(finder_.Find(4)->count, lines);
  EXPECT_EQ(finder_.Find(5), finder_.Find(4));
  Log(5, 3);
  EXPECT_EQ(finder_.Find(4)->count, lines + 3);
  // Nothing is taken for gone or more: what was expected of both is expected of the one.
  Run(hours(3), Steady());
  EXPECT_EQ(told_, Told{});
}

}  // namespace
}  // namespace kizashi
