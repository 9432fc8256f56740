// `kizashi incident`: incidents of a running server from a shell, and reports as files.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "base/clock.h"

namespace kizashi {

struct IncidentCommandOptions {
  std::string server = "http://127.0.0.1:7600";
  std::string token_file;  // the first token in it is sent; empty: none
  std::string language = "en";
  std::string format = "text";  // "text", "json"
  std::string by;               // who does it, where the token has no name
  // list, actions, stats, open
  std::string team;
  std::string service;
  std::string state;  // "": the command's default
  std::string limit = "50";
  std::string since;  // RFC 3339, a day, or how long ago
  // one incident
  std::string id;
  std::string text;      // of a note, a role's person, a title, or why
  std::string severity;  // "1" to "4"
  std::string role;
  std::string relation;
  std::string other;    // the incident to merge into or to link
  std::string file;     // a report to be put; "" prints the newest
  std::string version;  // of the report to print
};

/// Exit code of each: 0 done, 1 no such incident, or its state does not allow it, 2 wrong
/// arguments, 3 could not run; what is wrong goes to standard error.
int IncidentListCommand(const IncidentCommandOptions& options, std::FILE* out);
int IncidentShowCommand(const IncidentCommandOptions& options, std::FILE* out);
int IncidentOpenCommand(const IncidentCommandOptions& options, const Clock& clock, std::FILE* out);
/// `what` is "acknowledge", "mitigate", "resolve", "close", "reopen", "note", "severity", "role",
/// "title", "merge", "link" or "unlink".
int IncidentEditCommand(const std::string& what, const IncidentCommandOptions& options,
                        const Clock& clock, std::FILE* out);
int IncidentReportCommand(const IncidentCommandOptions& options, const Clock& clock,
                          std::FILE* out);
/// 1 when an action item is overdue and only those were asked for.
int IncidentActionsCommand(const IncidentCommandOptions& options, std::FILE* out);
int IncidentStatsCommand(const IncidentCommandOptions& options, const Clock& clock, std::FILE* out);
/// Reads reports without a server: 1 when one has errors, each told as FILE:LINE:COLUMN.
int IncidentCheckCommand(const std::vector<std::string>& files, std::FILE* out);

}  // namespace kizashi
