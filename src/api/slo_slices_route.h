// POST /kizashi/v1/slos/{service}/{slo}/slices: slices of an SLO's past, for where nothing was
// measured. `kizashi slo backfill` sends them.
//
// Any thread. Answers once the slices are on disk; what the judge does with them is
// SloTracker::Fill's. Limits: kSlicesMax slices and kSliceBytesMax bytes a request.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"
#include "judge/snapshot.h"
#include "net/http.h"
#include "store/telemetry_store.h"

namespace kizashi {

inline constexpr size_t kSlicesMax = 50'000;
inline constexpr size_t kSliceBytesMax = 8 << 20;

bool IsSloSlicesRequest(const HttpRequest& request);

/// Requires IsSloSlicesRequest.
void PostSloSlices(const HttpRequest& request, const Snapshot& snapshot, Time now,
                   TelemetryStore* store, const Responder& respond);

/// Reads what is posted for `slo`: {"interval_seconds": 60, "meaning": "hexadecimal", "slices":
/// [[end, good, total, covered_seconds], ...]}; `meaning` may be left out. Fills in everything but
/// the service of `*batch`. InvalidArgument, of `*item`, when it is wrong, FailedPrecondition when
/// the SLO means something else, ResourceExhausted when it is too much.
Status ReadSloSlices(const SloSpec& slo, std::string_view json, Time now, SliceBatch* batch,
                     std::string* item);

}  // namespace kizashi
