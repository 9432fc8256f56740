// `kizashi query`: PromQL without a server, over files of samples with timestamps.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace kizashi::promql {

struct QueryFileOptions {
  std::string query;
  std::vector<std::string> files;  // exposition text with timestamps; "-" is standard input
  std::string time;                // RFC 3339 or seconds since 1970; "": the last sample's time
  std::string start;               // of a range, both
  std::string end;
  std::string step = "1m";
  std::string format = "text";  // "text", "json"
};

/// Exit code of all: 0 fine, 1 the query (or, of `test`, a case) fails, 2 wrong options, 3 a file
/// cannot be read or the result not be written.
int QueryInstantCommand(const QueryFileOptions& options, std::FILE* out);
int QueryRangeCommand(const QueryFileOptions& options, std::FILE* out);

/// Answers each line of standard input, `{"query":...,"time":...}` or `{"query":...,"start":...,
/// "end":...,"step":...}` with times in seconds, by a line as Prometheus' HTTP API does.
int QueryBatchCommand(const QueryFileOptions& options, std::FILE* in, std::FILE* out);

/// Prints the canonical form of a query, or what is wrong with it.
int QueryParseCommand(const std::string& query, std::FILE* out);

/// Runs Prometheus' test files.
int QueryTestCommand(const std::vector<std::string>& files, std::FILE* out);

}  // namespace kizashi::promql
