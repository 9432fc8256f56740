// What a slice of a composite or journey comes to, from the slices of its members.
//
// Pure; any thread. A composite is the weighted mean of its members' good shares, a journey their
// product (each to the power of its weight): it succeeds when every step does. A member that had no
// events is left out: time without events is no error. One that was not measured is left out, good
// or bad, as the indicator says.
#pragma once

#include <optional>
#include <vector>

#include "catalog/catalog.h"
#include "judge/slo/slice_log.h"

namespace kizashi {

struct MemberSlice {
  double weight = 1;
  SliceSum sum;
};

/// Nothing when no member says anything.
std::optional<double> CompositeShare(const Indicator& indicator,
                                     const std::vector<MemberSlice>& members);

/// The members of a composite or journey of `service`: as listed, or for a journey that lists none
/// the first SLO of the service itself and of everything it depends on.
std::vector<SloMember> MembersOf(const Catalog& catalog, const Service& service,
                                 const SloSpec& slo);

}  // namespace kizashi
