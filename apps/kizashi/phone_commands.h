// `kizashi tel`.
#pragma once

#include "command_line.h"

namespace kizashi {

void AddPhoneCommands(Command root);

}  // namespace kizashi
