// The metrics store alone, without sockets and parser: what it costs to take in scrapes of many
// series, to keep them, to start again and to read them. bench/macro/series_bench.py measures the
// whole server.
//
//   build/release/bench/series_figures DIRECTORY [targets] [series of a target] [scrapes]
//   build/release/bench/series_figures DIRECTORY 0       only starts on what is there
#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <semaphore>
#include <string>
#include <vector>

#include "base/check.h"
#include "lib/series_mix.h"
#include "store/telemetry_store.h"

namespace kizashi {
namespace {

constexpr int kInFlight = 32;

double Wall() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double Cpu() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double ThreadCpu() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double RssBytes() {
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  file >> pages >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGE_SIZE));
}

uint64_t BytesBelow(const std::filesystem::path& directory) {
  uint64_t bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(directory)) {
    if (file.is_regular_file()) bytes += file.file_size();
  }
  return bytes;
}

Labels SeriesLabels(size_t target, size_t series) {
  return Labels({{"__name__", fmt::format("app_metric_{}_total", series / 16)},
                 {"route", fmt::format("/api/v1/r{}", series % 8)},
                 {"code", series / 8 % 2 == 0 ? "200" : "500"},
                 {"job", fmt::format("job-{}", target % 20)},
                 {"instance", fmt::format("10.0.{}.{}:9100", target / 250, target % 250)},
                 {"pod", fmt::format("app-{}-7d9f8b6c5-x{}", target % 20, target)},
                 {"namespace", fmt::format("team-{}", target % 20)},
                 {"cluster", "prod-1"},
                 {"node", fmt::format("node-{}", target / 10)},
                 {"zone", fmt::format("zone-{}", target % 3)}});
}

struct Target {
  SeriesLayout layout;
  std::vector<MixSeries> series;
};

class Figures {
 public:
  Figures(std::string directory, size_t targets, size_t series, size_t scrapes)
      : directory_(std::move(directory)), targets_(targets), series_(series), scrapes_(scrapes) {}

  void Run() {
    if (targets_ == 0) return Start();
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    Open();
    Define();
    TakeIn();
    Read("after taking in");
    store_->Stop();
    store_.reset();
    Start();
  }

  // Of a store that is there.
  void Start() {
    const double rss = RssBytes();
    const double cpu = Cpu();
    const double begin = Wall();
    Open();
    std::printf("start: %.3f s wall, %.3f s CPU, %.0f MB RSS more\n", Wall() - begin, Cpu() - cpu,
                (RssBytes() - rss) / 1e6);
    clock_.Set(TimeFromMs(1'700'006'400'000) + std::chrono::hours(2));
    Read("after a start");
  }

