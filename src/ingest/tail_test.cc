#include "ingest/tail.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "net/content_coding.h"

namespace kizashi {
namespace {

// A sink in memory that keeps cursors with the lines, and can refuse.
class FakeSink : public TelemetrySink {
 public:
  StatusOr<SeriesId> InternSeries(const Labels&) override { return 0; }
  StatusOr<StreamId> InternStream(const Labels& labels) override {
    streams.push_back(labels);
    return static_cast<StreamId>(streams.size() - 1);
  }
  void Append(ScrapeBatch, Done done) override { done(OkStatus()); }
  std::vector<RefusedSample> Append(SampleBatch, Done) override { return {}; }
  void Append(LogBatch batch, Done done) override {
    if (refuse) return done(ResourceExhausted("full"));
    for (const LogLine& line : batch.lines) {
      lines.push_back(line.text);
      records.push_back(line);
    }
    cursors[batch.cursor_key] = batch.cursor_value;
    done(OkStatus());
  }
  std::string ReadCursor(const std::string& key) override { return cursors[key]; }

  std::vector<Labels> streams;
  std::vector<std::string> lines;
  std::vector<LogLine> records;
  std::map<std::string, std::string> cursors;
  bool refuse = false;
};

class TailTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/tail-XXXXXX";
    directory_ = mkdtemp(name);
    Restart();
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void Restart() {
    tail_ = std::make_unique<TailManager>(
        sink_, clock_, nullptr,
        std::vector<TailSpec>{*ParseTailSpec(Path("*.log") + ",service=shop")});
  }
  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(Path(name), std::ios::app) << text;
  }
  // Long enough that the directory is looked at again.
  void Poll() {
    clock_.Advance(Duration(1000));
    tail_->PollOnce();
  }
  std::vector<std::string> Numbers(int from, int to) const {
    std::vector<std::string> lines;
    for (int i = from; i < to; ++i) lines.push_back("line " + std::to_string(i));
    return lines;
  }
  void WriteNumbers(const std::string& name, int from, int to) {
    std::string text;
    for (const std::string& line : Numbers(from, to)) text += line + "\n";
    Write(name, text);
  }

  std::string directory_;
  FakeSink sink_;
  ManualClock clock_{TimeFromMs(1'700'000'000'000)};
  std::unique_ptr<TailManager> tail_;
};

TEST_F(TailTest, ReadsWholeLinesAndGivesThemLabels) {
  Write("a.log", "one\r\ntwo\nthr");
  Poll();
  EXPECT_EQ(sink_.lines, (std::vector<std::string>{"one", "two"}));
  Write("a.log", "ee\n");
  Poll();
  EXPECT_EQ(sink_.lines.back(), "three");
  ASSERT_EQ(sink_.streams.size(), 1u);
  EXPECT_EQ(sink_.streams[0].Get("service"), "shop");
  EXPECT_EQ(sink_.streams[0].Get("instance"), "a");
}

TEST_F(TailTest, NothingIsSkippedOrDoubledWhenTheSinkRefuses) {
  WriteNumbers("a.log", 0, 10);
  sink_.refuse = true;
  Poll();
  EXPECT_TRUE(sink_.lines.empty());
  sink_.refuse = false;
  Poll();
  Poll();
  EXPECT_EQ(sink_.lines, Numbers(0, 10));
}

TEST_F(TailTest, ARestartGoesOnWhereItWas) {
  WriteNumbers("a.log", 0, 10);
  Poll();
  Restart();
  WriteNumbers("a.log", 10, 20);
  Poll();
  EXPECT_EQ(sink_.lines, Numbers(0, 20));
}

TEST_F(TailTest, RotationByRenameKeepsEveryLine) {
  WriteNumbers("a.log", 0, 5);
  Poll();
  WriteNumbers("a.log", 5, 8);
  std::filesystem::rename(Path("a.log"), Path("a.log.1"));
  WriteNumbers("a.log.1", 8, 10);
  Poll();
  WriteNumbers("a.log", 10, 15);
  Poll();
  Poll();
  EXPECT_EQ(sink_.lines, Numbers(0, 15));
}

