#include "act/alert/records.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "act/alert/engine_test_support.h"
#include "store/append_log.h"

namespace kizashi::alerts {
namespace {

// The bytes of version 1, which every later version reads.
TEST(RecordsTest, ReadsTheGoldenFile) {
  const std::string path = "tests/golden/alert_records_v1.kzlog";
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
  std::string bytes = AppendLogHeader(0x0123456789abcdef);
  for (const std::string& record : world.records) bytes += FrameRecord(record);
  if (std::getenv("KIZASHI_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  std::ifstream in(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(golden, bytes) << "the records have changed: they need new types";
  AlertEngine engine;
  const AppendLogScan scan =
      ScanAppendLog(golden, [&](std::string_view record) { EXPECT_TRUE(engine.Restore(record)); });
  EXPECT_EQ(scan.good_bytes, golden.size());
  EXPECT_EQ(scan.server_id, 0x0123456789abcdefULL);
  EXPECT_EQ(engine.alerts(), 1U);
  EXPECT_EQ(engine.silences().all().size(), 1U);
  EXPECT_NE(engine.FindTold("{}:{}", "r/webhook/0"), nullptr);
}

}  // namespace
}  // namespace kizashi::alerts
