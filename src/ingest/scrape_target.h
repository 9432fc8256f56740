// What is remembered about one scrape target, so that the next scrape of it costs little: which
// series its texts stand for, in which order they came, and which of them still live.
//
// Owned by the scrape manager; one thread at a time. A text that comes again at the place where it
// stood the last time is recognised by comparing bytes; one that moved is found by its hash; only a
// new one is taken apart, given the target's labels and interned. Memory is bounded by the samples
// of a scrape: what was not seen for a while is forgotten.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "ingest/exemplar_ring.h"
#include "ingest/metric_metadata.h"
#include "ingest/scrape_job.h"
#include "ingest/telemetry_sink.h"
#include "ingest/text_table.h"
#include "wire/exposition.h"
#include "wire/telemetry.h"

namespace kizashi {

/// What is done with what a target shows.
struct ScrapeRules {
  ScrapeLimits limits{};
  bool honor_labels = false;
  bool honor_timestamps = true;
  const Relabeler* relabel = nullptr;  // metric relabelling; outlives the target's scrape
};

/// Where else than into samples a scrape goes; either may be nullptr.
struct ScrapeHooks {
  ExemplarRing* exemplars = nullptr;
  MetricMetadata* metadata = nullptr;
};

class TargetScrape {
 public:
  /// `target_labels` go onto every series; job and instance name the source. `sink` outlives this.
  TargetScrape(TelemetrySink& sink, Labels target_labels, const ScrapeRules& rules = {},
               const ScrapeHooks& hooks = {});
  TargetScrape(const TargetScrape&) = delete;
  TargetScrape& operator=(const TargetScrape&) = delete;

  /// Reads an answer of the target. The batch has up, scrape_duration_seconds and the other
  /// scrape_* first, then the samples in order (of a series that comes twice the first), then a
  /// stale marker for each series that the last good scrape had and this one has not. Samples with
  /// times of their own are not in it, if they are honored: TakeTimed gives them. A new
  /// series that the sink refuses because there are too many is left out and counted. On an error
  /// nothing is taken over: call Failed.
  StatusOr<ScrapeBatch> Parse(Time time, std::string_view body, double duration_seconds,
                              ExpositionFormat format = ExpositionFormat::kText);

  /// The samples of the last good scrape that had times of their own.
  SampleBatch TakeTimed() { return std::exchange(timed_, {}); }

  /// The target did not answer well: up is 0, and what lived until now gets its stale marker, once.
  ScrapeBatch Failed(Time time, double duration_seconds);

  /// The target is scraped no more: stale markers for everything, up included. The layout is empty
  /// when there is nothing to say; such a batch need not be appended.
  ScrapeBatch Gone(Time time);

  const Labels& target_labels() const { return target_labels_; }
  /// Sample lines of the last good scrape; 0 after a failure.
  size_t last_samples() const { return last_samples_; }
  /// Samples that the last good scrape left out, and why the last of them was; 0 after a failure.
  size_t last_refused() const { return refused_; }
  const Status& refusal() const { return refusal_; }

 private:
  static constexpr size_t kOwnSeries = 5;  // up and scrape_*

  Status ParseSamples(std::string_view body, ExpositionFormat format);
  Status CheckLimits(const Labels& labels) const;
  void TakeMetadata(std::string_view body);
  void TakeExemplar(SeriesId id, std::string_view text, Time time);
  /// kNone: the sink refuses the series, which is counted.
  StatusOr<uint32_t> FindEntry(std::string_view text);
  StatusOr<uint32_t> AddEntry(std::string_view text);
  bool TakeSample(uint32_t number, const ExpositionSample& sample);
  void AppendStaleMarkers(ScrapeBatch* batch);
  void ForgetOld();
  void ForgetAll();
  Status InternOwn();
  Labels MergeLabels(const Labels& scraped, const std::vector<std::string>& empty) const;
  ScrapeBatch NewBatch(Time time) const;

  TelemetrySink& sink_;
  const Labels target_labels_;
  const ScrapeRules rules_;
  const ScrapeHooks hooks_;
  const std::string source_;

  bool own_interned_ = false;
  bool own_lives_ = false;   // up was written and not ended
  SeriesLayout own_layout_;  // up and scrape_*

  TextTable entries_;
  std::vector<uint32_t> slots_;  // the entries of the last good scrape's samples, in order
  SeriesLayout layout_;          // of the last good scrape, without stale markers
  bool layout_lives_ = false;
  uint32_t scrape_ = 0;
  uint32_t last_good_ = UINT32_MAX;  // the number of the last good scrape; at first none
  size_t last_samples_ = 0;
  size_t refused_ = 0;
  Status refusal_;

  // Of the scrape being read; the vectors are given back afterwards.
  Time time_{};
  size_t kept_ = 0;   // after metric relabelling
  size_t added_ = 0;  // of them, series that the last good scrape did not have
  std::vector<uint32_t> next_slots_;
  std::vector<SeriesId> next_ids_;
  std::vector<double> next_values_;
  SampleBatch timed_;
};

}  // namespace kizashi
