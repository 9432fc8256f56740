// SLOs as JSON: shapes of src/api/openapi.yaml, made from a snapshot and records.
//
// Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json_writer.h"
#include "judge/snapshot.h"
#include "store/records.h"

namespace kizashi {

/// Which SLOs are asked for; an empty member asks for all.
struct SloFilter {
  std::string team;
  std::string state;
  std::string service;
};

/// `now` is the server's: it tells which reviews are overdue, by the day of the owner's time zone.
std::string SloListJson(const Snapshot& snapshot, const SloFilter& filter, Time now);

/// What happened to an SLO and its service within the SLO's window, newest first.
struct SloHistory {
  std::vector<AlertRecord> alerts;       // of the SLO
  std::vector<AnomalyRecord> anomalies;  // of its service
  std::vector<Verdict> edits;            // of type "slo_changed", of its service
};
std::string SloDetailJson(const Snapshot& snapshot, const ServiceSnapshot& service,
                          const SloSnapshot& slo, const SloHistory& history, Time now);

struct SloStep {
  Time begin{};
  SliceSum sum;
};
struct SloSteps {
  Time start{};
  Time end{};
  Duration step{};
  std::vector<SloStep> steps;  // those that hold something, oldest first
};
std::string SloSlicesJson(std::string_view service, std::string_view slo, const SloSteps& steps);

/// Of one service, or of all when `service` is empty.
std::string HoldsJson(const Snapshot& snapshot, std::string_view service);

/// Parts of the above that the detail shares with the board.
void WriteSloSummary(const Snapshot& snapshot, const ServiceSnapshot& service,
                     const SloSnapshot& slo, std::string_view today, JsonWriter* json);
void WriteSloPolicyStep(const PolicyStatus& status, JsonWriter* json);
void WriteSloOverride(const PolicyOverride& override, JsonWriter* json);
/// The day in the time zone of who owns the SLO.
std::string SloToday(const Snapshot& snapshot, const ServiceSnapshot& service,
                     const SloSnapshot& slo, Time now);

}  // namespace kizashi
