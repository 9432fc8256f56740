#include <filesystem>

#include "act/report/daily.h"
#include "catalog/load.h"

namespace kizashi {
namespace {

constexpr int kExitOk = 0;
constexpr int kExitUsage = 2;
constexpr int kExitCouldNotRun = 3;

int Fail(int code, const std::string& message) {
  fmt::print(stderr, "kizashi report daily: {}\n", message);
  return code;
}

StatusOr<std::shared_ptr<const Catalog>> ReadCatalog(const std::string& directory) {
  if (directory.empty()) return std::make_shared<const Catalog>();
  KZ_ASSIGN_OR_RETURN(const auto sources, ReadCatalogDirectory(directory));
  const CatalogLoad load = LoadCatalog(sources);
  if (load.errors.empty()) return load.catalog;
  std::string all = fmt::format("the catalog in {} has errors:", directory);
  for (const CatalogError& error : load.errors) all += "\n  " + error.ToString();
  return Status(absl::StatusCode::kInvalidArgument, all);
}

}  // namespace

int DailyReportCommand(const std::string& records_path, const std::string& catalog_dir,
                       const std::string& team, const std::string& language, Duration since,
                       const Clock& clock, std::FILE* out) {
  if (!language.empty() && language != "en" && language != "ja") {
    return Fail(kExitUsage, fmt::format("--language {}: expected en or ja", language));
  }
  if (since <= Duration(0)) {
    return Fail(kExitUsage,
                fmt::format("--since {}: expected a time span such as 24h", FormatDuration(since)));
  }
  const auto catalog = ReadCatalog(catalog_dir);
  if (!catalog.ok()) return Fail(kExitCouldNotRun, std::string(Message(catalog.status())));
  if (!team.empty() && !catalog_dir.empty() && (*catalog)->FindTeam(team) == nullptr) {
    return Fail(kExitUsage, fmt::format("--team {}: no such team in {}", team, catalog_dir));
  }
  // Opening would make an empty store, and an empty report, where a path was mistyped.
  std::error_code error;
  if (!std::filesystem::exists(records_path, error)) {
    return Fail(kExitCouldNotRun, fmt::format("no record store at {}", records_path));
  }
  const auto store = RecordStore::Open(records_path);
  if (!store.ok()) return Fail(kExitCouldNotRun, std::string(Message(store.status())));
  const Team* found = team.empty() ? nullptr : (*catalog)->FindTeam(team);
  const int lines_min = found == nullptr ? TeamReport::kLinesMin : found->report.lines_min;
  const Time now = clock.Now();
  const auto report =
      DailyReport(**store, **catalog, {team, language, now - since, now, lines_min});
  if (!report.ok()) return Fail(kExitCouldNotRun, std::string(Message(report.status())));
  const bool written = std::fwrite(report->data(), 1, report->size(), out) == report->size();
  if (!written || std::fflush(out) != 0) return Fail(kExitCouldNotRun, "cannot write the report");
  return kExitOk;
}

}  // namespace kizashi
