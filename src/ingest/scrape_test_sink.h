// A TelemetrySink for tests that keeps everything in memory. Any thread.
#pragma once

#include <deque>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ingest/telemetry_sink.h"

namespace kizashi {

class TestSink final : public TelemetrySink {
 public:
  StatusOr<SeriesId> InternSeries(const Labels& labels) override {
    return Intern(labels, &series_);
  }
  StatusOr<StreamId> InternStream(const Labels& labels) override {
    return Intern(labels, &streams_);
  }

  void Append(ScrapeBatch batch, Done done) override {
    const Status status = Take([&] { scrapes_.push_back(std::move(batch)); });
    done(status);
  }
  std::vector<RefusedSample> Append(SampleBatch batch, Done done) override {
    std::vector<RefusedSample> refused;
    std::vector<SampleBatch::Sample> kept;
    const Status status = Take([&] {
      for (size_t i = 0; i < batch.samples.size(); ++i) {
        if (batch.samples[i].time < oldest_) {
          refused.push_back({i, InvalidArgument("the sample is too old")});
        } else {
          kept.push_back(batch.samples[i]);
        }
      }
      if (!kept.empty()) samples_.push_back({std::move(kept)});
    });
    done(status);
    return refused;
  }
  void Append(LogBatch batch, Done done) override {
    const Status status = Take([&] { logs_.push_back(std::move(batch)); });
    done(status);
  }
  std::string ReadCursor(const std::string&) override { return ""; }

  /// From now on Append answers so; only accepted batches are kept.
  void AnswerWith(Status status) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(status);
  }
  /// Samples with times of their own are refused when they are older.
  void RefuseBefore(Time oldest) {
    const std::lock_guard lock(mutex_);
    oldest_ = oldest;
  }
  /// No new label sets beyond so many.
  void LimitSeries(size_t max) {
    const std::lock_guard lock(mutex_);
    series_max_ = max;
  }

  std::vector<ScrapeBatch> scrapes() const {
    const std::lock_guard lock(mutex_);
    return scrapes_;
  }
  std::vector<SampleBatch> samples() const {
    const std::lock_guard lock(mutex_);
    return samples_;
  }
  Labels series(SeriesId id) const {
    const std::lock_guard lock(mutex_);
    return series_.at(id);
  }
  /// What the batch says: "series value@ms" of each sample, in order.
  std::vector<std::string> Read(const SampleBatch& batch) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> lines;
    for (const auto& [id, time, value] : batch.samples) {
      lines.push_back(fmt::format("{} {}@{}", series_.at(id).ToString(),
                                  IsStaleNan(value) ? "stale" : fmt::format("{}", value),
                                  ToMs(time)));
    }
    return lines;
  }
  std::vector<LogBatch> logs() const {
    const std::lock_guard lock(mutex_);
    return logs_;
  }
  size_t series_count() const {
    const std::lock_guard lock(mutex_);
    return series_.size();
  }
  Labels stream(StreamId id) const {
    const std::lock_guard lock(mutex_);
    return streams_.at(id);
  }
  /// The batch as a map from the series' text to its value.
  std::map<std::string, double> Read(const ScrapeBatch& batch) const {
    const std::lock_guard lock(mutex_);
    std::map<std::string, double> values;
    for (size_t i = 0; i < batch.values.size(); ++i) {
      values[series_.at(batch.layout->at(i)).ToString()] = batch.values[i];
    }
    return values;
  }

 private:
  StatusOr<uint32_t> Intern(const Labels& labels, std::vector<Labels>* known) {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < known->size(); ++i) {
      if ((*known)[i] == labels) return static_cast<uint32_t>(i);
    }
    if (known->size() >= series_max_) return ResourceExhausted("no more than {}", series_max_);
    known->push_back(labels);
    return static_cast<uint32_t>(known->size() - 1);
  }
  template <typename F>
  Status Take(F keep) {
    const std::lock_guard lock(mutex_);
    if (answer_.ok()) keep();
    return answer_;
  }

  mutable std::mutex mutex_;
  Status answer_ = OkStatus();
  size_t series_max_ = 1'000'000;
  std::vector<Labels> series_;
  std::vector<Labels> streams_;
  std::vector<ScrapeBatch> scrapes_;
  std::vector<SampleBatch> samples_;
  Time oldest_ = TimeFromMs(std::numeric_limits<int64_t>::min());
  std::vector<LogBatch> logs_;
};

}  // namespace kizashi
