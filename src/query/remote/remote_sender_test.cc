#include "query/remote/remote_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <set>
#include <thread>

#include "base/hash.h"
#include "ingest/prometheus_config.h"
#include "net/content_coding.h"
#include "wire/remote_write.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Time kBegin = TimeFromMs(1'700'000'000'000);

// A receiver that, as Prometheus does, refuses a whole request when one of its samples is older
// than the newest of its series.
class FakeReceiver {
 public:
  void Answer(FetchRequest request, const HttpClient::Callback& done) {
    FetchResult result;
    {
      const std::lock_guard lock(mutex_);
      ++requests_;
      result.code = 204;
      if (!script_.empty()) {
        result = script_.front();
        script_.erase(script_.begin());
      } else if (is_down_) {
        result.status = Unavailable("nobody listens");
      }
      if (result.status.ok() && result.code == 204) result.code = Keep(request.body);
      // Kept, but the answer gets lost.
      if (loses_answers_) result.status = Unavailable("the connection broke");
    }
    done(std::move(result));
  }

  void Script(std::vector<FetchResult> script) {
    const std::lock_guard lock(mutex_);
    script_ = std::move(script);
  }
  void SetDown(bool down) {
    const std::lock_guard lock(mutex_);
    is_down_ = down;
  }
  void SetLosesAnswers(bool loses) {
    const std::lock_guard lock(mutex_);
    loses_answers_ = loses;
  }
  void Refuse(double value) {
    const std::lock_guard lock(mutex_);
    refused_.insert(value);
  }
  using Samples = std::vector<std::pair<int64_t, double>>;
  std::map<std::string, Samples> kept() {
    const std::lock_guard lock(mutex_);
    return kept_;
  }
  int requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  int Keep(const std::string& snappy) {
    const auto body = DecodeBody("snappy", snappy, 64 << 20);
    if (!body.ok()) return 415;
    auto next = kept_;
    RemoteWriteReader reader(*body);
    RemoteSeries series;
    while (reader.Next(&series)) {
      Samples& samples = next[ParseRemoteLabels(series.labels)->ToString()];
      for (const RemoteSample& sample : series.samples) {
        const int64_t ms = (sample.time - kBegin).count();
        if (refused_.count(sample.value) > 0) return 400;
        if (!samples.empty() && ms < samples.back().first) return 400;
        if (!samples.empty() && ms == samples.back().first) continue;
        samples.emplace_back(ms, sample.value);
      }
    }
    if (!reader.status().ok()) return 400;
    kept_ = std::move(next);
    return 204;
  }

  std::mutex mutex_;
  int requests_ = 0;
  std::vector<FetchResult> script_;
  bool is_down_ = false;
  bool loses_answers_ = false;
  std::set<double> refused_;
  std::map<std::string, Samples> kept_;
};

class RemoteSenderTest : public ::testing::Test {
 protected:
  RemoteSenderTest() {
    const auto* about = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(::testing::TempDir()) /
              fmt::format("kizashi-remote-{}-{}", about->name(), ::getpid());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    OpenJournal();
  }
  ~RemoteSenderTest() override {
    Close();
    fs::remove_all(folder_);
  }

  void OpenJournal() {
    StoreOptions options;
    options.directory = (folder_ / "telemetry").string();
    options.retention_bytes = retention_bytes_;
    options.series_block_every = block_every_;
    auto journal = TelemetryStore::Open(options, clock_, nullptr);
    ASSERT_TRUE(journal.ok()) << journal.status();
    journal_ = std::move(*journal);
  }
  // `queue` is what stands in queue_config, beside no waiting.
  void Open(const std::string& queue = "", const std::string& more = "") {
    const PrometheusConfig config = ParsePrometheusConfig(
        "prometheus.yml",
        fmt::format("remote_write:\n- url: http://receiver/write\n  name: there\n"
                    "  queue_config: {{batch_send_deadline: 1ms, min_backoff: 1ms, "
                    "max_backoff: 5ms{}}}\n{}",
                    queue, more));
    ASSERT_THAT(config.errors, IsEmpty());
    RemoteSender::Parts parts;
    parts.journal = journal_.get();
    parts.clock = &clock_;
    parts.registry = &registry_;
    parts.directory = folder_.string();
    parts.fetch = [this](FetchRequest request, const HttpClient::Callback& done) {
      receiver_.Answer(std::move(request), done);
    };
    sender_ = std::make_unique<RemoteSender>(config.remotes.at(0), std::move(parts));
    sender_->Start();
    StartJournal();
  }
  void StartJournal() {
    if (is_started_) return;
    is_started_ = true;
    journal_->Start([this](const TelemetryStore::Entries& entries) {
      if (!is_deaf_) sender_->Push(entries);
    });
  }
  std::string PositionFile() const {
    return (folder_ / fmt::format("{:016x}.position", Hash64("there"))).string();
  }
  void BeginAtTheJournalsBeginning() const {
    std::ofstream(PositionFile()) << EncodePosition({{1, 0}, {1, 0}});
  }
  void Close() {
    if (journal_) journal_->Stop();
    sender_.reset();
    journal_.reset();
    is_started_ = false;
  }

