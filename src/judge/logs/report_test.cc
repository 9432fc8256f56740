#include "judge/logs/report.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "net/content_coding.h"

namespace kizashi {
namespace {

constexpr std::string_view kYesterday =
    "2026-01-01T08:00:00Z INFO order 1 paid\n"
    "2026-01-01T08:00:01Z WARN cart 7 is slow\n";
constexpr std::string_view kToday =
    "2026-01-02T08:00:00Z INFO order 11 paid\r\n"
    "2026-01-02T08:00:01Z INFO order 12 paid\r\n"
    "\r\n"
    "2026-01-02T08:00:02Z ERROR ledger `eu|us` lost \\ 3 rows\r\n"
    "2026-01-02T08:00:03Z WARN cart 9 is slow";

class LogReportTest : public testing::Test {
 protected:
  LogReportTest() : folder_(testing::TempDir() + "report-XXXXXX") {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }
  ~LogReportTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string Write(const std::string& name, std::string_view text) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  // Runs the command; what it printed is in printed_.
  int Run(const LogReportOptions& options) {
    char* text = nullptr;
    size_t size = 0;
    std::FILE* out = open_memstream(&text, &size);
    const int code = LogReportCommand(options, out);
    std::fclose(out);
    printed_.assign(text, size);
    std::free(text);
    return code;
  }
  LogReportOptions WithPatterns(const std::string& yaml) const {
    LogReportOptions options = TodayAgainstYesterday("text");
    options.patterns = Write("shop.yaml", yaml);
    return options;
  }
  LogReportOptions TodayAgainstYesterday(const std::string& format) const {
    LogReportOptions options;
    options.files = {Write("today.log", kToday)};
    options.baseline = Write("yesterday.log", kYesterday);
    options.format = format;
    return options;
  }

