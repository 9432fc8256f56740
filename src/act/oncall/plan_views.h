// What the files say of on-call as JSON: whom an escalation tells step by step, the people, and the
// overrides, swaps and leave that stand in files. Times are milliseconds since 1970.
//
// Pure; any thread.
#pragma once

#include <functional>
#include <string_view>

#include "act/oncall/oncall.h"
#include "base/json_writer.h"
#include "catalog/catalog.h"

namespace kizashi::oncall {

/// Of a service of the catalog, as PolicyFor or PolicyOf.
using PolicyFunction = std::function<EscalationPolicy(std::string_view service)>;

/// An array: every policy that some service follows, with these services, and those of files that
/// none does. Of a target `person` is whom it reaches at `at`: null for a channel, and when nobody
/// is on call or the person is away.
void WritePolicies(const OnCall& oncall, const Catalog& catalog, const PolicyFunction& policy_of,
                   Time at, JsonWriter* json);

/// An array, by name: everybody in the catalog, its teams and the schedules.
void WritePeople(const OnCall& oncall, const Catalog& catalog, Time at, JsonWriter* json);

/// An array of the overrides, takeovers (as swaps) and leave of files that are not over at `at`.
void WriteFileChanges(const OnCall& oncall, Time at, JsonWriter* json);

}  // namespace kizashi::oncall
