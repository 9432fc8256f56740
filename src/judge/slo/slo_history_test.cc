// Budgets of generated histories against the events that made them.
//
// Every history is a service of a few processes that restart, whose error counters are born late,
// whose scrapes fail, whose traffic stops; samples come by scrape or by remote write, late and
// twice. The truth is counted event by event: what a scrape could see of each process' life.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "judge/judge.h"
#include "judge/test_journal.h"

namespace kizashi {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// More by KIZASHI_HISTORIES, such as 10000.
constexpr int kHistories = 500;

class Directory final : public SeriesDirectory {
 public:
  SeriesId Add(int process, const char* code) {
    Labels labels;
    labels.Set(kMetricName, "requests_total");
    labels.Set("job", "shop");
    labels.Set("instance", std::to_string(process));
    labels.Set("code", code);
    labels_.push_back(std::move(labels));
    return static_cast<SeriesId>(labels_.size() - 1);
  }
  Labels SeriesLabels(SeriesId id) const override { return labels_.at(id); }
  const Labels& StreamLabels(StreamId) const override { return none_; }

 private:
  std::vector<Labels> labels_;
  Labels none_;
};

/// One process: its counters, and what of them was seen.
struct Process {
  SeriesId ok = 0;
  SeriesId error = 0;
  double good = 0;  // events of this life
  double bad = 0;
  double unseen_good = 0;  // of them, those that no scrape has seen
  double unseen_bad = 0;
  // As last scraped, while the life that they are of may still go on for who only sees counters.
  double last_good = 0;
  double last_bad = 0;
  bool good_is_new = false;  // restarted, and not scraped since
  bool bad_is_new = false;
  bool known = false;  // scraped before
};

class History {
 public:
  explicit History(uint64_t seed) : random_(seed), judge_(directory_) {
    window_ = Duration(minutes(10 + Pick(60 * 40)));
    const Duration intervals[] = {seconds(10), minutes(1), minutes(5)};
    interval_ = intervals[Pick(3)];
    window_ = std::max<Duration>(FloorTo(TimeFromMs(window_.count()), interval_).time_since_epoch(),
                                 hours(1));
    calendar_ = Pick(4) == 0;
    by_remote_write_ = Pick(3) == 0;
    step_ = seconds(10 * (1 + Pick(6)));
    // Over the night in which summer time ends, in a quarter of the histories.
    begin_ = calendar_ ? *ParseTime("2026-10-25T00:00:10Z") : kMidnight;
  }

  void Run() {
    judge_.Apply({++seq_, begin_, CatalogChange{{{"c.yaml", Catalog()}}}});
    const int count = 1 + Pick(3);
    for (int i = 0; i < count; ++i) {
      Process process;
      process.ok = directory_.Add(i, "200");
      process.error = directory_.Add(i, "500");
      processes_.push_back(process);
    }
    const int scrapes = 50 + Pick(400);
    now_ = begin_ + step_;
    for (int i = 0; i < scrapes; ++i) {
      Happen();
      if (Pick(40) != 0) Scrape();  // else the scrape failed
      // Sometimes for as long as counts as not measured.
      now_ += Pick(60) == 0 ? Duration(minutes(1 + Pick(15))) : step_;
      now_ = FloorTo(now_, seconds(10));
    }
    now_ = FloorTo(now_, minutes(5)) + minutes(5);
    judge_.Apply({++seq_, now_, Tick{}});
  }

  void Check(uint64_t seed) {
    const auto slos = judge_.Slos();
    ASSERT_EQ(slos.size(), 1u);
    const ErrorBudget budget =
        ComputeErrorBudget(slos[0].second->spec(), slos[0].second->tracker(), now_);
    double good = 0;
    double total = 0;
    for (const auto& [time, events] : seen_) {
      if (time <= budget.window.begin || time > now_) continue;
      good += events.first;
      total += events.first + events.second;
    }
    const double remaining = total > 0 ? 1 - (total - good) / total / 0.01 : 1;
    EXPECT_EQ(budget.sum.total, total) << "seed " << seed;
    EXPECT_EQ(budget.sum.good, good) << "seed " << seed;
    EXPECT_NEAR(budget.remaining_share, remaining, 1e-9 * std::max(1.0, std::abs(remaining)))
        << "seed " << seed;
    EXPECT_TRUE(std::isfinite(budget.remaining_share)) << "seed " << seed;
    double covered = 0;
    for (size_t i = 1; i < measured_.size(); ++i) {
      const Time since = std::max(measured_[i - 1], budget.window.begin);
      if (measured_[i] - measured_[i - 1] <= minutes(5) && measured_[i] > since) {
        covered += ToSeconds(measured_[i] - since);
      }
    }
    if (!measured_.empty() && measured_[0] < now_) {
      const double of = ToSeconds(now_ - std::max(budget.window.begin, measured_[0]));
      EXPECT_NEAR(budget.covered_share, covered / of, 1e-9) << "seed " << seed;
    }
    if (calendar_) {
      EXPECT_EQ(FormatTime(budget.window.end), "2026-10-26T01:00:00.000Z") << "a day of 25 hours";
    }
  }

