// Lines on their way from a receiver to the sink, for protocols whose senders get no answer.
//
// Nothing that was added is dropped: while one group of lines is being kept, the next is collected,
// and what the sink refuses is offered again. Senders feel it by back-pressure: when the pipe is
// full, its receiver reads nothing more until there is room.
//
// Everything on the thread of one event loop, but for Drain.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "ingest/line_group.h"
#include "ingest/telemetry_sink.h"
#include "net/event_loop.h"

namespace kizashi {

class LinePipe : public std::enable_shared_from_this<LinePipe> {
 public:
  /// Full from here on. Each connection adds at most what it had read by then.
  static constexpr size_t kBytesMax = 4 << 20;
  static constexpr Duration kRetry{100};

  /// `sink` outlives the last answer it gives; `loop` is stopped after the pipe's last use.
  LinePipe(std::shared_ptr<EventLoop> loop, TelemetrySink& sink, std::string_view receiver,
           Registry* registry);

  /// Adds a line of `stream`; Flush sends it.
  void Add(StreamId stream, LogLine line);
  /// Hands the collected lines to the sink, unless it still has to answer for earlier ones.
  void Flush();

  bool full() const { return collected_.bytes() >= kBytesMax; }
  /// Calls `resume` once, when the pipe is no longer full.
  void WhenRoom(std::function<void()> resume) { waiting_.push_back(std::move(resume)); }

  /// The last call: waits until all is kept, at most so long; how many lines are not. Nobody is
  /// resumed from here on. Not from the loop's thread.
  size_t Drain(Duration at_most);

 private:
  void Send(LineGroup group);
  void OnAnswer(const Status& status, size_t kept, LineGroup refused);

  const std::shared_ptr<EventLoop> loop_;
  TelemetrySink& sink_;
  const std::string receiver_;
  Counter* lines_ = nullptr;
  Counter* cut_ = nullptr;
  Counter* held_back_ = nullptr;
  LineGroup collected_;
  bool under_way_ = false;
  bool told_ = false;
  std::vector<std::function<void()>> waiting_;

  // Lines that were added and are not kept yet.
  std::mutex mutex_;
  std::condition_variable settled_;
  size_t open_lines_ = 0;
};

}  // namespace kizashi
