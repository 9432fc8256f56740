// Incidents as the JSON that openapi.yaml describes.
//
// Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "act/incident/incident_summary.h"
#include "act/incident/incident_view.h"
#include "act/incident/report_files.h"
#include "act/incident/similar.h"
#include "act/texts.h"
#include "base/json_writer.h"

namespace kizashi {

void WriteIncidentSummary(const incidents::IncidentView& view, JsonWriter* json);

struct IncidentDetail {
  std::shared_ptr<const incidents::IncidentView> view;
  std::vector<incidents::SimilarIncident> similar;
  incidents::IncidentViews linked;  // those that its links name
};
std::string IncidentDetailJson(const IncidentDetail& detail, Language language);

/// The version of the report that is asked for (0: the newest), with the list of all.
std::string IncidentReportJson(const incidents::IncidentView& view, uint64_t version,
                               const std::optional<incidents::ReportFiles::Known>& file);
std::string ReportErrorsJson(const std::vector<incidents::ReportError>& errors,
                             std::string_view file);
std::string IncidentActionsJson(const std::vector<incidents::FollowedAction>& actions);
std::string IncidentStatsJson(const incidents::IncidentStats& stats);

}  // namespace kizashi
