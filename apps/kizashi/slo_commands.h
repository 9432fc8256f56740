// The part of the command line that reads, writes and explains SLOs without a server.
#pragma once

#include "command_line.h"

namespace kizashi {

/// Adds `slo` and what is below it.
void AddSloCommands(Command root);

}  // namespace kizashi
