// The command line: reads arguments, calls the one function that does the work.
#include <malloc.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "act/journal_command.h"
#include "act/oncall/reader.h"
#include "act/replay.h"
#include "act/report/daily.h"
#include "alert_commands.h"
#include "anomaly_commands.h"
#include "api/log_client.h"
#include "api/slo_client.h"
#include "base/log.h"
#include "catalog/check.h"
#include "command_line.h"
#include "demo_commands.h"
#include "detect_commands.h"
#include "file_patterns.h"
#include "incident_commands.h"
#include "ingest/prometheus_check.h"
#include "judge/logs/file_commands.h"
#include "judge/logs/report.h"
#include "judge/slo_formats/expression.h"
#include "oncall_commands.h"
#include "phone_commands.h"
#include "price_commands.h"
#include "query_commands.h"
#include "rule_commands.h"
#include "serve.h"
#include "slo_commands.h"

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

void AddAlertOptions(Command serve, ServeOptions* options) {
  serve.Option("--alert-config", &options->alert_config,
               "Route alerts by this alertmanager.yml instead of by the catalog");
  serve.Option("--sre-team", &options->sre_team,
               "The team that is told of pages which the owner does not acknowledge");
  serve.Option("--escalate-after", &options->escalate_after,
               "How long they have where no escalation file says; 0s: for ever");
  serve.Option("--phone-config", &options->phone_config,
               "A phone.yml: people of the catalog are called; docs/use/phone.md");
  serve.Option("--slack-token-file", &options->slack_token_file,
               "The bot token of the Slack app that posts into channels and to members");
  serve.Option("--slack-url", &options->slack_app_url,
               "Another address than Slack's own of chat.postMessage");
  serve.Option("--slack-signing-secret-file", &options->slack_signing_secret_file,
               "The Slack app's signing secret: messages then have buttons");
  serve.Option("--pagerduty-webhook-secret-file", &options->pagerduty_webhook_secret_file,
               "Secrets of PagerDuty's webhooks, one a line");
  serve.Option("--alert-sources", &options->alert_sources,
               "Who sends alerts of other programs: their secrets, and forms of one's own (YAML)");
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
  serve.Option("--prometheus-config", &options->prometheus_config,
               "A prometheus.yml, whose scrape_configs are followed");
  serve.Option("--rule-file", &options->rule_files,
               "Prometheus' recording and alerting rules, a file or a glob (repeatable)");
  serve.Option("--scrape-interval", &options->scrape_interval, "Time between two scrapes");
  serve.Option("--tail", &options->tail,
               "Log files to follow: GLOB, then ,label=value (repeatable)");
  AddLogReceivers(serve, &options->logs);
  AddAlertOptions(serve, options.get());
  serve.Option("--webhook", &options->webhooks,
               "Where messages go for teams that name no destination (repeatable)");
  serve.Option("--slack", &options->slack, "The same, a Slack incoming webhook (repeatable)");
  serve.Option("--report-dir", &options->report_dir,
               "Folder for daily reports, one file a team and day; none when not given");
  serve.Option("--smtp", &options->smtp,
               "Mail server for daily reports, smtp://[USER@]HOST:PORT or smtps://...");
  serve.Option("--smtp-password-file", &options->smtp_password_file,
               "The password of the user in --smtp");
  serve.Option("--smtp-ca-file", &options->smtp_ca_file,
               "Authorities that the mail server's certificate may be of, PEM");
  serve.Option("--mail-from", &options->mail_from, "The address that e-mail comes from");
  serve.Option("--page-url", &options->page_url,
               "Address of the page in messages; that of --listen when not given");
  serve.Option("--token-file", &options->token_file,
               "Tokens that clients need, one a line: TOKEN, or NAME TOKEN");
  serve.Option("--sentry-secret-file", &options->sentry_secret_file,
               "Client secrets of Sentry integrations, one a line: what they send must be signed");
  serve.Option("--tls-cert", &options->tls_cert, "Certificate chain, PEM");
  serve.Option("--tls-key", &options->tls_key, "Private key, PEM");
  serve.Option("--retention", &options->retention, "Age at which telemetry is dropped");
  serve.Option("--retention-size", &options->retention_bytes,
               "Size at which the oldest telemetry is dropped", {.bytes = true});
  serve.HiddenOption("--demo-control", &options->demo_control);
  serve.HiddenOption("--log-block-bytes", &options->log_block_bytes);  // small ones for tests
  serve.HiddenOption("--series-block-seconds", &options->series_block_seconds);
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
  Command check =
      root.Add("check", "Check a catalog directory or a prometheus.yml; all errors at once");
  auto path = std::make_shared<std::string>();
  auto format = std::make_shared<std::string>("text");
  check.Option("path", path.get(), "A catalog, or a file that is a prometheus.yml",
               {.required = true});
  check.Option("--format", format.get(), "How it is printed", {.choices = {"text", "json"}});
  check.Action([=] {
    const bool json = *format == "json";
    const bool is_file = std::filesystem::is_regular_file(*path);
    return is_file ? CheckPrometheusConfigCommand(*path, json, stdout)
                   : CheckCatalogCommand(*path, json, CheckSloExpression, stdout,
                                         [](const auto& sources, const Catalog& catalog) {
                                           return oncall::ReadPlan(sources, catalog).errors;
                                         });
  });
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

// What the commands that ask a server share.
void AddLogServer(Command command, LogClientOptions* options) {
  command.Option("--server", &options->server, "The server's address");
  command.Option("--token-file", &options->token_file, "A token, when the server wants one");
  command.Option("--service", &options->service, "Lines of this service");
}

void AddLogTimes(Command command, LogClientOptions* options) {
  command.Option("--since", &options->since, "How far back, such as 1h30m");
  command.Option("--from", &options->from, "The earliest time, as 2026-01-31T09:00:00Z");
  command.Option("--to", &options->to, "The latest time");
}

void AddLogSearch(Command logs) {
  Command search = logs.Add("search", "Lines that a server has stored, the newest first");
  auto options = std::make_shared<LogClientOptions>();
  search.Option("text", &options->text, "What the lines hold");
  AddLogServer(search, options.get());
  AddLogTimes(search, options.get());
  search.Option("--regex", &options->regex, "RE2 finds this in them");
  search.Option("--pattern", &options->pattern, "They are of the pattern with this id");
  search.Option("--parameter", &options->parameter, "One of their parameters is exactly this");
  search.Option("--trace", &options->trace, "They have this trace id");
  search.Option("--severity", &options->severity, "They are at least so bad",
                {.choices = {"trace", "debug", "info", "warn", "error", "fatal"}});
  search.Option("--limit", &options->limit, "At most so many lines");
  search.Option("--format", &options->format, "How they are printed",
                {.choices = {"text", "json"}});
  search.Footer("Exit code: 0 lines were found, 1 none, 2 wrong query, 3 no answer.");
  search.Action([=] { return LogSearchCommand(*options, SystemClock(), stdout); });
}

void AddLogTail(Command logs) {
  Command tail = logs.Add("tail", "Lines as a server takes them");
  auto options = std::make_shared<LogClientOptions>();
  tail.Option("text", &options->text, "What the lines hold");
  AddLogServer(tail, options.get());
  tail.Option("--severity", &options->severity, "They are at least so bad",
              {.choices = {"trace", "debug", "info", "warn", "error", "fatal"}});
  tail.Option("--format", &options->format, "How they are printed", {.choices = {"text", "json"}});
  tail.Action([=] { return LogTailCommand(*options, stdout); });
}

void AddLogPatterns(Command logs) {
  Command patterns =
      logs.Add("patterns", "Which patterns a server's service has, or these files, and how often");
  auto options = std::make_shared<LogClientOptions>();
  auto files = std::make_shared<FilePatternsOptions>();
  auto top = std::make_shared<uint64_t>(files->top);
  patterns.Option("files", &files->files, "Log files instead of a server; - for standard input");
  AddLogServer(patterns, options.get());
  AddLogTimes(patterns, options.get());
  patterns.Flag("--parameters", &files->parameters, "Of files: what stands at the parameters");
  patterns.Option("--patterns", &files->patterns,
                  "Of files: a catalog's file whose log_patterns hold, those of --service");
  patterns.Option("--top", top.get(), "Of files: patterns shown; 0 for all");
  patterns.Option("--format", &options->format, "How they are printed",
                  {.choices = {"text", "json"}});
  patterns.Footer("Exit code: 0 patterns were found, 1 none, 2 wrong query, 3 nothing to read.");
  patterns.Action([=] {
    if (files->files.empty()) return ServerPatternsCommand(*options, SystemClock(), stdout);
    files->format = options->format;
    files->service = options->service;
    files->top = static_cast<size_t>(*top);
    return FilePatternsCommand(*files, stdout);
  });
}

int LogDiff(const std::vector<std::string>& files, LogDiffOptions of_files,
            const LogClientOptions& of_server) {
  const bool ranges = !of_server.before.empty() || !of_server.after.empty();
  if (files.size() == 2 && !ranges) {
    of_files.before = files[0];
    of_files.after = files[1];
    of_files.service = of_server.service;
    of_files.format = of_server.format;
    return LogDiffCommand(of_files, stdout);
  }
  if (files.empty() && !of_server.before.empty() && !of_server.after.empty()) {
    return ServerDiffCommand(of_server, SystemClock(), stdout);
  }
  fmt::print(stderr, "kizashi logs diff: expected two files, or --before and --after\n");
  return CommandLine::kUsage;
}

void AddLogDiff(Command logs) {
  Command diff = logs.Add(
      "diff",
      "Which patterns are new, gone or changed: between two files or two ranges of a server");
  auto files = std::make_shared<std::vector<std::string>>();
  auto of_files = std::make_shared<LogDiffOptions>();
  auto of_server = std::make_shared<LogClientOptions>();
  auto top = std::make_shared<uint64_t>(of_files->top);
  diff.Option("files", files.get(), "Two log files; - for standard input");
  diff.Option("--patterns", &of_files->patterns,
              "Of files: a catalog's file whose log_patterns hold");
  AddLogServer(diff, of_server.get());
  diff.Option("--before", &of_server->before,
              "Of a server: START/LENGTH as 2026-01-31T09:00:00Z/10m, or 2h/1h: from two hours ago "
              "for an hour");
  diff.Option("--after", &of_server->after, "The range to compare with it; 1h is the last hour");
  diff.Option("--format", &of_server->format, "How it is printed", {.choices = {"text", "json"}});
  diff.Option("--top", top.get(), "Patterns shown of each kind; 0 for all");
  diff.Footer("Exit code: 0 no difference, 1 differences, 2 wrong query, 3 nothing to read.");
  diff.Action([=] {
    of_files->top = of_server->top = static_cast<size_t>(*top);
    return LogDiff(*files, *of_files, *of_server);
  });
}

void AddLogs(Command root) {
  Command logs = root.Add("logs", "Log lines and their patterns: of files and of a server");
  logs.RequireCommand();
  AddLogSearch(logs);
  AddLogTail(logs);
  AddLogPatterns(logs);
  AddLogTemplates(logs);
  AddLogDiff(logs);
  Command report = logs.Add(
      "report", "Which patterns there are, how often, and which are new against a baseline");
  auto options = std::make_shared<LogReportOptions>();
  report.Option("files", &options->files, "Log files; - for standard input", {.required = true});
  report.Option("--baseline", &options->baseline, "A log of before: what it has is not new");
  report.Option("--patterns", &options->patterns, "A catalog's file whose log_patterns hold");
  report.Option("--service", &options->service, "Whose, when several in it have some");
  report.Option("--format", &options->format, "How it is printed",
                {.choices = {"text", "json", "markdown"}});
  report.Option("--top", &options->top, "Patterns shown besides the new ones; 0 for all");
  report.Footer("Exit code: 0 nothing new, 1 new patterns were found, 3 a file cannot be read.");
  report.Action([=] { return LogReportCommand(*options, stdout); });
}

void AddSloReport(Command report) {
  Command slo = report.Add("slo", "What a team's SLOs promised and kept over a week or a quarter");
  auto options = std::make_shared<SloReportCommandOptions>();
  slo.Option("--server", &options->server, "The server's address");
  slo.Option("--token-file", &options->token_file, "A token, when the server wants one");
  slo.Option("--team", &options->team, "One team only");
  slo.Option("--period", &options->period, "7 days, or 3 months", {.choices = {"week", "quarter"}});
  slo.Option("--lang", &options->language, "Its language", {.choices = {"en", "ja"}});
  slo.Option("--format", &options->format, "How it is written", {.choices = {"markdown", "html"}});
  slo.Option("--until", &options->until, "Where it ends, as 2026-10-01T00:00:00+09:00; now");
  slo.Footer("Exit code: 0 printed, 2 wrong arguments, 3 the server could not be asked.");
  slo.Action([=] { return SloReportCommand(*options, stdout); });
}

void AddReport(Command root) {
  Command report = root.Add("report", "Reports in Markdown");
  report.RequireCommand();
  AddSloReport(report);
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
  AddDetectCommand(commands.root());
  AddQueryCommands(commands.root());
  AddRuleCommands(commands.root());
  AddAlertCommands(commands.root(), KIZASHI_VERSION);
  AddPhoneCommands(commands.root());
  AddAnomalyCommands(commands.root());
  AddIncidentCommands(commands.root());
  AddOnCallCommands(commands.root());
  AddPriceCommands(commands.root());
  AddSloCommands(commands.root());
  AddDemoCommands(commands.root(), std::move(serve_args));
  return commands.Run(static_cast<int>(split - argv), argv);
}
