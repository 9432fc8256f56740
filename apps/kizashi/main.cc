// The command line: reads arguments, calls the one function that does the work.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "act/journal_command.h"
#include "act/replay.h"
#include "act/report/daily.h"
#include "base/log.h"
#include "catalog/check.h"
#include "demo_commands.h"
#include "judge/logs/report.h"
#include "serve.h"

namespace {

using namespace kizashi;

constexpr int kUsage = 2;

// What the chosen command does; set by its callback's registration, run after parsing.
using Action = std::function<int()>;

void AddServe(CLI::App& app, Action* action) {
  auto* serve = app.add_subcommand("serve", "Run the server: page, intake, judge, messages");
  auto options = std::make_shared<ServeOptions>();
  auto level = std::make_shared<std::string>("info");
  auto json = std::make_shared<std::string>("logfmt");
  options->version = KIZASHI_VERSION;
  serve->add_option("--listen", options->listen, "Address of the page and every API")
      ->capture_default_str();
  serve->add_option("--data", options->data, "Directory of everything that is kept")
      ->capture_default_str();
  serve->add_option("--catalog", options->catalog, "Directory of service, team and person files");
  serve->add_option("--scrape", options->scrape,
                    "Prometheus target: URL or HOST:PORT, then ,label=value (repeatable)");
  serve->add_option("--scrape-file", options->scrape_files,
                    "Targets in Prometheus' file_sd form (repeatable)");
  serve->add_option("--scrape-interval", options->scrape_interval, "Time between two scrapes")
      ->capture_default_str();
  serve->add_option("--tail", options->tail,
                    "Log files to follow: GLOB, then ,label=value (repeatable)");
  serve->add_option("--webhook", options->webhooks,
                    "Where messages go for teams that name no destination (repeatable)");
  serve->add_option("--slack", options->slack, "The same, a Slack incoming webhook (repeatable)");
  serve->add_option("--page-url", options->page_url,
                    "Address of the page in messages; that of --listen when not given");
  serve->add_option("--token-file", options->token_file, "Tokens that clients need, one a line");
  serve->add_option("--tls-cert", options->tls_cert, "Certificate chain, PEM");
  serve->add_option("--tls-key", options->tls_key, "Private key, PEM");
  serve->add_option("--retention", options->retention, "Age at which telemetry is dropped")
      ->capture_default_str();
  serve
      ->add_option("--retention-size", options->retention_bytes,
                   "Size at which the oldest telemetry is dropped")
      ->transform(CLI::AsSizeValue(false));
  serve->add_option("--demo-control", options->demo_control)->group("");
  serve->add_option("--log-level", *level, "debug, info, warn or error")->capture_default_str();
  serve->add_option("--log-format", *json, "logfmt or json")
      ->check(CLI::IsMember({"logfmt", "json"}))
      ->capture_default_str();
  serve->callback([=] {
    *action = [=] {
      const auto parsed = ParseLogLevel(*level);
      if (!parsed.ok()) {
        fmt::print(stderr, "kizashi serve: {}\n", Message(parsed.status()));
        return kUsage;
      }
      SetupLog(*parsed, *json == "json" ? LogFormat::kJson : LogFormat::kLogfmt);
      return Serve(*options);
    };
  });
}

void AddCheck(CLI::App& app, Action* action) {
  auto* check = app.add_subcommand("check", "Check a catalog directory; all errors at once");
  auto directory = std::make_shared<std::string>();
  auto format = std::make_shared<std::string>("text");
  check->add_option("directory", *directory, "The catalog")->required();
  check->add_option("--format", *format, "text or json")->check(CLI::IsMember({"text", "json"}));
  check->callback([=] {
    *action = [=] { return CheckCatalogCommand(*directory, *format == "json", stdout); };
  });
}

void AddReplay(CLI::App& app, Action* action) {
  auto* replay = app.add_subcommand(
      "replay", "Judge the recorded journal again and compare with the verdicts that were kept");
  auto options = std::make_shared<ReplayOptions>();
  replay->add_option("--data", options->data_directory, "The server's data directory")->required();
  replay->add_flag("--list", options->list, "Print every verdict");
  replay->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
  replay->callback([=] { *action = [=] { return ReplayCommand(*options, stdout); }; });
}

void AddJournal(CLI::App& app, Action* action) {
  auto* journal = app.add_subcommand("journal", "Print what is kept, one JSON object a line");
  auto options = std::make_shared<JournalOptions>();
  journal->add_option("--data", options->data_directory, "The server's data directory")->required();
  journal->add_option("--after", options->after, "Begin behind the entry of this number");
  journal->callback([=] { *action = [=] { return JournalCommand(*options, stdout); }; });
}

void AddLogs(CLI::App& app, Action* action) {
  auto* logs = app.add_subcommand("logs", "Log patterns of files and streams");
  logs->require_subcommand(1);
  auto* report = logs->add_subcommand(
      "report", "Which patterns there are, how often, and which are new against a baseline");
  auto options = std::make_shared<LogReportOptions>();
  report->add_option("files", options->files, "Log files; - for standard input")->required();
  report->add_option("--baseline", options->baseline, "A log of before: what it has is not new");
  report->add_option("--format", options->format, "text, json or markdown")
      ->check(CLI::IsMember({"text", "json", "markdown"}));
  report->add_option("--top", options->top, "Patterns shown besides the new ones; 0 for all")
      ->capture_default_str();
  report->footer("Exit code: 0 nothing new, 1 new patterns were found, 3 a file cannot be read.");
  report->callback([=] { *action = [=] { return LogReportCommand(*options, stdout); }; });
}

void AddReport(CLI::App& app, Action* action) {
  auto* report = app.add_subcommand("report", "Reports in Markdown");
  report->require_subcommand(1);
  auto* daily = report->add_subcommand("daily", "What failed, what was anomalous, what is new");
  struct Options {
    std::string data, catalog, team, language, since = "24h";
  };
  auto options = std::make_shared<Options>();
  daily->add_option("--data", options->data, "The server's data directory")->required();
  daily->add_option("--catalog", options->catalog, "The catalog, for titles and time zones");
  daily->add_option("--team", options->team, "One team only");
  daily->add_option("--language", options->language, "en or ja; the team's when not given")
      ->check(CLI::IsMember({"en", "ja"}));
  daily->add_option("--since", options->since, "How far back")->capture_default_str();
  daily->callback([=] {
    *action = [=] {
      const auto since = ParseDuration(options->since);
      if (!since.ok()) {
        fmt::print(stderr, "kizashi report daily: --since {}\n", Message(since.status()));
        return kUsage;
      }
      return DailyReportCommand(options->data + "/records.db", options->catalog, options->team,
                                options->language, *since, SystemClock(), stdout);
    };
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
  CLI::App app{"Kizashi: judges services, prices their anomalies, pages on their failures"};
  app.set_version_flag("--version", KIZASHI_VERSION);
  app.require_subcommand(1);
  Action action;
  AddServe(app, &action);
  AddCheck(app, &action);
  AddReplay(app, &action);
  AddJournal(app, &action);
  AddLogs(app, &action);
  AddReport(app, &action);
  AddDemoCommands(app, std::move(serve_args), &action);
  try {
    app.parse(static_cast<int>(split - argv), argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  return action();
}
