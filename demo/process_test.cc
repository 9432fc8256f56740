#include "demo/process.h"

#include <gtest/gtest.h>

#include <future>
#include <mutex>

#include "demo/test_folder.h"

namespace kizashi {
namespace {

std::vector<std::string> Lines(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(DemoLogTest, ALineHasItsTimeItsLevelAndItsText) {
  DemoFolder folder;
  const std::string path = folder.path() + "/a.log";
  DemoLog(path).Write("WARN", "inventory feed behind by 3 s");
  DemoLog(path).Write("INFO", "a second process goes on in the same file");
  const auto lines = Lines(path);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_TRUE(ParseTime(lines[0].substr(0, lines[0].find(' '))).ok()) << lines[0];
  EXPECT_TRUE(lines[0].ends_with(" WARN inventory feed behind by 3 s")) << lines[0];
}

TEST(DemoLogTest, RotatesByRenamingAndLosesNoLine) {
  DemoFolder folder;
  const std::string path = folder.path() + "/a.log";
  DemoLog log(path);
  const std::string text(1 << 20, 'x');
  for (int i = 0; i < 10; ++i) log.Write("INFO", fmt::format("{} {}", i, text));
  const auto old = Lines(path + ".1");
  const auto now = Lines(path);
  ASSERT_EQ(old.size() + now.size(), 10u);
  EXPECT_GE(std::filesystem::file_size(path + ".1"), uint64_t{DemoLog::kRotateBytes});
  EXPECT_NE(old.front().find(" INFO 0 "), std::string::npos);
  EXPECT_NE(now.back().find(" INFO 9 "), std::string::npos);
}

TEST(DemoLogTest, WithoutAFileNothingIsWritten) {
  DemoLog("").Write("INFO", "x");
  DemoLog("/nowhere/at/all.log").Write("INFO", "x");
}

TEST(TimersTest, RunInOrderOfTheirTimeAndNotAfterTheEnd) {
  std::mutex mutex;
  std::string order;
  const auto note = [&](char c) {
    const std::lock_guard lock(mutex);
    order.push_back(c);
  };
  std::promise<void> ended;
  {
    Timers timers;
    timers.After(Duration(40), [&] {
      note('c');
      ended.set_value();
    });
    timers.After(Duration(20), [&] { note('b'); });
    timers.After(Duration(0), [&] {
      note('a');
      // From a timer's own function, too.
      timers.After(Duration(600'000), [&] { note('x'); });
    });
    ended.get_future().wait();
  }
  EXPECT_EQ(order, "abc");
}

}  // namespace
}  // namespace kizashi
