#include "anomaly_commands.h"

#include <memory>

#include "api/anomaly_client.h"

namespace kizashi {
namespace {

constexpr const char* kKind = "A kind, or the id of an anomaly of it";
constexpr const char* kExitCodes =
    "Exit code: 0 done, 1 no such anomaly or service, 2 wrong usage, 3 the server cannot be asked.";

std::shared_ptr<AnomalyCommandOptions> AddServer(Command* command) {
  auto options = std::make_shared<AnomalyCommandOptions>();
  command->Option("--server", &options->server, "The server whose ledger it is");
  command->Option("--token-file", &options->token_file, "Its first token is sent to --server");
  command->Option("--format", &options->format, "How it is printed", {.choices = {"text", "json"}});
  command->Footer(kExitCodes);
  return options;
}

void AddList(Command all) {
  Command list = all.Add("list", "List anomalies, the newest first");
  const auto options = AddServer(&list);
  list.Option("--team", &options->team, "Only those of this team");
  list.Option("--service", &options->service, "Only those of this service");
  list.Option("--kind", &options->kind, "Only those of this kind");
  list.Option(
      "--state", &options->state, "Only those in this state",
      {.choices = {"all", "open", "ended", "acknowledged", "expected", "fixed", "came_back"}});
  list.Option("--limit", &options->limit, "At most so many, up to 1000");
  list.Option("--language", &options->language, "Of the text", {.choices = {"en", "ja"}});
  list.Action([=] { return AnomalyListCommand(*options, stdout); });
}

void AddShow(Command all) {
  Command show = all.Add("show", "Show an anomaly: evidence, price, decisions, others of its kind");
  const auto options = AddServer(&show);
  show.Option("id", &options->subject, "The anomaly's id", {.required = true});
  show.Option("--language", &options->language, "Of the text", {.choices = {"en", "ja"}});
  show.Action([=] { return AnomalyShowCommand(*options, stdout); });
}

void AddEdit(Command all, const std::string& what, const std::string& description) {
  Command edit = all.Add(what, description);
  const auto options = AddServer(&edit);
  const bool acknowledge = what == "acknowledge";
  edit.Option(acknowledge ? "id" : "kind", &options->subject,
              acknowledge ? "The anomaly's id" : kKind, {.required = true});
  if (what == "expect") {
    edit.Option("--until", &options->until,
                "A day (its end, UTC), a time in RFC 3339, or a span such as 7d; at most a year",
                {.required = true});
  }
  const bool explained = what == "expect" || what == "fixed";
  edit.Option(what == "fixed" ? "--by" : "--reason", &options->reason,
              what == "fixed" ? "What fixed it" : "Why", {.required = explained});
  edit.Action([=] { return AnomalyEditCommand(what, *options, SystemClock(), stdout); });
}

}  // namespace

void AddAnomalyCommands(Command root) {
  Command all = root.Add("anomaly", "The ledger of anomalies: list, show, decide");
  all.RequireCommand();
  AddList(all);
  AddShow(all);
  AddEdit(all, "acknowledge", "Somebody looks at an anomaly");
  AddEdit(all, "expect", "A kind is expected until a day: it spends nothing and is not ranked");
  AddEdit(all, "unexpect", "Take that back");
  AddEdit(all, "fixed", "Something fixed a kind: what comes after that came back");
  AddEdit(all, "reopen", "Take that back");
}

}  // namespace kizashi
