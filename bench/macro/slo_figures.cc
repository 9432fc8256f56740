// What SLOs cost the judge: many of them over many series, every fifteen seconds, and one with a
// long past. No sockets, no disk.
//
//   build/release/bench/slo_figures [SLOs] [series] [rounds]
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "catalog/slo_alerts.h"
#include "judge/judge.h"

namespace kizashi {
namespace {

constexpr Time kBegin = TimeFromMs(1'767'225'600'000);
constexpr Duration kScrapeEvery = std::chrono::seconds(15);

double Cpu() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double RssMiB() {
  malloc_trim(0);
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  file >> pages >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGE_SIZE)) / (1 << 20);
}

/// Series made from their number: no label set is kept.
class Directory final : public SeriesDirectory {
 public:
  explicit Directory(size_t per_slo) : per_slo_(per_slo) {}
  Labels SeriesLabels(SeriesId id) const override {
    const size_t within = id % per_slo_;
    return Labels({{"__name__", "requests_total"},
                   {"code", within % 4 == 0 ? "500" : "200"},
                   {"instance", std::to_string(within / 4)},
                   {"job", "s" + std::to_string(id / per_slo_)}});
  }
  const Labels& StreamLabels(StreamId) const override { return none_; }

 private:
  const size_t per_slo_;
  Labels none_;
};

std::string Catalog(size_t slos) {
  std::string text;
  for (size_t i = 0; i < slos; ++i) {
    text += fmt::format(
        "---\nservice:\n  name: s{0}\n  slo:\n    target: 99.9\n"
        "    good: requests_total{{job=\"s{0}\",code!~\"5..\"}}\n    total: "
        "requests_total{{job=\"s{0}\"}}\n",
        i);
  }
  return text;
}

void ManySlos(size_t slos, size_t series, int rounds) {
  const size_t per_slo = series / slos;
  const Directory directory(per_slo);
  Judge judge(directory);
  uint64_t seq = 0;
  judge.Apply({++seq, kBegin, CatalogChange{{{"c.yaml", Catalog(slos)}}}});
  std::vector<SeriesLayout> layouts;
  for (size_t slo = 0; slo < slos; ++slo) {
    std::vector<SeriesId> ids;
    for (size_t i = 0; i < per_slo; ++i) ids.push_back(static_cast<SeriesId>(slo * per_slo + i));
    layouts.push_back(std::make_shared<const std::vector<SeriesId>>(std::move(ids)));
  }
  double spent = 0;
  const double rss = RssMiB();
  for (int round = 0; round < rounds; ++round) {
    // The first rounds make the plans of series.
    const double before = Cpu();
    for (size_t slo = 0; slo < slos; ++slo) {
      ScrapeBatch batch;
      batch.source = "s" + std::to_string(slo);
      batch.layout = layouts[slo];
      batch.values.assign(per_slo, 0);
      for (size_t i = 0; i < per_slo; ++i) {
        batch.values[i] = static_cast<double>(round) * (i % 4 == 0 ? (round % 50 == 0) : 20);
      }
      const Time at = kBegin + kScrapeEvery * (round + 1) +
                      Duration(15'000 * static_cast<int64_t>(slo) / static_cast<int64_t>(slos));
      batch.time = at;
      judge.Apply({++seq, at, std::move(batch)});
    }
    const Snapshot snapshot = judge.MakeSnapshot(seq);
    if (snapshot.services.size() != slos) std::abort();
    if (round >= 2) spent += Cpu() - before;
  }
  const double share = spent / (rounds - 2) / ToSeconds(kScrapeEvery);
  std::printf("slo/judging\t%.2f\t%% of a core\t%zu SLOs, %zu series, every 15 s, ticks of 5 s\n",
              share * 100, slos, series);
  std::printf("slo/judge_memory\t%.0f\tMiB\twhat the judge holds of them all\n", RssMiB() - rss);
}

SloSpec YearSlo() {
  SloSpec slo;
  slo.window = BudgetWindow::Rolling(std::chrono::days(365));
  slo.indicator.good.counters = {{}};
  slo.indicator.total.counters = {{}};
  return slo;
}

/// Feeds `span` of minutes; the microseconds of one evaluation of budget and pairs then.
double Evaluation(const SloSpec& slo, Duration span, double* bytes) {
  SloTracker tracker(slo);
  Time now = kBegin;
  for (; now < kBegin + span; now += std::chrono::minutes(1)) {
    tracker.Count({SliRole::Kind::kGood}, now, 997);
    tracker.Count({SliRole::Kind::kTotal}, now, 1000);
  }
  *bytes = static_cast<double>(tracker.slices().bytes());
  constexpr int kTimes = 20'000;
  const double before = Cpu();
  double sink = 0;
  for (int i = 0; i < kTimes; ++i) {
    sink += ComputeErrorBudget(slo, tracker, now).remaining_share;
    for (const BurnPair& pair : ReachablePairs(slo)) {
      sink += EvaluatePair(pair, slo, tracker, now).long_burn;
    }
  }
  if (sink == 0.5) std::printf("\n");
  return (Cpu() - before) / kTimes * 1e6;
}

void LongPast() {
  const SloSpec slo = YearSlo();
  double day_bytes = 0;
  double month_bytes = 0;
  double year_bytes = 0;
  const double day = Evaluation(slo, std::chrono::days(1), &day_bytes);
  Evaluation(slo, std::chrono::days(30), &month_bytes);
  const double year = Evaluation(slo, std::chrono::days(365), &year_bytes);
  std::printf("slo/evaluation\t%.2f\tus\tafter a day\n", day);
  std::printf("slo/evaluation\t%.2f\tus\tafter a year: %.2f times that after a day\n", year,
              year / day);
  std::printf("slo/memory\t%.0f\tKiB\tof slices of a minute over 30 days; %.0f over a year\n",
              month_bytes / 1024, year_bytes / 1024);
}

/// Memory of many SLOs whose windows are full.
void FullWindows(size_t slos) {
  SloSpec slo = YearSlo();
  slo.window = BudgetWindow::Rolling(std::chrono::days(30));
  const double before = RssMiB();
  std::vector<std::unique_ptr<SloTracker>> trackers;
  for (size_t i = 0; i < slos; ++i) {
    trackers.push_back(std::make_unique<SloTracker>(slo));
    for (int minute = 0; minute < 30 * 24 * 60; ++minute) {
      const Time now = kBegin + std::chrono::minutes(minute);
      trackers.back()->Count({SliRole::Kind::kGood}, now, 40'000 + minute % 977);
      trackers.back()->Count({SliRole::Kind::kTotal}, now, 40'003 + minute % 977);
    }
  }
  std::printf("slo/memory\t%.0f\tMiB\t%zu SLOs whose 30 days are full\n", RssMiB() - before, slos);
}

}  // namespace
}  // namespace kizashi

int main(int argc, char** argv) {
  const size_t slos = argc > 1 ? std::stoul(argv[1]) : 1000;
  const size_t series = argc > 2 ? std::stoul(argv[2]) : 1'000'000;
  const int rounds = argc > 3 ? std::stoi(argv[3]) : 12;
  kizashi::LongPast();
  kizashi::FullWindows(slos);
  kizashi::ManySlos(slos, series, rounds);
}
