#include "ingest/tail.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

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
  void Append(LogBatch batch, Done done) override {
    if (refuse) return done(ResourceExhausted("full"));
    for (const LogLine& line : batch.lines) lines.push_back(line.text);
    cursors[batch.cursor_key] = batch.cursor_value;
    done(OkStatus());
  }
  std::string ReadCursor(const std::string& key) override { return cursors[key]; }

  std::vector<Labels> streams;
  std::vector<std::string> lines;
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

TEST_F(TailTest, AnOverlongLineComesInPieces) {
  Write("a.log", std::string(TailManager::kLineBytesMax + 10, 'x') + "\nnext\n");
  Poll();
  Poll();
  ASSERT_EQ(sink_.lines.size(), 3u);
  EXPECT_EQ(sink_.lines[0].size(), TailManager::kLineBytesMax);
  EXPECT_EQ(sink_.lines[1].size(), 10u);
  EXPECT_EQ(sink_.lines[2], "next");
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
