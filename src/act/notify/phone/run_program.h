// Runs another program to its end: a text in, its output out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace kizashi::phone {

/// What the program wrote to standard output. `arguments[0]` is found on the PATH; no shell is
/// asked. It gets `input` on standard input, no open file and of the environment the PATH alone.
/// Blocks for at most `timeout`, then it is killed. NotFound when it is not installed,
/// ResourceExhausted beyond `output_bytes_max`, Unavailable when it is late or fails.
StatusOr<std::string> RunProgram(const std::vector<std::string>& arguments, std::string_view input,
                                 size_t output_bytes_max, Duration timeout);

}  // namespace kizashi::phone
