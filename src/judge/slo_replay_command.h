// The commands `kizashi slo replay` and `kizashi slo simulate`. One thread.
//
// SLOs are read from files of any format that ImportSlos knows; those that are wrong are told, and
// the others go on. Exit codes: 0 fine, 1 something is wrong in a file, 2 wrong usage, 3 could not
// run.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace kizashi {

struct SloReplayArguments {
  std::string slos;            // a file or a catalog directory
  std::string series;          // promtool's notation
  std::string slo;             // only this one
  std::string start;           // RFC 3339; "": 1970-01-01
  std::string every;           // a duration; "": the file's interval
  std::string format = "csv";  // or "json"
};
int SloReplayCommand(const SloReplayArguments& arguments, std::FILE* out, std::FILE* err);

struct SloSimulateArguments {
  std::string slos;  // "": --target and --window
  std::string slo;
  std::string target = "99.9";
  std::string window = "30d";
  std::vector<std::string> rates;  // requests an hour; none: from 1 to 100,000
  uint64_t months = 20;
  uint64_t burst = 1;
  uint64_t seed = 1;
  std::string format = "text";  // or "json"
};
int SloSimulateCommand(const SloSimulateArguments& arguments, std::FILE* out, std::FILE* err);

}  // namespace kizashi
