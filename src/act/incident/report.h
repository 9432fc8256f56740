// An incident's report as people keep it: Markdown with YAML between two lines of `---` before it.
//
// ReadReport takes whatever people made of it: sections in any order or missing, other keys, line
// ends of any system. What it cannot take it tells with its place, all errors at once. Reading is
// total: any bytes give a report or errors, within the limits of wire/yaml.h. Format:
// docs/use/incidents.md. Plain values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "act/texts.h"
#include "base/clock.h"
#include "base/status.h"

namespace kizashi::incidents {

inline constexpr size_t kActionsMax = 100;

/// What set incidents off and why it could do harm, for statistics; the classes are those of the
/// SRE Workbook's appendix on postmortems (2018), and some that it does not have.
inline constexpr std::array<std::string_view, 12> kTriggerClasses = {
    "unknown",  "binary_push",       "config_push", "user_behavior", "dependency", "provider",
    "capacity", "performance_decay", "hardware",    "expiry",        "data",       "human"};
inline constexpr std::array<std::string_view, 10> kCauseClasses = {
    "unknown",  "software",      "process", "complexity", "deployment",
    "capacity", "configuration", "network", "hardware",   "dependency"};
inline constexpr std::array<std::string_view, 3> kReportStates = {"draft", "review", "published"};
inline constexpr std::array<std::string_view, 4> kActionStates = {"open", "doing", "done",
                                                                  "dropped"};

/// "a, b, c"
template <size_t kSize>
std::string ListOf(const std::array<std::string_view, kSize>& words) {
  std::string list;
  for (const std::string_view word : words) {
    list += list.empty() ? "" : ", ";
    list += word;
  }
  return list;
}

struct ActionItem {
  std::string what;
  std::string owner;  // "" for nobody yet
  std::string due;    // "2026-12-10", "" for none yet
  std::string state = "open";
  int line = 0;  // of the file

  bool is_ended() const { return state == "done" || state == "dropped"; }
  /// Its day is over, in the time zone that `today` is of.
  bool is_overdue(std::string_view today) const {
    return !is_ended() && !due.empty() && due < today;
  }
};

/// What stands in the front matter, and whether the sections are there.
struct Report {
  uint64_t incident = 0;
  std::string state = "draft";
  std::string owner;
  std::string trigger = "unknown";
  std::vector<std::string> causes;
  std::vector<ActionItem> actions;
  std::string summary;  // the text of that section, without comments

  bool is_published() const { return state == "published"; }
};

/// One thing wrong in one place; lines and columns count from 1.
struct ReportError {
  int line = 0;
  int column = 0;
  std::string field;
  std::string found;
  std::string expected;

  /// "2026-11-27-incident-3.md:7:10: actions[0].due: found 'soon', expected a day such as ..."
  std::string ToString(std::string_view file) const;
  bool operator==(const ReportError&) const = default;
};

struct ReportRead {
  Report report;
  std::vector<ReportError> errors;  // none: `report` is good
};

/// `incident`: the number that the report has to have; 0: any.
ReportRead ReadReport(std::string_view text, uint64_t incident = 0);

/// The errors, a line each.
std::string ErrorText(const std::vector<ReportError>& errors, std::string_view file);

/// Whether it is a day of the calendar, YYYY-MM-DD.
bool IsDay(std::string_view text);

}  // namespace kizashi::incidents
