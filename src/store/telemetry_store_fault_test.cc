// The telemetry store on a disk that is full, that fails, that is slow, and whose power is cut.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "store/telemetry_store.h"
#include "store/telemetry_store_env.h"
#include "store/telemetry_store_test_support.h"

namespace kizashi {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint64_t kEverything = uint64_t{1} << 40;  // as after a kill: nothing written is lost

IOStatus FullDisk() { return IOStatus::NoSpace("test"); }
IOStatus BadDisk() { return IOStatus::IOError("test", "Input/output error"); }

// A disk whose writes and syncs the test decides about, and which knows what was synced.
class FaultyDisk final : public rocksdb::FileSystemWrapper {
 public:
  FaultyDisk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FaultyDisk"; }

  /// From here on writes to files of that ending do half of what they are to do, and syncs nothing,
  /// and answer that. Every name has the empty ending.
  void FailWrites(IOStatus status, std::string ending = "") {
    Set(&write_fault_, {std::move(status), std::move(ending)});
  }
  void FailSyncs(IOStatus status, std::string ending = "") {
    Set(&sync_fault_, {std::move(status), std::move(ending)});
  }
  void BeWell() {
    FailWrites(IOStatus::OK());
    FailSyncs(IOStatus::OK());
  }
  /// From here on no sync ends, until it may.
  void HoldSyncs() {
    const std::lock_guard lock(mutex_);
    hold_syncs_ = true;
  }
  void WaitUntilASyncIsHeld() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return held_ > 0; });
  }
  void LetSyncsGo() {
    const std::lock_guard lock(mutex_);
    hold_syncs_ = false;
    changed_.notify_all();
  }

  /// Copies a folder as a power cut would leave it now: of every file what was synced, and at most
  /// `more` bytes of what was written after that.
  void CopyAsIfPowerWereCut(const std::string& from, const std::string& to, uint64_t more) {
    const std::lock_guard lock(mutex_);
    std::filesystem::remove_all(to);
    std::filesystem::copy(from, to);
    for (const auto& entry : std::filesystem::directory_iterator(to)) {
      const auto written = files_.find(from + "/" + entry.path().filename().string());
      if (written == files_.end()) continue;
      const uint64_t left = written->second.synced + more;
      if (left < entry.file_size()) std::filesystem::resize_file(entry.path(), left);
    }
  }

  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* debug) override;
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    const std::lock_guard lock(mutex_);
    files_[to] = files_[from];
    files_.erase(from);
    return target()->RenameFile(from, to, options, debug);
  }
  IOStatus DeleteFile(const std::string& name, const IOOptions& options,
                      IODebugContext* debug) override {
    const std::lock_guard lock(mutex_);  // not in the middle of a copy
    files_.erase(name);
    return target()->DeleteFile(name, options, debug);
  }

 private:
  struct Bytes {
    uint64_t written = 0;
    uint64_t synced = 0;
  };
  struct Fault {
    IOStatus status;
    std::string ending;
  };
  class File;

  void Set(Fault* fault, Fault value) {
    const std::lock_guard lock(mutex_);
    *fault = std::move(value);
  }
  // How many of the bytes are written, and the answer.
  std::pair<size_t, IOStatus> Appended(const std::string& name, size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (!write_fault_.status.ok() && name.ends_with(write_fault_.ending)) {
      files_[name].written += bytes / 2;
      return {bytes / 2, write_fault_.status};
    }
    files_[name].written += bytes;
    return {bytes, IOStatus::OK()};
  }
  IOStatus BeforeSync(const std::string& name) {
    std::unique_lock lock(mutex_);
    ++held_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !hold_syncs_; });
    --held_;
    return name.ends_with(sync_fault_.ending) ? sync_fault_.status : IOStatus::OK();
  }
  void Synced(const std::string& name) {
    const std::lock_guard lock(mutex_);
    files_[name].synced = files_[name].written;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Bytes> files_;  // by path
  Fault write_fault_;
  Fault sync_fault_;
  bool hold_syncs_ = false;
  int held_ = 0;
};

