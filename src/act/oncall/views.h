// On-call as JSON, for the API and for --format json: times are milliseconds since 1970.
//
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "act/oncall/check.h"
#include "act/oncall/escalation.h"
#include "act/oncall/oncall.h"
#include "base/json_writer.h"

namespace kizashi::oncall {

/// {"begin", "end", "person", "why", "layer", "instead_of", "edit"}; "person" null for nobody.
void WriteSpan(const Span& span, JsonWriter* json);

/// A schedule with who is on call at `at`, since and until when, and who is next.
void WriteNow(const OnCall& oncall, const Schedule& schedule, Time at, JsonWriter* json);

/// A schedule with its spans and gaps in [from, to).
void WritePreview(const OnCall& oncall, const Schedule& schedule, Time from, Time to,
                  JsonWriter* json);

/// An array.
void WriteFindings(const std::vector<Finding>& findings, JsonWriter* json);

/// Who was told of a group, why, and who is next, as of now.
void WriteEscalation(const Escalation& escalation, const OnCall& oncall, JsonWriter* json);
/// Who the step that follows tells: people on call by `oncall` when it is due, people and channels.
/// Empty when none follows.
std::vector<std::string> NextTold(const Escalation& escalation, const OnCall& oncall);

void WriteEdit(const Edit& edit, JsonWriter* json);

std::string_view WhyName(Duty::Why why);  // "turn", "instead", "swap", "override"

}  // namespace kizashi::oncall
