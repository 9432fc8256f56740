// `kizashi slo backfill`: fills in the past of a running server's SLOs.
//
// Reads raw counters day by day, makes of them the slices that the judge would have made
// (judge/slo_filler.h), and posts them (slo_slices_route.h). SLOs are worked on side by side, the
// days of one in their order. Exit codes: 0 fine, 1 something was refused, 2 wrong usage, 3 a
// server cannot be asked or a file not be read.
#pragma once

#include <cstdio>
#include <string>

#include "base/clock.h"

namespace kizashi {

struct SloBackfillOptions {
  std::string server = "http://127.0.0.1:7600";
  std::string token_file;   // the first token in it is sent to `server`; empty: none
  std::string catalog;      // a file or directory, of any format that ImportSlos knows
  std::string service;      // only this one's
  std::string slo;          // only those of this name
  std::string since;        // a duration before now, or RFC 3339
  std::string until;        // RFC 3339 or a duration before now; empty: now
  std::string prometheus;   // the URL of a server that is asked; empty: `server`
  std::string series_file;  // read in place of a server
  std::string step;         // between samples that are asked for; empty: the interval or a minute
  std::string resume;       // a file that records what is done
  bool dry_run = false;     // nothing is posted
};

int SloBackfillCommand(const SloBackfillOptions& options, const Clock& clock, std::FILE* out,
                       std::FILE* err);

}  // namespace kizashi
