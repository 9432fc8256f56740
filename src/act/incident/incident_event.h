// What other parts tell about incidents: one thing that happened, at one moment.
//
// A part that knows of a page, a delivery, a call, a deploy makes an IncidentEvent and hands it to
// IncidentService::Tell (incident_service.h); the book decides to which incident it belongs.
// Telling the same (kind, id) again changes nothing, so a part that starts anew may tell what it
// told before. Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "store/records.h"

namespace kizashi::incidents {

/// The numbers are on disk and never reused.
enum class EventKind : uint8_t {
  kPageBegin = 1,    // an alert that pages: opens an incident, or joins one
  kPageEnd = 2,      // its end: the last one of an incident resolves it
  kTicketBegin = 3,  // an alert that does not page
  kTicketEnd = 4,
  kAnomalyBegin = 5,
  kAnomalyEnd = 6,
  kDelivery = 7,      // one attempt to tell somebody, with its answer
  kAcknowledged = 8,  // somebody took it: the incident is acknowledged
  kEscalated = 9,     // the next step of an escalation
  kCall = 10,         // the phone: ringing, answered, a digit, no answer
  kDeploy = 11,
  kProbe = 12,  // a probe's state changed
  kChat = 13,   // a message of a person in the incident's channel
};

/// "page_begin", "delivery", ...; "" for a number that is none.
std::string_view EventKindName(EventKind kind);
std::optional<EventKind> EventKindFromName(std::string_view name);

/// Limits of one event; what is longer is refused (Check).
inline constexpr size_t kEventTextBytesMax = 4096;  // of each text
inline constexpr size_t kEventListMax = 64;         // of fields, links and services each

struct IncidentEvent {
  Time time{};  // when it happened, not when it was told
  EventKind kind = EventKind::kChat;
  std::string id;  // of this event within its kind, the same whenever it is told again; not ""
  std::string service;
  std::string team;  // the owner; "" when not known
  /// What it is about: {"alert", id}, {"anomaly", id}, {"incident", "12"}, {"call", id}, ... The
  /// alert decides to which incident it belongs, or "incident" where the sender knows its number;
  /// else service and time do.
  std::vector<std::pair<std::string, std::string>> links;
  /// By kind; all may be absent, others are shown as they are.
  ///   page_begin, page_end, ticket_*: name (of the SLO or alert), text, and those of AlertRecord
  ///   anomaly_*: code, what (one sentence), price, source, anomaly_kind
  ///   delivery: destination ("slack hooks.slack.com"), event ("firing", "resolved"), result
  ///     ("delivered", "failed", "given_up"), attempt, answer
  ///   acknowledged: by, via ("slack", "phone", "pagerduty", "page", "cli")
  ///   escalated: step, to, reason
  ///   call: to, state ("ringing", "answered", "busy", "no_answer", "digit", "failed"), digit, by,
  ///     reason
  ///   deploy: version, by, what
  ///   probe: probe, state ("down", "up"), where
  ///   chat: by, text
  kizashi::Fields fields;
  /// Of page_begin: services whose trouble may be behind this one (those it depends on).
  std::vector<std::string> services;

  /// For base/archive.h.
  template <typename A>
  void Fields(A& a) {
    a(time, kind, id, service, team, links, fields, services);
  }
};

bool IsUtf8(std::string_view text);

/// InvalidArgument when it lacks an id, is beyond the limits or has a text that is not UTF-8.
Status Check(const IncidentEvent& event);

}  // namespace kizashi::incidents
