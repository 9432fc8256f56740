// The commands `kizashi slo import`, `export`, `check` and `explain`. One thread.
//
// Each reads files and catalog directories of any format that ImportSlos knows, prints to `out`,
// and its errors and warnings to `err`. Exit codes: 0 fine, 1 findings, 2 wrong usage, 3 could not
// run.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "base/status.h"
#include "catalog/load.h"

namespace kizashi {

struct SloCommandOptions {
  std::vector<std::string> paths;
  std::string service;          // import: of SLOs without one; else: only this one's
  std::string slo;              // only those of this name
  std::string format = "text";  // or "json"
  std::string to;               // export: a name of SloExportFormatNames
  bool strict = false;          // check: warnings are findings too
};

/// The texts of files and catalog directories.
StatusOr<std::vector<CatalogSource>> ReadSloPaths(const std::vector<std::string>& paths);

/// The short form, a document for each service.
int ImportSlosCommand(const SloCommandOptions& options, FILE* out, FILE* err);
int ExportSlosCommand(const SloCommandOptions& options, FILE* out, FILE* err);
/// All errors and warnings, and what was found.
int CheckSlosCommand(const SloCommandOptions& options, FILE* out, FILE* err);
int ExplainSlosCommand(const SloCommandOptions& options, FILE* out, FILE* err);

}  // namespace kizashi