  std::string folder_;
  std::string printed_;
};

TEST_F(LogReportTest, TextPutsNewPatternsFirstWithTheirLine) {
  EXPECT_EQ(Run(TodayAgainstYesterday("text")), 1);
  EXPECT_EQ(printed_,
            "5 lines, 3 patterns, 1 new\n"
            "\n"
            "     count  level         pattern\n"
            "         1  error  NEW    <*> ERROR ledger `eu|us` lost \\ <*> rows\n"
            "                          line 4: 2026-01-02T08:00:02Z ERROR ledger `eu|us` lost \\ 3 "
            "rows\n"
            "         2  info          <*> INFO order <*> paid\n"
            "         1  warn          <*> WARN cart <*> is slow\n");
}

TEST_F(LogReportTest, JsonHasEveryPatternWithItsNumbers) {
  EXPECT_EQ(Run(TodayAgainstYesterday("json")), 1);
  const std::string begin = R"({"lines":5,"baseline":true,"patterns":[)";
  ASSERT_TRUE(printed_.starts_with(begin)) << printed_;
  EXPECT_NE(printed_.find(R"("count":1,"new":true,"level":"error",)"
                          R"("pattern":"<*> ERROR ledger `eu|us` lost \\ <*> rows","name":"",)"
                          R"("example":"2026-01-02T08:00:02Z ERROR ledger `eu|us` lost \\ 3 rows",)"
                          R"("first_line":4})"),
            printed_.npos)
      << printed_;
  EXPECT_NE(printed_.find(R"("count":2,"new":false,"level":"info")"), printed_.npos) << printed_;
  EXPECT_TRUE(printed_.ends_with("}]}\n")) << printed_;
}

TEST_F(LogReportTest, MarkdownKeepsItsTableWhateverALineHolds) {
  LogReportOptions options = TodayAgainstYesterday("markdown");
  options.baseline.clear();
  options.files = {Write("odd.log", std::string("WARN a|b `c` \\ d\re\vf\0g\n", 22))};
  EXPECT_EQ(Run(options), 0);
  EXPECT_EQ(printed_,
            "# Log patterns\n\n1 lines, 1 patterns\n\n"
            "| count | level | new | pattern | example |\n|---:|---|---|---|---|\n"
            "| 1 | warn |  | `WARN a\\|b 'c' \\\\ d e f g` | `WARN a\\|b 'c' \\\\ d e f g` |\n");
}

TEST_F(LogReportTest, NothingOfALineMovesTheTerminalsCursor) {
  LogReportOptions options;
  options.files = {Write("evil.log",
                         "\x1b[2Jgone\rback \xc2\x9b"
                         "1m \xe5\x85\x86 ok\n")};
  options.baseline = Write("before.log", "calm\n");
  EXPECT_EQ(Run(options), 1);
  for (const char c : printed_) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  EXPECT_EQ(printed_.find("\xc2\x9b"), printed_.npos) << "a control of eight bits";
  EXPECT_NE(printed_.find("\xe5\x85\x86 ok"), printed_.npos) << "what is text stays";
}

TEST_F(LogReportTest, ExitCodesTellWhetherSomethingIsNew) {
  LogReportOptions options = TodayAgainstYesterday("text");
  EXPECT_EQ(Run(options), 1);
  options.baseline = options.files[0];
  EXPECT_EQ(Run(options), 0);
  options.baseline.clear();
  EXPECT_EQ(Run(options), 0) << "without a baseline nothing is new";
  options.baseline = Write("empty.log", "");
  EXPECT_EQ(Run(options), 1) << "before, nothing was logged: all is new";
  EXPECT_NE(printed_.find("3 patterns, 3 new"), printed_.npos) << printed_;
  options.format = "yaml";
  EXPECT_EQ(Run(options), 2);
  EXPECT_EQ(printed_, "");
}

TEST_F(LogReportTest, WhatCannotBeReadOrWrittenIsThree) {
  LogReportOptions options = TodayAgainstYesterday("text");
  options.files.push_back(folder_ + "/missing.log");
  EXPECT_EQ(Run(options), 3);
  options.files = {folder_};
  EXPECT_EQ(Run(options), 3) << "a folder is no file";
  options = TodayAgainstYesterday("text");
  options.baseline = folder_ + "/missing.log";
  EXPECT_EQ(Run(options), 3);
  for (const char* format : {"text", "json", "markdown"}) {
    std::FILE* full = std::fopen("/dev/full", "w");
    ASSERT_NE(full, nullptr);
    EXPECT_EQ(LogReportCommand(TodayAgainstYesterday(format), full), 3) << format;
    std::fclose(full);
  }
}

TEST_F(LogReportTest, FilesAreReadInOrderAndADashIsStandardInput) {
  const std::string stdin_file = Write("stdin.log", "second one\nthird one\n");
  const int kept = dup(STDIN_FILENO);
  const int fd = open(stdin_file.c_str(), O_RDONLY);
  ASSERT_GE(dup2(fd, STDIN_FILENO), 0);
  LogReportOptions options;
  options.files = {Write("first.log", "first one\n"), "-"};
  options.format = "json";
  EXPECT_EQ(Run(options), 0);
  dup2(kept, STDIN_FILENO);
  close(kept);
  close(fd);
  EXPECT_NE(printed_.find(R"("example":"first one","first_line":1)"), printed_.npos) << printed_;
  EXPECT_NE(printed_.find(R"("example":"third one","first_line":3)"), printed_.npos) << printed_;
}

TEST_F(LogReportTest, CompressedFilesAreReadAndADamagedOneGivesWhatItHolds) {
  std::string text = "java.io.IOException: x\n\tat a.B.c(B.java:1)\n";
  for (int i = 0; i < 1000; ++i) text += "order " + std::to_string(i) + " paid\n";
  LogReportOptions options;
  options.files = {Write("a.log.gz", Gzip(text))};
  EXPECT_EQ(Run(options), 0);
  EXPECT_TRUE(printed_.starts_with("1002 lines, 2 patterns\n")) << printed_;
  options.files = {Write("cut.log.gz", Gzip(text).substr(0, Gzip(text).size() - 9))};
  EXPECT_EQ(Run(options), 3);
  EXPECT_NE(printed_.find("2 patterns\n"), printed_.npos) << printed_;
}

TEST_F(LogReportTest, TopLimitsWhatIsOldAndSaysSo) {
  std::string old;
  for (char c = 'a'; c <= 'h'; ++c)
    old += std::string("it is ") + std::string(c - 'a' + 1, ':') + "\n";
  LogReportOptions options;
  options.baseline = Write("old.log", old);
  options.files = {Write("now.log", old + "brand new\nalso new\n")};
  options.top = 2;
  EXPECT_EQ(Run(options), 1);
  EXPECT_NE(printed_.find("brand new"), printed_.npos);
  EXPECT_NE(printed_.find("also new"), printed_.npos);
  EXPECT_NE(printed_.find("\n6 more patterns; --top 0 shows all\n"), printed_.npos) << printed_;
  options.top = 0;
  Run(options);
  EXPECT_EQ(printed_.find("more patterns"), printed_.npos);
  EXPECT_NE(printed_.find("it is ::::::::"), printed_.npos);
}

TEST_F(LogReportTest, LinesLongerThanAReadAreOneLineEach) {
  std::string text = "short 1\n" + std::string(3 << 20, 'x') + " 1\n";
  text += std::string(1 << 20, 'y') + "\nshort 2";
  LogReportOptions options;
  options.files = {Write("long.log", text)};
  EXPECT_EQ(Run(options), 0);
  EXPECT_TRUE(printed_.starts_with("4 lines, 3 patterns\n")) << printed_.substr(0, 100);
}

TEST(LogReportFloodTest, LinesOfAFloodAreCountedTogether) {
  LogReport report;
  const auto name = [](size_t i) {
    std::string word;
    for (; i > 0 || word.empty(); i /= 16) word.push_back(static_cast<char>('g' + i % 16));
    return word;
  };
  constexpr size_t kLines = 20'000;
  for (size_t i = 0; i < kLines; ++i) report.Add(name(i));
  report.Add("the one line that stays");
  EXPECT_EQ(report.lines(), kLines + 1);
  const auto patterns = report.Sorted();
  EXPECT_LE(patterns.size(), PatternSet::kSkeletonsPerClass + 2);
  uint64_t sum = 0;
  for (const auto& pattern : patterns) sum += pattern.row.lines[1];
  EXPECT_EQ(sum, kLines + 1);
  EXPECT_EQ(patterns.front().row.text, "<*>");
}

TEST_F(LogReportTest, TemplatesOfACatalogHold) {
  EXPECT_EQ(Run(WithPatterns("service:\n  name: shop\n  log_patterns:\n"
                             "    - {name: Twelve, pattern: '<*> INFO order 12 paid'}\n"
                             "    - {pattern: '<*> WARN <*>'}\n")),
            1);
  EXPECT_NE(printed_.find("5 lines, 4 patterns, 2 new"), std::string::npos) << printed_;
  EXPECT_NE(printed_.find("NEW    [Twelve] <*> INFO order 12 paid\n"), std::string::npos)
      << printed_;
  EXPECT_NE(printed_.find("line 2: 2026-01-02T08:00:01Z INFO order 12 paid"), std::string::npos);
}

TEST_F(LogReportTest, AWrongFileOfPatternsIsAWrongOption) {
  EXPECT_EQ(Run(WithPatterns("service: {name: shop, log_patterns: [{pattern: '<*>'}]}")), 2);
  EXPECT_EQ(Run(WithPatterns("service: {name: shop}")), 2);
  LogReportOptions options = WithPatterns("");
  options.patterns += ".none";
  EXPECT_EQ(Run(options), 3);
}

}  // namespace
}  // namespace kizashi
