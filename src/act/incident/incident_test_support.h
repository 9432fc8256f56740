// What the tests of this folder share: events and edits in one line, at seconds of a virtual day.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "act/incident/incident_book.h"

namespace kizashi::incidents {

inline constexpr Time kDay = TimeFromMs(1'767'225'600'000);  // 2026-01-01

inline Time At(int64_t second) { return kDay + std::chrono::seconds(second); }

inline IncidentEvent EventAt(int64_t second, EventKind kind, std::string id,
                             std::string service = "shop") {
  IncidentEvent event;
  event.time = At(second);
  event.kind = kind;
  event.id = std::move(id);
  event.service = std::move(service);
  event.team = "shop-team";
  return event;
}

inline IncidentEvent PageAt(int64_t second, std::string id, std::string service = "shop") {
  IncidentEvent event = EventAt(second, EventKind::kPageBegin, std::move(id), std::move(service));
  event.links = {{"alert", event.id}};
  event.fields = {{"name", "availability"}, {"short_burn", 20.0}};
  return event;
}

inline IncidentEvent PageEndAt(int64_t second, std::string id, std::string service = "shop") {
  IncidentEvent event = EventAt(second, EventKind::kPageEnd, std::move(id), std::move(service));
  event.links = {{"alert", event.id}};
  event.fields = {{"name", "availability"}};
  return event;
}

inline IncidentEvent AnomalyAt(int64_t second, std::string id, std::string service = "shop") {
  IncidentEvent event =
      EventAt(second, EventKind::kAnomalyBegin, std::move(id), std::move(service));
  event.links = {{"anomaly", event.id}};
  event.fields = {{"code", "member_down"},
                  {"source", "redundancy"},
                  {"anomaly_kind", event.service + "/redundancy/member_down"},
                  {"what", "instance b went down"}};
  return event;
}

inline Edit EditAt(int64_t second, Edit::What what, uint64_t incident, std::string text = "") {
  Edit edit;
  edit.what = what;
  edit.time = At(second);
  edit.id = std::to_string(second) + "-" + std::to_string(static_cast<int>(what)) + "-" +
            std::to_string(incident);
  edit.actor = "aiko";
  edit.via = "cli";
  edit.incident = incident;
  edit.text = std::move(text);
  return edit;
}

/// "what id" of each line.
inline std::vector<std::string> LinesOf(const Incident& incident) {
  std::vector<std::string> lines;
  for (const TimelineEntry& line : incident.timeline) {
    const bool system = line.actor == kSystem;
    lines.push_back(system ? line.what : line.what + " " + line.id);
  }
  return lines;
}

/// The bytes that make a book again.
inline std::vector<std::string> SavedBook(const IncidentBook& book) {
  std::vector<std::string> records;
  book.Save([&records](std::string record) { records.push_back(std::move(record)); });
  return records;
}

}  // namespace kizashi::incidents
