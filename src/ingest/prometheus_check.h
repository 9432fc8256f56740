// The command `kizashi check FILE`: says whether a prometheus.yml is good. One thread.
#pragma once

#include <cstdio>
#include <string>

namespace kizashi {

/// Prints the errors, what is passed over, and one line that counts what is in the file, to `out`;
/// as JSON also what the static targets become.
/// Returns the exit code: 0 fine, 1 errors found, 3 when the file could not be read.
int CheckPrometheusConfigCommand(const std::string& file, bool json, FILE* out);

}  // namespace kizashi