class FaultyDisk::File final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  File(std::unique_ptr<rocksdb::FSWritableFile> file, FaultyDisk* disk, std::string name)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk), name_(std::move(name)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    const auto [bytes, fault] = disk_->Appended(name_, data.size());
    const IOStatus written = target()->Append(Slice(data.data(), bytes), options, debug);
    return written.ok() ? fault : written;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = disk_->BeforeSync(name_);
    if (status.ok()) status = target()->Sync(options, debug);
    if (status.ok()) disk_->Synced(name_);
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }

 private:
  FaultyDisk* const disk_;
  const std::string name_;
};

IOStatus FaultyDisk::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                     std::unique_ptr<rocksdb::FSWritableFile>* file,
                                     IODebugContext* debug) {
  const IOStatus status = target()->NewWritableFile(name, options, file, debug);
  if (!status.ok()) return status;
  *file = std::make_unique<File>(std::move(*file), this, name);
  const std::lock_guard lock(mutex_);
  files_[name] = Bytes();
  return status;
}

class TelemetryFaultTest : public TelemetryStoreTest {
 protected:
  StorePtr OpenOnFaultyDisk(TelemetryStore::Listener listener = nullptr) {
    auto store = OpenTelemetryStore(options_, clock_, &registry_, env_.get());
    EXPECT_TRUE(store.ok()) << Message(store.status());
    if (!store.ok()) return nullptr;
    (*store)->Start(std::move(listener));
    return *std::move(store);
  }
  // What a store would read that was opened after a power cut now, with `more` unsynced bytes of
  // each file there by luck.
  Lines ReadAfterPowerCut(uint64_t more = 0) {
    StoreOptions copy = options_;
    copy.directory = folder_ + "/after";
    disk_->CopyAsIfPowerWereCut(options_.directory, copy.directory, more);
    const auto store = TelemetryStore::Open(copy, clock_, nullptr);
    EXPECT_TRUE(store.ok()) << Message(store.status());
    return store.ok() ? Read(**store) : Lines();
  }

  Registry registry_;
  const std::shared_ptr<FaultyDisk> disk_ = std::make_shared<FaultyDisk>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
};

TEST_F(TelemetryFaultTest, AnAnswerComesOnlyAfterTheSync) {
  const StorePtr store = OpenOnFaultyDisk();
  ASSERT_TRUE(Append(*store, Logs("a")).ok());
  disk_->HoldSyncs();
  std::atomic<bool> answered = false;
  store->Append(Logs("b"), [&](const Status& status) {
    EXPECT_TRUE(status.ok());
    answered = true;
  });
  disk_->WaitUntilASyncIsHeld();
  EXPECT_FALSE(answered);
  EXPECT_EQ(store->last_seq(), 1U);
  EXPECT_THAT(ReadAfterPowerCut(), ElementsAre("1 logs 0 [a]"));
  disk_->LetSyncsGo();
  store->Stop();
  EXPECT_TRUE(answered);
  EXPECT_THAT(ReadAfterPowerCut(), ElementsAre("1 logs 0 [a]", "2 logs 0 [b]"));
}

TEST_F(TelemetryFaultTest, WhatWaitsDuringASyncIsCommittedWithTheNext) {
  const StorePtr store = OpenOnFaultyDisk();
  ASSERT_TRUE(Append(*store, Logs("a")).ok());
  disk_->HoldSyncs();
  store->Append(Logs("b"), [](const Status&) {});
  disk_->WaitUntilASyncIsHeld();
  for (int i = 0; i < 50; ++i) store->Append(Logs("c"), [](const Status&) {});
  disk_->LetSyncsGo();
  store->Stop();
  EXPECT_EQ(Read(*store).size(), 52U);
  EXPECT_THAT(registry_.Write(), HasSubstr("kizashi_store_commits_total 3\n"));
}

