#include "api/log_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "api/openapi_check.h"
#include "catalog/load.h"
#include "query/log_feed.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;
using std::chrono::minutes;
using testing::HasSubstr;
using testing::IsEmpty;
using Strings = std::vector<std::string>;

constexpr Time kNow = TimeFromMs(1'700'000'000'000);

// The routes over an hour of a shop's lines.
class LogRoutesTest : public testing::Test {
 protected:
  LogRoutesTest() {
    const auto* about = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) /
              fmt::format("kizashi-routes-{}-{}", about->name(), ::getpid());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    StoreOptions options;
    options.directory = (folder_ / "telemetry").string();
    journal_ = *TelemetryStore::Open(options, clock_, &registry_);
    LogStoreOptions logs;
    logs.directory = (folder_ / "logs").string();
    store_ = *LogStore::Open(logs, clock_, &registry_);
    records_ = *RecordStore::Open((folder_ / "records.db").string());
    patterns_ = std::make_unique<LogPatterns>(*journal_, [this] {
      const std::lock_guard lock(catalog_mutex_);
      return catalog_;
    });
    LogRoutes::Parts parts{store_.get(), patterns_.get(), journal_.get(), records_.get(), &clock_};
    routes_ = std::make_unique<LogRoutes>(parts);
    feed_ = std::make_unique<LogFeed>(*journal_, *store_, *patterns_, &registry_,
                                      (folder_ / "logs/position").string(),
                                      [this] { routes_->OnProgress(); });
    EXPECT_TRUE(feed_->Start().ok());
    journal_->Start([this](const TelemetryStore::Entries& entries) { feed_->Push(entries); });
    LogTheHour();
  }
  ~LogRoutesTest() override {
    routes_->Stop();
    journal_->Stop();
    feed_->Stop();
    fs::remove_all(folder_);
  }

  void LogTheHour() {
    LogBatch batch;
    batch.stream = *journal_->InternStream(Labels({{"service", "shop"}, {"host", "a"}}));
    for (int i = 0; i < 60; ++i) {
      LogLine line;
      line.time = kNow - minutes(59 - i);
      line.text = fmt::format("order {} placed", 100 + i);
      line.severity = LogSeverity::kInfo;
      batch.lines.push_back(line);
    }
    batch.lines.push_back({kNow, "ledger \"mismatch\"", LogSeverity::kError});
    batch.lines.back().trace_id = "abc0";
    batch.lines.back().metadata = Labels(std::vector<Label>{{"code", "7"}});
    Append(std::move(batch));
  }
  void Append(LogBatch batch) {
    std::promise<Status> done;
    journal_->Append(std::move(batch), [&](const Status& status) { done.set_value(status); });
    EXPECT_TRUE(done.get_future().get().ok());
    while (feed_->last_seq() < journal_->last_seq()) std::this_thread::yield();
  }
  std::future<HttpResponse> Ask(const std::string& path, const std::string& query) {
    auto answer = std::make_shared<std::promise<HttpResponse>>();
    HttpRequest request;
    request.method = "GET";
    request.path = "/kizashi/v1/logs/" + path;
    request.query = query;
    routes_->Handle(request, [answer](HttpResponse got) { answer->set_value(std::move(got)); });
    return answer->get_future();
  }
  HttpResponse Get(const std::string& path, const std::string& query) {
    return Ask(path, query).get();
  }
  void UseCatalog(const std::string& yaml) {
    const CatalogLoad load = LoadCatalog({{"a.yaml", yaml}});
    ASSERT_NE(load.catalog, nullptr) << load.errors[0].ToString();
    const std::lock_guard lock(catalog_mutex_);
    catalog_ = load.catalog;
  }
  std::string IdOf(std::string_view pattern) const { return HexId(PatternIdOf(pattern)); }

  fs::path folder_;
  ManualClock clock_{kNow};
  std::mutex catalog_mutex_;
  std::shared_ptr<const Catalog> catalog_ = std::make_shared<const Catalog>();
  Registry registry_;
  std::unique_ptr<TelemetryStore> journal_;
  std::unique_ptr<LogStore> store_;
  std::unique_ptr<RecordStore> records_;
  std::unique_ptr<LogPatterns> patterns_;
  std::unique_ptr<LogRoutes> routes_;
  std::unique_ptr<LogFeed> feed_;
  const OpenApi openapi_;
};

