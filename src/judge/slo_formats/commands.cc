#include "judge/slo_formats/commands.h"

#include <algorithm>
#include <filesystem>

#include "base/json_writer.h"
#include "catalog/check.h"
#include "catalog/slo_writer.h"
#include "judge/slo_formats/explain.h"
#include "judge/slo_formats/slo_export.h"
#include "judge/slo_formats/slo_import.h"
#include "query/promql/file_source.h"
#include "wire/yaml_writer.h"

namespace kizashi {
namespace {

constexpr int kExitFine = 0;
constexpr int kExitFindings = 1;
constexpr int kExitUsage = 2;
constexpr int kExitCouldNotRun = 3;

void Print(std::string_view text, FILE* out) { std::fwrite(text.data(), 1, text.size(), out); }

/// The files, and all of a directory; the names of those in one begin with its name.
struct Read {
  SloImport import;
  int exit = kExitFine;
};

/// Reads and keeps what the options ask for.
Read ReadSlos(const SloCommandOptions& options, bool filter, std::string_view command, FILE* err) {
  Read read;
  auto sources = ReadSloPaths(options.paths);
  if (!sources.ok()) {
    Print(fmt::format("kizashi slo {}: {}\n", command, Message(sources.status())), err);
    read.exit = kExitCouldNotRun;
    return read;
  }
  SloImportOptions import;
  if (!filter) import.service = options.service;
  read.import = ImportSlos(*sources, import);
  if (!read.import.errors.empty()) read.exit = kExitFindings;
  if (!filter) return read;
  const bool any = !read.import.slos.empty();
  std::erase_if(read.import.slos, [&](const ImportedSlo& one) {
    return (!options.service.empty() && one.service != options.service) ||
           (!options.slo.empty() && one.slo.name != options.slo);
  });
  if (any && read.import.slos.empty()) {
    Print(fmt::format("kizashi slo {}: no SLO is named so\n", command), err);
    read.exit = kExitUsage;
  }
  return read;
}

std::string FindingsText(const SloImport& import) {
  std::string out = FormatCatalogErrors(import.errors, CatalogErrorFormat::kText);
  for (const CatalogWarning& warning : import.warnings) out += warning.ToString() + '\n';
  return out;
}

/// Services in the order of their first SLO.
std::vector<YamlNode> ServiceTrees(const SloImport& import) {
  std::vector<std::pair<std::string, std::vector<SloSpec>>> services;
  for (const ImportedSlo& one : import.slos) {
    auto at = std::find_if(services.begin(), services.end(),
                           [&](const auto& service) { return service.first == one.service; });
    if (at == services.end()) at = services.insert(at, {one.service, {}});
    at->second.push_back(one.slo);
  }
  std::vector<YamlNode> trees;
  for (const auto& [service, slos] : services) trees.push_back(ServiceTree(service, slos));
  return trees;
}

void AddFindings(const SloImport& import, JsonWriter* json) {
  json->Key("errors").Raw(FormatCatalogErrors(import.errors, CatalogErrorFormat::kJson));
  json->Key("warnings").BeginArray();
  for (const CatalogWarning& warning : import.warnings) {
    json->BeginObject().Key("file").String(warning.file);
    json->Key("line").Int(warning.line).Key("column").Int(warning.column);
    json->Key("field").String(warning.field).Key("text").String(warning.text).EndObject();
  }
  json->EndArray();
}

std::string Number(size_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

}  // namespace

StatusOr<std::vector<CatalogSource>> ReadSloPaths(const std::vector<std::string>& paths) {
  std::vector<CatalogSource> sources;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      KZ_ASSIGN_OR_RETURN(std::string text, promql::ReadText(path));
      sources.push_back({path, std::move(text)});
      continue;
    }
    KZ_ASSIGN_OR_RETURN(std::vector<CatalogSource> inside, ReadCatalogDirectory(path));
    for (CatalogSource& one : inside) sources.push_back(std::move(one));
  }
  return sources;
}

int ImportSlosCommand(const SloCommandOptions& options, FILE* out, FILE* err) {
  const Read read = ReadSlos(options, false, "import", err);
  if (read.exit == kExitCouldNotRun) return read.exit;
  const std::vector<YamlNode> trees = ServiceTrees(read.import);
  if (options.format == "json") {
    JsonWriter json;
    json.BeginObject().Key("services").BeginArray();
    for (const YamlNode& tree : trees) json.Raw(WriteYamlAsJson(tree.children.at(0)));
    json.EndArray();
    AddFindings(read.import, &json);
    Print(json.EndObject().Take() + '\n', out);
    return read.exit;
  }
  for (size_t i = 0; i < trees.size(); ++i) {
    Print((i == 0 ? "" : "---\n") + WriteYaml(trees[i]), out);
  }
  Print(FindingsText(read.import), err);
  return read.exit;
}

int ExportSlosCommand(const SloCommandOptions& options, FILE* out, FILE* err) {
  const auto format = ParseSloExportFormat(options.to);
  if (!format) {
    std::string names;
    for (const std::string& name : SloExportFormatNames()) names += " " + name;
    Print(fmt::format("kizashi slo export: --to is one of{}\n", names), err);
    return kExitUsage;
  }
  const Read read = ReadSlos(options, true, "export", err);
  if (read.exit >= kExitUsage) return read.exit;
  std::vector<SloToExport> slos;
  for (const ImportedSlo& one : read.import.slos) slos.push_back({one.service, one.slo});
  std::stable_sort(slos.begin(), slos.end(), [](const SloToExport& a, const SloToExport& b) {
    return a.service < b.service;
  });
  const SloExport exported = ExportSlos(slos, *format);
  Print(exported.text, out);
  Print(FindingsText(read.import), err);
  for (const std::string& warning : exported.warnings) {
    Print(fmt::format("warning: {}\n", warning), err);
  }
  // An SLO that is left out is a finding.
  return exported.exported < slos.size() ? kExitFindings : read.exit;
}

int CheckSlosCommand(const SloCommandOptions& options, FILE* out, FILE* err) {
  Read read = ReadSlos(options, false, "check", err);
  if (read.exit == kExitCouldNotRun) return read.exit;
  if (options.strict && !read.import.warnings.empty()) read.exit = kExitFindings;
  if (options.format == "json") {
    JsonWriter json;
    json.BeginObject().Key("ok").Bool(read.exit == kExitFine);
    json.Key("slos").Int(static_cast<int64_t>(read.import.slos.size()));
    AddFindings(read.import, &json);
    Print(json.EndObject().Take() + '\n', out);
    return read.exit;
  }
  Print(FindingsText(read.import), out);
  Print(fmt::format("{}, {}, {}\n", Number(read.import.slos.size(), "SLO"),
                    Number(read.import.errors.size(), "error"),
                    Number(read.import.warnings.size(), "warning")),
        out);
  return read.exit;
}

int ExplainSlosCommand(const SloCommandOptions& options, FILE* out, FILE* err) {
  const Read read = ReadSlos(options, true, "explain", err);
  if (read.exit >= kExitUsage) return read.exit;
  for (const ImportedSlo& one : read.import.slos) {
    Print((&one == &read.import.slos.front() ? "" : "\n") + ExplainSlo(one.service, one.slo), out);
  }
  Print(FormatCatalogErrors(read.import.errors, CatalogErrorFormat::kText), err);
  return read.exit;
}

}  // namespace kizashi