// Whatever of the last write has reached the disk by luck: what was acknowledged is there, and the
// entry that was being written is there whole or not at all.
TEST_F(TelemetryFaultTest, ATornWriteTakesNothingWithIt) {
  const StorePtr store = OpenOnFaultyDisk();
  ASSERT_TRUE(store->InternSeries(Up("a")).ok());
  ASSERT_TRUE(Append(*store, ScrapeBatch{"n/a", start_, Layout({0}), {1}}).ok());
  ASSERT_TRUE(Append(*store, Logs("whole")).ok());
  disk_->HoldSyncs();
  store->Append(Logs("torn"), [](const Status&) {});
  disk_->WaitUntilASyncIsHeld();
  bool whole = false;
  for (uint64_t more = 0; more < 80; more += 3) {
    const Lines lines = ReadAfterPowerCut(more);
    ASSERT_GE(lines.size(), 2U) << more;
    EXPECT_EQ(lines[0], "1 scrape n/a [0=1]") << more;
    EXPECT_EQ(lines[1], "2 logs 0 [whole]") << more;
    EXPECT_FALSE(whole && lines.size() == 2) << more;
    whole = lines.size() == 3;
    EXPECT_TRUE(!whole || lines[2] == "3 logs 0 [torn]") << more;
  }
  EXPECT_TRUE(whole);
  disk_->LetSyncsGo();
}

TEST_F(TelemetryFaultTest, AFullDiskRefusesAndIsGoneOnFromWhenThereIsRoom) {
  std::atomic<size_t> heard = 0;
  StorePtr store =
      OpenOnFaultyDisk([&](const TelemetryStore::Entries& entries) { heard += entries.size(); });
  Lines acknowledged;
  uint64_t refused = 0;
  for (int round = 0; round < 6; ++round) {
    const std::string line = fmt::format("kept {}", round);
    ASSERT_TRUE(Append(*store, Logs(line)).ok()) << round;
    acknowledged.push_back(fmt::format("{} logs 0 [{}]", acknowledged.size() + 1, line));
    if (round % 2 == 1) clock_.Advance(options_.block_length);  // it fails to begin a block
    disk_->FailWrites(FullDisk());
    for (int i = 0; i <= round % 3; ++i) {
      const Status full = Append(*store, Logs("refused"));
      EXPECT_EQ(full.code(), absl::StatusCode::kUnavailable);
      EXPECT_THAT(std::string(Message(full)), HasSubstr("the disk is full"));
      ++refused;
    }
    EXPECT_EQ(Read(*store), acknowledged);
    EXPECT_EQ(store->last_seq(), acknowledged.size());
    disk_->BeWell();
    EXPECT_EQ(ReadAfterPowerCut(), acknowledged);
  }
  EXPECT_THAT(registry_.Write(),
              HasSubstr(fmt::format("kizashi_store_commit_failures_total {}\n", refused)));
  store->Stop();
  EXPECT_EQ(heard, acknowledged.size());
  EXPECT_EQ(ReadAfterPowerCut(kEverything), acknowledged);
}

// The log alone has no room, so that what is in memory can be written out each time: the log must
// be replaced by a new one also when nothing is left in memory.
TEST_F(TelemetryFaultTest, ALogThatFailedIsNeverWrittenToAgain) {
  for (const bool on_sync : {false, true}) {
    std::filesystem::remove_all(options_.directory);
    const StorePtr store = OpenOnFaultyDisk();
    Lines acknowledged;
    for (int round = 0; round < 5; ++round) {
      on_sync ? disk_->FailSyncs(FullDisk(), ".log") : disk_->FailWrites(FullDisk(), ".log");
      for (int i = 0; i <= round; ++i) EXPECT_FALSE(Append(*store, Logs("refused")).ok());
      EXPECT_FALSE(store->PutPoints({{'g', "rps", start_, "1"}}).ok());
      disk_->BeWell();
      ASSERT_TRUE(Append(*store, Logs("kept")).ok()) << round;
      acknowledged.push_back(fmt::format("{} logs 0 [kept]", acknowledged.size() + 1));
      EXPECT_EQ(ReadAfterPowerCut(), acknowledged);
      EXPECT_EQ(ReadAfterPowerCut(kEverything), acknowledged);
    }
  }
}

