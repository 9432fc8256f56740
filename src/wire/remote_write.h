// Reads Prometheus' remote write 1.0: prometheus.WriteRequest in protobuf, the snappy block around
// it already taken away (net/content_coding.h).
//
// Made for senders that report the same series again and again: the reader gives the bytes in which
// a series' labels came and does not take them apart; ParseRemoteLabels does that for bytes not
// seen before. Views point into the body, or into the reader where a sender has mixed labels and
// samples. Total: any bytes give series and then the end or one error. One thread per reader.
// Source: "Prometheus Remote-Write 1.0 specification"; prompb/types.proto.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi {

struct RemoteLimits {
  size_t labels_max = 128;              // of a series, its name counted
  size_t label_name_bytes_max = 1024;   // one label's name
  size_t label_value_bytes_max = 8192;  // one label's value
};

struct RemoteSample {
  Time time{};
  double value = 0;  // bit for bit, stale markers too
};

struct RemoteExemplar {
  std::string_view labels;  // for ParseExemplarLabels
  Time time{};
  double value = 0;
};

struct RemoteSeries {
  std::string_view labels;  // for ParseRemoteLabels
  std::vector<RemoteSample> samples;
  std::vector<RemoteExemplar> exemplars;
  size_t histograms = 0;  // native histograms, which are only counted
};

inline constexpr size_t kRemoteMetadataMax = 100'000;  // of a request; others are passed over

struct RemoteMetadata {
  std::string_view name;  // of the metric family
  std::string_view type;  // "counter", "unknown", ... as in the text format
  std::string_view help;
  std::string_view unit;
};

class RemoteWriteReader {
 public:
  explicit RemoteWriteReader(std::string_view body);
  ~RemoteWriteReader();
  RemoteWriteReader(const RemoteWriteReader&) = delete;
  RemoteWriteReader& operator=(const RemoteWriteReader&) = delete;

  /// Reads the next series into `series`, whose vectors are used again; false at the end or at an
  /// error, which status() tells apart.
  bool Next(RemoteSeries* series);
  const Status& status() const { return status_; }
  /// Of what was read so far.
  const std::vector<RemoteMetadata>& metadata() const { return metadata_; }

 private:
  struct Message;
  void ReadSeries(Message message, RemoteSeries* series);
  RemoteExemplar ReadExemplar(Message message);
  void ReadMetadata(Message message);

  std::unique_ptr<Message> request_;
  Status status_;
  std::vector<RemoteMetadata> metadata_;
  std::deque<std::string> kept_;  // labels that did not stand together
};

/// Takes a series' labels apart. InvalidArgument: no or a bad name, a bad label name, a label
/// twice, bytes that are not UTF-8, more than the limits. Labels in another order are sorted.
StatusOr<Labels> ParseRemoteLabels(std::string_view bytes, const RemoteLimits& limits = {});
/// An exemplar's labels: as OpenMetrics says, names and values of at most 128 characters together.
StatusOr<Labels> ParseExemplarLabels(std::string_view bytes);

}  // namespace kizashi
