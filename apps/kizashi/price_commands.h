// `kizashi price` and `kizashi together`: their commands and options.
#pragma once

#include "command_line.h"

namespace kizashi {

void AddPriceCommands(Command root);

}  // namespace kizashi
