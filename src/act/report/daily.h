// The daily report: what failed, what was anomalous by price, what came back, which log patterns
// are new, and what was expected, in Markdown. An anomaly that is expected is not ranked.
//
// Deterministic: the same records, catalog and options give the same text. Any thread.
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

#include "act/texts.h"
#include "base/clock.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "store/record_store.h"

namespace kizashi {

using IncidentsOfTeam = std::function<std::string(std::string_view team, Language language,
                                                  std::string_view time_zone, Time until)>;

struct DailyReportOptions {
  std::string team;      // a team's name; "" for all
  std::string language;  // "en", "ja"; "" for the team's
  Time since{};
  Time until{};
  int lines_min = TeamReport::kLinesMin;  // of a new log pattern
  /// What is to be told of a team's incidents, as Markdown; "" for nothing. Empty: there are none.
  IncidentsOfTeam incidents = {};
};

/// Fails only when the store does.
StatusOr<std::string> DailyReport(RecordStore& store, const Catalog& catalog,
                                  const DailyReportOptions& options);

/// `kizashi report daily`: prints the report of the last `since` up to the clock's now. The catalog
/// is optional ("" for none). Exit code: 0 printed, 2 wrong arguments, 3 could not run; what is
/// wrong goes to standard error.
int DailyReportCommand(const std::string& records_path, const std::string& catalog_dir,
                       const std::string& team, const std::string& language, Duration since,
                       const Clock& clock, std::FILE* out);

}  // namespace kizashi
