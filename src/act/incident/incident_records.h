// The inputs of the incident book as the records that its log keeps, and the book itself after the
// log was compacted. docs/internals/incidents.md describes the bytes. Reading is total. Plain
// values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "act/incident/incident.h"
#include "base/archive.h"

namespace kizashi::incidents {

/// The first byte of a record. Never reused: what is laid out otherwise gets a number of its own.
enum class RecordType : uint8_t { kEvent = 1, kEdit = 2, kHead = 3, kIncident = 4, kRecent = 5 };

template <typename... T>
std::string EncodeRecord(RecordType type, T&... values) {
  StateWriter out;
  out(values...);
  return std::string(1, static_cast<char>(type)) + out.Take();
}

/// Of the bytes behind the type; false when they are no such record, or a time of it is no date.
template <typename... T>
bool DecodeRecord(std::string_view bytes, T&... values) {
  StateReader in(bytes);
  in(values...);
  return in.ok() && in.AtEnd() && in.times_are_dates();
}

std::string EncodeEvent(const IncidentEvent& event, Time received);
std::string EncodeEdit(const Edit& edit);

}  // namespace kizashi::incidents
