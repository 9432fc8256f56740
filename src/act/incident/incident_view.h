// An incident with what its report says, as readers get it: immutable, shared by pointer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "act/incident/incident.h"
#include "act/incident/report.h"

namespace kizashi::incidents {

struct IncidentView {
  Incident incident;
  std::optional<Report> report;  // of the newest version; nothing before the first draft
};
using IncidentViews = std::vector<std::shared_ptr<const IncidentView>>;  // the newest first

}  // namespace kizashi::incidents
