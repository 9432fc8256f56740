#include "query/log_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "query/log_search.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Time kBegin = TimeFromMs(1'700'000'000'000);

// A journal, a log store of small blocks, and the feed between them, which can be restarted.
class LogFeedTest : public testing::Test {
 protected:
  LogFeedTest() {
    const auto* about = testing::UnitTest::GetInstance()->current_test_info();
    folder_ =
        fs::path(testing::TempDir()) / fmt::format("kizashi-feed-{}-{}", about->name(), ::getpid());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    log_options_.directory = (folder_ / "logs").string();
    log_options_.block_text_bytes = 8'000;
    catalog_ = std::make_shared<const Catalog>();
    Open();
  }
  ~LogFeedTest() override {
    Close();
    fs::remove_all(folder_);
  }

  void OpenStores() {
    registry_ = std::make_unique<Registry>();
    StoreOptions options;
    options.directory = (folder_ / "telemetry").string();
    auto journal = TelemetryStore::Open(options, clock_, registry_.get());
    ASSERT_TRUE(journal.ok()) << journal.status();
    journal_ = std::move(*journal);
    auto store = LogStore::Open(log_options_, clock_, registry_.get());
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = std::move(*store);
    patterns_ = std::make_unique<LogPatterns>(*journal_, [this] { return catalog_; });
    feed_ = std::make_unique<LogFeed>(*journal_, *store_, *patterns_, registry_.get(),
                                      (folder_ / "logs/position").string(), [] {});
  }
  void Open() {
    OpenStores();
    ASSERT_TRUE(feed_->Start().ok());
    journal_->Start([this](const TelemetryStore::Entries& entries) {
      if (!deaf_) feed_->Push(entries);
    });
  }
  void Close() {
    if (journal_) journal_->Stop();
    feed_.reset();
    patterns_.reset();
    store_.reset();
    journal_.reset();
  }
  void Reopen() {
    Close();
    Open();
    WaitForFeed();
  }

  void Log(const std::string& service, const std::vector<std::string>& texts) {
    LogBatch batch;
    batch.stream = *journal_->InternStream(Labels(std::vector<Label>{{"service", service}}));
    for (const std::string& text : texts) {
      LogLine line;
      line.time = kBegin + std::chrono::seconds(lines_++);
      line.text = text;
      batch.lines.push_back(line);
    }
    std::promise<Status> done;
    journal_->Append(std::move(batch), [&](const Status& status) { done.set_value(status); });
    ASSERT_TRUE(done.get_future().get().ok());
  }
  void WaitForFeed() {
    while (feed_->last_seq() < journal_->last_seq()) std::this_thread::yield();
  }
  // All that is stored, the oldest first.
  std::vector<std::string> Stored(const LogQuery& query = {}) {
    std::vector<std::string> texts;
    LogSearchLimits limits;
    limits.lines = UINT64_MAX;
    const auto found = SearchLogs(*store_, query, limits, [&](const LogRow& row) {
      texts.insert(texts.begin(), row.line.text);
      return true;
    });
    EXPECT_TRUE(found.ok() && found->damaged.empty());
    return texts;
  }
  using Shape = std::map<std::string, std::vector<uint64_t>>;  // a pattern's text, its skeletons
  Shape PatternsOf(const std::string& service) {
    Shape shape;
    for (const LogPattern& pattern : patterns_->PatternsOf(service)) {
      EXPECT_EQ(pattern.id, PatternIdOf(pattern.text));
      EXPECT_FALSE(pattern.example.empty()) << pattern.text;
      shape[pattern.text] = pattern.skeletons;
    }
    return shape;
  }
  void WaitForPatterns(const std::string& service, const Shape& wanted) {
    for (int i = 0; i < 500 && PatternsOf(service) != wanted; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(PatternsOf(service), wanted);
  }
  uint64_t Counted(const std::string& service) {
    PatternCountQuery query;
    query.to = kBegin + std::chrono::days(9);
    if (!service.empty()) query.streams = patterns_->StreamsOf(service);
    const auto counts = CountPatterns(*store_, query);
    EXPECT_TRUE(counts.ok());
    uint64_t lines = 0;
    for (const PatternCount& count : counts->skeletons) lines += count.lines;
    return lines;
  }

  fs::path folder_;
  ManualClock clock_{kBegin};
  LogStoreOptions log_options_;
  std::shared_ptr<const Catalog> catalog_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<TelemetryStore> journal_;
  std::unique_ptr<LogStore> store_;
  std::unique_ptr<LogPatterns> patterns_;
  std::unique_ptr<LogFeed> feed_;
  int64_t lines_ = 0;
  std::atomic<bool> deaf_{false};
};

std::vector<std::string> ShopLines(int begin, int end) {
  std::vector<std::string> lines;
  for (int i = begin; i < end; ++i) {
    lines.push_back(fmt::format("order {} placed total {} EUR", 1000 + i, i % 7));
    // Only late is it known that the state varies: the same skeleton, once with another value.
    lines.push_back(fmt::format("job state={} done", i == 190 ? "late" : "good"));
    lines.push_back(fmt::format("login of user{} ok", std::string(1 + i % 20, 'x')));
  }
  return lines;
}

TEST_F(LogFeedTest, ARestartFindsTheSameLinesAndPatterns) {
  std::vector<std::string> all;
  for (int i = 0; i < 200; i += 10) {
    Log("shop", ShopLines(i, i + 10));
    Log("cart", {fmt::format("order {} placed total 3 EUR", i), "cart is full"});
    for (const std::string& line : ShopLines(i, i + 10)) all.push_back(line);
  }
  WaitForFeed();
  LogQuery of_shop;
  of_shop.streams = patterns_->StreamsOf("shop");
  EXPECT_EQ(Stored(of_shop), all);
  EXPECT_GE(store_->View().blocks.size(), 1u);  // another one may be being written
  const Shape shop = PatternsOf("shop");
  const Shape cart = PatternsOf("cart");
  EXPECT_EQ(shop.count("job state=<*> done"), 1u);
  EXPECT_EQ(cart.count("order <*> placed total <*> EUR"), 1u);
  EXPECT_EQ(Counted("shop"), 600u);
  EXPECT_EQ(Counted("cart"), 40u);
  for (int i = 0; i < 2; ++i) {
    Reopen();
    EXPECT_EQ(Stored(of_shop), all);
    WaitForPatterns("shop", shop);
    WaitForPatterns("cart", cart);
    EXPECT_EQ(Counted("shop"), 600u);
    EXPECT_EQ(Counted("cart"), 40u);
    ASSERT_TRUE(store_->SealAll().ok());  // the second time everything is in blocks
  }
}

TEST_F(LogFeedTest, SkeletonsOfTwoServicesInOneBlockAreCountedApart) {
  for (int i = 0; i < 30; ++i) {
    Log("shop", {fmt::format("took {} ms", i), "only the shop"});
    Log("cart", {fmt::format("took {} ms", i)});
  }
  WaitForFeed();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Counted("shop"), 60u);
    EXPECT_EQ(Counted("cart"), 30u);
    EXPECT_EQ(Counted(""), 90u);
    PatternCountQuery one;
    one.from = one.to = kBegin;
    one.streams = patterns_->StreamsOf("cart");
    one.patterns = patterns_->SkeletonsOf(PatternIdOf("took <*> ms"), "cart");
    const auto counts = CountPatterns(*store_, one);
    ASSERT_TRUE(counts.ok());
    uint64_t lines = 0;
    for (const PatternCount& count : counts->skeletons) lines += count.lines;
    EXPECT_GT(lines, 0u);
    EXPECT_LT(lines, 30u) << "of the first minute only";
    ASSERT_TRUE(store_->SealAll().ok());
  }
}

