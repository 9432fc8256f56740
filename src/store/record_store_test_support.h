// What the tests of the record store share: a store in a folder of its own, SQL beside it, records.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "store/record_store.h"

namespace kizashi {

class RecordStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "records-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/records.sqlite";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<RecordStore> Open() {
    auto store = RecordStore::Open(path_);
    EXPECT_TRUE(store.ok()) << Message(store.status());
    return store.ok() ? *std::move(store) : nullptr;
  }

  /// Runs SQL beside the store; the first column of every row, one a line.
  std::string Sql(const std::string& sql);  // in record_store_test.cc

  std::string folder_;
  std::string path_;
};

inline AnomalyRecord Anomaly(const std::string& id, int64_t begin_ms) {
  AnomalyRecord anomaly;
  anomaly.id = id;
  anomaly.service = "shop";
  anomaly.owner = "shop-team";
  anomaly.kind = "shop/redundancy/c";
  anomaly.source = "redundancy";
  anomaly.code = "member_down";
  anomaly.fields = {{"member", "c"}, {"up", 4.0}};
  anomaly.begin = TimeFromMs(begin_ms);
  anomaly.price = {1.5, 0.25, 7.75, "prior_redundancy", {{"q", 0.01}}};
  anomaly.evidence = {{TimeFromMs(begin_ms), "sample", {{"value", 0.0}}}};
  return anomaly;
}

inline AlertRecord Alert(const std::string& id, int64_t begin_ms) {
  AlertRecord alert;
  alert.id = id;
  alert.service = "shop";
  alert.owner = "shop-team";
  alert.slo = "availability";
  alert.begin = TimeFromMs(begin_ms);
  alert.fields = {{"factor", 14.4}};
  return alert;
}

}  // namespace kizashi