 private:
  int Pick(int below) { return static_cast<int>(random_() % static_cast<uint64_t>(below)); }

  std::string Catalog() const {
    return fmt::format(
        "service:\n  name: shop\n  slo:\n    target: 99\n    interval: {}\n    window: {}\n"
        "    good: requests_total{{code!~\"5..\"}}\n    total: requests_total\n",
        FormatDuration(interval_),
        calendar_ ? std::string("{calendar: day, time_zone: Atlantic/Azores}")
                  : FormatDuration(window_));
  }

  // What the processes did since the last step.
  void Happen() {
    if (quiet_ > 0) --quiet_;
    if (quiet_ == 0 && Pick(60) == 0) quiet_ = Pick(50);
    for (Process& process : processes_) {
      if (Pick(80) == 0) {
        // A restart: what nobody scraped is lost with the process.
        process.good = process.bad = process.unseen_good = process.unseen_bad = 0;
        process.good_is_new = process.bad_is_new = true;
      }
      double good = quiet_ > 0 ? 0 : Pick(1000);
      // Errors come late, and all at once.
      double bad = quiet_ > 0 || Pick(10) != 0 ? 0 : Pick(60);
      // A counter that passes its old value between two scrapes of which one saw a restart cannot
      // be told from one that went on; no counter can.
      if (process.good_is_new && process.good + good >= process.last_good) good = 0;
      if (process.bad_is_new && process.bad + bad >= process.last_bad) bad = 0;
      process.good += good;
      process.bad += bad;
      process.unseen_good += good;
      process.unseen_bad += bad;
    }
  }

  void Scrape() {
    std::vector<std::pair<SeriesId, double>> samples;
    double good = 0;
    double bad = 0;
    for (Process& process : processes_) {
      samples.emplace_back(process.ok, process.good);
      const bool born = process.bad > 0;
      if (born) samples.emplace_back(process.error, process.bad);
      // At the first sight of a source nobody knows how old its counters are.
      if (process.known) {
        good += process.unseen_good;
        bad += process.unseen_bad;
      }
      process.last_good = process.good;
      process.good_is_new = false;
      if (born) {
        process.last_bad = process.bad;
        process.bad_is_new = false;
      }
      process.unseen_good = process.unseen_bad = 0;
      process.known = true;
    }
    seen_.emplace_back(now_, std::pair(good, bad));
    measured_.push_back(now_);
    Send(samples);
  }

  void Send(const std::vector<std::pair<SeriesId, double>>& samples) {
    ScrapeBatch batch;
    batch.source = "shop";
    batch.time = now_;
    std::vector<SeriesId> layout;
    for (const auto& [series, value] : samples) {
      layout.push_back(series);
      batch.values.push_back(value);
    }
    batch.layout = std::make_shared<const std::vector<SeriesId>>(std::move(layout));
    judge_.Apply({++seq_, now_, std::move(batch)});
    if (!by_remote_write_) return;
    // The same again by another way, and some of what came before, in any order.
    SampleBatch again;
    for (const auto& [series, value] : samples) {
      again.samples.push_back({series, now_, value});
      if (Pick(2) == 0) again.samples.push_back({series, now_ - step_ / 2, value / 2});
    }
    judge_.Apply({++seq_, now_, std::move(again)});
  }

  std::mt19937_64 random_;
  Directory directory_;
  Judge judge_;
  uint64_t seq_ = 0;
  Time begin_{};
  Time now_{};
  Duration window_{};
  Duration interval_{};
  Duration step_{};
  bool calendar_ = false;
  bool by_remote_write_ = false;
  int quiet_ = 0;
  std::vector<Process> processes_;
  std::vector<std::pair<Time, std::pair<double, double>>> seen_;
  std::vector<Time> measured_;
};

TEST(SloHistoryTest, BudgetsAreThoseOfTheEvents) {
  const char* wanted = std::getenv("KIZASHI_HISTORIES");
  const uint64_t histories = wanted == nullptr ? kHistories : std::stoull(wanted);
  for (uint64_t seed = 1; seed <= histories; ++seed) {
    History history(seed);
    history.Run();
    history.Check(seed);
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace kizashi
