// The one thread on which libre, the SIP stack, runs; and Re, its objects as owners.
//
// libre counts references without atomics and keeps its event loop by thread: everything of it is
// made, used and released in tasks of this thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/status.h"

struct dnsc;
struct mqueue;

namespace kizashi::phone {

/// Releases an object of libre.
void ReleaseRe(void* object);

/// Owns one reference to an object of libre.
template <typename T>
class Re {
 public:
  explicit Re(T* object = nullptr) : object_(object) {}
  Re(Re&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Re& operator=(Re&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Re() { Reset(); }
  void Reset() { ReleaseRe(std::exchange(object_, nullptr)); }
  T* get() const { return object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }
  /// For libre's functions that allocate: frees what was there.
  T** Out() {
    Reset();
    return &object_;
  }

 private:
  T* object_;
};

/// Unavailable "what: reason" for libre's error numbers, OK for 0.
Status ReStatus(int error, std::string_view what);

class SipThread {
 public:
  static StatusOr<std::unique_ptr<SipThread>> Start();
  /// Stops.
  ~SipThread();

  /// Runs `task` on the thread, in the order of the calls. Any thread; after Stop it is dropped.
  void Post(std::function<void()> task);
  /// Ends the thread after the tasks that were posted; drops timers and sockets. Not from a task.
  void Stop();

  /// Asks the servers of /etc/resolv.conf; null when there are none. Of the thread.
  struct dnsc* dns() const {
    return dns_.get();
  }

 private:
  SipThread() = default;
  void Run(std::function<void(Status)> started);
  Status Open();
  void RunTasks();

  std::mutex mutex_;
  Re<struct mqueue> queue_;  // guarded by mutex_; empty before Open and after the end
  std::vector<std::function<void()>> tasks_;  // guarded by mutex_
  Re<struct dnsc> dns_;
  std::thread thread_;
};

}  // namespace kizashi::phone