// After an error other than a lack of room nobody knows what is on the disk: until it was read
// again nothing more is taken.
TEST_F(TelemetryFaultTest, AFailingDiskRefusesUntilARestart) {
  for (const bool on_sync : {false, true}) {
    std::filesystem::remove_all(options_.directory);
    {
      const StorePtr store = OpenOnFaultyDisk();
      ASSERT_TRUE(Append(*store, Logs("kept")).ok());
      on_sync ? disk_->FailSyncs(BadDisk()) : disk_->FailWrites(BadDisk());
      const Status first = Append(*store, Logs("refused"));
      EXPECT_THAT(std::string(Message(first)), HasSubstr("Input/output error"));
      disk_->BeWell();
      const Status later = Append(*store, Logs("refused too"));
      EXPECT_EQ(later.code(), absl::StatusCode::kUnavailable);
      EXPECT_THAT(std::string(Message(later)), HasSubstr("mend the disk and restart"));
      EXPECT_THAT(Read(*store), ElementsAre("1 logs 0 [kept]"));
      EXPECT_THAT(ReadAfterPowerCut(), ElementsAre("1 logs 0 [kept]"));
    }
    const StorePtr store = OpenOnFaultyDisk();
    ASSERT_TRUE(Append(*store, Logs("after")).ok());
    // A refused batch may have reached the disk: then it is an entry like any other.
    EXPECT_THAT(Read(*store),
                AnyOf(ElementsAre("1 logs 0 [kept]", "2 logs 0 [after]"),
                      ElementsAre("1 logs 0 [kept]", "2 logs 0 [refused]", "3 logs 0 [after]")));
  }
}

// The judge writes points from its own thread while the disk has room and has none.
TEST_F(TelemetryFaultTest, PointsAndCommitsMayFailTogether) {
  const StorePtr store = OpenOnFaultyDisk();
  std::jthread judge([&](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) {
      store->PutPoints({{'g', "rps", start_ + Duration(i), "1"}}).IgnoreError();
    }
  });
  Lines acknowledged;
  for (int round = 0; round < 20; ++round) {
    disk_->FailWrites(FullDisk(), round % 2 == 0 ? ".log" : "");
    Append(*store, Logs("refused")).IgnoreError();
    disk_->BeWell();
    // Points may have failed since the commit looked at the disk: then it is refused once more.
    Status status = Append(*store, Logs("kept"));
    for (int i = 0; i < 5 && !status.ok(); ++i) status = Append(*store, Logs("kept"));
    ASSERT_TRUE(status.ok()) << round << " " << Message(status);
    acknowledged.push_back(fmt::format("{} logs 0 [kept]", acknowledged.size() + 1));
  }
  judge.request_stop();
  judge.join();
  EXPECT_EQ(Read(*store), acknowledged);
  EXPECT_EQ(ReadAfterPowerCut(), acknowledged);
}

TEST_F(TelemetryFaultTest, WhatAFailedCommitDefinedIsDefinedByTheNext) {
  {
    const StorePtr store = OpenOnFaultyDisk();
    ASSERT_TRUE(Append(*store, Logs("a")).ok());
    ASSERT_EQ(*store->InternSeries(Up("a")), 0U);
    const SeriesLayout layout = Layout({0});
    disk_->FailWrites(FullDisk());
    EXPECT_FALSE(Append(*store, ScrapeBatch{"n/a", start_, layout, {1}}).ok());
    disk_->BeWell();
    ASSERT_TRUE(Append(*store, ScrapeBatch{"n/a", start_, layout, {2}}).ok());
  }
  const StorePtr store = OpenOnFaultyDisk();
  EXPECT_EQ(store->SeriesLabels(0), Up("a"));
  EXPECT_THAT(Read(*store), ElementsAre("1 logs 0 [a]", "2 scrape n/a [0=2]"));
}

// Points and checkpoints are not synced, but what a checkpoint stands for is dropped only after it
// is on disk.
TEST_F(TelemetryFaultTest, ACheckpointIsOnDiskBeforeWhatItStandsForIsDropped) {
  options_.retention = std::chrono::hours(1);
  const StorePtr store = OpenOnFaultyDisk();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Append(*store, Logs(std::to_string(i))).ok());
    clock_.Advance(options_.block_length);
  }
  ASSERT_TRUE(store->PutCheckpoint(3, clock_.Now(), "three").ok());
  ASSERT_TRUE(store->ApplyRetention().ok());
  EXPECT_THAT(ReadAfterPowerCut(), ElementsAre("3 logs 0 [2]"));
  StoreOptions copy = options_;
  copy.directory = folder_ + "/after";
  const auto after = TelemetryStore::Open(copy, clock_, nullptr);
  ASSERT_TRUE(after.ok());
  const auto base = (*after)->ReplayBase();
  ASSERT_TRUE(base.ok()) << Message(base.status());
  EXPECT_EQ((*base)->state, "three");
}

}  // namespace
}  // namespace kizashi
