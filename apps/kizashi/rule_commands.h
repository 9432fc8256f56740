// The part of the command line that checks and tests rules without a server.
#pragma once

#include "command_line.h"

namespace kizashi {

/// Adds `rules` and what is below it.
void AddRuleCommands(Command root);

}  // namespace kizashi
