// `kizashi anomaly`: the ledger of a running server from a shell.
#pragma once

#include <cstdio>
#include <string>

#include "base/clock.h"

namespace kizashi {

struct AnomalyCommandOptions {
  std::string server = "http://127.0.0.1:7600";
  std::string token_file;  // the first token in it is sent; empty: none
  std::string language = "en";
  std::string format = "text";  // "text", "json"
  // list
  std::string team;
  std::string service;
  std::string kind;
  std::string state = "all";
  std::string limit = "50";
  // show, acknowledge: an anomaly's id; expect, fixed: a kind, or the id of an anomaly of it
  std::string subject;
  // expect: RFC 3339, a day (its end, UTC) or how long from now; fixed: what fixed it
  std::string until;
  std::string reason;
};

/// Exit code of each: 0 done, 1 no such anomaly or service, 2 wrong arguments, 3 could not run;
/// what is wrong goes to standard error. `clock` tells what "7d" is from.
int AnomalyListCommand(const AnomalyCommandOptions& options, std::FILE* out);
int AnomalyShowCommand(const AnomalyCommandOptions& options, std::FILE* out);
/// `what` is "acknowledge", "expect", "unexpect", "fixed" or "reopen".
int AnomalyEditCommand(const std::string& what, const AnomalyCommandOptions& options,
                       const Clock& clock, std::FILE* out);

}  // namespace kizashi
