// Samples on their way to a receiver: collected in the order of the journal, written as requests.
//
// One thread. Limits: kLabelBytesMax of labels are remembered; beyond that they are made again.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "ingest/relabel.h"
#include "ingest/telemetry_sink.h"
#include "store/telemetry_store.h"
#include "wire/telemetry.h"

namespace kizashi {

/// The labels that a receiver gets for a series: with the external ones, relabelled, encoded.
class RemoteLabels {
 public:
  static constexpr size_t kLabelBytesMax = 64 << 20;

  /// What is given outlives this.
  RemoteLabels(const SeriesDirectory& series, const Labels& external, const Relabeler& relabel)
      : series_(series), external_(external), relabel_(relabel) {}

  /// Empty when a rule drops the series. Good until the next call.
  const std::string& Of(SeriesId id);

 private:
  std::string Make(SeriesId id) const;

  const SeriesDirectory& series_;
  const Labels& external_;
  const Relabeler& relabel_;
  std::unordered_map<SeriesId, std::string> encoded_;
  size_t bytes_ = 0;
};

class SampleRequest {
 public:
  void Add(const SampleBatch::Sample& sample) { samples_.push_back(sample); }
  size_t size() const { return samples_.size(); }
  bool empty() const { return samples_.empty(); }
  void Clear() { samples_.clear(); }

  /// Puts the samples of a series into one of `parts`, in their order, and the parts one behind the
  /// other; where each ends. The same samples are always put the same way.
  std::vector<size_t> Divide(size_t parts);

  /// The body of a request with the samples of [begin, end): snappy of a WriteRequest. Those of a
  /// series stand together, in the order in which they were added.
  std::string Body(size_t begin, size_t end, RemoteLabels* labels) const;

 private:
  std::vector<SampleBatch::Sample> samples_;
};

}  // namespace kizashi
