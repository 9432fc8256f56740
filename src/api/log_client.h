// `kizashi logs search`, `logs tail`, `logs patterns` and `logs diff`: the routes of log_routes.h
// from a shell.
//
// Each waits for a server's answers and prints them. Exit codes as grep's: 0 something was found, 1
// nothing was, 2 the query is wrong, 3 the server could not be asked or the result not be written.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "base/clock.h"

namespace kizashi {

struct LogClientOptions {
  std::string server = "http://127.0.0.1:7600";
  std::string token_file;  // the first token in it is sent; empty: none
  std::string service;     // empty: all
  std::string since;       // a duration before now; empty: as from and to say
  std::string from;
  std::string to;
  std::string format = "text";  // "text", "json"
  std::string text;             // search and tail
  std::string severity;
  std::string regex;  // search
  std::string pattern;
  std::string parameter;
  std::string trace;
  uint64_t limit = 100;
  std::string before;  // diff: ranges, see past_range.h
  std::string after;
  size_t top = 50;  // diff: of each kind; 0: all that the server lists
};

/// Prints the newest lines that fit, the newest first; JSON as the server gives it.
int LogSearchCommand(const LogClientOptions& options, const Clock& clock, std::FILE* out);

/// Prints lines as they come, until it is stopped or the server cannot be asked any more.
int LogTailCommand(const LogClientOptions& options, std::FILE* out);

/// Prints the patterns of a service, by lines.
int ServerPatternsCommand(const LogClientOptions& options, const Clock& clock, std::FILE* out);

/// Prints which patterns of a service are new, gone or changed between two ranges. Exit codes are
/// those for two files: 0 no difference, 1 differences, 2 wrong ranges or service, 3 no answer.
int ServerDiffCommand(const LogClientOptions& options, const Clock& clock, std::FILE* out);

}  // namespace kizashi
