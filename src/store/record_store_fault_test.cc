// The record store on a disk that fails: SQLite's file layer is wrapped so that writes can be
// refused.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "store/record_store.h"

namespace kizashi {
namespace {

int g_write_error = SQLITE_OK;
int g_sync_error = SQLITE_OK;
sqlite3_vfs* g_real = nullptr;
// SQLite has one table of methods for files with locks and one for those without; their writes and
// syncs are the same functions.
std::map<const sqlite3_io_methods*, sqlite3_io_methods> g_methods;
const sqlite3_io_methods* g_real_methods = nullptr;

int FaultyWrite(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  if (g_write_error != SQLITE_OK) return g_write_error;
  return g_real_methods->xWrite(file, data, size, offset);
}

int FaultySync(sqlite3_file* file, int flags) {
  if (g_sync_error != SQLITE_OK) return g_sync_error;
  return g_real_methods->xSync(file, flags);
}

int FaultyOpen(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  const int code = g_real->xOpen(g_real, name, file, flags, out_flags);
  if (code != SQLITE_OK || file->pMethods == nullptr) return code;
  g_real_methods = file->pMethods;
  sqlite3_io_methods& faulty = g_methods[g_real_methods];
  faulty = *g_real_methods;
  faulty.xWrite = FaultyWrite;
  faulty.xSync = FaultySync;
  file->pMethods = &faulty;
  return code;
}

class FaultyDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "faulty-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    g_real = sqlite3_vfs_find(nullptr);
    faulty_ = *g_real;
    faulty_.zName = "faulty";
    faulty_.xOpen = FaultyOpen;
    ASSERT_EQ(sqlite3_vfs_register(&faulty_, 1), SQLITE_OK);
  }
  void TearDown() override {
    g_write_error = g_sync_error = SQLITE_OK;
    sqlite3_vfs_unregister(&faulty_);
    sqlite3_vfs_register(g_real, 1);
    std::filesystem::remove_all(folder_);
  }

  static VerdictBatch Batch(const std::string& id) {
    AnomalyRecord anomaly;
    anomaly.id = id;
    return {{anomaly}, {}, {{TimeFromMs(1), "anomaly_begin", id, "shop", ""}}};
  }

  std::string folder_;
  sqlite3_vfs faulty_{};
};

TEST_F(FaultyDiskTest, AFullDiskIsSaidAndNothingHalfIsKept) {
  const auto store = RecordStore::Open(folder_ + "/r.sqlite");
  ASSERT_TRUE(store.ok()) << Message(store.status());
  ASSERT_TRUE((*store)->Apply(Batch("before")).ok());
  g_write_error = SQLITE_FULL;
  const Status status = (*store)->Apply(Batch("lost"));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << Message(status);
  EXPECT_NE(Message(status).find("no space left for record store"), std::string::npos);
  EXPECT_NE(Message(status).find("r.sqlite"), std::string::npos);

  g_write_error = SQLITE_OK;
  EXPECT_TRUE((*store)->GetAnomaly("before")->has_value());
  EXPECT_FALSE((*store)->GetAnomaly("lost")->has_value());
  EXPECT_TRUE((*store)->Apply(Batch("after")).ok());
  EXPECT_EQ((*store)->ListVerdicts()->size(), 2u);
}

TEST_F(FaultyDiskTest, AFailedWriteIsAnInputOutputError) {
  const auto store = RecordStore::Open(folder_ + "/r.sqlite");
  ASSERT_TRUE(store.ok());
  g_write_error = SQLITE_IOERR_WRITE;
  const Status status = (*store)->Apply(Batch("lost"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_NE(Message(status).find("input/output error"), std::string::npos) << Message(status);
  g_write_error = SQLITE_OK;
  EXPECT_FALSE((*store)->GetAnomaly("lost")->has_value());
}

TEST_F(FaultyDiskTest, WhatCouldNotBeSyncedIsNotAcknowledged) {
  const auto store = RecordStore::Open(folder_ + "/r.sqlite");
  ASSERT_TRUE(store.ok());
  g_sync_error = SQLITE_IOERR_FSYNC;
  EXPECT_FALSE((*store)->Apply(Batch("lost")).ok());
  g_sync_error = SQLITE_OK;
  EXPECT_TRUE((*store)->Apply(Batch("after")).ok());
  EXPECT_TRUE((*store)->GetAnomaly("after")->has_value());
}

}  // namespace
}  // namespace kizashi