// Of lines that were stored before the catalog said a word of them.
TEST_F(LogRoutesTest, LogPatternsOfTheCatalogNameAndSplit) {
  UseCatalog(
      "service:\n  name: shop\n  log_patterns:\n"
      "    - {name: The ninth, pattern: order 109 placed}\n"
      "    - {name: Mismatch, pattern: 'ledger \"<*>\"'}\n");
  const HttpResponse list = Get("patterns", "service=shop");
  EXPECT_EQ(openapi_.Problems("get /logs/patterns", 200, list.body), Strings{});
  EXPECT_THAT(list.body, HasSubstr(R"("lines":61)"));
  EXPECT_THAT(list.body, HasSubstr(R"("other_lines":0)"));
  EXPECT_THAT(
      list.body,
      HasSubstr(R"("text":"order 109 placed","name":"The ninth","severity":"info","lines":1,)"));
  EXPECT_THAT(list.body,
              HasSubstr(R"("text":"order <*> placed","name":"","severity":"info","lines":59,)"));
  EXPECT_THAT(list.body, HasSubstr(R"("name":"Mismatch","severity":"error","lines":1,)"));
  const std::string ninth = IdOf("order 109 placed");
  const HttpResponse one = Get("patterns/" + ninth, "service=shop");
  EXPECT_EQ(openapi_.Problems("get /logs/patterns/{id}", 200, one.body), Strings{});
  EXPECT_THAT(one.body, HasSubstr(R"("sampled":1)"));
  EXPECT_THAT(one.body, HasSubstr(R"("text":"order 109 placed","slots")"));
  const HttpResponse rest = Get("patterns/" + IdOf("order <*> placed"), "service=shop");
  EXPECT_THAT(rest.body, HasSubstr(R"("lines":59)"));
  EXPECT_THAT(rest.body, HasSubstr(R"("sampled":59)"));
  for (const char* service : {"", "&service=shop"}) {
    const HttpResponse found = Get("search", "pattern=" + ninth + service);
    EXPECT_THAT(found.body, HasSubstr(R"("pattern_name":"The ninth")"));
    EXPECT_EQ(std::count(found.body.begin(), found.body.end(), '\n'), 2) << found.body;
    const HttpResponse others =
        Get("search", "limit=100&pattern=" + IdOf("order <*> placed") + service);
    EXPECT_EQ(std::count(others.body.begin(), others.body.end(), '\n'), 60);
  }
}

TEST_F(LogRoutesTest, LogPatternsOfTheCatalogMerge) {
  const std::string wide =
      "service: {name: shop, log_patterns: [{pattern: 'o<*>d'}, {pattern: <*>\"}]}";
  UseCatalog(wide);
  const HttpResponse list = Get("patterns", "service=shop");
  EXPECT_THAT(list.body, HasSubstr(R"("text":"o<*>d","name":"","severity":"info","lines":60,)"));
  EXPECT_THAT(list.body, testing::Not(HasSubstr("order <*> placed")));
  EXPECT_EQ(Get("patterns/" + IdOf("o<*>d"), "service=cart").status, 404);
  const std::string ranges = fmt::format("&a_from={}&a_to={}&b_from={}", ToMs(kNow - minutes(60)),
                                         ToMs(kNow - minutes(30)), ToMs(kNow - minutes(1)));
  const HttpResponse diff = Get("diff", "service=shop" + ranges);
  EXPECT_EQ(openapi_.Problems("get /logs/diff", 200, diff.body), Strings{});
  EXPECT_THAT(diff.body,
              HasSubstr(R"("text":"<*>\"","name":"","severity":"error","example":"ledger)"));
}

TEST_F(LogRoutesTest, AnswersHaveTheShapesThatTheFilePromises) {
  const std::string id = IdOf("order <*> placed");
  const HttpResponse list = Get("patterns", "service=shop");
  EXPECT_EQ(list.status, 200);
  EXPECT_EQ(openapi_.Problems("get /logs/patterns", 200, list.body), Strings{});
  EXPECT_THAT(list.body, HasSubstr(R"("lines":61)"));
  EXPECT_THAT(list.body, HasSubstr(R"("other_lines":0)"));
  const HttpResponse one = Get("patterns/" + id, "service=shop");
  EXPECT_EQ(openapi_.Problems("get /logs/patterns/{id}", 200, one.body), Strings{});
  EXPECT_THAT(one.body, HasSubstr(R"("slots":[[6,9,"number"]])"));
  EXPECT_THAT(one.body, HasSubstr(R"("p50":129)"));
  const HttpResponse diff =
      Get("diff", fmt::format("service=shop&a_from={}&a_to={}&b_from={}", ToMs(kNow - minutes(60)),
                              ToMs(kNow - minutes(30)), ToMs(kNow - minutes(10))));
  EXPECT_EQ(openapi_.Problems("get /logs/diff", 200, diff.body), Strings{});
  EXPECT_THAT(diff.body, HasSubstr(R"("new":[{"id":")"));
  const HttpResponse tail = Get("tail", "service=shop");
  EXPECT_EQ(openapi_.Problems("get /logs/tail", 200, tail.body), Strings{});
}

TEST_F(LogRoutesTest, ASearchIsLinesAndItsEnd) {
  const HttpResponse all = Get("search", "service=shop&limit=2");
  EXPECT_EQ(FindHeader(all.headers, "Content-Type"), "application/x-ndjson");
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < all.body.size();) {
    const size_t end = all.body.find('\n', begin);
    lines.push_back(all.body.substr(begin, end - begin));
    begin = end + 1;
  }
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(openapi_.ProblemsOf("LogLine", lines[0]), Strings{});
  EXPECT_THAT(lines[0], HasSubstr(R"(ledger \"mismatch\")"));
  EXPECT_THAT(lines[0], HasSubstr(R"("metadata":{"code":"7"})"));
  EXPECT_EQ(openapi_.ProblemsOf("LogSearchEnd", lines[2]), Strings{});
  EXPECT_THAT(lines[2], HasSubstr(R"("end":"lines")"));
  EXPECT_THAT(Get("search", "trace=ABC0").body, HasSubstr("ledger"));
  EXPECT_THAT(Get("search", "parameter=131").body, HasSubstr("order 131"));
  EXPECT_THAT(Get("search", "service=nobody").body, testing::StartsWith(R"({"end":"all")"));
}

