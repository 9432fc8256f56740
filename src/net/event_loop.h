// One thread that waits for sockets and timers, and runs the tasks that are handed to it.
//
// What listens on a loop (StreamServer, DatagramServer) is closed before the loop is stopped.
// Shared by those who may still post to it: a task posted after Stop is dropped, never run.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"

namespace asio {
class io_context;
}

namespace kizashi {

class EventLoop {
 public:
  EventLoop();
  /// Stops.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Runs `task` on the loop's thread, in the order of the calls. Any thread.
  void Post(std::function<void()> task);
  /// The same after `delay`. Any thread.
  void After(Duration delay, std::function<void()> task);
  /// Runs `task` on the loop's thread and waits for it; after Stop, at once on the caller's. Not
  /// from the loop's own thread.
  void Run(const std::function<void()>& task);
  /// Waits until those who waited on what was closed in an earlier Run have been told. Not from the
  /// loop's own thread.
  void Settle();
  /// Ends the thread after the tasks that were posted; delayed ones are dropped. May be called
  /// again; not from the loop's own thread.
  void Stop();

  /// For this folder's sockets.
  asio::io_context& io();

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace kizashi
