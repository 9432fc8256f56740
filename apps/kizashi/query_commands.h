// The part of the command line that asks PromQL without a server.
#pragma once

#include "command_line.h"

namespace kizashi {

/// Adds `query` and what is below it.
void AddQueryCommands(Command root);

}  // namespace kizashi
