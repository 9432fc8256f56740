// `kizashi report slo`: the review of SLOs (GET /kizashi/v1/slos/report) from a shell.
#pragma once

#include <cstdio>
#include <string>

namespace kizashi {

struct SloReportCommandOptions {
  std::string server = "http://127.0.0.1:7600";
  std::string token_file;  // the first token in it is sent; empty: none
  std::string team;        // empty: all
  std::string period = "week";
  std::string language = "en";
  std::string format = "markdown";  // "markdown", "html"
  std::string until;                // empty: now
};

/// Prints the review. Exit code: 0 printed, 2 wrong arguments or no such team, 3 could not run;
/// what is wrong goes to standard error.
int SloReportCommand(const SloReportCommandOptions& options, std::FILE* out);

}  // namespace kizashi
