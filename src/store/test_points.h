// For tests: a telemetry store that holds derived points and nothing else.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/series/store_reader.h"
#include "store/telemetry_store.h"

namespace kizashi {

class PointsOnly : public TelemetryStore {
 public:
  StatusOr<SeriesId> InternSeries(const Labels&) override { return Unavailable("not here"); }
  StatusOr<StreamId> InternStream(const Labels&) override { return Unavailable("not here"); }
  void Append(ScrapeBatch, Done) override {}
  std::vector<RefusedSample> Append(SampleBatch, Done) override { return {}; }
  void Append(LogBatch, Done) override {}
  void Append(CatalogChange, Done) override {}
  void Append(SliceBatch batch, Done done) override {
    slice_batches.push_back(std::move(batch));
    done(slices_answer);
  }
  void Append(LedgerEdit edit, Done done) override {
    edits.push_back(std::move(edit));
    done(edits_answer);
  }
  void Append(AlertBatch batch, Done done) override {
    alert_batches.push_back(std::move(batch));
    done(edits_answer);
  }
  std::string ReadCursor(const std::string&) override { return {}; }
  Labels SeriesLabels(SeriesId) const override { return none_; }
  const Labels& StreamLabels(StreamId) const override { return none_; }
  const SeriesSource& series() const override { return series_; }
  SeriesSummary SummarizeSeries(size_t) const override { return {}; }
  std::optional<Time> OldestInMemory() const override { return std::nullopt; }
  void Start(Listener) override {}
  void Stop() override {}
  void AppendTick() override {}
  Status Scan(uint64_t, const Visit&) override { return OkStatus(); }
  Status ScanWithoutSamples(uint64_t, const Visit&) override { return OkStatus(); }
  StatusOr<size_t> DeleteSamples(std::span<const LabelMatcher>, Time, Time) override {
    return size_t{0};
  }
  Status Snapshot(const std::string&) override { return OkStatus(); }
  uint64_t last_seq() const override { return 0; }
  Status PutPoints(const std::vector<DerivedPoint>& points) override {
    for (const DerivedPoint& point : points) {
      points_[point.kind + point.name][point.time] = point.value;
    }
    return OkStatus();
  }
  Status ScanPoints(char kind, std::string_view name, Time from, Time to,
                    const std::function<bool(Time, std::string_view)>& visit) override {
    for (const auto& [time, value] : points_[kind + std::string(name)]) {
      if (time >= from && time <= to && !visit(time, value)) break;
    }
    return OkStatus();
  }
  Status PutCheckpoint(uint64_t, Time, std::string_view) override { return OkStatus(); }
  StatusOr<std::optional<Checkpoint>> LatestCheckpoint() override {
    return std::optional<Checkpoint>();
  }
  StatusOr<std::optional<Checkpoint>> ReplayBase() override { return std::optional<Checkpoint>(); }
  Status ApplyRetention() override { return OkStatus(); }

  std::vector<SliceBatch> slice_batches;  // that were appended
  std::vector<LedgerEdit> edits;
  std::vector<AlertBatch> alert_batches;
  Status edits_answer;
  Status slices_answer;  // what an append of one gives

 private:
  class NoSeries : public SeriesSource {
   public:
    std::unique_ptr<SeriesReader> OpenReader() const override {
      return std::make_unique<StoreReader>(names_, StoreView());
    }

   private:
    SeriesNames names_;
  };

  const Labels none_{};
  NoSeries series_;
  std::map<std::string, std::map<Time, std::string>> points_;
};

}  // namespace kizashi
