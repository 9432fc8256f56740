// A million series that end, as those of pods do: they leave memory, and the past still has them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "store/series/series_test_support.h"
#include "store/telemetry_store_test_support.h"

namespace kizashi {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr size_t kPodsOfWave = 500;
constexpr size_t kSeriesOfPod = 1000;
constexpr size_t kWaves = 2;
constexpr size_t kEnded = kWaves * kPodsOfWave * kSeriesOfPod;

Labels OfPod(size_t pod, size_t series) {
  return Labels({{"__name__", fmt::format("work_{}_total", series / 10)},
                 {"code", fmt::format("{}", 200 + series % 10)},
                 {"instance", fmt::format("10.{}.{}.{}:9100", pod / 65536, pod / 256, pod % 256)},
                 {"job", "work"},
                 {"pod", fmt::format("work-7d9f8b6c5-{:05}", pod)}});
}

double RssBytes() {
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  file >> pages >> pages;
  return pages * 4096;
}

class TelemetryChurnTest : public TelemetryStoreTest {
 protected:
  void Start() {
    store_.reset();
    registry_ = std::make_unique<Registry>();
    auto store = TelemetryStore::Open(options_, clock_, registry_.get());
    ASSERT_TRUE(store.ok()) << Message(store.status());
    store_ = *std::move(store);
    store_->Start(nullptr);
  }
  // One scrape of a pod.
  void Scrape(size_t pod, double value) {
    std::vector<SeriesId> ids;
    for (size_t i = 0; i < kSeriesOfPod; ++i) ids.push_back(*store_->InternSeries(OfPod(pod, i)));
    std::vector<double> values(ids.size(), value);
    ASSERT_TRUE(Append(*store_, ScrapeBatch{fmt::format("pod/{}", pod), clock_.Now(),
                                            Layout(std::move(ids)), std::move(values)})
                    .ok());
  }
  double Metric(const std::string& name) const {
    const std::string text = registry_->Write();
    const size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }
  // Meanwhile one pod lives: blocks are made of what it says.
  template <typename Condition>
  void LiveUntil(Condition condition) {
    for (int i = 0; i < 3000; ++i) {
      if (condition()) return;
      clock_.Advance(std::chrono::seconds(1));
      Scrape(0, i);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL() << "series do not leave memory";
  }
  std::map<std::string, std::vector<std::pair<int64_t, uint64_t>>> Read(
      const std::vector<LabelMatcher>& matchers, Time from, Time to) {
    const auto reader = store_->series().OpenReader();
    return ReadAll(*reader, matchers, ToMs(from), ToMs(to));
  }
  size_t CountSelected(Time from, Time to) {
    const auto reader = store_->series().OpenReader();
    std::vector<SeriesReader::Ref> refs;
    EXPECT_TRUE(reader
                    ->Select(std::vector<LabelMatcher>{{"job", LabelMatcher::Op::kEqual, "work"}},
                             from, to, &refs)
                    .ok());
    return refs.size();
  }

  std::unique_ptr<Registry> registry_;
  StorePtr store_;
};

TEST_F(TelemetryChurnTest, AMillionEndedSeriesLeaveMemoryAndAreFoundInThePast) {
  options_.series_block_every = std::chrono::milliseconds(200);
  options_.samples_block_length = std::chrono::minutes(1);
  Start();
  Scrape(0, 0);
  LiveUntil([&] { return Metric("kizashi_series_store_blocks") >= 1; });
  const double rss_before = RssBytes();
  const Time begin = clock_.Now();
  for (size_t wave = 0; wave < kWaves; ++wave) {
    for (size_t i = 0; i < kPodsOfWave; ++i) {
      Scrape(1 + wave * kPodsOfWave + i, static_cast<double>(wave));
    }
    clock_.Advance(std::chrono::minutes(1));
    LiveUntil([&] {
      // Some may wait for more: at most as many as pay (SeriesNames::SetRetireMin).
      return Metric("kizashi_store_series") <= kSeriesOfPod + (64 << 10);
    });
  }
  const Time end = clock_.Now();
  clock_.Advance(std::chrono::hours(1));
  LiveUntil([&] { return Metric("kizashi_store_series_ended") >= kEnded - (64 << 10); });
  // Of each series that ended: a filter of ten bits, and next to nothing for its id; of those that
  // wait sixty bytes.
  EXPECT_LT(Metric("kizashi_series_store_index_bytes"), 2.0 * kEnded + 60 * (64 << 10));
  EXPECT_LT(RssBytes() - rss_before, 48e6);

  const std::vector<LabelMatcher> one = {{"pod", LabelMatcher::Op::kEqual, "work-7d9f8b6c5-00007"},
                                         {"code", LabelMatcher::Op::kEqual, "203"}};
  EXPECT_THAT(Read(one, end + std::chrono::minutes(30), clock_.Now()), SizeIs(0));
  EXPECT_THAT(Read(one, begin, end), SizeIs(kSeriesOfPod / 10));
  EXPECT_EQ(CountSelected(begin, end), kEnded + kSeriesOfPod);

  // It returns: a new sample, the old series.
  Scrape(7, 42);
  Start();
  EXPECT_LT(Metric("kizashi_store_series"), 3 * kSeriesOfPod + (64 << 10));
  EXPECT_EQ(CountSelected(begin, end), kEnded + kSeriesOfPod);
  const auto returned = Read(one, begin, clock_.Now());
  ASSERT_THAT(returned, SizeIs(kSeriesOfPod / 10));
  for (const auto& [labels, samples] : returned) {
    ASSERT_THAT(samples, SizeIs(2)) << labels;
    EXPECT_EQ(samples[0].second, std::bit_cast<uint64_t>(0.0));
    EXPECT_EQ(samples[1].second, std::bit_cast<uint64_t>(42.0));
  }
  EXPECT_THAT(Read(one, clock_.Now(), clock_.Now()), SizeIs(kSeriesOfPod / 10));
}

}  // namespace
}  // namespace kizashi
