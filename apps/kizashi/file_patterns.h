// `kizashi logs patterns FILE...`: the patterns of log files, and what stands at their parameters.
//
// Needs no server. Memory: that of a PatternTable and, with parameters, of a ParameterTable for
// each pattern that is shown.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

namespace kizashi {

struct FilePatternsOptions {
  std::vector<std::string> files;  // "-" is standard input
  std::string format = "text";     // "text", "json"
  size_t top = 50;                 // patterns shown; 0: all
  bool parameters = false;         // reads the files twice
  std::string patterns;            // a file of a catalog whose log_patterns hold; "": none
  std::string service;             // whose, when several have some
};

/// Exit code: 0 patterns were found, 1 none, 2 wrong options, 3 a file cannot be read (of a damaged
/// one, what it holds is shown all the same) or the result not be written.
int FilePatternsCommand(const FilePatternsOptions& options, std::FILE* out);

}  // namespace kizashi
