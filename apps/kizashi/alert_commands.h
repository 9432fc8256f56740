// The part of the command line that is about alerts.
#pragma once

#include <string>

#include "command_line.h"

namespace kizashi {

/// Adds `alert` and what is below it.
void AddAlertCommands(Command root, const std::string& version);

}  // namespace kizashi
