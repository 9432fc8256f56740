#include "query/log_patterns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "catalog/load.h"

namespace kizashi {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

// Stream n is the one of service "s<n>".
class Streams : public SeriesDirectory {
 public:
  Labels SeriesLabels(SeriesId id) const override { return StreamLabels(id); }
  const Labels& StreamLabels(StreamId id) const override {
    Labels& labels = labels_[id];
    labels.Set("service", fmt::format("s{}", id));
    return labels;
  }

 private:
  mutable std::map<StreamId, Labels> labels_;
};

class LogPatternsTest : public testing::Test {
 protected:
  LogPatternsTest() {
    folder_ = fs::path(testing::TempDir()) / fmt::format("kizashi-patterns-{}", ::getpid());
    fs::remove_all(folder_);
    LogStoreOptions options;
    options.directory = folder_.string();
    store_ = *LogStore::Open(options, clock_, &registry_);
  }
  ~LogPatternsTest() override {
    store_.reset();
    fs::remove_all(folder_);
  }

  void Store(StreamId stream, const std::vector<std::string>& texts) {
    LogBatch batch;
    batch.stream = stream;
    for (const std::string& text : texts) batch.lines.emplace_back().text = text;
    const auto add = [&](std::string_view text, uint64_t skeleton, const std::vector<Slot>& slots) {
      patterns_.Add(stream, text, skeleton, slots);
      return skeleton;
    };
    ASSERT_TRUE(store_->Append(++seq_, batch, add).ok());
  }
  void AbsorbAll() {
    const LogStoreView view = store_->View();
    for (const auto& block : view.blocks) ASSERT_TRUE(patterns_.Absorb(*block).ok());
    for (const auto& tail : view.tails) patterns_.Absorb(tail);
  }
  std::vector<std::string> Texts(const std::string& service) {
    std::vector<std::string> texts;
    for (const LogPattern& pattern : patterns_.PatternsOf(service)) texts.push_back(pattern.text);
    std::sort(texts.begin(), texts.end());
    return texts;
  }

  fs::path folder_;
  ManualClock clock_{TimeFromMs(1'700'000'000'000)};
  Registry registry_;
  Streams streams_;
  std::shared_ptr<const Catalog> catalog_ = std::make_shared<const Catalog>();
  std::unique_ptr<LogStore> store_;
  LogPatterns patterns_{streams_, [this] { return catalog_; }};
  uint64_t seq_ = 0;
};

TEST_F(LogPatternsTest, AStreamThatAnotherServiceClaimsTakesItsPatternsAlong) {
  Store(1, {"login of ann ok", "login of bob ok"});
  Store(2, {"login of cyd ok", "cart is full"});
  ASSERT_TRUE(store_->SealAll().ok());
  Store(2, {"state=good of it"});
  EXPECT_THAT(Texts("s1"), ElementsAre("login of ann ok", "login of bob ok"));
  EXPECT_THAT(Texts("s2"), ElementsAre("cart is full", "login of cyd ok", "state=good of it"));
  EXPECT_FALSE(patterns_.FollowCatalog()) << "nothing changed";

  const CatalogLoad load =
      LoadCatalog({{"all.yaml", R"(service: {name: all, match: ['{service=~"s[12]"}']})"}});
  ASSERT_TRUE(load.errors.empty()) << load.errors[0].ToString();
  catalog_ = load.catalog;
  EXPECT_TRUE(patterns_.FollowCatalog());
  AbsorbAll();
  EXPECT_THAT(Texts("all"), ElementsAre("cart is full", "login of <*> ok", "state=good of it"));
  EXPECT_THAT(Texts("s1"), ElementsAre());
  EXPECT_THAT(patterns_.StreamsOf("all"), ElementsAre(1u, 2u));
  EXPECT_EQ(patterns_.ServiceOf(2), "all");
  EXPECT_FALSE(patterns_.FollowCatalog());
}

TEST_F(LogPatternsTest, MoreServicesThanTheLimitShareOne) {
  for (StreamId stream = 0; stream < LogPatterns::kServicesMax + 10; ++stream) {
    patterns_.NoteStreams({stream});
  }
  EXPECT_EQ(patterns_.ServiceOf(0), "s0");
  EXPECT_EQ(patterns_.ServiceOf(LogPatterns::kServicesMax + 5), "(none)");
  EXPECT_EQ(patterns_.Services().size(), LogPatterns::kServicesMax + 1);
}

}  // namespace
}  // namespace kizashi
