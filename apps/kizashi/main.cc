// The command line: reads arguments, calls the one function that does the work.
#include <malloc.h>

#include <algorithm>
#include <string_view>

#include "act/journal_command.h"
#include "act/replay.h"
#include "act/report/daily.h"
#include "base/log.h"
#include "catalog/check.h"
#include "command_line.h"
#include "demo_commands.h"
#include "judge/logs/file_commands.h"
#include "judge/logs/report.h"
#include "serve.h"

namespace {

using namespace kizashi;

void AddLogReceivers(Command serve, LogReceiverOptions* logs) {
  serve.Option("--syslog-udp", &logs->syslog_udp,
               "Address for syslog over UDP; off when not given");
  serve.Option("--syslog-tcp", &logs->syslog_tcp,
               "Address for syslog over TCP, or tls://HOST:PORT; off when not given");
  serve.Option("--forward", &logs->forward,
               "Address for Fluent Forward, or tls://HOST:PORT; off when not given");
  serve.Option("--forward-shared-key-file", &logs->forward_shared_key_file,
               "The key that senders of Fluent Forward have to know");
  serve.Flag("--allow-unauthenticated", &logs->allow_unauthenticated,
             "Take lines from other machines that prove nothing: syslog, Forward without a key");
}

void AddServe(Command root) {
  Command serve = root.Add("serve", "Run the server: page, intake, judge, messages");
  auto options = std::make_shared<ServeOptions>();
  auto level = std::make_shared<std::string>("info");
  auto format = std::make_shared<std::string>("logfmt");
  options->version = KIZASHI_VERSION;
  serve.Option("--listen", &options->listen, "Address of the page and every API");
  serve.Option("--data", &options->data, "Directory of everything that is kept");
  serve.Option("--catalog", &options->catalog, "Directory of service, team and person files");
  serve.Option("--scrape", &options->scrape,
               "Prometheus target: URL or HOST:PORT, then ,label=value (repeatable)");
  serve.Option("--scrape-file", &options->scrape_files,
               "Targets in Prometheus' file_sd form (repeatable)");
  serve.Option("--scrape-interval", &options->scrape_interval, "Time between two scrapes");
  serve.Option("--tail", &options->tail,
               "Log files to follow: GLOB, then ,label=value (repeatable)");
  AddLogReceivers(serve, &options->logs);
  serve.Option("--webhook", &options->webhooks,
               "Where messages go for teams that name no destination (repeatable)");
  serve.Option("--slack", &options->slack, "The same, a Slack incoming webhook (repeatable)");
  serve.Option("--page-url", &options->page_url,
               "Address of the page in messages; that of --listen when not given");
  serve.Option("--token-file", &options->token_file, "Tokens that clients need, one a line");
  serve.Option("--tls-cert", &options->tls_cert, "Certificate chain, PEM");
  serve.Option("--tls-key", &options->tls_key, "Private key, PEM");
  serve.Option("--retention", &options->retention, "Age at which telemetry is dropped");
  serve.Option("--retention-size", &options->retention_bytes,
               "Size at which the oldest telemetry is dropped", {.bytes = true});
  serve.HiddenOption("--demo-control", &options->demo_control);
  serve.Option("--log-level", level.get(), "The least that is logged",
               {.choices = {"debug", "info", "warn", "error"}});
  serve.Option("--log-format", format.get(), "How it is logged", {.choices = {"logfmt", "json"}});
  serve.Action([=] {
    const auto parsed = ParseLogLevel(*level);
    if (!parsed.ok()) {
      fmt::print(stderr, "kizashi serve: {}\n", Message(parsed.status()));
      return CommandLine::kUsage;
    }
    SetupLog(*parsed, *format == "json" ? LogFormat::kJson : LogFormat::kLogfmt);
    return Serve(*options);
  });
}

void AddCheck(Command root) {
  Command check = root.Add("check", "Check a catalog directory; all errors at once");
  auto directory = std::make_shared<std::string>();
  auto format = std::make_shared<std::string>("text");
  check.Option("directory", directory.get(), "The catalog", {.required = true});
  check.Option("--format", format.get(), "How it is printed", {.choices = {"text", "json"}});
  check.Action([=] { return CheckCatalogCommand(*directory, *format == "json", stdout); });
}

void AddReplay(Command root) {
  Command replay = root.Add(
      "replay", "Judge the recorded journal again and compare with the verdicts that were kept");
  auto options = std::make_shared<ReplayOptions>();
  replay.Option("--data", &options->data_directory, "The server's data directory",
                {.required = true});
  replay.Flag("--list", &options->list, "Print every verdict");
  replay.Option("--format", &options->format, "How it is printed", {.choices = {"text", "json"}});
  replay.Action([=] { return ReplayCommand(*options, stdout); });
}

void AddJournal(Command root) {
  Command journal = root.Add("journal", "Print what is kept, one JSON object a line");
  auto options = std::make_shared<JournalOptions>();
  journal.Option("--data", &options->data_directory, "The server's data directory",
                 {.required = true});
  journal.Option("--after", &options->after, "Begin behind the entry of this number");
  journal.Action([=] { return JournalCommand(*options, stdout); });
}

void AddLogTemplates(Command logs) {
  Command templates =
      logs.Add("templates", "The template of each line of a file, with <*> for parameters");
  auto options = std::make_shared<LogTemplatesOptions>();
  templates.Option("file", &options->file, "A log file; - for standard input", {.required = true});
  templates.Option("--format", &options->format, "How it is printed", {.choices = {"csv", "json"}});
  templates.Action([=] { return LogTemplatesCommand(*options, stdout); });
}

void AddLogDiff(Command logs) {
  Command diff = logs.Add("diff", "Which patterns are new, gone or changed between two files");
  auto options = std::make_shared<LogDiffOptions>();
  diff.Option("before", &options->before, "A log file", {.required = true});
  diff.Option("after", &options->after, "Another one; - for standard input", {.required = true});
  diff.Option("--format", &options->format, "How it is printed", {.choices = {"text", "json"}});
  diff.Option("--top", &options->top, "Patterns shown of each kind; 0 for all");
  diff.Footer("Exit code: 0 no difference, 1 differences, 3 a file cannot be read.");
  diff.Action([=] { return LogDiffCommand(*options, stdout); });
}

void AddLogs(Command root) {
  Command logs = root.Add("logs", "Log patterns of files and streams");
  logs.RequireCommand();
  AddLogTemplates(logs);
  AddLogDiff(logs);
  Command report = logs.Add(
      "report", "Which patterns there are, how often, and which are new against a baseline");
  auto options = std::make_shared<LogReportOptions>();
  report.Option("files", &options->files, "Log files; - for standard input", {.required = true});
  report.Option("--baseline", &options->baseline, "A log of before: what it has is not new");
  report.Option("--format", &options->format, "How it is printed",
                {.choices = {"text", "json", "markdown"}});
  report.Option("--top", &options->top, "Patterns shown besides the new ones; 0 for all");
  report.Footer("Exit code: 0 nothing new, 1 new patterns were found, 3 a file cannot be read.");
  report.Action([=] { return LogReportCommand(*options, stdout); });
}

void AddReport(Command root) {
  Command report = root.Add("report", "Reports in Markdown");
  report.RequireCommand();
  Command daily = report.Add("daily", "What failed, what was anomalous, what is new");
  struct Options {
    std::string data, catalog, team, language, since = "24h";
  };
  auto options = std::make_shared<Options>();
  daily.Option("--data", &options->data, "The server's data directory", {.required = true});
  daily.Option("--catalog", &options->catalog, "The catalog, for titles and time zones");
  daily.Option("--team", &options->team, "One team only");
  daily.Option("--language", &options->language, "The team's when not given",
               {.choices = {"en", "ja"}});
  daily.Option("--since", &options->since, "How far back");
  daily.Action([=] {
    const auto since = ParseDuration(options->since);
    if (!since.ok()) {
      fmt::print(stderr, "kizashi report daily: --since {}\n", Message(since.status()));
      return CommandLine::kUsage;
    }
    return DailyReportCommand(options->data + "/records.db", options->catalog, options->team,
                              options->language, *since, SystemClock(), stdout);
  });
}

}  // namespace

int main(int argc, char** argv) {
  // `kizashi demo [OPTIONS] -- ARGS`: what follows is not for this command line.
  char** const end = argv + argc;
  char** const split = argc > 1 && std::string_view(argv[1]) == "demo"
                           ? std::find(argv, end, std::string_view("--"))
                           : end;
  std::vector<std::string> serve_args(split == end ? end : split + 1, end);
  // Few arenas: threads here hand large buffers to each other, and memory stays small.
  mallopt(M_ARENA_MAX, 2);
  CommandLine commands("Kizashi: judges services, prices their anomalies, pages on their failures",
                       KIZASHI_VERSION);
  AddServe(commands.root());
  AddCheck(commands.root());
  AddReplay(commands.root());
  AddJournal(commands.root());
  AddLogs(commands.root());
  AddReport(commands.root());
  AddDemoCommands(commands.root(), std::move(serve_args));
  return commands.Run(static_cast<int>(split - argv), argv);
}
