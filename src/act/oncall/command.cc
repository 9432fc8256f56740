#include "act/oncall/command.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "act/oncall/calendar.h"
#include "act/oncall/check.h"
#include "act/oncall/oncall.h"
#include "act/oncall/reader.h"
#include "act/oncall/time_fields.h"
#include "act/oncall/views.h"
#include "act/oncall/zone.h"
#include "catalog/check.h"

namespace kizashi::oncall {
namespace {

constexpr int kFine = 0;
constexpr int kFindings = 1;
constexpr int kUsage = 2;
constexpr int kCouldNotRun = 3;
constexpr Duration kWeek = std::chrono::days(7);
// A calendar begins a little before now, so that what was is not gone at once.
constexpr Duration kCalendarBefore = std::chrono::days(28);

void Print(const std::string& text, FILE* out) { std::fwrite(text.data(), 1, text.size(), out); }

int Fail(const Status& status, int code) {
  Print(fmt::format("kizashi oncall: {}\n", Message(status)), stderr);
  return code;
}

/// "Mon 2026-11-02 09:00" by the clock of a schedule.
std::string Shown(Time time, const std::string& time_zone) {
  const auto zone = Zone::Load(time_zone);
  const LocalTime local =
      zone == nullptr ? LocalTime(time.time_since_epoch()) : zone->ToLocal(time);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date(day);
  const auto minutes = std::chrono::floor<std::chrono::minutes>(local - day).count();
  constexpr std::string_view kNames[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  return fmt::format("{} {:04}-{:02}-{:02} {:02}:{:02}",
                     kNames[std::chrono::weekday(day).c_encoding()], int{date.year()},
                     unsigned{date.month()}, unsigned{date.day()}, minutes / 60, minutes % 60);
}

std::string Named(const std::optional<Duty>& duty) { return duty ? duty->person : "nobody"; }

std::string Explained(const Duty& duty) {
  switch (duty.why) {
    case Duty::Why::kTurn: return duty.layer;
    case Duty::Why::kInstead: return fmt::format("{}, as {} is away", duty.layer, duty.instead_of);
    case Duty::Why::kTakeover:
      return fmt::format("{}, swapped with {}", duty.layer, duty.instead_of);
    case Duty::Why::kOverride: return "override";
  }
  return "";
}

/// What a command works on.
struct Loaded {
  OnCall oncall;
  std::vector<const Schedule*> schedules;  // that were asked for
  Time at;
};

std::string NowText(const OnCall& oncall, const Schedule& schedule, Time at) {
  const auto duty = oncall.At(schedule.name, at);
  const auto next = oncall.Next(schedule.name, at);
  std::string text = fmt::format("{}: {}", schedule.name, Named(duty));
  if (duty) text += fmt::format(" ({})", Explained(*duty));
  if (next) {
    text += fmt::format(" until {}, then {}", Shown(next->begin, schedule.time_zone),
                        Named(next->duty));
  }
  return text + fmt::format(" [{}]\n", schedule.time_zone);
}

std::string NextText(const OnCall& oncall, const Schedule& schedule, Time at) {
  const auto next = oncall.Next(schedule.name, at);
  if (!next) return fmt::format("{}: nothing changes\n", schedule.name);
  std::string text = fmt::format("{}: {} from {} until {} [{}]\n", schedule.name, Named(next->duty),
                                 Shown(next->begin, schedule.time_zone),
                                 Shown(next->end, schedule.time_zone), schedule.time_zone);
  return text;
}

std::string PreviewText(const OnCall& oncall, const Schedule& schedule, Time from, Time to) {
  std::string text = fmt::format("{} [{}]\n", schedule.name, schedule.time_zone);
  for (const Span& span : oncall.Spans(schedule.name, from, to)) {
    text += fmt::format("  {} - {}  {}", Shown(span.begin, schedule.time_zone),
                        Shown(span.end, schedule.time_zone), Named(span.duty));
    if (span.duty) text += fmt::format("  ({})", Explained(*span.duty));
    text += '\n';
  }
  for (const Gap& gap : oncall.Gaps(schedule.name, from, to)) {
    text += fmt::format("  GAP {} - {}\n", Shown(gap.begin, schedule.time_zone),
                        Shown(gap.end, schedule.time_zone));
  }
  return text;
}

std::string FindingText(const Finding& finding, const Schedule& schedule) {
  const std::string when = fmt::format("{} - {} [{}]", Shown(finding.begin, schedule.time_zone),
                                       Shown(finding.end, schedule.time_zone), schedule.time_zone);
  const std::string where = fmt::format("{}:{}: {}", schedule.file, schedule.line, schedule.name);
  switch (finding.kind) {
    case Finding::Kind::kGap: return fmt::format("{}: nobody is on call {}\n", where, when);
    case Finding::Kind::kAwayOverride:
      return fmt::format("{}: an override names {}, who is away {}\n", where, finding.person, when);
    case Finding::Kind::kIdleTakeover:
      return fmt::format("{}: a swap gives turns that {} does not have {}\n", where, finding.person,
                         when);
  }
  return "";
}

int Check(const Loaded& loaded, const OnCallCommandOptions& options, FILE* out) {
  const Time to = loaded.at + kWeek * static_cast<int>(options.weeks);
  const std::vector<Finding> findings = FindFindings(loaded.oncall, loaded.at, to);
  if (options.format == "json") {
    JsonWriter json;
    json.BeginObject().Key("ok").Bool(findings.empty());
    json.Key("schedules").Int(static_cast<int64_t>(loaded.oncall.schedules().size()));
    json.Key("escalations").Int(static_cast<int64_t>(loaded.oncall.policies().size()));
    json.Key("findings");
    WriteFindings(findings, &json);
    json.EndObject();
    Print(json.Take() + "\n", out);
    return findings.empty() ? kFine : kFindings;
  }
  for (const Finding& finding : findings) {
    Print(FindingText(finding, *loaded.oncall.Find(finding.schedule)), out);
  }
  if (!findings.empty()) return kFindings;
  Print(
      fmt::format("{}: fine for {} weeks: schedules: {}, escalations: {}\n", options.catalog,
                  options.weeks, loaded.oncall.schedules().size(), loaded.oncall.policies().size()),
      out);
  return kFine;
}

int Calendar(const Loaded& loaded, const OnCallCommandOptions& options, FILE* out) {
  if (options.schedule.empty() == options.person.empty()) {
    return Fail(InvalidArgument("calendar: one of --schedule and --person"), kUsage);
  }
  const Time from = loaded.at - kCalendarBefore;
  const Time to = loaded.at + kWeek * static_cast<int>(options.weeks);
  Print(options.person.empty()
            ? ScheduleCalendar(loaded.oncall, options.schedule, from, to, loaded.at)
            : PersonCalendar(loaded.oncall, options.person, from, to, loaded.at),
        out);
  return kFine;
}

int Show(const std::string& what, const Loaded& loaded, const OnCallCommandOptions& options,
         FILE* out) {
  const Time to = loaded.at + kWeek * static_cast<int>(options.weeks);
  if (options.format == "json") {
    JsonWriter json;
    json.BeginObject().Key("schedules").BeginArray();
    for (const Schedule* schedule : loaded.schedules) {
      if (what == "preview") {
        WritePreview(loaded.oncall, *schedule, loaded.at, to, &json);
      } else {
        WriteNow(loaded.oncall, *schedule, loaded.at, &json);
      }
    }
    json.EndArray().EndObject();
    Print(json.Take() + "\n", out);
    return kFine;
  }
  for (const Schedule* schedule : loaded.schedules) {
    if (what == "now") Print(NowText(loaded.oncall, *schedule, loaded.at), out);
    if (what == "next") Print(NextText(loaded.oncall, *schedule, loaded.at), out);
    if (what == "preview") Print(PreviewText(loaded.oncall, *schedule, loaded.at, to), out);
  }
  return kFine;
}

StatusOr<Time> TimeOf(const OnCallCommandOptions& options, const Clock& clock) {
  if (options.at.empty()) return FloorTo(clock.Now(), std::chrono::minutes(1));
  const auto time = ParseTime(options.at);
  if (!time.ok()) return InvalidArgument("--at {}", Message(time.status()));
  return *time;
}

}  // namespace

StatusOr<std::vector<Edit>> ReadEdits(const std::string& data) {
  const std::filesystem::path folder = std::filesystem::path(data) / "oncall" / "edits";
  std::filesystem::path newest;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("log-") && entry.path().extension().empty()) {
      newest = std::max(newest, entry.path());
    }
  }
  std::vector<Edit> edits;
  if (error && error != std::errc::no_such_file_or_directory) {
    return Unavailable("{}: {}", folder.string(), error.message());
  }
  if (newest.empty()) return edits;
  std::ifstream in(newest, std::ios::binary);
  if (!in) return Unavailable("{} cannot be read", newest.string());
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const AppendLogScan scan = ScanAppendLog(bytes, [&edits](std::string_view record) {
    Edit edit;
    if (!DecodeEdit(record, &edit) || edit.id > edits.size() + 1) return;
    if (edit.id > edits.size()) edits.emplace_back();
    edits[edit.id - 1] = std::move(edit);
  });
  if (scan.damaged) return DataLoss("{} is damaged", newest.string());
  return edits;
}

