// Reports as files in the directories of their teams: written when the book has a newer version,
// read when somebody changed one.
//
// One thread, or under its owner's lock. Does I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "act/incident/incident.h"
#include "act/incident/report.h"
#include "base/status.h"
#include "catalog/catalog.h"

namespace kizashi::incidents {

struct ReportPlaces {
  std::string catalog_directory;  // "" when there is none
  std::string own_directory;      // of reports of teams that have no directory
};

/// CATALOG/FOLDER/incidents/2026-11-27-incident-3.md, where FOLDER is that of the file that the
/// team stands in; OWN/team-TEAM/... when the catalog has no such team.
std::string ReportPath(const ReportPlaces& places, const Incident& incident,
                       const Catalog& catalog);

class ReportFiles {
 public:
  /// What is to be known of an incident's file.
  struct Known {
    std::string path;
    std::vector<ReportError> errors;  // of what somebody wrote and the book did not take
    std::string trouble;              // why it cannot be read or written; "" when it can
  };

  /// Looks at the file of an incident that has a report. Writes the newest version where it lacks;
  /// gives a text that somebody wrote and that is good. What is not good stays as it is, and is
  /// told by Find.
  std::optional<std::string> Look(const Incident& incident, const std::string& path);

  /// What Look gave could not be kept: it is given again.
  void GiveAgain(uint64_t incident);

  const Known* Find(uint64_t incident) const;

 private:
  struct File {
    Known known;
    bool seen = false;     // since the start
    uint64_t stamp = 0;    // of what was there at the last look; 0: nothing
    uint64_t written = 0;  // the version that the file has
  };
  std::optional<std::string> LookAtChanged(const Incident& incident, const std::string& text,
                                           File* file);
  static void Write(const ReportVersion& version, File* file);

  std::map<uint64_t, File> files_;
};

}  // namespace kizashi::incidents