TEST_F(LogFeedTest, WhatWasNotPushedIsReadFromTheJournal) {
  Log("shop", {"a"});
  WaitForFeed();
  deaf_ = true;
  Log("shop", {"b", "c"});
  deaf_ = false;
  Log("shop", {"d"});
  WaitForFeed();
  EXPECT_EQ(Stored(), (std::vector<std::string>{"a", "b", "c", "d"}));
}

TEST_F(LogFeedTest, TheJournalIsNeededFromTheFirstEntryThatIsInNoBlock) {
  EXPECT_EQ(feed_->NeededFrom(), journal_->last_seq() + 1);
  Log("shop", {"a"});
  WaitForFeed();
  EXPECT_EQ(feed_->NeededFrom(), 0u) << "nothing is in a block";
  ASSERT_TRUE(store_->SealAll().ok());
  EXPECT_EQ(feed_->NeededFrom(), journal_->last_seq() + 1);
  const uint64_t sealed = journal_->last_seq();
  Log("shop", {"b"});
  WaitForFeed();
  EXPECT_LE(feed_->NeededFrom(), sealed + 1);
}

TEST_F(LogFeedTest, BlocksOfAnotherJournalAreRefused) {
  Log("shop", {"a"});
  Log("shop", {"b"});
  WaitForFeed();
  ASSERT_TRUE(store_->SealAll().ok());
  Close();
  fs::remove_all(folder_ / "telemetry");
  OpenStores();
  const Status started = feed_->Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(Message(started)), testing::HasSubstr("logs/"));
}

TEST_F(LogFeedTest, APositionThatCannotBeUsedCostsTimeAndNoLine) {
  Log("shop", {"a", "b"});
  WaitForFeed();
  for (const char* text : {"", "no number", "99999999", "-1"}) {
    Close();
    std::ofstream(folder_ / "logs/position") << text;
    Open();
    WaitForFeed();
    EXPECT_THAT(Stored(), SizeIs(2)) << text;
  }
}

}  // namespace
}  // namespace kizashi
