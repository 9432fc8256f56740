#include "ingest/scrape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "ingest/scrape_test_sink.h"

namespace kizashi {
namespace {

using ::testing::HasSubstr;

/// Answers fetches by URL, at once or when told.
class FakeWeb {
 public:
  void Answer(const std::string& url, FetchResult result) {
    const std::lock_guard lock(mutex_);
    answers_[url] = std::move(result);
  }
  void Fetch(FetchRequest request, HttpClient::Callback done) {
    FetchResult result;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      const auto found = answers_.find(request.url);
      if (found == answers_.end()) {
        held_.push_back(std::move(done));
        return;
      }
      result = found->second;
    }
    done(std::move(result));
  }
  size_t requests() const {
    const std::lock_guard lock(mutex_);
    return requests_.size();
  }
  FetchRequest request(size_t i) const {
    const std::lock_guard lock(mutex_);
    return requests_.at(i);
  }
  void Release(const FetchResult& result) {
    std::vector<HttpClient::Callback> held;
    {
      const std::lock_guard lock(mutex_);
      held.swap(held_);
    }
    for (const auto& done : held) done(result);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, FetchResult> answers_;
  std::vector<FetchRequest> requests_;
  std::vector<HttpClient::Callback> held_;
};

FetchResult Page(std::string body, int code = 200) {
  FetchResult result;
  result.code = code;
  result.body = std::move(body);
  result.elapsed = Duration(7);
  return result;
}

FetchResult Refused() {
  FetchResult result;
  result.status = Unavailable("connection refused");
  return result;
}

class ScrapeManagerTest : public ::testing::Test {
 protected:
  ~ScrapeManagerTest() override { manager_.Stop(); }

