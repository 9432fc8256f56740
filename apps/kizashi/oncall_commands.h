// `kizashi oncall`: its commands and options.
#pragma once

#include "command_line.h"

namespace kizashi {

void AddOnCallCommands(Command root);

}  // namespace kizashi
