// The label sets of series that were defined together, in a few bytes each: texts once, labels
// (pairs of texts) once, each series as what differs from the one before, the whole compressed.
// docs/internals/journal.md has the bytes. Decoding is total.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "wire/telemetry.h"

namespace kizashi {

/// The most series of one group.
inline constexpr size_t kGroupSeriesMax = 4096;

std::string EncodeDefinitionGroup(std::span<const Labels> series);

struct DefinitionGroup {
  std::string bytes;  // what the views look into
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  std::vector<std::vector<uint32_t>> series;  // indexes of pairs, in order of names
};
/// DataLoss when the bytes are not what EncodeDefinitionGroup wrote.
StatusOr<DefinitionGroup> DecodeDefinitionGroup(std::string_view bytes);

}  // namespace kizashi
