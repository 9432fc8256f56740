// Samples that were deleted: series with stretches of time, hidden from every reader at once and
// left out when blocks are merged. Immutable; a deletion makes a new set.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "ingest/telemetry_sink.h"
#include "store/series/series_reader.h"

namespace kizashi {

class Tombstones {
 public:
  struct Stretch {
    int64_t from_ms = 0;
    int64_t to_ms = 0;  // inclusive
    bool operator==(const Stretch&) const = default;
  };

  bool empty() const { return series_.empty(); }
  void Add(std::span<const SeriesId> ids, Stretch stretch);
  /// Nothing when no sample of the series is hidden.
  const std::vector<Stretch>* Find(SeriesId id) const;
  static bool Hides(const std::vector<Stretch>& stretches, int64_t time_ms);
  /// Whether some series has hidden samples in [from_ms, to_ms].
  bool HidesWithin(int64_t from_ms, int64_t to_ms) const;
  /// Takes hidden samples out of *samples.
  void Apply(SeriesId id, SampleColumns* samples) const;
  /// Forgets stretches that end before `oldest_ms`: nothing is kept from then.
  /// True when there were any.
  bool DropBefore(int64_t oldest_ms);

  /// The bytes of the file; docs/internals/series-block.md.
  std::string Encode() const;
  /// DataLoss when the bytes are not what Encode wrote.
  static StatusOr<Tombstones> Decode(std::string_view bytes);

 private:
  std::map<SeriesId, std::vector<Stretch>> series_;
};

}  // namespace kizashi