TEST_F(TailTest, RotationByRenameWhileStopped) {
  WriteNumbers("a.log", 0, 5);
  Poll();
  tail_.reset();
  WriteNumbers("a.log", 5, 8);
  std::filesystem::rename(Path("a.log"), Path("a.log.1"));
  WriteNumbers("a.log", 8, 12);
  Restart();
  Poll();
  Poll();
  std::sort(sink_.lines.begin(), sink_.lines.end());
  auto expected = Numbers(0, 12);
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(sink_.lines, expected);
}

TEST_F(TailTest, CopyTruncateStartsAgainEvenWhenTheFileGrewPastTheOldPosition) {
  WriteNumbers("a.log", 0, 5);
  Poll();
  std::filesystem::copy_file(Path("a.log"), Path("a.copy"));
  std::filesystem::resize_file(Path("a.log"), 0);
  Write("a.log", "fresh 1\nfresh 2\nfresh 3\nfresh 4\nfresh 5\nfresh 6\nfresh 7\n");
  Poll();
  ASSERT_EQ(sink_.lines.size(), 12u);
  EXPECT_EQ(sink_.lines[5], "fresh 1");
  EXPECT_EQ(sink_.lines[11], "fresh 7");
}

TEST_F(TailTest, AnOverlongLineIsCutAlsoOverARestart) {
  const std::string longest(kLogTextBytesMax, 'x');
  Write("a.log", longest + "\n" + longest + longest);
  Poll();
  ASSERT_EQ(sink_.lines.size(), 2u);
  EXPECT_EQ(sink_.lines[1], longest);
  EXPECT_FALSE(sink_.records[0].cut);
  EXPECT_TRUE(sink_.records[1].cut);
  Restart();
  Write("a.log", longest);
  Poll();
  Write("a.log", "the end\nnext\n");
  Poll();
  Poll();
  ASSERT_EQ(sink_.lines.size(), 3u);
  EXPECT_EQ(sink_.lines[2], "next");
}

TEST_F(TailTest, ATraceIsHeldUntilItIsWholeAndReadAgainAfterARestart) {
  const std::string trace = "java.io.IOException: x\n\tat a.B.c(B.java:1)";
  Write("a.log", "before\n" + trace + "\n");
  Poll();
  EXPECT_EQ(sink_.lines, std::vector<std::string>{"before"});
  Restart();
  Write("a.log", "\tat a.B.d(B.java:2)\n");
  Poll();
  EXPECT_EQ(sink_.lines.size(), 1u);
  Write("a.log", "after\n");
  Poll();
  EXPECT_EQ(sink_.lines,
            (std::vector<std::string>{"before", trace + "\n\tat a.B.d(B.java:2)", "after"}));
  Write("a.log", trace + "\n");
  Poll();
  EXPECT_EQ(sink_.lines.size(), 3u);
  Poll();  // quiet for a second
  ASSERT_EQ(sink_.lines.size(), 4u);
  EXPECT_EQ(sink_.lines[3], trace);
  Restart();
  Poll();
  Poll();
  EXPECT_EQ(sink_.lines.size(), 4u);
}

TEST_F(TailTest, ContainersLinesAreUnframedAndTheCursorWaitsForTheOpenOne) {
  Write("a.log",
        "2026-01-02T15:04:05.001Z stdout F one\n"
        "2026-01-02T15:04:05.002Z stderr P begun \n"
        "2026-01-02T15:04:05.003Z stdout F two\n");
  Poll();
  EXPECT_EQ(sink_.lines, std::vector<std::string>{"one"});
  Restart();
  Write("a.log", "2026-01-02T15:04:05.004Z stderr F ERROR\n");
  Poll();
  EXPECT_EQ(sink_.lines, (std::vector<std::string>{"one", "begun ERROR", "two"}));
  EXPECT_EQ(sink_.records[1].metadata.Get("stream"), "stderr");
  EXPECT_EQ(sink_.records[1].severity, LogSeverity::kError);
}

