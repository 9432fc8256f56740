// Why somebody is told, in a sentence or three: what a page says under its headline.
//
// Pure; any thread.
#pragma once

#include <string>

#include "act/oncall/escalation.h"
#include "act/texts.h"

namespace kizashi::oncall {

/// `page` is one of `escalation`'s.
std::string ReasonText(const Escalation& escalation, const Page& page, Language language);

}  // namespace kizashi::oncall
