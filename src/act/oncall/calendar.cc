#include "act/oncall/calendar.h"

#include <chrono>

#include "base/hash.h"

namespace kizashi::oncall {
namespace {

constexpr size_t kLineBytes = 75;  // RFC 5545, 3.1

/// Adds a content line, folded where a character ends.
void AddLine(std::string_view line, std::string* out) {
  size_t room = kLineBytes;
  while (line.size() > room) {
    size_t cut = room;
    while (cut > 1 && (static_cast<unsigned char>(line[cut]) & 0xc0) == 0x80) --cut;
    out->append(line.substr(0, cut)).append("\r\n ");
    line.remove_prefix(cut);
    room = kLineBytes - 1;
  }
  out->append(line).append("\r\n");
}

/// A value of type TEXT (3.3.11).
std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == ';' || c == ',') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      out += c;
    }
  }
  return out;
}

/// UTC, 3.3.5.
std::string Stamp(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss of_day(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", int{date.year()}, unsigned{date.month()},
                     unsigned{date.day()}, of_day.hours().count(), of_day.minutes().count(),
                     of_day.seconds().count());
}

void Begin(std::string_view name, std::string* out) {
  AddLine("BEGIN:VCALENDAR", out);
  AddLine("VERSION:2.0", out);
  AddLine("PRODID:-//Kizashi//On call//EN", out);
  AddLine("CALSCALE:GREGORIAN", out);
  AddLine("METHOD:PUBLISH", out);
  AddLine("X-WR-CALNAME:" + Escaped(name), out);
}

void AddEvent(const Schedule& schedule, const Span& span, Time now, std::string* out) {
  const std::string what =
      fmt::format("{}/{}/{}", schedule.name, ToMs(span.begin), span.duty->person);
  AddLine("BEGIN:VEVENT", out);
  AddLine(fmt::format("UID:{:016x}@oncall.kizashi", Hash64(what)), out);
  AddLine("DTSTAMP:" + Stamp(now), out);
  AddLine("DTSTART:" + Stamp(span.begin), out);
  AddLine("DTEND:" + Stamp(span.end), out);
  AddLine("SUMMARY:" + Escaped(fmt::format("{}: {}", schedule.title, span.duty->person)), out);
  AddLine("TRANSP:TRANSPARENT", out);
  AddLine("END:VEVENT", out);
}

}  // namespace

std::string ScheduleCalendar(const OnCall& oncall, std::string_view name, Time from, Time to,
                             Time now) {
  std::string out;
  const Schedule* schedule = oncall.Find(name);
  if (schedule == nullptr) return out;
  Begin(schedule->title, &out);
  for (const Span& span : oncall.PersonSpans(name, from, to)) {
    if (span.duty) AddEvent(*schedule, span, now, &out);
  }
  AddLine("END:VCALENDAR", &out);
  return out;
}

std::string PersonCalendar(const OnCall& oncall, std::string_view person, Time from, Time to,
                           Time now) {
  std::string out;
  Begin(person, &out);
  for (const Schedule& schedule : oncall.schedules()) {
    for (const Span& span : oncall.PersonSpans(schedule.name, from, to)) {
      if (span.duty && span.duty->person == person) AddEvent(schedule, span, now, &out);
    }
  }
  AddLine("END:VCALENDAR", &out);
  return out;
}

}  // namespace kizashi::oncall
