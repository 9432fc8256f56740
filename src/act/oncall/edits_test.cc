#include "act/oncall/edits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "act/oncall/command.h"

namespace kizashi::oncall {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr Time kDay = TimeFromMs(1'790'035'200'000);

class EditLogTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "edits_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    data_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(data_); }

  std::unique_ptr<EditLog> Open() {
    std::filesystem::create_directories(data_ / "oncall");
    auto log = EditLog::Open(
        {(data_ / "oncall" / "edits").string(), "oncall_edits", 1, Duration(100)}, &registry_);
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }
  static Edit Override(const std::string& person) {
    Edit edit;
    edit.schedule = "p";
    edit.person = person;
    edit.begin = kDay;
    edit.end = kDay + std::chrono::hours(24);
    edit.author = "ann";
    edit.made = kDay - std::chrono::hours(1);
    return edit;
  }

  std::filesystem::path data_;
  Registry registry_;
};

TEST_F(EditLogTest, KeepsWhoMadeAndWhoTookBackWhat) {
  {
    const auto log = Open();
    EXPECT_EQ(log->Add(Override("bob"))->id, 1u);
    EXPECT_EQ(log->Add(Override("cy"))->id, 2u);
    EXPECT_EQ(log->Remove(1, "sue", kDay)->removed_by, "sue");
    EXPECT_EQ(log->version(), 3u);
  }
  const auto log = Open();
  const std::vector<Edit> all = log->List();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].removed_by, "sue");
  EXPECT_EQ(all[0].removed, kDay);
  EXPECT_EQ(all[0].author, "ann");
  EXPECT_EQ(all[1].person, "cy");
  EXPECT_EQ(all[1].removed_by, "");
  EXPECT_EQ(log->Add(Override("dan"))->id, 3u);
}

TEST_F(EditLogTest, RefusesWhatIsWrong) {
  const auto log = Open();
  const auto reason = [&](const Edit& edit) {
    return std::string(log->Add(edit).status().message());
  };
  Edit edit = Override("");
  EXPECT_EQ(reason(edit), "person: wanted");
  edit = Override("bob");
  edit.author.clear();
  EXPECT_EQ(reason(edit), "author: wanted");
  edit = Override("bob");
  edit.end = edit.begin;
  EXPECT_EQ(reason(edit), "begin, end: an end behind the beginning");
  edit = Override("bob");
  edit.begin += Duration(1);
  EXPECT_EQ(reason(edit), "begin, end: whole minutes");
  edit = Override("bob");
  edit.kind = Edit::Kind::kSwap;
  edit.taker = "bob";
  EXPECT_THAT(reason(edit), HasSubstr("another person"));
  EXPECT_EQ(log->Remove(1, "ann", kDay).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(log->Add(Override("bob")).ok());
  ASSERT_TRUE(log->Remove(1, "ann", kDay).ok());
  EXPECT_EQ(log->Remove(1, "bob", kDay).status().message(), "edit 1 was taken back by ann before");
}

TEST_F(EditLogTest, TheCommandLineReadsThemWhileTheServerRuns) {
  EXPECT_TRUE(ReadEdits(data_.string())->empty());
  const auto log = Open();
  ASSERT_TRUE(log->Add(Override("bob")).ok());
  const auto read = ReadEdits(data_.string());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(*read, ElementsAre(log->List()[0]));
}

TEST_F(EditLogTest, ATornLastRecordIsNoEdit) {
  {
    const auto log = Open();
    ASSERT_TRUE(log->Add(Override("bob")).ok());
    ASSERT_TRUE(log->Add(Override("cy")).ok());
  }
  std::filesystem::path file;
  for (const auto& entry : std::filesystem::directory_iterator(data_ / "oncall" / "edits")) {
    if (entry.path().filename().string().starts_with("log-")) file = entry.path();
  }
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 3);
  const auto log = Open();
  ASSERT_EQ(log->List().size(), 1u);
  EXPECT_EQ(log->List()[0].person, "bob");
  EXPECT_EQ(log->Add(Override("dan"))->id, 2u);
}

// The bytes of version 1, which every later version reads.
TEST_F(EditLogTest, ReadsTheGoldenFile) {
  const std::string path = "tests/golden/oncall_edits_v1.kzlog";
  std::vector<Edit> edits = {Override("bob"), Override("cy"), Override("dan")};
  edits[1].kind = Edit::Kind::kSwap;
  edits[1].taker = "eve";
  edits[1].back_begin = kDay + std::chrono::hours(48);
  edits[1].back_end = kDay + std::chrono::hours(72);
  edits[2].kind = Edit::Kind::kLeave;
  edits[2].schedule.clear();
  edits[2].reason = "wedding";
  edits[2].removed_by = "sue";
  edits[2].removed = kDay;
  std::string bytes = AppendLogHeader(0x0123456789abcdef);
  for (size_t i = 0; i < edits.size(); ++i) {
    edits[i].id = i + 1;
    bytes += FrameRecord(EncodeEdit(edits[i]));
  }
  if (std::getenv("KIZASHI_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  std::ifstream in(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(golden, bytes) << "an edit has changed: it needs a new type";
  std::vector<Edit> read;
  const AppendLogScan scan = ScanAppendLog(golden, [&](std::string_view record) {
    EXPECT_TRUE(DecodeEdit(record, &read.emplace_back()));
  });
  EXPECT_EQ(scan.good_bytes, golden.size());
  EXPECT_EQ(read, edits);
}

TEST(Edit, BytesThatAreNoneAreRefused) {
  Edit edit;
  edit.id = 3;
  edit.kind = Edit::Kind::kLeave;
  edit.person = "bob";
  edit.author = "ann";
  edit.begin = kDay;
  edit.end = kDay + std::chrono::hours(24);
  const std::string bytes = EncodeEdit(edit);
  Edit read;
  ASSERT_TRUE(DecodeEdit(bytes, &read));
  EXPECT_EQ(read, edit);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeEdit(bytes.substr(0, size), &read)) << size;
  }
  EXPECT_FALSE(DecodeEdit(bytes + "x", &read));
}

}  // namespace
}  // namespace kizashi::oncall