TEST_F(TailTest, JournaldsLinesGoToTheirServices) {
  const auto line = [](const char* unit, const char* text) {
    return fmt::format(
               R"({{"__REALTIME_TIMESTAMP":"1700000000000000","_SYSTEMD_UNIT":"{}.service",)"
               R"("MESSAGE":"{}"}})",
               unit, text) +
           "\n";
  };
  Write("a.log", line("nginx", "1") + line("cron", "2") + line("nginx", "3") + "plain\n");
  Poll();
  EXPECT_EQ(sink_.lines, (std::vector<std::string>{"1", "2", "3", "plain"}));
  ASSERT_EQ(sink_.streams.size(), 3u);
  EXPECT_EQ(sink_.streams[0].Get("service"), "shop");
  EXPECT_EQ(sink_.streams[1].Get("service"), "nginx");
  EXPECT_EQ(sink_.streams[2].Get("service"), "cron");
}

TEST_F(TailTest, ACompressedFileIsReadOnceWhenItHasSettled) {
  std::string text;
  for (const std::string& line : Numbers(0, 20'000)) text += line + "\n";
  const std::string bytes = Gzip(text);
  Write("old.log", "");
  Poll();
  Write("old.log", bytes.substr(0, bytes.size() / 2));
  Poll();
  Write("old.log", bytes.substr(bytes.size() / 2));
  for (int i = 0; i < 5; ++i) Poll();
  EXPECT_TRUE(sink_.lines.empty());
  Poll();
  EXPECT_EQ(sink_.lines.size(), TailFile::kBatchLinesMax);
  Restart();
  for (int i = 0; i < 12; ++i) Poll();
  EXPECT_EQ(sink_.lines, Numbers(0, 20'000));
  Restart();
  for (int i = 0; i < 12; ++i) Poll();
  EXPECT_EQ(sink_.lines.size(), 20'000u);
}

TEST_F(TailTest, AFollowedFileThatIsCompressedGivesOnlyWhatItHadNotGiven) {
  WriteNumbers("a.log", 0, 100);
  Poll();
  std::string text;
  for (const std::string& line : Numbers(0, 120)) text += line + "\n";
  std::filesystem::remove(Path("a.log"));
  Write("a.1.log", Gzip(text));
  for (int i = 0; i < 10; ++i) Poll();
  EXPECT_EQ(sink_.lines, Numbers(0, 120));
}

TEST_F(TailTest, ACompressedFileThatIsCutOffGivesWhatItHolds) {
  std::string text;
  for (const std::string& line : Numbers(0, 1000)) text += line + "\n";
  const std::string bytes = Gzip(text);
  Write("a.log", bytes.substr(0, bytes.size() - 9));
  for (int i = 0; i < 10; ++i) Poll();
  EXPECT_GT(sink_.lines.size(), 900u);
  const size_t got = sink_.lines.size();
  for (int i = 0; i < 10; ++i) Poll();
  EXPECT_EQ(sink_.lines.size(), got);
}

TEST_F(TailTest, ACursorOfTheFirstVersionIsRead) {
  TailCursor cursor;
  cursor.offset = 70;
  cursor.head_size = 7;
  cursor.head_hash = 9;
  std::string bytes = cursor.Encode();
  bytes[0] = 1;
  bytes.pop_back();
  TailCursor read;
  ASSERT_TRUE(TailCursor::Decode(bytes, &read));
  EXPECT_EQ(read.Encode(), cursor.Encode());
  EXPECT_FALSE(TailCursor::Decode("", &read));
  EXPECT_FALSE(TailCursor::Decode(bytes + "xx", &read));
}

TEST_F(TailTest, AnUnendedLastLineOfARotatedFileIsNotLost) {
  WriteNumbers("a.log", 0, 2);
  Poll();
  Write("a.log", "last words");
  std::filesystem::rename(Path("a.log"), Path("a.log.1"));
  for (int i = 0; i < 8; ++i) Poll();
  EXPECT_EQ(sink_.lines.back(), "last words");
  EXPECT_EQ(sink_.lines.size(), 3u);
}

TEST_F(TailTest, SpecsAreReadOrRefused) {
  EXPECT_EQ(ParseTailSpec("/var/log/*.log")->labels.size(), 0u);
  EXPECT_EQ(ParseTailSpec("x,a=b,c=d")->labels.size(), 2u);
  EXPECT_FALSE(ParseTailSpec("").ok());
  EXPECT_FALSE(ParseTailSpec("x,a").ok());
}

}  // namespace
}  // namespace kizashi