int OnCallCommand(const std::string& what, const OnCallCommandOptions& options,
                  const ExpressionCheck& check, const Clock& clock, FILE* out) {
  if (options.weeks < 1 || options.weeks > 520) {
    return Fail(InvalidArgument("--weeks: from 1 to 520"), kUsage);
  }
  const auto at = TimeOf(options, clock);
  if (!at.ok()) return Fail(at.status(), kUsage);
  const auto sources = ReadCatalogDirectory(options.catalog);
  if (!sources.ok()) return Fail(sources.status(), kCouldNotRun);
  std::vector<Edit> edits;
  if (!options.data.empty()) {
    auto read = ReadEdits(options.data);
    if (!read.ok()) return Fail(read.status(), kCouldNotRun);
    edits = *std::move(read);
  }
  CatalogLoad load = LoadCatalog(*sources, check);
  PlanLoad plan;
  if (load.catalog != nullptr) plan = ReadPlan(*sources, *load.catalog);
  if (load.errors.empty()) load.errors = plan.errors;
  if (!load.errors.empty()) {
    const bool json = options.format == "json";
    std::string text = FormatCatalogErrors(
        load.errors, json ? CatalogErrorFormat::kJson : CatalogErrorFormat::kText);
    if (json) text = fmt::format("{{\"ok\":false,\"errors\":{}}}\n", text);
    Print(text, out);
    return kFindings;
  }
  Loaded loaded{OnCall(std::move(plan.plan), edits), {}, *at};
  for (const Schedule& schedule : loaded.oncall.schedules()) {
    if (options.schedule.empty() || schedule.name == options.schedule) {
      loaded.schedules.push_back(&schedule);
    }
  }
  if (!options.schedule.empty() && loaded.schedules.empty()) {
    return Fail(NotFound("there is no schedule {}", options.schedule), kFindings);
  }
  if (what == "check") return Check(loaded, options, out);
  if (what == "calendar") return Calendar(loaded, options, out);
  return Show(what, loaded, options, out);
}

}  // namespace kizashi::oncall
