// The demo's part of the command line.
#pragma once

#include <string>
#include <vector>

#include "command_line.h"

namespace kizashi {

/// Adds `demo` and its hidden processes. `serve_args` are what stood after `--`: the demo passes
/// them on to its server.
void AddDemoCommands(Command root, std::vector<std::string> serve_args);

}  // namespace kizashi
