#include "act/alert/alert_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>

#include "act/alert/engine_test_support.h"
#include "act/alert/records.h"

namespace kizashi::alerts {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class AlertLogTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "alert_log_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<AlertLog> Open() {
    read_.clear();
    auto log = AlertLog::Open({folder_.string(), 1, Duration(20)}, &registry_,
                              [this](std::string_view record) { read_.emplace_back(record); });
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }
  static Status Synced(AlertLog& log) {
    std::promise<Status> done;
    log.Sync([&done](const Status& status) { done.set_value(status); });
    return done.get_future().get();
  }
  std::filesystem::path File() const {
    std::filesystem::path newest;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.path().extension().empty()) newest = std::max(newest, entry.path());
    }
    return newest;
  }
  std::string Bytes() const {
    std::ifstream in(File(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  void Write(std::string_view bytes) const {
    std::ofstream(File(), std::ios::binary | std::ios::trunc) << bytes;
  }

  std::filesystem::path folder_;
  Registry registry_;
  std::vector<std::string> read_;
};

TEST_F(AlertLogTest, GivesBackWhatWasAppended) {
  uint64_t id = 0;
  {
    const auto log = Open();
    ASSERT_TRUE(log->Append({"one", "two"}).ok());
    ASSERT_TRUE(Synced(*log).ok());
    ASSERT_TRUE(log->Append({"three"}).ok());
    id = log->server_id();
    EXPECT_FALSE(
        AlertLog::Open({folder_.string(), 1, Duration(20)}, &registry_, [](std::string_view) {})
            .ok())
        << "one process at a time";
  }
  const auto log = Open();
  EXPECT_THAT(read_, ElementsAre("one", "two", "three"));
  EXPECT_EQ(log->server_id(), id);
}

TEST_F(AlertLogTest, CutsARecordThatWasNotFinished) {
  { ASSERT_TRUE(Open()->Append({"one", "two"}).ok()); }
  const std::string whole = Bytes();
  for (size_t cut = 1; cut < 11; ++cut) {
    Write(whole.substr(0, whole.size() - cut));
    const auto log = Open();
    EXPECT_THAT(read_, ElementsAre("one")) << cut;
    ASSERT_TRUE(log->Append({"again"}).ok());
    Write(whole);
  }
  EXPECT_FALSE(std::filesystem::exists(File().string() + ".damaged"));
}

TEST_F(AlertLogTest, SetsDamageAsideAndStarts) {
  { ASSERT_TRUE(Open()->Append({"one", "two", "three"}).ok()); }
  std::string bytes = Bytes();
  bytes[bytes.find("two")] = 'x';
  Write(bytes);
  const auto log = Open();
  EXPECT_THAT(read_, ElementsAre("one"));
  EXPECT_TRUE(std::filesystem::exists(File().string() + ".damaged"));
}

TEST_F(AlertLogTest, ReplacesAFileThatHasGrown) {
  {
    const auto log = Open();
    EXPECT_TRUE(log->WantsCompaction());
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(log->Append({"some record"}).ok());
    log->Compact({"all"});
    ASSERT_TRUE(log->Append({"meanwhile"}).ok());
    ASSERT_TRUE(Synced(*log).ok());
    while (log->bytes() > 200) ASSERT_TRUE(Synced(*log).ok());
    ASSERT_TRUE(log->Append({"later"}).ok());
  }
  const auto log = Open();
  EXPECT_THAT(read_, ElementsAre("all", "meanwhile", "later"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(AlertLogTest, AFileThatWasNotFinishedDoesNotCount) {
  { ASSERT_TRUE(Open()->Append({"one"}).ok()); }
  std::ofstream(folder_ / "alerts-00000002.tmp", std::ios::binary) << AlertLogHeader(1);
  const auto log = Open();
  EXPECT_THAT(read_, ElementsAre("one"));
}

// The bytes of version 1, which every later version reads.
TEST_F(AlertLogTest, ReadsTheGoldenFile) {
  const std::string path = "tests/golden/alert_log_v1.kzalert";
  EngineWorld world(R"(
route: {receiver: r, group_wait: 0s, group_interval: 1m}
receivers: [{name: r, webhook_configs: [{url: 'http://a/'}]}]
)");
  world.Fire("alertname=Disk,host=a");
  world.Pass(Duration(0));
  world.DeliverAll();
  Silence silence;
  silence.id = "6a1e1d3c-4f0b-4a53-9c39-0f9f6a1f3b11";
  silence.matchers = *ParseMatchers("host=~\"a|b\"");
  silence.starts_at = world.now;
  silence.ends_at = world.now + Duration(3'600'000);
  silence.updated_at = world.now;
  silence.created_by = "me";
  silence.comment = "why";
  world.records.push_back(EncodeRecord(silence));
  world.engine.SetSilence(silence);
  world.engine.SaveShared([&](std::string_view record) { world.records.emplace_back(record); });
  std::string bytes = AlertLogHeader(0x0123456789abcdef);
  for (const std::string& record : world.records) bytes += FrameRecord(record);
  if (std::getenv("KIZASHI_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  std::ifstream in(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(golden, bytes) << "the format has changed: it needs a new version";
  AlertEngine engine;
  const AlertLogScan scan =
      ScanAlertLog(golden, [&](std::string_view record) { EXPECT_TRUE(engine.Restore(record)); });
  EXPECT_EQ(scan.good_bytes, golden.size());
  EXPECT_EQ(scan.server_id, 0x0123456789abcdefULL);
  EXPECT_EQ(engine.alerts(), 1U);
  EXPECT_EQ(engine.silences().all().size(), 1U);
  EXPECT_NE(engine.FindTold("{}:{}", "r/webhook/0"), nullptr);
}

}  // namespace
}  // namespace kizashi::alerts
