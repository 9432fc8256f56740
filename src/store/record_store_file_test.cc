// The record store's file: rights, migrations, and what is refused.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "store/record_store_test_support.h"

namespace kizashi {
namespace {

using RecordStoreFileTest = RecordStoreTest;

TEST_F(RecordStoreFileTest, TheFileIsPrivateAndInWalMode) {
  const auto store = Open();
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
  EXPECT_EQ(Sql("PRAGMA journal_mode"), "wal\n");
  EXPECT_EQ(Sql("PRAGMA user_version"), "5\n");
  EXPECT_EQ(Sql("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND strict = 0 "
                "AND name NOT LIKE 'sqlite%'"),
            "0\n");
}

TEST_F(RecordStoreFileTest, AFolderThatIsNotThereIsNamed) {
  const auto store = RecordStore::Open(folder_ + "/none/records.sqlite");
  ASSERT_FALSE(store.ok());
  EXPECT_NE(Message(store.status()).find("none/records.sqlite"), std::string::npos);
  EXPECT_NE(Message(store.status()).find("No such file"), std::string::npos);
}

TEST_F(RecordStoreFileTest, AVersion1FileIsMigratedWithItsRecords) {
  std::ifstream file("src/store/testdata/records_v1.sql");
  ASSERT_TRUE(file) << "run from the root of the tree";
  Sql(std::string(std::istreambuf_iterator<char>(file), {}));
  ASSERT_EQ(Sql("PRAGMA user_version"), "1\n");

  const auto store = Open();
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(Sql("PRAGMA user_version"), "5\n");
  const auto anomaly = store->GetAnomaly("00000000000000aa");
  ASSERT_TRUE(anomaly.ok()) << Message(anomaly.status());
  ASSERT_TRUE(anomaly->has_value());
  EXPECT_EQ(FieldText((*anomaly)->fields, "member"), "c");
  EXPECT_EQ((*anomaly)->price.high_minutes, 9.5);
  EXPECT_TRUE(store->ListPrices("00000000000000aa")->empty()) << "kept since version 4";
  EXPECT_EQ(store->ListVerdicts()->size(), 1u);
  EXPECT_EQ(Sql("SELECT count(*) FROM sqlite_schema WHERE name = 'deliveries'"), "0\n");
  // What came with version 2 works.
  ASSERT_TRUE(
      store->Apply({{}, {}, {{TimeFromMs(9), "anomaly_end", "00000000000000aa", "shop", ""}}})
          .ok());
  EXPECT_EQ(Sql("SELECT what FROM audit"), "anomaly_end\n");
}

TEST_F(RecordStoreFileTest, ANewerVersionIsRefused) {
  Open().reset();
  Sql("PRAGMA user_version = 6");
  const auto store = RecordStore::Open(path_);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(Message(store.status()).find("version 6"), std::string::npos);
}

TEST_F(RecordStoreFileTest, AnotherProgramsDatabaseIsRefusedAndLeftAlone) {
  Sql("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
  const auto store = RecordStore::Open(path_);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Sql("PRAGMA journal_mode"), "delete\n");
  EXPECT_EQ(Sql("SELECT name FROM sqlite_schema"), "theirs\n");
}

TEST_F(RecordStoreFileTest, AFileThatIsNoDatabaseIsRefusedWithDataLoss) {
  std::ofstream(path_) << std::string(8192, 'x');
  const auto store = RecordStore::Open(path_);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(Message(store.status()).find(path_), std::string::npos);
}

TEST_F(RecordStoreFileTest, ADamagedSchemaPageIsRefusedWithDataLoss) {
  Open().reset();
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);  // behind the header that says what the file is
    file << std::string(3000, '\xff');
  }
  const auto store = RecordStore::Open(path_);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss) << Message(store.status());
}

}  // namespace
}  // namespace kizashi
