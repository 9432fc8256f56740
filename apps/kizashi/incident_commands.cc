#include "incident_commands.h"

#include <memory>

#include "api/incident_client.h"

namespace kizashi {
namespace {

using Options = std::shared_ptr<IncidentCommandOptions>;

constexpr const char* kExitCodes =
    "Exit code: 0 done, 1 no such incident, or its state does not allow it, 2 wrong usage, 3 the "
    "server cannot be asked.";
constexpr const char* kId = "The incident's number";

Options AddServer(Command* command) {
  auto options = std::make_shared<IncidentCommandOptions>();
  command->Option("--server", &options->server, "The server that has the incidents");
  command->Option("--token-file", &options->token_file, "Its first token is sent to --server");
  command->Option("--format", &options->format, "How it is printed", {.choices = {"text", "json"}});
  command->Footer(kExitCodes);
  return options;
}

void AddLanguage(Command* command, const Options& options) {
  command->Option("--language", &options->language, "Of the text", {.choices = {"en", "ja"}});
}

void AddList(Command all) {
  Command list = all.Add("list", "List incidents, the newest first");
  const Options options = AddServer(&list);
  AddLanguage(&list, options);
  list.Option("--team", &options->team, "Only those of this team");
  list.Option("--service", &options->service, "Only those of this service");
  list.Option("--state", &options->state, "Only those in this state",
              {.choices = {"all", "active", "over", "open", "acknowledged", "mitigated", "resolved",
                           "closed", "unpublished"}});
  list.Option("--limit", &options->limit, "At most so many, up to 1000");
  list.Action([=] { return IncidentListCommand(*options, stdout); });
}

void AddShow(Command all) {
  Command show = all.Add("show", "Show an incident: alerts, anomalies, similar ones, timeline");
  const Options options = AddServer(&show);
  AddLanguage(&show, options);
  show.Option("id", &options->id, kId, {.required = true});
  show.Action([=] { return IncidentShowCommand(*options, stdout); });
}

void AddOpen(Command all) {
  Command open = all.Add("open", "Open an incident");
  const Options options = AddServer(&open);
  open.Option("title", &options->text, "What is the matter, on one line", {.required = true});
  open.Option("--service", &options->service, "The service that it is about");
  open.Option("--team", &options->team, "Whose it is; without it the service's owner");
  open.Option("--severity", &options->severity, "1, the gravest, to 4; without it 3",
              {.choices = {"1", "2", "3", "4"}});
  open.Option("--by", &options->by, "Who opens it, where the token has no name");
  open.Action([=] { return IncidentOpenCommand(*options, SystemClock(), stdout); });
}

/// A command that edits one incident; `add` gives it what it needs beside.
template <typename Add>
void AddEdit(Command all, const std::string& name, const std::string& what,
             const std::string& description, Add add) {
  Command edit = all.Add(name, description);
  const Options options = AddServer(&edit);
  edit.Option("id", &options->id, kId, {.required = true});
  add(&edit, options);
  edit.Option("--by", &options->by, "Who does it, where the token has no name");
  edit.Action([=] { return IncidentEditCommand(what, *options, SystemClock(), stdout); });
}

void AddEdits(Command all) {
  const auto why = [](Command* edit, const Options& options) {
    edit->Option("--text", &options->text, "What to say with it");
  };
  AddEdit(all, "ack", "acknowledge", "Somebody takes an incident", why);
  AddEdit(all, "mitigate", "mitigate", "Users are no longer hurt; its cause may remain", why);
  AddEdit(all, "resolve", "resolve", "It is over; its report is drafted", why);
  AddEdit(all, "close", "close", "Nothing is left to be done", why);
  AddEdit(all, "reopen", "reopen", "It was not over", why);
  AddEdit(all, "note", "note", "Write into the timeline",
          [](Command* edit, const Options& options) {
            edit->Option("text", &options->text, "What to write", {.required = true});
          });
  AddEdit(all, "title", "title", "Call it something else",
          [](Command* edit, const Options& options) {
            edit->Option("text", &options->text, "Its new title", {.required = true});
          });
  AddEdit(all, "severity", "severity", "Say how grave it is",
          [](Command* edit, const Options& options) {
            edit->Option("severity", &options->severity, "1, the gravest, to 4",
                         {.required = true, .choices = {"1", "2", "3", "4"}});
          });
  AddEdit(all, "role", "role", "Give somebody a role", [](Command* edit, const Options& options) {
    edit->Option("role", &options->role, "commander, or another role", {.required = true});
    edit->Option("person", &options->text, "Who; without it nobody any more");
  });
  AddEdit(all, "merge", "merge", "Put an incident into another one",
          [](Command* edit, const Options& options) {
            edit->Option("into", &options->other, "The number of the other", {.required = true});
          });
  AddEdit(all, "link", "link", "Say how an incident goes with another one",
          [](Command* edit, const Options& options) {
            edit->Option("to", &options->other, "The number of the other", {.required = true});
            options->relation = "related";
            edit->Option(
                "--relation", &options->relation, "What it is to the other",
                {.choices = {"related", "caused_by", "caused", "duplicate_of", "duplicated_by"}});
          });
  AddEdit(all, "unlink", "unlink", "Take that back", [](Command* edit, const Options& options) {
    edit->Option("to", &options->other, "The number of the other", {.required = true});
  });
}

void AddReport(Command all) {
  Command report = all.Add("report", "Print an incident's report, or put a file in its place");
  const Options options = AddServer(&report);
  report.Option("id", &options->id, kId, {.required = true});
  report.Option("--file", &options->file, "A report to be kept as the newest version");
  report.Option("--version", &options->version, "Print this version");
  report.Option("--by", &options->by, "Who wrote it, where the token has no name");
  report.Action([=] { return IncidentReportCommand(*options, SystemClock(), stdout); });
}

void AddActions(Command all) {
  Command actions = all.Add("actions", "List action items of reports, the earliest due first");
  const Options options = AddServer(&actions);
  AddLanguage(&actions, options);
  options->state = "unfinished";
  actions.Option("--team", &options->team, "Only those of this team's incidents");
  actions.Option("--state", &options->state, "Only those in this state",
                 {.choices = {"unfinished", "all", "overdue", "open", "doing", "done", "dropped"}});
  actions.Footer("Exit code 1 with --state overdue when there are any.");
  actions.Action([=] { return IncidentActionsCommand(*options, stdout); });
}

void AddStats(Command all) {
  Command stats = all.Add("stats", "Count incidents by trigger and cause, and how long they took");
  const Options options = AddServer(&stats);
  AddLanguage(&stats, options);
  stats.Option("--team", &options->team, "Only those of this team");
  stats.Option("--since", &options->since, "Begun since: a time, a day, or a span such as 90d");
  stats.Action([=] { return IncidentStatsCommand(*options, SystemClock(), stdout); });
}

void AddCheck(Command all) {
  Command check = all.Add("check", "Read reports without a server, and say what is wrong");
  auto files = std::make_shared<std::vector<std::string>>();
  check.Option("files", files.get(), "Reports", {.required = true});
  check.Footer("Exit code: 0 fine, 1 errors, each as FILE:LINE:COLUMN, 3 a file cannot be read.");
  check.Action([=] { return IncidentCheckCommand(*files, stdout); });
}

}  // namespace

void AddIncidentCommands(Command root) {
  Command all = root.Add("incident", "Incidents: what happened, who does what, the report");
  all.RequireCommand();
  AddList(all);
  AddShow(all);
  AddOpen(all);
  AddEdits(all);
  AddReport(all);
  AddActions(all);
  AddStats(all);
  AddCheck(all);
}

}  // namespace kizashi
