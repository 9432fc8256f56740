// What signals are called, and their values with units.
#pragma once

#include <string>
#include <string_view>

#include "act/texts.h"

namespace kizashi {

/// Of a rule's id (judge/signal/rules.h); the id itself when it has no name.
std::string SignalName(std::string_view id, Language language);

/// "12.5/s", "830 ms", "1.2 GiB", "95 %": `unit` as the rules give it.
std::string FormatSignal(double value, std::string_view unit);

}  // namespace kizashi
