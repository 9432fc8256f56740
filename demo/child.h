// A process that the supervisor started: this program again with other arguments.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/status.h"

namespace kizashi {

/// Starts /proc/self/exe with `arguments`; it is killed when the caller's thread ends. With
/// `stderr_fd`, its standard error goes there.
StatusOr<pid_t> StartChild(const std::vector<std::string>& arguments, int stderr_fd = -1);

/// A port on 127.0.0.1 that nobody listens on now.
StatusOr<uint16_t> FreePort();

}  // namespace kizashi
