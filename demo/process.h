// What every process of the demo needs: signals, a clock that answers later, a rotating log file.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/status.h"

namespace kizashi {

/// Blocks SIGTERM and SIGINT in this thread and those it starts. Call first.
void BlockStopSignals();
/// Waits until one of them comes, or for `at_most`; true when one came.
bool WaitForStop(Duration at_most);

/// Runs functions later, on one thread.
class Timers {
 public:
  Timers();
  ~Timers();
  void After(Duration delay, std::function<void()> run);

 private:
  void Run();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

/// Appends lines; renames the file to FILE.1 when it is large. Any thread.
class DemoLog {
 public:
  static constexpr int64_t kRotateBytes = 8 << 20;
  /// An empty path writes nothing.
  explicit DemoLog(std::string path);
  ~DemoLog();
  /// "TIME LEVEL text".
  void Write(std::string_view level, std::string_view text);

 private:
  void Open();
  const std::string path_;
  std::mutex mutex_;
  int fd_ = -1;
  int64_t bytes_ = 0;
};

}  // namespace kizashi
