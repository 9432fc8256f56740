// The record store's lists: order, filters, what is due.
#include <gtest/gtest.h>

#include "store/record_store_test_support.h"

namespace kizashi {
namespace {

using RecordStoreListTest = RecordStoreTest;

std::vector<std::string> Ids(const StatusOr<std::vector<AnomalyRecord>>& records) {
  std::vector<std::string> ids;
  EXPECT_TRUE(records.ok()) << Message(records.status());
  if (!records.ok()) return ids;
  for (const AnomalyRecord& record : *records) ids.push_back(record.id);
  return ids;
}

using Strings = std::vector<std::string>;

TEST_F(RecordStoreListTest, ListsAreNewestFirstAndFiltered) {
  const auto store = Open();
  std::vector<AnomalyRecord> all = {Anomaly("old", 1'000), Anomaly("open", 2'000),
                                    Anomaly("b", 3'000), Anomaly("a", 3'000)};
  all[0].end = TimeFromMs(1'500);
  all[2].end = TimeFromMs(4'000);
  all[2].service = "cart";
  all[3].owner = "";
  ASSERT_TRUE(store->Apply({all, {}, {}}).ok());

  const auto list = [&](const RecordFilter& filter) { return Ids(store->ListAnomalies(filter)); };
  EXPECT_EQ(list({}), (Strings{"a", "b", "open", "old"}));
  EXPECT_EQ(list({.service = "cart"}), (Strings{"b"}));
  EXPECT_EQ(list({.owner = "shop-team"}), (Strings{"b", "open", "old"}));
  EXPECT_EQ(list({.open = RecordFilter::Open::kOpen}), (Strings{"a", "open"}));
  EXPECT_EQ(list({.open = RecordFilter::Open::kEnded}), (Strings{"b", "old"}));
  EXPECT_EQ(list({.overlapping_since = TimeFromMs(1'501)}), (Strings{"a", "b", "open"}));
  EXPECT_EQ(list({.overlapping_since = TimeFromMs(1'500)}), (Strings{"a", "b", "open", "old"}));
  EXPECT_EQ(list({.overlapping_until = TimeFromMs(2'000)}), (Strings{"old"}));
  EXPECT_EQ(list({.overlapping_until = TimeFromMs(2'001)}), (Strings{"open", "old"}));
  EXPECT_EQ(list({.limit = 2}), (Strings{"a", "b"}));
  EXPECT_EQ(list({.limit = 0}), Strings{});
  EXPECT_EQ(list({.limit = -1}), Strings{});

  AlertRecord ended = Alert("x", 1'000);
  ended.end = TimeFromMs(1'100);
  ASSERT_TRUE(store->Apply({{}, {ended, Alert("y", 2'000)}, {}}).ok());
  const auto open = store->ListAlerts({.service = "shop", .open = RecordFilter::Open::kOpen});
  ASSERT_TRUE(open.ok());
  ASSERT_EQ(open->size(), 1u);
  EXPECT_EQ(open->front().id, "y");
}

}  // namespace
}  // namespace kizashi
