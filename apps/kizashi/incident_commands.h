// The commands of `kizashi incident`.
#pragma once

#include "command_line.h"

namespace kizashi {

void AddIncidentCommands(Command root);

}  // namespace kizashi
