#include "demo/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

namespace kizashi {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void BlockStopSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

bool WaitForStop(Duration at_most) {
  const sigset_t signals = StopSignals();
  const timespec wait{at_most.count() / 1000, (at_most.count() % 1000) * 1'000'000};
  return sigtimedwait(&signals, nullptr, &wait) > 0;
}

Timers::Timers() : thread_([this] { Run(); }) {}

Timers::~Timers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void Timers::After(Duration delay, std::function<void()> run) {
  const std::lock_guard lock(mutex_);
  waiting_.emplace(std::chrono::steady_clock::now() + delay, std::move(run));
  changed_.notify_all();
}

void Timers::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto due = waiting_.begin()->first;
    if (due > std::chrono::steady_clock::now()) {
      changed_.wait_until(lock, due);
      continue;
    }
    const auto node = waiting_.extract(waiting_.begin());
    lock.unlock();
    node.mapped()();
    lock.lock();
  }
}

DemoLog::DemoLog(std::string path) : path_(std::move(path)) { Open(); }

DemoLog::~DemoLog() {
  if (fd_ >= 0) close(fd_);
}

void DemoLog::Open() {
  if (path_.empty()) return;
  fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  struct stat info {};
  bytes_ = fd_ >= 0 && fstat(fd_, &info) == 0 ? info.st_size : 0;
}

void DemoLog::Write(std::string_view level, std::string_view text) {
  const std::string line = fmt::format("{} {} {}\n", FormatTime(SystemClock().Now()), level, text);
  const std::lock_guard lock(mutex_);
  if (fd_ < 0) return;
  const ssize_t written = write(fd_, line.data(), line.size());
  if (written > 0) bytes_ += written;
  if (bytes_ < kRotateBytes) return;
  close(fd_);
  std::rename(path_.c_str(), (path_ + ".1").c_str());
  Open();
}

}  // namespace kizashi
