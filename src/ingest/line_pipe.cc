#include "ingest/line_pipe.h"

#include <utility>

#include "base/log.h"

namespace kizashi {

LinePipe::LinePipe(std::shared_ptr<EventLoop> loop, TelemetrySink& sink, std::string_view receiver,
                   Registry* registry)
    : loop_(std::move(loop)), sink_(sink), receiver_(receiver) {
  const MetricLabels labels = {{"receiver", receiver_}};
  lines_ = &registry->GetCounter("kizashi_ingest_lines_total", "Log lines acknowledged.", labels);
  cut_ = &registry->GetCounter("kizashi_ingest_lines_cut_total",
                               "Log lines that were too long and were cut.", labels);
  held_back_ = &registry->GetCounter(
      "kizashi_ingest_held_back_total",
      "Times that the store took no lines, so that they were offered again.", labels);
}

void LinePipe::Add(StreamId stream, LogLine line) {
  if (line.cut) cut_->Add();
  collected_.Add(stream, std::move(line));
  const std::lock_guard lock(mutex_);
  ++open_lines_;
}

void LinePipe::Flush() {
  if (under_way_ || collected_.empty()) return;
  under_way_ = true;
  Send(std::exchange(collected_, {}));
  // There is room again.
  for (const auto& resume : std::exchange(waiting_, {})) resume();
}

void LinePipe::Send(LineGroup group) {
  AppendGroup(sink_, std::move(group), /*hand_back=*/true,
              [self = shared_from_this()](const Status& status, size_t kept, LineGroup refused) {
                // Copyable, as a task has to be.
                auto back = std::make_shared<LineGroup>(std::move(refused));
                self->loop_->Post([weak = std::weak_ptr(self), status, kept, back] {
                  if (const auto pipe = weak.lock()) pipe->OnAnswer(status, kept, std::move(*back));
                });
              });
}

void LinePipe::OnAnswer(const Status& status, size_t kept, LineGroup refused) {
  lines_->Add(static_cast<double>(kept));
  {
    const std::lock_guard lock(mutex_);
    open_lines_ -= kept;
    if (open_lines_ == 0) settled_.notify_all();
  }
  if (refused.empty()) {
    told_ = false;
    under_way_ = false;
    return Flush();
  }
  held_back_->Add();
  if (!std::exchange(told_, true)) {
    Log(LogLevel::kWarn, "lines held back",
        {{"receiver", receiver_}, {"lines", refused.lines()}, {"reason", Message(status)}});
  }
  auto again = std::make_shared<LineGroup>(std::move(refused));
  loop_->After(kRetry, [weak = weak_from_this(), again] {
    if (const auto pipe = weak.lock()) pipe->Send(std::move(*again));
  });
}

size_t LinePipe::Drain(Duration at_most) {
  loop_->Run([this] { Flush(); });
  size_t left = 0;
  {
    std::unique_lock lock(mutex_);
    settled_.wait_for(lock, at_most, [this] { return open_lines_ == 0; });
    left = open_lines_;
  }
  // Those who wait for room may be gone before the next answer.
  loop_->Run([this] { waiting_.clear(); });
  return left;
}

}  // namespace kizashi
