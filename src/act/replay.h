// `kizashi replay`: runs the recorded journal through the judge again and compares its verdicts
// with those that were kept.
#pragma once

#include <cstdio>
#include <string>

#include "base/status.h"

namespace kizashi {

struct ReplayOptions {
  std::string data_directory;
  bool list = false;            // print every verdict
  std::string format = "text";  // or "json"
};

/// Exit code: 0 the same verdicts, 1 they differ, 3 the store cannot be read. May run beside a
/// server (it reads what was on disk when it began); verdicts reached since then are not compared.
int ReplayCommand(const ReplayOptions& options, std::FILE* out);

}  // namespace kizashi
