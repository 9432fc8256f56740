#include "net/handler_pool.h"

#include "base/priority.h"

namespace kizashi {

HandlerPool::HandlerPool(size_t threads, size_t queued_max, int niceness)
    : queued_max_(queued_max) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this, niceness] { Run(niceness); });
}

HandlerPool::~HandlerPool() { Stop(); }

void HandlerPool::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool HandlerPool::Post(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || queue_.size() >= queued_max_) return false;
  queue_.push_back(std::move(work));
  changed_.notify_one();
  return true;
}

void HandlerPool::Run(int niceness) {
  if (niceness != 0) LowerPriority(niceness);
  while (true) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

}  // namespace kizashi
