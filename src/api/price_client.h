// `kizashi price explain`, `kizashi together explain`: how prices came about, from a shell.
#pragma once

#include <cstdio>
#include <string>

namespace kizashi {

struct ExplainCommandOptions {
  std::string name;  // a kind, or a service with redundancy
  std::string from;  // a file with an anomaly or a price as JSON, in place of a server; "-": input
  std::string server = "http://127.0.0.1:7600";
  std::string token_file;  // the first token in it is sent; empty: none
  std::string language = "en";
  std::string format = "text";  // "text", "json"
};

/// Print the derivation. Exit code: 0 printed, 1 there is no such kind or group (or, of a file, the
/// price is not what its numbers give; as JSON what they give is printed), 2 wrong arguments, 3
/// could not run; what is wrong goes to standard error.
int PriceExplainCommand(const ExplainCommandOptions& options, std::FILE* out);
int TogetherExplainCommand(const ExplainCommandOptions& options, std::FILE* out);

}  // namespace kizashi
