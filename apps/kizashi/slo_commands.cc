#include "slo_commands.h"

#include <memory>

#include "judge/slo_formats/commands.h"
#include "judge/slo_formats/slo_export.h"

namespace kizashi {
namespace {

constexpr const char* kFiles =
    "Files of OpenSLO, Sloth, Pyrra or the short form, or catalog directories";

void AddImport(Command all) {
  Command import = all.Add("import", "Print the short form of SLOs of OpenSLO, Sloth and Pyrra");
  auto options = std::make_shared<SloCommandOptions>();
  import.Option("file", &options->paths, kFiles, {.required = true});
  import.Option("--service", &options->service, "The service of SLOs that name none (Pyrra)");
  import.Option("--format", &options->format, "How it is printed", {.choices = { "text", "json" }});
  import.Footer("Exit code: 0 fine, 1 something was refused, 3 a file cannot be read.");
  import.Action([=] { return ImportSlosCommand(*options, stdout, stderr);
});
}  // namespace

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

}  // namespace kizashi

void AddSloCommands(Command root) {
  Command all = root.Add("slo", "SLOs: other formats, checks, what they mean");
  all.RequireCommand();
  AddImport(all);
  AddExport(all);
  AddCheck(all);
  AddExplain(all);
}

}  // namespace kizashi
