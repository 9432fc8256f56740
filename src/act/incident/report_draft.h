// The first text of an incident's report, written from what the book knows.
//
// Deterministic: the same incident, facts and options give the same text, which ReadReport takes.
// Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "act/incident/incident_view.h"
#include "act/incident/similar.h"
#include "act/texts.h"
#include "base/clock.h"

namespace kizashi::incidents {

/// What an incident did to one SLO.
struct Impact {
  std::string service;
  std::string slo;
  Time begin{};
  Time end{};
  double failed = 0;  // events, or slices of the budgeting method
  double total = 0;
  double budget_minutes = 0;
};

struct DraftFacts {
  std::vector<Impact> impacts;
  std::vector<SimilarIncident> similar;
};

struct DraftOptions {
  Language language = Language::kEnglish;
  std::string time_zone = "UTC";
  std::string page_url;  // "" for none: lines then name their event without a link
  std::string owner;     // of the report; "" for nobody
};

std::string DraftReport(const Incident& incident, const DraftFacts& facts,
                        const DraftOptions& options);

/// Where the page shows a line: "/incidents/3#delivery-12".
std::string LinePath(uint64_t incident, const TimelineEntry& line);

/// "2026-11-27 19:02:13", the local time there.
std::string LocalSecond(Time time, std::string_view time_zone);

}  // namespace kizashi::incidents
