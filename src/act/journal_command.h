// `kizashi journal`: prints what is kept, as it was accepted, one JSON object a line.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace kizashi {

struct JournalOptions {
  std::string data_directory;
  uint64_t after = 0;  // entries up to this number are left out
};

/// One line an entry, oldest first: `seq`, `time` (ms), `type` and, by type, `source`, `at` (ms)
/// and `samples` ([labels, value], null for stale), `stream` and `lines` ([ms, text]), or `files`.
/// Exit code: 0, or 3 when the store cannot be read. May run beside a server: it prints what was on
/// disk when it began.
int JournalCommand(const JournalOptions& options, std::FILE* out);

}  // namespace kizashi
