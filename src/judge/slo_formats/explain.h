// Says an SLO in words: what counts as good, how much may fail, what each alert needs and how soon
// it would come, and which alerts can never come and why. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "catalog/slo.h"

namespace kizashi {

/// Several lines; the first is "SERVICE/NAME".
std::string ExplainSlo(std::string_view service, const SloSpec& slo);

/// How long a full outage takes to fire a pair, from no errors at all: the time until the long
/// window has spent its share, and `hold`; at least one slice.
Duration TimeToFire(const SloSpec& slo, const BurnPair& pair);

/// "43 min 12 s", "2 h 9 min", "9 d 3 h": two units at most.
std::string SpellDuration(Duration duration);

}  // namespace kizashi
