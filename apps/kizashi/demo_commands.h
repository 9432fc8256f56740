// The demo's part of the command line.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace kizashi {

/// Adds `demo` and its hidden processes to `app`; the chosen one is put into `action`.
void AddDemoCommands(CLI::App& app, std::function<int()>* action);

}  // namespace kizashi
