// Hands pushed lines to the sink and joins the lines of stack traces on the way, also over several
// pushes of one stream.
//
// A trace that is still going on at a push's end is held for kTraceGapMax, in case other pushes
// bring its rest; the first push's answer waits as long, since what is held is not on disk. Any
// thread may append; a thread of its own lets go of what has waited. Limits: kHeldBytesMax of held
// text, above that nothing is held. Stop (or the end) lets everything go.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "ingest/push_answer.h"
#include "ingest/telemetry_sink.h"
#include "wire/trace_joiner.h"

namespace kizashi {

struct PushedLine {
  LogLine line;
  bool timed = false;  // its time was said by the sender or the line
};

class TraceHold {
 public:
  static constexpr size_t kHeldBytesMax = 32 << 20;

  /// What is handed in outlives this.
  TraceHold(TelemetrySink& sink, const Clock& clock);
  ~TraceHold();

  /// Lines of one stream in their order; `answer` is told of each.
  void Append(StreamId stream, std::vector<PushedLine> lines,
              const std::shared_ptr<PushAnswer>& answer);
  /// Lets go of what is held long enough; as the thread does it.
  void LetGo(Time now);
  /// Lets go of everything; nothing is held from now on.
  void Stop();

 private:
  // Lines of one stream's stdout and stderr are joined each for itself.
  using Key = std::pair<StreamId, bool>;
  struct Share {
    std::shared_ptr<PushAnswer> answer;
    size_t lines = 0;
  };
  struct Held {
    TraceJoiner joiner;
    std::deque<Share> shares;       // of the lines that have not come out, in their order
    std::optional<uint64_t> first;  // the number of the first line that is held...
    Time since{};                   // ...since then
    size_t bytes = 0;
  };
  struct Outgoing {
    StreamId stream = 0;
    std::vector<JoinedRecord> records;
    std::vector<Share> shares;
  };

  void Take(Held* held, std::vector<JoinedRecord>* done, Outgoing* out);
  void Send(Outgoing out);
  void Run();

  TelemetrySink& sink_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, Held> held_;
  size_t held_bytes_ = 0;
  uint64_t next_number_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace kizashi
