#include "act/incident/incident_event.h"

#include <simdjson.h>

#include <array>

namespace kizashi::incidents {
namespace {

constexpr std::array<std::string_view, 14> kNames = {"",
                                                     "page_begin",
                                                     "page_end",
                                                     "ticket_begin",
                                                     "ticket_end",
                                                     "anomaly_begin",
                                                     "anomaly_end",
                                                     "delivery",
                                                     "acknowledged",
                                                     "escalated",
                                                     "call",
                                                     "deploy",
                                                     "probe",
                                                     "chat"};

Status CheckText(std::string_view name, std::string_view text) {
  if (text.size() <= kEventTextBytesMax) {
    if (IsUtf8(text)) return OkStatus();
    return InvalidArgument("{}: it is not UTF-8", name);
  }
  return InvalidArgument("{}: {} bytes, at most {} are taken", name, text.size(),
                         kEventTextBytesMax);
}

}  // namespace

bool IsUtf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

std::string_view EventKindName(EventKind kind) {
  const auto number = static_cast<size_t>(kind);
  return number < kNames.size() ? kNames[number] : std::string_view();
}

std::optional<EventKind> EventKindFromName(std::string_view name) {
  for (size_t i = 1; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<EventKind>(i);
  }
  return std::nullopt;
}

Status Check(const IncidentEvent& event) {
  if (EventKindName(event.kind).empty()) return InvalidArgument("kind: no such kind of event");
  if (event.id.empty()) return InvalidArgument("id: it is missing");
  KZ_RETURN_IF_ERROR(CheckText("id", event.id));
  KZ_RETURN_IF_ERROR(CheckText("service", event.service));
  KZ_RETURN_IF_ERROR(CheckText("team", event.team));
  for (const size_t size : {event.fields.size(), event.links.size(), event.services.size()}) {
    if (size > kEventListMax) {
      return InvalidArgument("{} fields, links or services, at most {} are taken", size,
                             kEventListMax);
    }
  }
  for (const auto& [name, id] : event.links) {
    KZ_RETURN_IF_ERROR(CheckText("links", name));
    KZ_RETURN_IF_ERROR(CheckText(name, id));
  }
  for (const auto& [name, value] : event.fields) {
    KZ_RETURN_IF_ERROR(CheckText("fields", name));
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr) KZ_RETURN_IF_ERROR(CheckText(name, *text));
  }
  for (const std::string& service : event.services) {
    KZ_RETURN_IF_ERROR(CheckText("services", service));
  }
  return OkStatus();
}

}  // namespace kizashi::incidents
