#include "judge/anomaly/sample_table.h"

#include <gtest/gtest.h>

#include <cmath>

#include "judge/anomaly/detect_command.h"

namespace kizashi {
namespace {

std::string Refusal(const std::string& header, const std::string& row) {
  SampleTable table;
  Status status = table.ReadHeader(header);
  if (status.ok()) status = table.ReadRow(row);
  return std::string(Message(status));
}

TEST(SampleTableTest, ReadsEveryFormOfTimeToTheSameMoment) {
  SampleTable table;
  ASSERT_TRUE(table.ReadHeader("timestamp,\"a,b\",c\r\n").ok());
  EXPECT_EQ(table.names(), (std::vector<std::string>{"a,b", "c"}));
  for (const char* time : {"1700000000", "1700000000000", "2023-11-14T22:13:20Z",
                           "2023-11-15T07:13:20+09:00", "2023-11-14 22:13:20"}) {
    ASSERT_TRUE(table.ReadRow(std::string(time) + ",1e3,\n").ok()) << time;
    EXPECT_EQ(ToMs(table.time()), 1'700'000'000'000) << time;
    EXPECT_EQ(table.timestamp(), time);
    EXPECT_EQ(table.values()[0], 1000);
    EXPECT_TRUE(std::isnan(table.values()[1]));
  }
}

TEST(SampleTableTest, NumbersAreTimesOfAnySize) {
  SampleTable table;
  ASSERT_TRUE(table.ReadHeader("timestamp,a").ok());
  ASSERT_TRUE(table.ReadRow("0,1").ok());
  EXPECT_EQ(ToMs(table.time()), 0);
  ASSERT_TRUE(table.ReadRow("300.5,1").ok());
  EXPECT_EQ(ToMs(table.time()), 300'500);
  ASSERT_TRUE(table.ReadRow("1700000000123456,1").ok());
  EXPECT_EQ(ToMs(table.time()), 1'700'000'000'123);
  EXPECT_FALSE(table.ReadRow("-5,1").ok());
  EXPECT_FALSE(table.ReadRow("1e30,1").ok());
  EXPECT_FALSE(table.ReadRow("nan,1").ok());
}

TEST(SampleTableTest, SaysWhichLineIsWrongAndWhy) {
  EXPECT_EQ(Refusal("time,value", ""), "line 1: the first column is 'time', expected 'timestamp'");
  EXPECT_EQ(Refusal("timestamp,a,a", ""), "line 1: column 'a' comes twice");
  EXPECT_EQ(Refusal("timestamp,a", "1700000000,1,2"), "line 2: 3 fields, expected 2");
  EXPECT_EQ(Refusal("timestamp,a", "1700000000,x"), "line 2: 'x' in column a is no number");
  EXPECT_EQ(Refusal("timestamp,a", "\"1700000000,1"), "line 2: a quote is not closed");
  EXPECT_NE(Refusal("timestamp,a", "yesterday,1").find("line 2: timestamp 'yesterday' is none"),
            std::string::npos);
}

TEST(DetectCommandTest, PrintsOneRowForEachRowAndNamesWhatMoved) {
  const std::string path = testing::TempDir() + "/detect.csv";
  std::FILE* file = std::fopen(path.c_str(), "w");
  std::fputs("timestamp,value\n", file);
  uint32_t state = 1;
  for (int i = 0; i < 5000; ++i) {
    state = state * 1664525 + 1013904223;
    const double value = 10 + double(state >> 16) / 65536.0 + (i == 4500 ? 30 : 0);
    std::fprintf(file, "%d,%f\n", 1'700'000'000 + i * 60, value);
  }
  std::fclose(file);
  std::FILE* out = std::tmpfile();
  std::FILE* err = std::tmpfile();
  EXPECT_EQ(DetectCommand({path}, out, err), 1);
  std::rewind(out);
  char line[256];
  int rows = 0;
  std::string alert;
  while (std::fgets(line, sizeof(line), out) != nullptr) {
    const std::string text = line;
    if (rows++ == 0) {
      EXPECT_EQ(text, "timestamp,score,alert,names\n");
    }
    if (text.find(",1,value") != std::string::npos) alert += text.substr(0, 10);
  }
  EXPECT_EQ(rows, 5001);
  EXPECT_EQ(alert, std::to_string(1'700'000'000 + 4500 * 60));
  std::fclose(out);
  std::fclose(err);
}

}  // namespace
}  // namespace kizashi
