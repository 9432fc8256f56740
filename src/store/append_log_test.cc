#include "store/append_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>

namespace kizashi {
namespace {

using testing::ElementsAre;

class AppendLogTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "append_log_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<AppendLog> Open() {
    read_.clear();
    auto log = AppendLog::Open({folder_.string(), "test", 1, Duration(20)}, &registry_,
                               [this](std::string_view record) { read_.emplace_back(record); });
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }
  static Status Synced(AppendLog& log) {
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

TEST_F(AppendLogTest, GivesBackWhatWasAppended) {
  uint64_t id = 0;
  {
    const auto log = Open();
    ASSERT_TRUE(log->Append({"one", "two"}).ok());
    ASSERT_TRUE(Synced(*log).ok());
    ASSERT_TRUE(log->Append({"three"}).ok());
    id = log->server_id();
    EXPECT_FALSE(AppendLog::Open({folder_.string(), "test", 1, Duration(20)}, &registry_,
                                 [](std::string_view) {})
                     .ok())
        << "one process at a time";
  }
  const auto log = Open();
  EXPECT_THAT(read_, ElementsAre("one", "two", "three"));
  EXPECT_EQ(log->server_id(), id);
}

TEST_F(AppendLogTest, CutsARecordThatWasNotFinished) {
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

TEST_F(AppendLogTest, SetsDamageAsideAndStarts) {
  { ASSERT_TRUE(Open()->Append({"one", "two", "three"}).ok()); }
  std::string bytes = Bytes();
  bytes[bytes.find("two")] = 'x';
  Write(bytes);
  const auto log = Open();
  EXPECT_THAT(read_, ElementsAre("one"));
  EXPECT_TRUE(std::filesystem::exists(File().string() + ".damaged"));
}

TEST_F(AppendLogTest, ReplacesAFileThatHasGrown) {
  {
    const auto log = Open();
    EXPECT_FALSE(log->WantsCompaction());
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(log->Append({"some record"}).ok());
    EXPECT_TRUE(log->WantsCompaction());
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

TEST_F(AppendLogTest, AFileThatWasNotFinishedDoesNotCount) {
  { ASSERT_TRUE(Open()->Append({"one"}).ok()); }
  std::ofstream(folder_ / "log-00000002.tmp", std::ios::binary) << AppendLogHeader(1);
  const auto log = Open();
  EXPECT_THAT(read_, ElementsAre("one"));
}

}  // namespace
}  // namespace kizashi
