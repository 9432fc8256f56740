#include "oncall_commands.h"

#include <memory>

#include "act/oncall/command.h"
#include "judge/slo_formats/expression.h"

namespace kizashi {
namespace {

constexpr const char* kExitCodes =
    "Exit code: 0 fine, 1 findings, errors of files, or no such schedule, 2 wrong usage,\n"
    "3 the catalog cannot be read.";

void Add(Command oncall, const std::string& what, const std::string& description) {
  Command command = oncall.Add(what, description);
  auto options = std::make_shared<oncall::OnCallCommandOptions>();
  command.Option("catalog", &options->catalog, "The catalog's directory", {.required = true});
  command.Option("--data", &options->data,
                 "A server's data directory, whose overrides, swaps and leave count too");
  command.Option("--at", &options->at, "A time in RFC 3339 instead of now");
  const bool calendar = what == "calendar";
  if (what != "check") command.Option("--schedule", &options->schedule, "Only this one");
  if (calendar) command.Option("--person", &options->person, "All turns of a person instead");
  if (what != "now" && what != "next") {
    command.Option("--weeks", &options->weeks, "How far ahead, up to 520");
  }
  if (!calendar) {
    command.Option("--format", &options->format, "How it is printed",
                   {.choices = {"text", "json"}});
  }
  command.Footer(kExitCodes);
  command.Action([=] {
    return oncall::OnCallCommand(what, *options, CheckSloExpression, SystemClock(), stdout);
  });
}

}  // namespace

void AddOnCallCommands(Command root) {
  Command oncall = root.Add("oncall", "Who is on call, from the catalog's schedules");
  oncall.RequireCommand();
  Add(oncall, "check", "Find errors of files, gaps, and changes without effect beforehand");
  Add(oncall, "now", "Who is on call, until when, and who is next");
  Add(oncall, "next", "The next change of each schedule");
  Add(oncall, "preview", "Everybody's turns of the next weeks");
  Add(oncall, "calendar", "The same as an iCalendar text");
}

}  // namespace kizashi
