// The threads that run an HTTP server's handlers, behind a bounded queue.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace kizashi {

class HandlerPool {
 public:
  /// `niceness` as nice(1) has it: work that may wait leaves the processor to what must not, which
  /// is 0.
  HandlerPool(size_t threads, size_t queued_max, int niceness = 0);
  ~HandlerPool();

  /// Runs what is queued, then ends the threads. Nothing is taken from here on; may be called
  /// twice.
  void Stop();

  /// False when the queue is full or the pool was stopped.
  bool Post(std::function<void()> work);

 private:
  void Run(int niceness);

  const size_t queued_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace kizashi
