// `kizashi logs templates`, `logs patterns` and `logs diff`: log files taken apart, without a
// server.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace kizashi {

struct LogTemplatesOptions {
  std::string file;
  std::string format = "csv";  // "csv", "json"
};

/// Prints for each line of a file its number, its template's id and the template, with `<*>` for
/// parameters. Reads the file twice (standard input is held in memory). Exit code: 0, 3
/// the file cannot be read or the result not be written.
int LogTemplatesCommand(const LogTemplatesOptions& options, std::FILE* out);

struct LogDiffOptions {
  std::string before;
  std::string after;
  std::string format = "text";  // "text", "json"
  size_t top = 50;              // of each kind; 0: all
  std::string patterns;         // a file of a catalog whose log_patterns hold; "": none
  std::string service;          // whose, when several have some
};

/// Which patterns are new, which are gone, and of which the share of all lines changed, by the test
/// of query/count_change.h. Exit code: 0 no difference, 1
/// differences, 3 a file cannot be read or the result not be written.
int LogDiffCommand(const LogDiffOptions& options, std::FILE* out);

}  // namespace kizashi
