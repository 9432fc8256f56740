// Where receivers hand over what they parsed. Implemented by store/.
//
// A batch is kept whole or not at all. `done` is called exactly once, on a thread of the store or
// at once on the caller's: OK means on disk (acknowledged), ResourceExhausted means that the queue
// is full and the sender is to come back later (429), anything else means that the batch is not
// kept.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi {

/// Numbers that stand for a label set in one store, given once and never reused.
using SeriesId = uint32_t;
using StreamId = uint32_t;

/// The ordered list of series that one source reports. Shared from scrape to scrape while the
/// source reports the same series, so that a row stores values only.
using SeriesLayout = std::shared_ptr<const std::vector<SeriesId>>;

/// One scrape, or one push, of one source: all samples carry one time.
struct ScrapeBatch {
  std::string source;  // "job/instance", stable over restarts
  Time time{};
  SeriesLayout layout;
  std::vector<double> values;  // as many as the layout has series; stale markers end a series
};

/// Lines of one stream, in the order they came.
struct LogBatch {
  StreamId stream = 0;
  std::vector<LogLine> lines;
  /// Where a tailed file was read up to; kept in the same write as the lines. Empty for pushes.
  std::string cursor_key;
  std::string cursor_value;
};

/// Samples with times of their own (remote write, OTLP), in the order in which they came.
struct SampleBatch {
  struct Sample {
    SeriesId series = 0;
    Time time{};
    double value = 0;
  };
  std::vector<Sample> samples;
};

/// A sample that is not kept, and why.
struct RefusedSample {
  size_t index = 0;  // in the batch
  Status reason;
};

class TelemetrySink {
 public:
  virtual ~TelemetrySink() = default;

  /// The id of a label set; a new one is on disk no later than the first batch that uses it.
  /// ResourceExhausted at the limit of series. Any thread.
  virtual StatusOr<SeriesId> InternSeries(const Labels& labels) = 0;
  virtual StatusOr<StreamId> InternStream(const Labels& labels) = 0;

  using Done = std::function<void(Status)>;
  virtual void Append(ScrapeBatch batch, Done done) = 0;
  /// The same of somebody whom nobody waits for: it may stay in the queue for a little while, so
  /// that it shares its way to the disk with others.
  virtual void AppendSoon(ScrapeBatch batch, Done done) {
    Append(std::move(batch), std::move(done));
  }
  virtual void Append(LogBatch batch, Done done) = 0;
  /// Keeps the samples whose times are within the store's window and returns the others: those are
  /// too old or too far ahead. Of two samples of a series with one time the first stays, silently.
  virtual std::vector<RefusedSample> Append(SampleBatch batch, Done done) = 0;

  /// The last durable value written under `key` by a LogBatch; empty when there is none.
  virtual std::string ReadCursor(const std::string& key) = 0;
};

}  // namespace kizashi
