#include "slo_commands.h"

#include <memory>

#include "api/slo_backfill.h"
#include "judge/slo_formats/commands.h"
#include "judge/slo_formats/slo_export.h"
#include "judge/slo_replay_command.h"

namespace kizashi {
namespace {

constexpr const char* kFiles =
    "Files of OpenSLO, Sloth, Pyrra or the short form, or catalog directories";

void AddImport(Command all) {
  Command out = all.Add("import", "Print the short form of SLOs of OpenSLO, Sloth and Pyrra");
  auto options = std::make_shared<SloCommandOptions>();
  out.Option("file", &options->paths, kFiles, {.required = true});
  out.Option("--service", &options->service, "The service of SLOs that name none (Pyrra)");
  out.Option("--format", &options->format, "How it is printed", {.choices = {"text", "json"}});
  out.Footer("Exit code: 0 fine, 1 something was refused, 3 a file cannot be read.");
  out.Action([=] { return ImportSlosCommand(*options, stdout, stderr); });
}

void AddExport(Command all) {
  Command out = all.Add("export", "Write SLOs in another format, or as Prometheus' rules");
  auto options = std::make_shared<SloCommandOptions>();
  out.Option("path", &options->paths, kFiles, {.required = true});
  out.Option("--to", &options->to, "The format",
             {.required = true, .choices = SloExportFormatNames()});
  out.Option("--service", &options->service, "Only the SLOs of this service");
  out.Option("--slo", &options->slo, "Only SLOs of this name");
  out.Footer(
      "What the format cannot say is told on standard error.\n"
      "Exit code: 0 fine, 1 an SLO was left out or refused, 2 no such SLO, 3 a file cannot be "
      "read.");
  out.Action([=] { return ExportSlosCommand(*options, stdout, stderr); });
}

void AddCheck(Command all) {
  Command check = all.Add("check", "Check SLOs of any format; all errors and warnings at once");
  auto options = std::make_shared<SloCommandOptions>();
  check.Option("file", &options->paths, kFiles, {.required = true});
  check.Flag("--strict", &options->strict, "Warnings are findings too");
  check.Option("--format", &options->format, "How it is printed", {.choices = {"text", "json"}});
  check.Footer("Exit code: 0 fine, 1 errors were found, 3 a file cannot be read.");
  check.Action([=] { return CheckSlosCommand(*options, stdout, stderr); });
}

void AddExplain(Command all) {
  Command explain = all.Add("explain", "Say in words what SLOs promise and when they alert");
  auto options = std::make_shared<SloCommandOptions>();
  explain.Option("file", &options->paths, kFiles, {.required = true});
  explain.Option("--service", &options->service, "Only the SLOs of this service");
  explain.Option("--slo", &options->slo, "Only SLOs of this name");
  explain.Footer(
      "Exit code: 0 fine, 1 something was refused, 2 no such SLO, 3 a file cannot be "
      "read.");
  explain.Action([=] { return ExplainSlosCommand(*options, stdout, stderr); });
}

void AddReplay(Command all) {
  Command replay = all.Add("replay", "Replay SLOs over samples of a file: budgets and alerts");
  auto options = std::make_shared<SloReplayArguments>();
  replay.Option("slos", &options->slos, "A file or catalog directory with SLOs, of any format",
                {.required = true});
  replay.Option("series", &options->series,
                "Samples in promtool's notation: interval and input_series", {.required = true});
  replay.Option("--slo", &options->slo, "Only this SLO");
  replay.Option("--start", &options->start, "When the samples begin (RFC 3339), for calendars");
  replay.Option("--every", &options->every, "How often is evaluated; the file's interval");
  replay.Option("--format", &options->format, "How it is printed", {.choices = {"csv", "json"}});
  replay.Footer(
      "One row an evaluation: good, total and coverage of the budget's window, the share of the\n"
      "budget that remains (below 0 when overspent), and the alerts that fire, joined by '+'.\n"
      "Exit code: 0 fine, 1 a file is wrong, 2 wrong usage, 3 a file cannot be read.");
  replay.Action([=] { return SloReplayCommand(*options, stdout, stderr); });
}

void AddSimulate(Command all) {
  Command simulate =
      all.Add("simulate", "How often a page would be false, and how fast it sees an outage");
  auto options = std::make_shared<SloSimulateArguments>();
  simulate.Option("slos", &options->slos, "A file with SLOs; else --target and --window");
  simulate.Option("--slo", &options->slo, "Only this SLO");
  simulate.Option("--target", &options->target, "Percent");
  simulate.Option("--window", &options->window, "The budget's window");
  simulate.Option("--rate", &options->rates, "Requests an hour; else 1 to 100,000");
  simulate.Option("--months", &options->months, "Months of 30 days to count false pages in");
  simulate.Option("--burst", &options->burst, "Failures of a healthy service that come together");
  simulate.Option("--seed", &options->seed, "Of the random numbers");
  simulate.Option("--format", &options->format, "How it is printed", {.choices = {"text", "json"}});
  simulate.Footer(
      "A healthy service fails at half the rate that its budget allows. Times are the median and\n"
      "the 90th percentile from the begin of the outage to the page. 'plain' are the same pairs\n"
      "without evidence.");
  simulate.Action([=] { return SloSimulateCommand(*options, stdout, stderr); });
}

void AddBackfill(Command all) {
  Command backfill = all.Add("backfill", "Fill in the past of a running server's SLOs");
  auto options = std::make_shared<SloBackfillOptions>();
  backfill.Option("--server", &options->server, "The server whose SLOs are filled in");
  backfill.Option("--token-file", &options->token_file, "Its first token is sent to --server");
  backfill.Option("--catalog", &options->catalog,
                  "The server's catalog, or a file with its SLOs, of any format",
                  {.required = true});
  backfill.Option("--service", &options->service, "Only the SLOs of this service");
  backfill.Option("--slo", &options->slo, "Only SLOs of this name");
  backfill.Option("--since", &options->since, "From when on: how long ago, or RFC 3339",
                  {.required = true});
  backfill.Option("--until", &options->until, "Until when; now");
  backfill.Option("--from-prometheus", &options->prometheus,
                  "A server with Prometheus' API that has the samples; --server");
  backfill.Option("--from-file", &options->series_file,
                  "Samples in promtool's notation, the first of --since");
  backfill.Option("--step", &options->step, "Between two samples; the SLO's interval, at most 1m");
  backfill.Option("--resume", &options->resume, "Records what is done, and goes on from there");
  backfill.Flag("--dry-run", &options->dry_run, "Read everything and send nothing");
  backfill.Footer(
      "What the server has measured itself stays as it is.\n"
      "Exit code: 0 fine, 1 something was refused, 2 wrong usage, 3 a server cannot be asked.");
  backfill.Action([=] { return SloBackfillCommand(*options, SystemClock(), stdout, stderr); });
}

}  // namespace

void AddSloCommands(Command root) {
  Command all = root.Add("slo", "SLOs: other formats, checks, what they mean, what-if");
  all.RequireCommand();
  AddImport(all);
  AddExport(all);
  AddCheck(all);
  AddExplain(all);
  AddReplay(all);
  AddSimulate(all);
  AddBackfill(all);
}

}  // namespace kizashi