  // One sample of each of some series, at the clock's time.
  void Scrape(double value, int series = 2) {
    auto layout = std::make_shared<std::vector<SeriesId>>();
    for (int i = 0; i < series; ++i) {
      layout->push_back(*journal_->InternSeries(
          Labels({{"__name__", "m"}, {"i", fmt::format("{}", i)}, {"instance", "a"}})));
    }
    ScrapeBatch batch{"job/a", clock_.Now(), layout, std::vector<double>(layout->size(), value)};
    std::promise<Status> done;
    journal_->Append(std::move(batch), [&](const Status& status) { done.set_value(status); });
    ASSERT_TRUE(done.get_future().get().ok());
    clock_.Advance(Duration(1000));
  }
  bool WaitFor(const std::function<bool()>& is_so) {
    const Stopwatch watch;
    while (!is_so()) {
      if (watch.Elapsed() > std::chrono::seconds(20)) return false;
      std::this_thread::yield();
    }
    return true;
  }
  FakeReceiver::Samples KeptOf(int series) {
    return receiver_.kept()[fmt::format("m{{i=\"{}\", instance=\"a\"}}", series)];
  }
  // Times count up by a second from 0, with the values given.
  static FakeReceiver::Samples Counted(const std::vector<double>& values) {
    FakeReceiver::Samples samples;
    for (size_t i = 0; i < values.size(); ++i)
      samples.emplace_back(static_cast<int64_t>(i) * 1000, values[i]);
    return samples;
  }
  double Metric(const std::string& name) {
    const std::string text = registry_.Write();
    const size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }
  double Sent() { return Metric("kizashi_remote_write_samples_sent_total{remote=\"there\"}"); }
  double Dropped(const std::string& reason) {
    return Metric(fmt::format(
        "kizashi_remote_write_samples_dropped_total{{reason=\"{}\",remote=\"there\"}}", reason));
  }

  fs::path folder_;
  ManualClock clock_{kBegin};
  uint64_t retention_bytes_ = 50ULL << 30;
  Duration block_every_ = std::chrono::minutes(10);
  std::unique_ptr<TelemetryStore> journal_;
  Registry registry_;
  FakeReceiver receiver_;
  std::unique_ptr<RemoteSender> sender_;
  std::atomic<bool> is_deaf_{false};
  bool is_started_ = false;
};

TEST_F(RemoteSenderTest, SendsWhatComesAfterItsStart) {
  Open();
  for (double value = 0; value < 5; ++value) Scrape(value);
  ASSERT_TRUE(WaitFor([&] { return Sent() == 10; }));
  EXPECT_EQ(KeptOf(0), Counted({0, 1, 2, 3, 4}));
  EXPECT_EQ(KeptOf(1), Counted({0, 1, 2, 3, 4}));
  EXPECT_TRUE(WaitFor([&] {
    return Metric("kizashi_remote_write_lag_entries{remote=\"there\"}") == 0 &&
           Metric("kizashi_remote_write_pending_samples{remote=\"there\"}") == 0;
  }));
}

