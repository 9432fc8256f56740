// `kizashi rules`: checks rule files and runs their unit tests, without a server.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "base/status.h"

namespace kizashi::rules {

/// Exit code of both: 0 fine, 1 a file is wrong or a test fails, 3 the output cannot be written.
int CheckRulesCommand(const std::vector<std::string>& files, std::FILE* out);
int TestRulesCommand(const std::vector<std::string>& files, std::FILE* out);

/// The files that are there and that the glob `pattern` names, sorted.
std::vector<std::string> GlobFiles(const std::string& pattern);

}  // namespace kizashi::rules
