#include "ingest/prometheus_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace kizashi {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class PrometheusTargetsTest : public ::testing::Test {
 protected:
  static std::filesystem::path MakeFolder() {
    std::string name = ::testing::TempDir() + "kizashi-XXXXXX";
    return mkdtemp(name.data());
  }
  ~PrometheusTargetsTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    // A new file each time: its inode differs even when time and size do not.
    std::ofstream(folder_ / "new") << text;
    std::filesystem::rename(folder_ / "new", folder_ / name);
  }
  std::vector<std::string> Urls() const {
    std::vector<std::string> urls;
    for (const ScrapeTarget& target : targets_.targets()) urls.push_back(target.url);
    return urls;
  }
  void Answer(int code, std::string body) {
    ASSERT_EQ(waiting_.size(), 1u);
    FetchResult result;
    result.code = code;
    result.body = std::move(body);
    waiting_[0](std::move(result));
    waiting_.clear();
  }

  const std::filesystem::path folder_ = MakeFolder();
  Registry registry_;
  std::vector<FetchRequest> requests_;
  std::vector<HttpClient::Callback> waiting_;
  PrometheusTargets targets_{(folder_ / "prometheus.yml").string(),
                             [this](FetchRequest request, HttpClient::Callback done) {
                               requests_.push_back(std::move(request));
                               waiting_.push_back(std::move(done));
                             },
                             &registry_};
  Time now_ = TimeFromMs(1'700'000'000'000);
};

TEST_F(PrometheusTargetsTest, ABadFileKeepsTheLastGoodState) {
  EXPECT_FALSE(targets_.Poll(now_)) << "the file is not there yet";
  Write("prometheus.yml", "scrape_configs: [{job_name: a, static_configs: [{targets: [a]}]}]");
  EXPECT_TRUE(targets_.Poll(now_));
  EXPECT_THAT(Urls(), ElementsAre("http://a:80/metrics"));
  EXPECT_FALSE(targets_.Poll(now_));
  Write("prometheus.yml", "scrape_configs: [{static_configs: [{targets: [b]}]}]");
  EXPECT_FALSE(targets_.Poll(now_));
  EXPECT_THAT(Urls(), ElementsAre("http://a:80/metrics"));
  Write("prometheus.yml", "scrape_configs: [{job_name: a, static_configs: [{targets: [b]}]}]");
  EXPECT_TRUE(targets_.Poll(now_));
  EXPECT_THAT(Urls(), ElementsAre("http://b:80/metrics"));
}

TEST_F(PrometheusTargetsTest, FilesAreFoundByPatternAndFollowed) {
  Write("prometheus.yml",
        "scrape_configs: [{job_name: a, file_sd_configs: [{files: ['t/*.json']}]}]");
  Write("t/one.json", R"([{"targets": ["a"], "labels": {"x": "1"}}])");
  Write("t/two.json", R"([{"targets": ["b"]}])");
  EXPECT_TRUE(targets_.Poll(now_));
  EXPECT_THAT(Urls(), UnorderedElementsAre("http://a:80/metrics", "http://b:80/metrics"));
  Write("t/two.json", R"([{"targets": "b"}])");
  EXPECT_FALSE(targets_.Poll(now_));
  EXPECT_EQ(Urls().size(), 2u) << "the last good list stays";
  std::filesystem::remove(folder_ / "t/one.json");
  EXPECT_TRUE(targets_.Poll(now_));
  EXPECT_THAT(Urls(), ElementsAre("http://b:80/metrics"));
}

TEST_F(PrometheusTargetsTest, HttpDiscoveryIsAskedAgainAndSurvivesFailures) {
  Write("prometheus.yml",
        "scrape_configs: [{job_name: a, http_sd_configs: [{url: 'http://sd/', refresh_interval: "
        "10s, authorization: {credentials: secret}}]}]");
  EXPECT_TRUE(targets_.Poll(now_));
  ASSERT_EQ(requests_.size(), 1u);
  EXPECT_EQ(FindHeader(requests_[0].headers, "Authorization"), "Bearer secret");
  EXPECT_EQ(FindHeader(requests_[0].headers, "X-Prometheus-Refresh-Interval-Seconds"), "10");
  Answer(200, R"([{"targets": ["a"], "labels": {"rack": "1"}}])");
  EXPECT_TRUE(targets_.Poll(now_));
  EXPECT_THAT(Urls(), ElementsAre("http://a:80/metrics"));
  EXPECT_EQ(targets_.targets()[0].labels.Get("rack"), "1");
  EXPECT_FALSE(targets_.Poll(now_ + Duration(9'999)));
  EXPECT_EQ(requests_.size(), 1u);
  for (const auto& [code, body] : {std::pair{500, "[]"}, std::pair{200, "{"}}) {
    now_ += Duration(10'000);
    EXPECT_FALSE(targets_.Poll(now_));
    Answer(code, body);
    EXPECT_FALSE(targets_.Poll(now_));
    EXPECT_EQ(Urls().size(), 1u);
  }
  // Another change of the file leaves the job and what it discovered alone.
  const auto job = targets_.targets()[0].job;
  Write("prometheus.yml",
        "scrape_configs: [{job_name: b}, {job_name: a, http_sd_configs: [{url: 'http://sd/', "
        "refresh_interval: 10s, authorization: {credentials: secret}}]}]");
  EXPECT_TRUE(targets_.Poll(now_));
  ASSERT_EQ(Urls().size(), 1u);
  EXPECT_EQ(targets_.targets()[0].job, job);
  now_ += Duration(10'000);
  targets_.Poll(now_);
  Answer(200, "[]");
  EXPECT_TRUE(targets_.Poll(now_));
  EXPECT_THAT(Urls(), ElementsAre());
}

TEST_F(PrometheusTargetsTest, AJobWithTooManyTargetsIsNotScraped) {
  Write("prometheus.yml",
        "scrape_configs: [{job_name: a, target_limit: 1, static_configs: [{targets: [a, b]}]}, "
        "{job_name: b, static_configs: [{targets: [c]}]}]");
  EXPECT_TRUE(targets_.Poll(now_));
  EXPECT_THAT(Urls(), ElementsAre("http://c:80/metrics"));
}

TEST(ScrapeHttpTest, SecretsAreReadWhenTheyAreUsed) {
  ScrapeHttp http;
  http.username = "Aladdin";
  http.password.text = "open sesame";
  http.headers = {{"X-Scope", {"team", ""}}};
  FetchRequest request;
  ASSERT_TRUE(http.Apply(&request).ok());
  EXPECT_EQ(FindHeader(request.headers, "Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(FindHeader(request.headers, "X-Scope"), "team");
  EXPECT_TRUE(request.follow_redirects);
  http.password = {"", "/nowhere/at/all"};
  EXPECT_EQ(Message(http.Apply(&request)), "/nowhere/at/all: No such file or directory");
}

}  // namespace
}  // namespace kizashi
