// What the judge makes of the signals of several services: those that are young borrow.
#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "judge/test_journal.h"

namespace kizashi {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kServices = R"yaml(
service: {name: old, owner: team}
---
service: {name: young, owner: team}
---
team: {name: team}
)yaml";
constexpr Duration kAge = hours(25);  // of the old service when the young one begins
constexpr Duration kUntil = minutes(30);
constexpr Duration kFaultFrom = minutes(15);

// Five gauges a service, with noise of some per cent.
TestJournal::Samples Gauges(const std::string& service, double level, double fault,
                            std::mt19937* random) {
  std::normal_distribution<double> noise(1, 0.03);
  const auto name = [&](const char* metric) {
    return fmt::format(R"({}{{service="{}"}})", metric, service);
  };
  return {{name("process_resident_memory_bytes"), level * 1e6 * fault * noise(*random)},
          {name("process_open_fds"), level * 20 * fault * noise(*random)},
          {name("process_max_fds"), 100'000},
          {name("node_load1"), level * fault * noise(*random)},
          {name("node_memory_MemAvailable_bytes"), 8e9 * noise(*random)},
          {name("node_memory_MemTotal_bytes"), 16e9},
          {name("kizashi_store_queue_bytes"), level * 1e3 * fault * noise(*random)}};
}

// The old service from midnight on, and the young one with its fault.
std::unique_ptr<TestJournal> WriteServices() {
  auto journal = std::make_unique<TestJournal>();
  std::mt19937 random(3);
  journal->Catalog(kMidnight, kServices);
  for (Duration at{}; at < kAge + kUntil; at += seconds(15)) {
    journal->Scrape(kMidnight + at, "old", Gauges("old", 1, 1, &random));
    if (at < kAge) continue;
    const double fault = at - kAge >= kFaultFrom ? 3 : 1;
    journal->Scrape(kMidnight + at, "young", Gauges("young", 7, fault, &random));
  }
  return journal;
}

TEST(ServiceJudgeSignalsTest, AYoungServiceIsWatchedWithWhatItsSiblingTaught) {
  const auto journal = WriteServices();
  Judge judge(*journal);
  const Told told = JudgeRest(*journal, &judge);
  EXPECT_TRUE(told.Stories("old").empty());
  ASSERT_FALSE(told.anomalies.empty());
  const AnomalyRecord& found = told.anomalies.front();
  EXPECT_EQ(found.service, "young");
  EXPECT_EQ(found.source, "signals");
  EXPECT_GE(found.begin, kMidnight + kAge + kFaultFrom - minutes(1));
  EXPECT_LE(found.begin, kMidnight + kAge + kFaultFrom + minutes(2));
}

TEST(ServiceJudgeSignalsTest, ARestartWhileItBorrowsChangesNothing) {
  const auto journal = WriteServices();
  Judge whole(*journal);
  JudgeRest(*journal, &whole);
  const size_t entries = journal->entries().size();
  // Before it borrows, in the minutes in which it does, and afterwards.
  for (const size_t before_end : {230u, 206u, 200u, 190u, 100u}) {
    Judge first(*journal);
    for (size_t i = 0; i + before_end < entries; ++i) first.Apply(journal->entries()[i]);
    const std::string state = first.Save();
    Judge second(*journal);
    ASSERT_TRUE(second.Restore(state).ok());
    JudgeRest(*journal, &second);
    EXPECT_EQ(second.Save(), whole.Save()) << before_end << " entries before the end";
  }
}

}  // namespace
}  // namespace kizashi
