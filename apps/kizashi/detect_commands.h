// `kizashi detect`.
#pragma once

#include "command_line.h"

namespace kizashi {

void AddDetectCommand(Command root);

}  // namespace kizashi