 private:
  double count() const { return static_cast<double>(targets_ * series_); }
  double PerSeries() const {
    malloc_trim(0);
    return (RssBytes() - generator_) / count();
  }
  void Open() {
    store_.reset();
    StoreOptions options;
    options.directory = directory_ + "/telemetry";
    auto store = TelemetryStore::Open(options, clock_, nullptr);
    KZ_CHECK(store.ok(), "{}", Message(store.status()));
    store_ = *std::move(store);
    store_->Start([](const TelemetryStore::Entries&) {});
  }
  void Define() {
    const double rss = RssBytes();
    all_.resize(targets_);
    for (size_t t = 0; t < targets_; ++t) {
      for (size_t i = 0; i < series_; ++i) all_[t].series.emplace_back(t * series_ + i, 7);
    }
    generator_ = RssBytes() - rss;
    const double begin = Wall();
    for (size_t t = 0; t < targets_; ++t) {
      std::vector<SeriesId> ids;
      for (size_t i = 0; i < series_; ++i) ids.push_back(*store_->InternSeries(SeriesLabels(t, i)));
      all_[t].layout = std::make_shared<const std::vector<SeriesId>>(std::move(ids));
      Append(t);
    }
    std::printf("define: %.2f us a series\n", 1e6 * (Wall() - begin) / count());
  }
  void Append(size_t t) {
    ScrapeBatch batch;
    batch.source = fmt::format("job/{}", t);
    batch.time = clock_.Now();
    batch.layout = all_[t].layout;
    batch.values.reserve(series_);
    const double begin = Cpu();
    for (MixSeries& series : all_[t].series) {
      batch.values.push_back(series.value());
      series.Step();
    }
    generating_ += Cpu() - begin;
    // As many on their way as a server of so many targets has, so that they share a sync.
    in_flight_.acquire();
    store_->Append(std::move(batch), [&](const Status& status) {
      KZ_CHECK(status.ok());
      in_flight_.release();
    });
  }
  void TakeIn() {
    generating_ = 0;
    const double wall = Wall();
    const double cpu = Cpu();
    for (size_t scrape = 1; scrape < scrapes_; ++scrape) {
      for (size_t t = 0; t < targets_; ++t) {
        clock_.Advance(Duration(15'000 / static_cast<int64_t>(targets_)));
        Append(t);
      }
      clock_.Advance(Duration(15'000 % static_cast<int64_t>(targets_)));
    }
    for (int i = 0; i < kInFlight; ++i) in_flight_.acquire();
    in_flight_.release(kInFlight);
    const double samples = count() * static_cast<double>(scrapes_ - 1);
    std::printf("take in: %.0f M samples, %.1f ns CPU a sample, %.1f s wall, %.0f B RSS a series\n",
                samples / 1e6, 1e9 * (Cpu() - cpu - generating_) / samples, Wall() - wall,
                PerSeries());
    WaitForBlocks();
    std::printf("disk: %.3f B a sample in blocks of samples, %.3f in all\n",
                static_cast<double>(BytesBelow(directory_ + "/telemetry/series")) / samples,
                static_cast<double>(BytesBelow(directory_)) / samples);
  }
  // Until nothing on disk has changed for a while: what is due is written and merged.
  void WaitForBlocks() const {
    constexpr int kStillS = 8;
    uint64_t bytes = 0;
    for (int still = 0, waited = 0; still < kStillS && waited < 180; ++waited) {
      sleep(1);
      const uint64_t now = BytesBelow(directory_);
      still = now == bytes ? still + 1 : 0;
      bytes = now;
    }
  }
  void Read(const char* when) {
    for (int turn = 0; turn < 3; ++turn) {
      const double begin = Wall();
      const auto reader = store_->series().OpenReader();
      std::vector<SeriesReader::Ref> refs;
      const std::vector<LabelMatcher> matchers = {
          {"__name__", LabelMatcher::Op::kEqual, "app_metric_3_total"}};
      const Time to = clock_.Now();
      const Time from = to - std::chrono::hours(2);
      KZ_CHECK(reader->Select(matchers, from, to, &refs).ok());
      if (refs.size() > 2500) refs.resize(2500);
      const double selected = Wall();
      const double cpu = ThreadCpu();
      size_t samples = 0;
      SampleColumns columns;
      for (const SeriesReader::Ref ref : refs) {
        KZ_CHECK(reader->Read(ref, from, to, &columns).ok());
        samples += columns.size();
      }
      std::printf("read %s: %zu series, %zu samples, select %.2f ms, read %.2f ms (%.2f ms CPU)\n",
                  when, refs.size(), samples, 1e3 * (selected - begin), 1e3 * (Wall() - selected),
                  1e3 * (ThreadCpu() - cpu));
    }
  }

  const std::string directory_;
  const size_t targets_;
  const size_t series_;
  const size_t scrapes_;
  ManualClock clock_{TimeFromMs(1'700'006'400'000)};
  std::unique_ptr<TelemetryStore> store_;
  std::vector<Target> all_;
  double generator_ = 0;
  double generating_ = 0;
  std::counting_semaphore<> in_flight_{kInFlight};
};

}  // namespace
}  // namespace kizashi

int main(int argc, char** argv) {
  const auto number = [&](int i, size_t otherwise) {
    return argc > i ? std::strtoul(argv[i], nullptr, 10) : otherwise;
  };
  if (argc < 2) return 2;
  kizashi::Figures(argv[1], number(2, 400), number(3, 1000), number(4, 40)).Run();
  return 0;
}
