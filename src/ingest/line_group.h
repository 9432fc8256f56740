// Lines by stream, and how they go to the sink together.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/status.h"
#include "ingest/telemetry_sink.h"

namespace kizashi {

/// Lines in the order they came within each stream. A value.
class LineGroup {
 public:
  void Add(StreamId stream, LogLine line);
  void Add(LogBatch batch);

  bool empty() const { return lines_ == 0; }
  size_t lines() const { return lines_; }
  /// About what the lines take in memory.
  size_t bytes() const { return bytes_; }
  /// Leaves the group empty.
  std::vector<LogBatch> Take();

 private:
  std::map<StreamId, std::vector<LogLine>> by_stream_;
  size_t lines_ = 0;
  size_t bytes_ = 0;
};

/// Appends the group's batches to `sink`. `done` is called once, after the sink has answered for
/// each of them, on whatever thread that was: with the first refusal or OK, the number of lines
/// that are kept, and, when `hand_back` is asked for, those that are not.
using GroupDone = std::function<void(const Status& status, size_t kept, LineGroup refused)>;
void AppendGroup(TelemetrySink& sink, LineGroup group, bool hand_back, GroupDone done);

/// The streams of one receiver. Senders choose labels freely, so there are at most kStreamsMax of
/// them; further lines go to the stream job=<receiver>, and so do those that the sink gives no
/// stream. One thread.
class StreamIds {
 public:
  static constexpr size_t kStreamsMax = 10'000;

  /// The stream job=<receiver> is there from the start, or this fails.
  static StatusOr<StreamIds> Open(TelemetrySink& sink, std::string_view receiver,
                                  size_t streams_max = kStreamsMax);

  /// The stream of these labels (those without a value do not count). Where it cannot be one of
  /// its own, the labels go to the line's metadata.
  StreamId Of(std::span<const Label> labels, LogLine* line);

 private:
  StreamIds(TelemetrySink& sink, StreamId common, size_t streams_max)
      : sink_(&sink), common_(common), streams_max_(streams_max) {}

  TelemetrySink* sink_;
  StreamId common_;
  size_t streams_max_;
  std::string key_;
  std::unordered_map<std::string, StreamId, StringHash, std::equal_to<>> known_;
};

}  // namespace kizashi
