// The commands of `kizashi anomaly`.
#pragma once

#include "command_line.h"

namespace kizashi {

void AddAnomalyCommands(Command root);

}  // namespace kizashi
