#include "net/event_loop.h"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <future>
#include <set>
#include <thread>
#include <utility>

namespace kizashi {

struct EventLoop::Impl {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  // The loop's thread only.
  std::set<std::shared_ptr<asio::steady_timer>> timers;
  bool stopped = false;
  std::thread thread;
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->io.run(); });
}

EventLoop::~EventLoop() { Stop(); }

void EventLoop::Post(std::function<void()> task) { asio::post(impl_->io, std::move(task)); }

void EventLoop::After(Duration delay, std::function<void()> task) {
  asio::post(impl_->io, [impl = impl_.get(), delay, task = std::move(task)]() mutable {
    if (impl->stopped) return;
    const auto timer = std::make_shared<asio::steady_timer>(impl->io, delay);
    impl->timers.insert(timer);
    timer->async_wait([impl, timer, task = std::move(task)](std::error_code cancelled) {
      impl->timers.erase(timer);
      if (!cancelled) task();
    });
  });
}

void EventLoop::Run(const std::function<void()>& task) {
  if (!impl_->thread.joinable()) return task();
  std::promise<void> done;
  asio::post(impl_->io, [&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

void EventLoop::Settle() {
  // Asio queues what a closing task brings about when that task ends, which may be after the first
  // of these was queued, but not after it has run.
  Run([] {});
  Run([] {});
}

void EventLoop::Stop() {
  if (!impl_->thread.joinable()) return;
  asio::post(impl_->io, [impl = impl_.get()] {
    impl->stopped = true;
    for (const auto& timer : impl->timers) timer->cancel();
    impl->work.reset();
  });
  impl_->thread.join();
}

asio::io_context& EventLoop::io() { return impl_->io; }

}  // namespace kizashi
