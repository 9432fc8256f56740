// Reads the short form of SLOs under `slo:` of a service (docs/use/slo.md). Private to this folder;
// one thread.
#pragma once

#include <optional>
#include <vector>

#include "catalog/draft.h"
#include "catalog/field.h"

namespace kizashi {

/// One mapping or a list of them; those with errors are left out. Time zones that are not given
/// stay empty, for resolve_slos.cc to fill.
void ReadSlos(const Field& field, std::vector<DraftSlo>* slos);

// The parts, each in a file of its own; nullopt after an error.

/// Whether any of the keys of indicators is there, and which are known.
const std::vector<std::string_view>& IndicatorKeys();
/// Of the whole SLO's mapping.
std::optional<Indicator> ReadIndicator(const Field& slo, DraftSlo* draft);
/// Steps such as {spent: 50%, do: tell}; and who lets go on in spite of a hold.
std::vector<PolicyStep> ReadPolicy(const Field& list);
std::vector<PolicyOverride> ReadOverrides(const Field& list);
/// policy, overrides, exclude, adjust, agreement, labels, annotations.
void ReadSloGovernance(const Field& slo, DraftSlo* draft);

inline constexpr std::string_view kWeekdayNames[] = {"mon", "tue", "wed", "thu",
                                                     "fri", "sat", "sun"};

}  // namespace kizashi
