// The nouns of an incident: its state, its timeline, its report as it is kept.
//
// Plain values that the book (incident_book.h) folds its inputs into; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "act/incident/incident_event.h"
#include "base/clock.h"

namespace kizashi::incidents {

/// The numbers are on disk.
enum class State : uint8_t {
  kOpen = 0,
  kAcknowledged = 1,
  kMitigated = 2,
  kResolved = 3,
  kClosed = 4
};
std::string_view StateName(State state);  // "open", ...
std::optional<State> StateFromName(std::string_view name);

inline constexpr int kSeverityGravest = 1;
inline constexpr int kSeverityMildest = 4;
inline constexpr int kSeverityOfPage = 2;
inline constexpr int kSeverityOfPerson = 3;
inline constexpr std::string_view kCommander = "commander";
inline constexpr std::string_view kSystem = "kizashi";  // the author of what nobody wrote

/// One line of a timeline. `what` is the name of an EventKind, or of an Edit::What that people did
/// ("open", "note", "merge", ...), or "resolve" and "reopen" by kSystem.
struct TimelineEntry {
  Time time{};
  uint64_t number = 0;  // in the order in which the book learnt of it
  std::string what;
  std::string id;     // of the event within its kind; of an edit its id
  std::string actor;  // who did it; kSystem, or "" for an event
  std::string service;
  std::vector<std::pair<std::string, std::string>> links;
  kizashi::Fields fields;
  uint64_t from = 0;  // the incident from which it was merged; 0: it is its own

  template <typename A>
  void Fields(A& a) {
    a(time, number, what, id, actor, service, links, fields, from);
  }
};

struct RelatedAlert {
  std::string id;
  std::string name;  // of the SLO or rule
  std::string service;
  bool pages = false;
  Time begin{};
  std::optional<Time> end;

  template <typename A>
  void Fields(A& a) {
    a(id, name, service, pages, begin, end);
  }
};

/// To another incident; each is told at both ends.
struct IncidentLink {
  uint64_t incident = 0;
  std::string relation;  // "related", "caused_by", "caused", "duplicate_of", "duplicated_by"

  template <typename A>
  void Fields(A& a) {
    a(incident, relation);
  }
};

/// A report's text as somebody left it.
struct ReportVersion {
  uint64_t version = 0;  // from 1
  Time time{};
  std::string author;
  std::string text;

  template <typename A>
  void Fields(A& a) {
    a(version, time, author, text);
  }
};

struct Incident {
  uint64_t number = 0;
  std::string title;
  State state = State::kOpen;
  int severity = kSeverityOfPerson;
  std::string service;
  std::string team;
  bool by_page = false;  // opened by one: its end resolves it
  std::string opened_by;
  Time begin{};  // of the page, or when somebody opened it
  std::optional<Time> acknowledged;
  std::string acknowledged_by;
  std::optional<Time> mitigated;
  std::optional<Time> resolved;
  std::optional<Time> closed;
  std::vector<std::pair<std::string, std::string>> roles;  // role, person; sorted
  std::vector<RelatedAlert> alerts;                        // by begin
  std::vector<std::string> watched;  // services whose events belong to it; sorted
  std::vector<IncidentLink> links;
  uint64_t merged_into = 0;             // 0: it stands for itself
  std::vector<TimelineEntry> timeline;  // by time, then number
  uint64_t left_out = 0;                // events beyond kTimelineMax
  std::vector<ReportVersion> report;    // the oldest first, at most kReportVersionsMax
  uint64_t changed = 0;                 // the number of the input that changed it last

  bool is_over() const { return state == State::kResolved || state == State::kClosed; }
  /// Whoever has this role, "" for nobody.
  std::string_view PersonOf(std::string_view role) const;
  const RelatedAlert* FindAlert(std::string_view id) const;

  template <typename A>
  void Fields(A& a) {
    a(number, title, state, severity, service, team, by_page, opened_by, begin, acknowledged,
      acknowledged_by, mitigated, resolved, closed, roles, alerts, watched, links, merged_into,
      timeline, left_out, report, changed);
  }
};

/// What a person (or kSystem) does to an incident. The numbers are on disk and never reused.
struct Edit {
  enum class What : uint8_t {
    kOpen = 1,  // text: the title; name: the service; other: the severity, 0 for the usual
    kAcknowledge = 2,
    kMitigate = 3,
    kResolve = 4,
    kClose = 5,
    kReopen = 6,
    kNote = 7,
    kSeverity = 8,  // other: 1 to 4
    kRole = 9,      // name: the role; text: the person, "" for nobody
    kTitle = 10,
    kMerge = 11,   // other: the incident into which it goes
    kLink = 12,    // other: the incident; name: the relation
    kUnlink = 13,  // other
    kReport = 14,  // text: the whole report; other: the version that it was made from
  };
  What what = What::kNote;
  Time time{};
  std::string id;  // the same when it is sent again; not ""
  std::string actor;
  std::string via;  // "page", "cli", "api", "slack", "file"
  uint64_t incident = 0;
  std::string text;
  std::string name;
  std::string team;  // of kOpen
  uint64_t other = 0;

  template <typename A>
  void Fields(A& a) {
    a(what, time, id, actor, via, incident, text, name, team, other);
  }
};
std::string_view EditName(Edit::What what);  // "open", "acknowledge", ...
std::optional<Edit::What> EditFromName(std::string_view name);

/// "Took effect at both ends": the other end's word for a relation; "" when there is no such one.
std::string_view OtherEnd(std::string_view relation);

}  // namespace kizashi::incidents
