#include "catalog/check.h"

#include <string_view>

#include "base/json_writer.h"

namespace kizashi {
namespace {

constexpr int kExitFine = 0;
constexpr int kExitFindings = 1;
constexpr int kExitCouldNotRun = 3;

void Print(std::string text, FILE* out) {
  if (!text.ends_with('\n')) text += '\n';
  std::fwrite(text.data(), 1, text.size(), out);
}

std::string Count(size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

std::string LoadAsJson(const CatalogLoad& load) {
  JsonWriter json;
  json.BeginObject().Key("ok").Bool(load.errors.empty());
  if (load.catalog != nullptr) {
    json.Key("services").Int(static_cast<int64_t>(load.catalog->services().size()));
    json.Key("teams").Int(static_cast<int64_t>(load.catalog->teams().size()));
    json.Key("people").Int(static_cast<int64_t>(load.catalog->people().size()));
  }
  json.Key("errors").Raw(FormatCatalogErrors(load.errors, CatalogErrorFormat::kJson));
  if (!load.warnings.empty()) {
    json.Key("warnings").BeginArray();
    for (const CatalogWarning& warning : load.warnings) json.String(warning.ToString());
    json.EndArray();
  }
  json.EndObject();
  return json.Take();
}

}  // namespace

std::string FormatCatalogErrors(const std::vector<CatalogError>& errors,
                                CatalogErrorFormat format) {
  if (format == CatalogErrorFormat::kText) {
    std::string out;
    for (const CatalogError& error : errors) out += error.ToString() + '\n';
    return out;
  }
  JsonWriter json;
  json.BeginArray();
  for (const CatalogError& error : errors) {
    json.BeginObject();
    json.Key("file").String(error.file);
    json.Key("line").Int(error.line);
    json.Key("column").Int(error.column);
    json.Key("field").String(error.field);
    json.Key("found").String(error.found);
    json.Key("expected").String(error.expected);
    json.EndObject();
  }
  json.EndArray();
  return json.Take();
}

int CheckCatalogCommand(const std::string& dir, bool json, const ExpressionCheck& check, FILE* out,
                        const MoreErrors& more) {
  const auto sources = ReadCatalogDirectory(dir);
  if (!sources.ok()) {
    if (json) {
      JsonWriter writer;
      writer.BeginObject().Key("ok").Bool(false);
      writer.Key("error").String(Message(sources.status())).EndObject();
      Print(writer.Take(), out);
    }
    Print(fmt::format("kizashi check: {}", Message(sources.status())), stderr);
    return kExitCouldNotRun;
  }
  CatalogLoad load = LoadCatalog(*sources, check);
  if (load.catalog != nullptr && more) load.errors = more(*sources, *load.catalog);
  if (!load.errors.empty()) load.catalog = nullptr;
  if (json) {
    Print(LoadAsJson(load), out);
  } else if (load.catalog != nullptr) {
    for (const CatalogWarning& warning : load.warnings) Print(warning.ToString(), out);
    Print(fmt::format("{}: fine: {}, {}, {} in {}", dir,
                      Count(load.catalog->services().size(), "service", "services"),
                      Count(load.catalog->teams().size(), "team", "teams"),
                      Count(load.catalog->people().size(), "person", "people"),
                      Count(sources->size(), "file", "files")),
          out);
  } else {
    Print(FormatCatalogErrors(load.errors, CatalogErrorFormat::kText), out);
  }
  return load.errors.empty() ? kExitFine : kExitFindings;
}

}  // namespace kizashi
