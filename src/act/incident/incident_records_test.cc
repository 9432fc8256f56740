#include "act/incident/incident_records.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "act/incident/incident_book.h"
#include "act/incident/incident_test_support.h"
#include "store/append_log.h"

namespace kizashi::incidents {
namespace {

// The bytes of version 1, which every later version reads: inputs, then a compacted book.
TEST(IncidentRecordsTest, ReadsTheGoldenFile) {
  const std::string path = "tests/golden/incident_records_v1.kzlog";
  std::vector<std::string> records = {EncodeEvent(AnomalyAt(10, "x"), At(11)),
                                      EncodeEvent(PageAt(20, "p"), At(21))};
  Edit note = EditAt(30, Edit::What::kNote, 1, "looks like the balancer");
  Edit report = EditAt(40, Edit::What::kReport, 1, "---\nincident: 1\n---\n");
  Edit role = EditAt(41, Edit::What::kRole, 1, "hanako");
  role.name = kCommander;
  for (const Edit& edit : {note, report, role}) records.push_back(EncodeEdit(edit));
  IncidentBook book;
  for (const std::string& record : records) ASSERT_TRUE(book.Restore(record));
  for (std::string& record : SavedBook(book)) records.push_back(std::move(record));
  std::string bytes = AppendLogHeader(0x0123456789abcdef);
  for (const std::string& record : records) bytes += FrameRecord(record);
  if (std::getenv("KIZASHI_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  std::ifstream in(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(golden, bytes) << "the records have changed: they need new types";
  IncidentBook read;
  const AppendLogScan scan =
      ScanAppendLog(golden, [&](std::string_view record) { EXPECT_TRUE(read.Restore(record)); });
  EXPECT_EQ(scan.good_bytes, golden.size());
  ASSERT_NE(read.Find(1), nullptr);
  EXPECT_EQ(read.Find(1)->PersonOf(kCommander), "hanako");
  EXPECT_EQ(read.Find(1)->report.size(), 1u);
  EXPECT_EQ(read.Find(1)->timeline.size(), 6u);
}

TEST(IncidentRecordsTest, RefusesWhatIsNoRecord) {
  IncidentBook book;
  EXPECT_FALSE(book.Restore(""));
  EXPECT_FALSE(book.Restore("\x63"));
  const std::string whole = EncodeEvent(PageAt(20, "p"), At(21));
  for (size_t size = 1; size < whole.size(); ++size) {
    EXPECT_FALSE(book.Restore(whole.substr(0, size))) << size;
  }
  EXPECT_FALSE(book.Restore(whole + "x"));
  IncidentEvent never = PageAt(20, "p");
  never.time = Time::min();
  EXPECT_FALSE(book.Restore(EncodeEvent(never, At(21))));
  EXPECT_FALSE(book.Restore(EncodeEvent(PageAt(20, "p"), Time::max())));
  EXPECT_TRUE(book.all().empty());
}

}  // namespace
}  // namespace kizashi::incidents