TEST_F(LogRoutesTest, WrongQueriesSayWhatIsExpected) {
  for (const char* query :
       {"search?regex=(", "search?limit=5001", "search?from=noon", "tail?after=7",
        "search?severity=worse", "search?pattern=12", "patterns?from=1",
        "patterns?service=shop&from=5&to=4", "patterns/xyz?service=shop"}) {
    const std::string target(query);
    const size_t mark = target.find('?');
    const HttpResponse response = Get(target.substr(0, mark), target.substr(mark + 1));
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_EQ(openapi_.ProblemsOf("Error", response.body), Strings{}) << query;
  }
  EXPECT_EQ(Get("patterns", "service=nobody").status, 404);
  EXPECT_EQ(Get("patterns/0123456789abcdef", "service=shop").status, 404);
  EXPECT_EQ(Get("nothing", "").status, 404);
}

TEST_F(LogRoutesTest, OpenAnomaliesAreBadges) {
  AnomalyRecord anomaly;
  anomaly.id = "1";
  anomaly.service = "shop";
  anomaly.code = "pattern_up";
  anomaly.fields = {{"pattern_id", IdOf("order <*> placed")}};
  anomaly.begin = kNow;
  ASSERT_TRUE(records_->Apply({{anomaly}, {}, {}}).ok());
  EXPECT_THAT(Get("patterns", "service=shop").body, HasSubstr(R"("badges":["up"])"));
  anomaly.end = kNow;
  ASSERT_TRUE(records_->Apply({{anomaly}, {}, {}}).ok());
  EXPECT_THAT(Get("patterns", "service=shop").body, testing::Not(HasSubstr(R"("badges":["up"])")));
}

TEST_F(LogRoutesTest, CountsOfALongRangeAreWidened) {
  const HttpResponse month =
      Get("patterns", fmt::format("service=shop&from={}", ToMs(kNow - std::chrono::days(30))));
  EXPECT_EQ(openapi_.Problems("get /logs/patterns", 200, month.body), Strings{});
  EXPECT_THAT(month.body, HasSubstr(R"("counts":[[)"));
  EXPECT_THAT(month.body, HasSubstr(",60]]")) << "an hour fits into one step";
}

TEST_F(LogRoutesTest, ATailWaitsForALineThatFits) {
  const std::string now = Get("tail", "service=shop").body;
  const size_t begin = now.find(R"("cursor":")") + 10;
  const std::string cursor = now.substr(begin, now.find('"', begin) - begin);
  auto waiting = Ask("tail", "service=shop&severity=warn&q=disk&after=" + cursor);
  LogBatch batch;
  batch.stream = *journal_->InternStream(Labels(std::vector<Label>{{"service", "shop"}}));
  batch.lines.push_back({kNow, "disk ok", LogSeverity::kInfo});
  Append(batch);
  EXPECT_EQ(waiting.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  batch.lines.push_back({kNow, "disk full", LogSeverity::kError});
  Append(batch);
  const std::string answer = waiting.get().body;
  EXPECT_THAT(answer, HasSubstr("disk full"));
  EXPECT_THAT(answer, testing::Not(HasSubstr("disk ok")));
  // Everything since the beginning, of all services.
  EXPECT_THAT(Get("tail", "q=order&after=1:58").body,
              testing::AllOf(HasSubstr("order 159"), testing::Not(HasSubstr("order 157"))));
  auto patient = Ask("tail", "q=never&after=" + cursor);
  routes_->Stop();
  EXPECT_EQ(patient.get().status, 200);
}

}  // namespace
}  // namespace kizashi
