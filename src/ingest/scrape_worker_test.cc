#include "ingest/scrape_worker.h"

#include <gtest/gtest.h>

#include <future>

#include "ingest/scrape_test_sink.h"
#include "net/content_coding.h"

namespace kizashi {
namespace {

/// Lets the series of job "slow" wait until it is opened.
class GateSink final : public TelemetrySink {
 public:
  StatusOr<SeriesId> InternSeries(const Labels& labels) override {
    if (labels.Get("job") == "slow") {
      reached_.Set();
      open_.wait();
    }
    return kept.InternSeries(labels);
  }
  StatusOr<StreamId> InternStream(const Labels& labels) override {
    return kept.InternStream(labels);
  }
  void Append(ScrapeBatch batch, Done done) override { kept.Append(std::move(batch), done); }
  void Append(LogBatch batch, Done done) override { kept.Append(std::move(batch), done); }
  std::vector<RefusedSample> Append(SampleBatch batch, Done done) override {
    return kept.Append(std::move(batch), done);
  }
  std::string ReadCursor(const std::string&) override { return ""; }

  void WaitUntilReached() { reached_.future.wait(); }
  void Open() { gate_.set_value(); }

  TestSink kept;

 private:
  struct Once {
    std::promise<void> promise;
    std::shared_future<void> future = promise.get_future().share();
    std::atomic<bool> is_set{false};
    void Set() {
      if (!is_set.exchange(true)) promise.set_value();
    }
  };
  Once reached_;
  std::promise<void> gate_;
  const std::shared_future<void> open_ = gate_.get_future().share();
};

class ScrapeWorkerTest : public ::testing::Test {
 protected:
  std::shared_ptr<ScrapedTarget> Target(const std::string& job) {
    ScrapeTarget spec;
    spec.labels = Labels({{"job", job}, {"instance", "a"}});
    auto target = std::make_shared<ScrapedTarget>(sink_, spec, nullptr, ScrapeHooks());
    target->is_under_way = true;
    return target;
  }
  void Push(const std::shared_ptr<ScrapedTarget>& target, std::string body, bool is_last = false) {
    FetchResult result;
    result.code = 200;
    result.body = std::move(body);
    worker_.Push({target, TimeFromMs(1'700'000'000'000), std::move(result), is_last});
  }
  static bool Eventually(const std::function<bool()>& is_so) {
    const Stopwatch watch;
    while (!is_so()) {
      if (watch.Elapsed() > std::chrono::seconds(20)) return false;
      std::this_thread::yield();
    }
    return true;
  }
  static std::string LongPage() {
    return "x 1\n#" + std::string(ScrapeWorker::kLongBytes, ' ') + "\n";
  }

  GateSink sink_;
  SystemClock clock_;
  Registry registry_;
  ScrapeWorker worker_{sink_, clock_, &registry_};
};

TEST_F(ScrapeWorkerTest, ALongAnswerHoldsUpNoShortOne) {
  worker_.Start();
  const auto slow = Target("slow");
  const auto quick = Target("quick");
  Push(slow, LongPage());
  sink_.WaitUntilReached();
  Push(quick, "y 1\n");
  EXPECT_TRUE(Eventually([&] { return !quick->is_under_way; }));
  EXPECT_TRUE(slow->is_under_way);
  EXPECT_EQ(sink_.kept.scrapes().size(), 1u);
  sink_.Open();
  EXPECT_TRUE(Eventually([&] { return !slow->is_under_way; }));
  EXPECT_EQ(sink_.kept.scrapes().size(), 2u);
  worker_.Stop();
}

TEST_F(ScrapeWorkerTest, DecodesWhatCameCompressed) {
  worker_.Start();
  const auto target = Target("quick");
  const auto push = [&](std::string coding, std::string body) {
    target->is_under_way = true;
    FetchResult result;
    result.code = 200;
    result.headers = {{"content-encoding", std::move(coding)}};
    result.body = std::move(body);
    worker_.Push({target, TimeFromMs(1'700'000'000'000), std::move(result), false});
    return Eventually([&] { return !target->is_under_way; });
  };
  const auto error = [&] {
    const std::lock_guard lock(target->mutex);
    return target->status.last_error;
  };
  ASSERT_TRUE(push("gzip", Gzip("x 1\ny 2\n")));
  EXPECT_EQ(error(), "");
  ASSERT_TRUE(push("gzip", Gzip("x 3\n").substr(0, 15)));
  EXPECT_EQ(error(), "the body is no whole gzip stream");
  ASSERT_TRUE(push("identity", "x 4\n"));
  EXPECT_EQ(error(), "");
  worker_.Stop();
  const auto scrapes = sink_.kept.scrapes();
  ASSERT_EQ(scrapes.size(), 3u);
  EXPECT_EQ(sink_.kept.Read(scrapes[0]).at("y{instance=\"a\", job=\"quick\"}"), 2);
  EXPECT_EQ(sink_.kept.Read(scrapes[1]).at("up{instance=\"a\", job=\"quick\"}"), 0);
  EXPECT_EQ(sink_.kept.Read(scrapes[2]).at("x{instance=\"a\", job=\"quick\"}"), 4);
}

// A target may answer with less than it makes of it.
TEST_F(ScrapeWorkerTest, TheLimitOfAnAnswerIsOfWhatIsDecoded) {
  worker_.Start();
  ScrapeTarget spec;
  spec.labels = Labels({{"job", "quick"}, {"instance", "a"}});
  auto job = std::make_shared<ScrapeJob>();
  job->body_bytes_max = 1'000;
  spec.job = job;
  const auto target = std::make_shared<ScrapedTarget>(sink_, spec, nullptr, ScrapeHooks());
  target->is_under_way = true;
  FetchResult result;
  result.code = 200;
  result.headers = {{"Content-Encoding", "gzip"}};
  result.body = Gzip("x 1\n" + std::string(1'000, '\n'));
  worker_.Push({target, TimeFromMs(1'700'000'000'000), std::move(result), false});
  EXPECT_TRUE(Eventually([&] { return !target->is_under_way; }));
  worker_.Stop();
  EXPECT_EQ(target->status.last_error, "the decoded body is larger than 1000 bytes");
}

// The last word is short: it waits for the long answer that is worked at, and one that waits
// behind it says nothing any more.
TEST_F(ScrapeWorkerTest, TheLastWordOnATargetIsTheLast) {
  worker_.Start();
  const auto slow = Target("slow");
  Push(slow, LongPage());
  sink_.WaitUntilReached();
  Push(slow, LongPage());
  slow->is_removed = true;
  Push(slow, "", true);
  sink_.Open();
  EXPECT_TRUE(Eventually([&] { return sink_.kept.scrapes().size() == 2; }));
  worker_.Stop();
  const auto scrapes = sink_.kept.scrapes();
  ASSERT_EQ(scrapes.size(), 2u);
  EXPECT_EQ(sink_.kept.Read(scrapes[0]).at("up{instance=\"a\", job=\"slow\"}"), 1);
  EXPECT_TRUE(IsStaleNan(sink_.kept.Read(scrapes[1]).at("up{instance=\"a\", job=\"slow\"}")));
}

}  // namespace
}  // namespace kizashi
