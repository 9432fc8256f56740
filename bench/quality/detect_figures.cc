// Accuracy of the detectors of anomalies on labelled data, beside floors; detect_quality.py runs
// it. usage: detect_figures nab FOLDER [files] | services FOLDER
#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "detect_data.h"
#include "detect_floors.h"
#include "judge/anomaly/service_detector.h"
#include "nab_published.h"

namespace kizashi::bench {
namespace {

SampleScore Ours() {
  auto detector = std::make_shared<SeriesDetector>();
  return [detector](Time time, double value) { return detector->Observe(time, value).news; };
}

// The values that NAB's definition states for the four places of a window.
bool SigmoidIsRight() {
  const auto near = [](double x, double y) { return std::abs(NabSigmoid(x) - y) < 5e-6; };
  NabCorpus corpus;  // hits the first row of its one window, and nothing else
  std::vector<float> scores(1000, 0);
  scores[500] = 1;
  corpus.AddFile(scores, {{500, 599}});
  return near(-1, 0.98661) && near(-0.5, 0.84828) && near(0, 0) && near(1, -0.98661) &&
         NabSigmoid(3) == -1 && std::abs(corpus.ScoreAt(0.5f, kNabStandard) - 100) < 1e-9 &&
         std::abs(corpus.ScoreAt(2, kNabStandard)) < 1e-9;
}

std::vector<float> Scores(const Floor& detector, const LabelledSeries& one) {
  const SampleScore score = detector.make();
  std::vector<float> scores;
  for (size_t i = 0; i < one.times.size(); ++i) {
    scores.push_back(score(one.times[i], one.values[i]));
  }
  return scores;
}

// In which half of the files `name` is, by its FNV-1a hash: what is tried on one is checked on
// the other.
int HalfOf(const std::string& name) {
  uint32_t hash = 2'166'136'261u;
  for (const char c : name) hash = (hash ^ uint8_t(c)) * 16'777'619u;
  return int(hash >> 16 & 1);
}

void PrintFrozen(const std::string& name, const NabCorpus& corpus, float threshold) {
  int hits = 0;
  int outside = 0;
  const double frozen = corpus.ScoreAt(threshold, kNabStandard, &hits, &outside);
  fmt::print("{} frozen {:.1f} ({} of {} windows, {} rows outside)", name, frozen, hits,
             corpus.windows(), outside);
}

// Of each file and half what a missed window and a row outside cost.
void NabByFile(const std::string& folder) {
  const Floor ours = {"kizashi", Ours};
  NabCorpus halves[2];
  for (const LabelledSeries& one : ReadNab(folder)) {
    const std::vector<float> scores = Scores(ours, one);
    NabCorpus alone;
    alone.AddFile(scores, one.windows);
    const int half = HalfOf(one.name);
    halves[half].AddFile(scores, one.windows);
    int hits = 0;
    int outside = 0;
    const double sum = alone.SumAt(SeriesDetector::kAlertLog10Weeks, kNabStandard, &hits, &outside);
    fmt::print("{} {:60} {:2} of {} windows, {:3} rows outside, {:6.2f} of {}\n", half, one.name,
               hits, alone.windows(), outside, sum, alone.windows());
  }
  for (int half = 0; half < 2; ++half) {
    float at = 0;
    const double swept = halves[half].Swept(kNabStandard, &at);
    PrintFrozen(fmt::format("half {} swept {:.1f} at {:.2f}", half, swept, at), halves[half],
                SeriesDetector::kAlertLog10Weeks);
    fmt::print("\n");
  }
}

// The scorer against what NAB published: its windowed Gaussian, file by file.
void CheckPublished(const std::vector<LabelledSeries>& series) {
  const Floor gaussian = {"windowed Gaussian", WindowedGaussian};
  int compared = 0;
  int same = 0;
  std::string other;
  for (const PublishedScore& published : PublishedWindowedGaussian()) {
    for (const LabelledSeries& one : series) {
      if (one.name != published.file) continue;
      NabCorpus alone;
      alone.AddFile(Scores(gaussian, one), one.windows);
      int outside = 0;
      const double sum = alone.SumAt(1, kNabStandard, nullptr, &outside);
      const bool near = std::abs(sum - published.score) < 0.01 && outside == published.outside;
      ++compared;
      same += near ? 1 : 0;
      if (!near) {
        other += fmt::format("  {}: {:.3f} with {} rows outside, published {:.3f} with {}\n",
                             one.name, sum, outside, published.score, published.outside);
      }
    }
  }
  fmt::print("scorer: {} of {} files get the published score of NAB's windowed Gaussian\n{}", same,
             compared, other);
}

void Nab(const std::string& folder) {
  const auto series = ReadNab(folder);
  fmt::print("NAB: {} files; the scorer {} the published definition's values\n", series.size(),
             SigmoidIsRight() ? "gives" : "DOES NOT GIVE");
  CheckPublished(series);
  std::vector<Floor> all = {{"kizashi", Ours}};
  for (const Floor& floor : Floors()) all.push_back(floor);
  for (const Floor& detector : all) {
    NabCorpus corpus;
    for (const LabelledSeries& one : series) corpus.AddFile(Scores(detector, one), one.windows);
    float at = 0;
    const double swept = corpus.Swept(kNabStandard, &at);
    fmt::print("nab swept {:18} {:6.1f}  low FP {:6.1f}  low FN {:6.1f}", detector.name, swept,
               corpus.Swept(kNabLowFp, &at), corpus.Swept(kNabLowFn, &at));
    if (detector.name == "kizashi") PrintFrozen(" ", corpus, SeriesDetector::kAlertLog10Weeks);
    fmt::print("\n");
  }
}

constexpr int64_t kStepMs = 300'000;

// Alerts of one service: rows of test at which one begins.
std::vector<int64_t> AlertsOfOurs(const LabelledService& service, bool train) {
  std::vector<int64_t> alerts;
  ServiceDetector detector(service.test[0].size());
  int64_t ms = 1'609'459'200'000;
  const auto feed = [&](const std::vector<double>& row) {
    for (size_t i = 0; i < row.size(); ++i) detector.Observe(uint32_t(i), TimeFromMs(ms), row[i]);
    const bool alert = detector.Judge(TimeFromMs(ms)).alert;
    ms += kStepMs;
    return alert;
  };
  if (train) {
    for (const auto& row : service.train) feed(row);
  }
  for (size_t row = 0; row < service.test.size(); ++row) {
    if (feed(service.test[row])) alerts.push_back(int64_t(row));
  }
  return alerts;
}

// The same of a floor: three signals beyond `threshold` within three rows.
std::vector<std::vector<float>> ScoresOfFloor(const Floor& floor, const LabelledService& service) {
  std::vector<SampleScore> signals;
  for (size_t i = 0; i < service.test[0].size(); ++i) signals.push_back(floor.make());
  std::vector<std::vector<float>> scores;
  int64_t ms = 1'609'459'200'000;
  for (const auto& row : service.test) {
    std::vector<float>& out = scores.emplace_back();
    for (size_t i = 0; i < row.size(); ++i) out.push_back(signals[i](TimeFromMs(ms), row[i]));
    ms += kStepMs;
  }
  return scores;
}

std::vector<int64_t> AlertsAt(const std::vector<std::vector<float>>& scores, float threshold) {
  std::vector<int64_t> alerts;
  std::vector<int64_t> last(scores[0].size(), -100);
  for (size_t row = 0; row < scores.size(); ++row) {
    int moving = 0;
    for (size_t i = 0; i < last.size(); ++i) {
      if (scores[row][i] >= threshold) last[i] = int64_t(row);
      moving += int64_t(row) - last[i] < 3 ? 1 : 0;
    }
    if (moving >= 3) alerts.push_back(int64_t(row));
  }
  return alerts;
}

struct Tally {
  int segments = 0;
  int hits = 0;
  int false_alerts = 0;
  double weeks = 0;
};

// Alerts within an hour are one; 10 minutes before to 60 behind a segment is not counted as false.
void Count(const LabelledService& service, const std::vector<int64_t>& alerts, Tally* tally) {
  const auto rows = int64_t(service.test.size());
  int64_t guarded = 0;
  for (const auto& [first, end] : service.segments) {
    ++tally->segments;
    const bool hit = std::any_of(alerts.begin(), alerts.end(), [&, a = first, b = end](int64_t at) {
      return at >= a && at < std::max(b, a + 3);
    });
    tally->hits += hit ? 1 : 0;
    guarded += std::min(end + 12, rows) - std::max<int64_t>(first - 2, 0);
  }
  tally->weeks += double((rows - guarded) * kStepMs) / 604'800'000.0;
  int64_t last = -1000;
  for (const int64_t at : alerts) {
    const bool inside =
        std::any_of(service.segments.begin(), service.segments.end(),
                    [&](const auto& s) { return at >= s.first - 2 && at < s.second + 12; });
    if (inside || at - last < 12) continue;
    ++tally->false_alerts;
    last = at;
  }
}

void Services(const std::string& folder) {
  const auto services = ReadServices(folder);
  for (const bool train : {false, true}) {
    Tally tally;
    for (const auto& service : services) Count(service, AlertsOfOurs(service, train), &tally);
    fmt::print(
        "services frozen kizashi, {}: {} of {} segments ({:.0f} %), {:.2f} false alerts per "
        "service-week\n",
        train ? "after its train part" : "test part alone", tally.hits, tally.segments,
        100.0 * tally.hits / tally.segments, tally.false_alerts / tally.weeks);
  }
  for (const Floor& floor : Floors()) {
    std::vector<std::vector<std::vector<float>>> scores;
    std::vector<float> all;
    for (const auto& service : services) scores.push_back(ScoresOfFloor(floor, service));
    for (size_t i = 0; i < scores.size(); ++i) {
      for (size_t row = i; row < scores[i].size(); row += 97) {
        all.insert(all.end(), scores[i][row].begin(), scores[i][row].end());
      }
    }
    std::sort(all.begin(), all.end());
    double best = 0;  // at 0.5 by a swept threshold: better than a floor can be
    for (double left = 0.1; left > 1e-5; left *= 0.8) {
      Tally tally;
      const float threshold = all[size_t((1 - left) * double(all.size() - 1))];
      for (size_t i = 0; i < services.size(); ++i) {
        Count(services[i], AlertsAt(scores[i], threshold), &tally);
      }
      if (tally.false_alerts / tally.weeks > 0.5) continue;
      best = std::max(best, 100.0 * tally.hits / tally.segments);
    }
    fmt::print("services swept 3-of-n {}: {:.0f} % at 0.5\n", floor.name, best);
  }
}

}  // namespace
}  // namespace kizashi::bench

int main(int argc, char** argv) {
  const std::string_view what = argc >= 3 ? argv[1] : "";
  if (what == "nab" && argc == 3) {
    kizashi::bench::Nab(argv[2]);
  } else if (what == "nab" && std::string_view(argv[3]) == "files") {
    kizashi::bench::NabByFile(argv[2]);
  } else if (what == "services") {
    kizashi::bench::Services(argv[2]);
  } else {
    fmt::print(stderr, "usage: detect_figures nab FOLDER [files] | services FOLDER\n");
    return 2;
  }
  return 0;
}
