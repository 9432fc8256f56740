// A slice of Slices::kFine as the telemetry store keeps it: a DerivedPoint of kind 's', named
// "service/slo", at the slice's begin.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "judge/slo/slice_log.h"

namespace kizashi {

/// Nothing measured when the bytes are none of a slice.
inline SliceSum ReadSlicePoint(std::string_view value) {
  ByteReader reader(value);
  SliceSum sum;
  sum.good = reader.Double();
  sum.total = reader.Double();
  sum.covered_seconds = reader.Double();
  return reader.ok() ? sum : SliceSum{};
}

}  // namespace kizashi
