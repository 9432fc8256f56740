// The demo's part of the command line.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace kizashi {

/// Adds `demo` and its hidden processes to `app`; the chosen one is put into `action`. `serve_args`
/// are what stood after `--`: the demo passes them on to its server.
void AddDemoCommands(CLI::App& app, std::vector<std::string> serve_args,
                     std::function<int()>* action);

}  // namespace kizashi