  // Looks every millisecond, for at most ten seconds.
  template <typename F>
  static bool Eventually(F condition) {
    for (int i = 0; i < 10'000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
  // How often a series with `value` was kept, by its text.
  size_t Count(const std::string& series, std::function<bool(double)> matches) {
    size_t count = 0;
    for (const ScrapeBatch& batch : sink_.scrapes()) {
      const auto values = sink_.Read(batch);
      const auto found = values.find(series);
      count += found != values.end() && matches(found->second);
    }
    return count;
  }
  size_t Count(const std::string& series, double value) {
    return Count(series, [value](double v) { return v == value; });
  }
  double Metric(std::string_view name, MetricLabels labels = {}) {
    return registry_.GetCounter(name, "h", std::move(labels)).value();
  }

  TestSink sink_;
  FakeWeb web_;
  SystemClock clock_;
  Registry registry_;
  ScrapeManager manager_{
      sink_, ScrapeManager::Fetch([this](FetchRequest request, HttpClient::Callback done) {
        web_.Fetch(std::move(request), std::move(done));
      }),
      clock_, &registry_,
      ScrapeOptions{.interval = Duration(20), .timeout = Duration(500), .file_check = Duration(5)}};
};

TEST(NextScrape, HasPlacesThatTargetsShare) {
  const Time now = TimeFromMs(1'700'000'000'123);
  for (const Duration interval :
       {Duration(20), Duration(1'000), Duration(15'000), Duration(3'600'000)}) {
    std::set<Time> places;
    for (uint64_t i = 0; i < 100'000; ++i) {
      const uint64_t hash = i * 0x9e3779b97f4a7c15ULL;
      const Time next = NextScrape(now, interval, hash);
      EXPECT_GT(next, now);
      EXPECT_LE(next, now + interval);
      EXPECT_EQ(NextScrape(next, interval, hash), next + interval);
      places.insert(next);
    }
    EXPECT_GE(places.size(), std::min<size_t>(60, static_cast<size_t>(interval.count())));
    EXPECT_LE(places.size(), std::max<size_t>(64, static_cast<size_t>(interval / Duration(250))));
  }
}

TEST_F(ScrapeManagerTest, ScrapesAgainAndAgain) {
  web_.Answer("http://a:1/metrics", Page("x 5\n"));
  ASSERT_TRUE(manager_.AddStatic("a:1", Labels({Label{"zone", "z"}})).ok());
  EXPECT_FALSE(manager_.AddStatic("a b", Labels()).ok());
  manager_.Start();
  const std::string labels = "{instance=\"a:1\", job=\"static\", zone=\"z\"}";
  ASSERT_TRUE(Eventually([&] { return Count("x" + labels, 5) >= 3; }));
  EXPECT_GE(Count("up" + labels, 1), 3u);
  const FetchRequest request = web_.request(0);
  EXPECT_EQ(request.timeout, Duration(20));  // not longer than the interval
  EXPECT_THAT(std::string(FindHeader(request.headers, "accept")), HasSubstr("version=0.0.4"));
  // Scrapes keep to their place within the interval.
  const auto scrapes = sink_.scrapes();
  EXPECT_EQ(scrapes[0].source, "static/a:1");
  for (size_t i = 1; i < scrapes.size(); ++i) EXPECT_GT(scrapes[i].time, scrapes[i - 1].time);

  const auto status = manager_.Status();
  ASSERT_EQ(status.size(), 1u);
  EXPECT_TRUE(status[0].up);
  EXPECT_EQ(status[0].url, "http://a:1/metrics");
  EXPECT_EQ(status[0].samples, 1u);
  EXPECT_EQ(status[0].duration, Duration(7));
  EXPECT_EQ(status[0].last_error, "");
  EXPECT_TRUE(status[0].last_scrape.has_value());
  EXPECT_GE(Metric("kizashi_scrapes_total", {{"outcome", "ok"}}), 3);
  EXPECT_GE(Metric("kizashi_scrape_samples_total"), 12);
  EXPECT_EQ(registry_.GetGauge("kizashi_scrape_targets", "h").value(), 1);
}

TEST_F(ScrapeManagerTest, FailuresAreUpZeroAndTold) {
  const std::string up = "up{instance=\"a:1\", job=\"static\"}";
  const std::string x = "x{instance=\"a:1\", job=\"static\"}";
  const auto error = [&](std::string_view part) {
    return Eventually([&] {
      const auto status = manager_.Status();
      return !status.empty() && !status[0].up &&
             status[0].last_error.find(part) != std::string::npos;
    });
  };
  web_.Answer("http://a:1/metrics", Page("x 5\n"));
  ASSERT_TRUE(manager_.AddStatic("http://a:1", Labels()).ok());
  manager_.Start();
  ASSERT_TRUE(Eventually([&] { return Count(x, 5) > 0; }));
  web_.Answer("http://a:1/metrics", Page("no", 503));
  EXPECT_TRUE(error("code 503"));
  web_.Answer("http://a:1/metrics", Refused());
  EXPECT_TRUE(error("connection refused"));
  web_.Answer("http://a:1/metrics", Page("x 5\ny\n"));
  EXPECT_TRUE(error("line 2"));
  EXPECT_TRUE(Eventually([&] { return Count(up, 0) >= 3; }));
  EXPECT_EQ(Count(x, IsStaleNan), 1u);
  EXPECT_GE(Metric("kizashi_scrapes_total", {{"outcome", "failed"}}), 3);
  web_.Answer("http://a:1/metrics", Page("x 6\n"));
  EXPECT_TRUE(Eventually([&] { return Count(x, 6) > 0; }));
}

TEST_F(ScrapeManagerTest, NeverTwoScrapesOfOneTargetUnderWay) {
  ASSERT_TRUE(manager_.AddStatic("slow:1", Labels()).ok());
  ASSERT_TRUE(manager_.AddStatic("fast:1", Labels()).ok());
  web_.Answer("http://fast:1/metrics", Page("x 5\n"));
  manager_.Start();
  // The slow one holds nobody up, and is asked once.
  ASSERT_TRUE(Eventually([&] { return Count("x{instance=\"fast:1\", job=\"static\"}", 5) >= 5; }));
  size_t slow = 0;
  for (size_t i = 0; i < web_.requests(); ++i) {
    slow += web_.request(i).url == "http://slow:1/metrics";
  }
  EXPECT_EQ(slow, 1u);
  web_.Release(Page("x 1\n"));
  EXPECT_TRUE(Eventually([&] { return Count("x{instance=\"slow:1\", job=\"static\"}", 1) == 1; }));
}

TEST_F(ScrapeManagerTest, ScrapesWhatIsInside) {
  manager_.AddInternal(Labels({{"job", "kizashi"}, {"instance", "me"}}),
                       [this] { return registry_.Write(); });
  manager_.Start();
  EXPECT_TRUE(Eventually(
      [&] { return Count("kizashi_scrape_targets{instance=\"me\", job=\"kizashi\"}", 1) > 1; }));
  EXPECT_EQ(web_.requests(), 0u);
}

TEST_F(ScrapeManagerTest, FollowsTargetFiles) {
  std::string folder = (std::filesystem::temp_directory_path() / "kizashi-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/web.json";
  const auto write = [&](std::string_view text) {
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
  };
  web_.Answer("http://a:1/m", Page("x 1\n"));
  web_.Answer("http://b:1/metrics", Page("x 2\n"));
  manager_.AddTargetFile(path);
  manager_.Start();
  const std::string a = "x{instance=\"a:1\", job=\"web\"}";
  const std::string b = "x{instance=\"b:1\", job=\"web\"}";
  write(R"([{"targets": ["a:1"], "labels": {"__metrics_path__": "/m"}}, {"targets": ["b:1"]}])");
  EXPECT_TRUE(Eventually([&] { return Count(a, 1) > 0 && Count(b, 2) > 0; }));
  write("[{");  // the last good list stays
  const size_t before = Count(a, 1);
  EXPECT_TRUE(Eventually([&] { return Count(a, 1) > before + 2; }));
  write(R"([{"targets": ["b:1"]}])");
  EXPECT_TRUE(Eventually([&] { return Count(a, IsStaleNan) == 1; }));
  EXPECT_EQ(Count("up{instance=\"a:1\", job=\"web\"}", IsStaleNan), 1u);
  EXPECT_EQ(manager_.Status().size(), 1u);
  const size_t last = Count(a, 1);
  const size_t of_b = Count(b, 2);
  EXPECT_TRUE(Eventually([&] { return Count(b, 2) > of_b + 2; }));
  EXPECT_EQ(Count(a, 1), last);
  std::filesystem::remove_all(folder);
}

TEST_F(ScrapeManagerTest, WhatTheStoreRefusesIsCounted) {
  web_.Answer("http://a:1/metrics", Page("x 5\n"));
  sink_.AnswerWith(ResourceExhausted("the queue is full"));
  ASSERT_TRUE(manager_.AddStatic("a:1", Labels()).ok());
  manager_.Start();
  EXPECT_TRUE(Eventually([&] { return Metric("kizashi_scrape_lost_total") >= 2; }));
  EXPECT_EQ(Metric("kizashi_scrape_samples_total"), 0);
  sink_.AnswerWith(OkStatus());
  EXPECT_TRUE(Eventually([&] { return sink_.scrapes().size() > 1; }));
}

TEST_F(ScrapeManagerTest, AnswersAfterStopAreDropped) {
  ASSERT_TRUE(manager_.AddStatic("slow:1", Labels()).ok());
  manager_.Start();
  ASSERT_TRUE(Eventually([&] { return web_.requests() == 1; }));
  manager_.Stop();
  web_.Release(Page("x 1\n"));
  EXPECT_TRUE(sink_.scrapes().empty());
}

}  // namespace
}  // namespace kizashi