TEST_F(RemoteSenderTest, GoesOnWhereItWasAfterARestart) {
  Open(", max_samples_per_send: 3");
  for (double value = 0; value < 4; ++value) Scrape(value);
  ASSERT_TRUE(WaitFor([&] { return Sent() == 8; }));
  receiver_.SetDown(true);
  for (double value = 4; value < 8; ++value) Scrape(value);
  Close();
  receiver_.SetDown(false);
  OpenJournal();
  Open(", max_samples_per_send: 3");
  Scrape(8);
  ASSERT_TRUE(WaitFor([&] { return KeptOf(1).size() == 9; }));
  EXPECT_EQ(KeptOf(0), Counted({0, 1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(Dropped("refused"), 0);
}

TEST_F(RemoteSenderTest, ReadsFromTheJournalWhatDoesNotFitOrWasNotPushed) {
  Open(", capacity: 1");
  for (double value = 0; value < 10; ++value) Scrape(value);
  is_deaf_ = true;
  Scrape(10);
  is_deaf_ = false;
  Scrape(11);
  ASSERT_TRUE(WaitFor([&] { return Sent() == 24; }));
  EXPECT_EQ(KeptOf(1), Counted({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
}

TEST_F(RemoteSenderTest, TriesAgainWhatMayBeTakenLater) {
  FetchResult overloaded;
  overloaded.code = 429;
  overloaded.headers = {{"Retry-After", "0"}};
  FetchResult broken;
  broken.code = 503;
  FetchResult silent;
  silent.status = Unavailable("no answer within 30s");
  receiver_.Script({overloaded, broken, silent});
  Open();
  Scrape(1);
  ASSERT_TRUE(WaitFor([&] { return Sent() == 2; }));
  EXPECT_EQ(receiver_.requests(), 4);
  EXPECT_EQ(Metric("kizashi_remote_write_samples_retried_total{remote=\"there\"}"), 6);
}

// The crash comes between the receiver's commit and the position's: the same request comes again,
// and what is new is not in it, so nothing new is refused with it.
TEST_F(RemoteSenderTest, TheRequestThatACrashLeftIsSentAgainAlone) {
  receiver_.SetLosesAnswers(true);
  is_deaf_ = true;
  StartJournal();
  for (double value = 0; value < 4; ++value) Scrape(value, 1);
  BeginAtTheJournalsBeginning();
  Open(", max_samples_per_send: 100");
  is_deaf_ = false;
  ASSERT_TRUE(WaitFor([&] { return KeptOf(0).size() == 4; }));
  const auto read = ReadPosition(PositionFile());
  ASSERT_TRUE(read.ok() && *read) << read.status();
  EXPECT_LT((*read)->done, (*read)->under_way);
  Close();
  receiver_.SetLosesAnswers(false);
  OpenJournal();
  Open(", max_samples_per_send: 100");
  for (double value = 4; value < 6; ++value) Scrape(value, 1);
  ASSERT_TRUE(WaitFor([&] { return KeptOf(0).size() == 6; }));
  EXPECT_EQ(KeptOf(0), Counted({0, 1, 2, 3, 4, 5}));
}

TEST_F(RemoteSenderTest, DropsAloneWhatIsRefused) {
  receiver_.Refuse(3);
  Open(", max_samples_per_send: 64");
  is_deaf_ = true;
  for (double value = 0; value < 5; ++value) Scrape(value);
  is_deaf_ = false;
  Scrape(5);
  ASSERT_TRUE(WaitFor([&] { return Sent() == 10; }));
  EXPECT_EQ(Dropped("refused"), 2);
  EXPECT_EQ(KeptOf(0), (FakeReceiver::Samples{{0, 0}, {1000, 1}, {2000, 2}, {4000, 4}, {5000, 5}}));
}

TEST_F(RemoteSenderTest, DropsWhatAReceiverForbids) {
  FetchResult forbidden;
  forbidden.code = 403;
  receiver_.Script({forbidden});
  Open();
  Scrape(1);
  ASSERT_TRUE(WaitFor([&] { return Dropped("refused") == 2; }));
  Scrape(2);
  ASSERT_TRUE(WaitFor([&] { return Sent() == 2; }));
  EXPECT_EQ(receiver_.requests(), 2);
}

TEST_F(RemoteSenderTest, RelabelsAndGivesExternalLabels) {
  Open("",
       "  write_relabel_configs:\n"
       "  - {source_labels: [i], regex: '1', action: drop}\n"
       "  - {regex: instance, action: labeldrop}\n"
       "global: {external_labels: {cluster: west, i: x}}\n");
  Scrape(7, 3);
  ASSERT_TRUE(WaitFor([&] { return Sent() == 2; }));
  std::vector<std::string> names;
  for (const auto& [name, samples] : receiver_.kept()) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("m{cluster=\"west\", i=\"0\"}", "m{cluster=\"west\", i=\"2\"}"));
  EXPECT_EQ(Dropped("relabelled"), 1);
}

TEST_F(RemoteSenderTest, DropsWhatIsTooOld) {
  receiver_.SetDown(true);
  Open(", sample_age_limit: 10s, max_samples_per_send: 2");
  Scrape(0);
  ASSERT_TRUE(WaitFor([&] { return receiver_.requests() > 0; }));
  Scrape(1);
  clock_.Advance(std::chrono::minutes(1));
  Scrape(2);
  receiver_.SetDown(false);
  ASSERT_TRUE(WaitFor([&] { return Sent() == 4; }));  // the first was on its way already
  EXPECT_EQ(Dropped("too_old"), 2);
}

TEST_F(RemoteSenderTest, CountsWhatWasDeletedBeforeItCouldBeSent) {
  Close();
  retention_bytes_ = 1;
  block_every_ = Duration(1);
  OpenJournal();
  receiver_.SetDown(true);
  Open(", max_samples_per_send: 2, capacity: 2");
  const auto blocks = [&] {
    size_t found = 0;
    for (const auto& file : fs::directory_iterator(folder_ / "telemetry/series")) {
      found += file.path().extension() == ".kzser" ? 1 : 0;
    }
    return found;
  };
  double value = 0;
  while (blocks() < 2) {
    const size_t before = blocks();
    Scrape(value++);
    ASSERT_TRUE(WaitFor([&] { return blocks() > before; }));
  }
  Scrape(value++);
  ASSERT_TRUE(journal_->PutCheckpoint(journal_->last_seq(), clock_.Now(), "").ok());
  ASSERT_TRUE(journal_->ApplyRetention().ok());
  ASSERT_EQ(journal_->first_samples_seq(), 2u);
  // The first was in memory; the journal does not have it any more.
  Close();
  receiver_.SetDown(false);
  BeginAtTheJournalsBeginning();
  OpenJournal();
  Open(", max_samples_per_send: 2, capacity: 2");
  ASSERT_TRUE(WaitFor([&] { return Sent() == 4; }));
  EXPECT_EQ(KeptOf(0), (FakeReceiver::Samples{{1000, 1}, {2000, 2}}));
  EXPECT_EQ(Metric("kizashi_remote_write_entries_lost_total{remote=\"there\"}"), 1);
}

TEST_F(RemoteSenderTest, SeveralRequestsAtOnceKeepTheOrderOfEachSeries) {
  is_deaf_ = true;
  StartJournal();
  for (double value = 0; value < 6; ++value) Scrape(value, 25);
  BeginAtTheJournalsBeginning();
  receiver_.SetDown(true);
  Open(", max_samples_per_send: 10, max_shards: 3");
  ASSERT_TRUE(WaitFor([&] { return receiver_.requests() > 10; }));
  receiver_.SetDown(false);
  ASSERT_TRUE(WaitFor([&] { return Sent() == 150; }));
  for (int i = 0; i < 25; ++i) EXPECT_EQ(KeptOf(i), Counted({0, 1, 2, 3, 4, 5})) << i;
  EXPECT_EQ(Dropped("refused"), 0);
}

TEST(SampleRequest, IsDividedBySeries) {
  SampleRequest request;
  for (SeriesId id = 0; id < 5; ++id) request.Add({id, TimeFromMs(1), 0});
  for (SeriesId id = 0; id < 5; ++id) request.Add({id, TimeFromMs(2), 0});
  EXPECT_THAT(request.Divide(1), ElementsAre(10));
  EXPECT_THAT(request.Divide(3), ElementsAre(4, 8, 10));
  EXPECT_THAT(request.Divide(7), ElementsAre(2, 4, 6, 8, 10, 10, 10));
}

TEST(SendPosition, IsReadAsItWasWritten) {
  const SendPosition position{{7, 0}, {UINT64_MAX, 12}};
  const std::string text = EncodePosition(position);
  EXPECT_EQ(*DecodePosition(text), position);
  for (size_t i = 0; i < text.size(); ++i) {
    std::string bad = text;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(DecodePosition(bad).ok()) << bad;
    EXPECT_FALSE(DecodePosition(text.substr(0, i)).ok()) << i;
  }
}

TEST(SendPosition, TheFormatIsThatOfTheGoldenFile) {
  const auto read = ReadPosition("tests/golden/remote_write_position_v1.txt");
  ASSERT_TRUE(read.ok() && *read) << read.status();
  EXPECT_EQ(**read, (SendPosition{{1234, 0}, {1235, 500}}));
}

TEST(SendVerdict, SaysWhatToDo) {
  const auto kind = [](int code) {
    FetchResult result;
    result.code = code;
    return VerdictOf(result).kind;
  };
  using Kind = SendVerdict::Kind;
  for (const int code : {200, 204}) EXPECT_EQ(kind(code), Kind::kSent) << code;
  for (const int code : {429, 500, 503}) EXPECT_EQ(kind(code), Kind::kRetry) << code;
  for (const int code : {400, 413, 422}) EXPECT_EQ(kind(code), Kind::kDivide) << code;
  for (const int code : {301, 401, 403, 404, 415}) EXPECT_EQ(kind(code), Kind::kRefused) << code;
  FetchResult result;
  result.code = 429;
  result.headers = {{"retry-after", "7"}};
  result.body = "slow\ndown\n";
  EXPECT_EQ(VerdictOf(result).wait, std::chrono::seconds(7));
  EXPECT_EQ(VerdictOf(result).reason, "answered 429: slow down");
}

}  // namespace
}  // namespace kizashi
