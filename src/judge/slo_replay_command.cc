#include "judge/slo_replay_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "base/json_writer.h"
#include "catalog/slo_writer.h"
#include "judge/slo/simulate.h"
#include "judge/slo_formats/commands.h"
#include "judge/slo_formats/slo_import.h"
#include "judge/slo_replay.h"
#include "query/promql/file_source.h"
#include "wire/yaml_writer.h"

namespace kizashi {
namespace {

constexpr int kFine = 0;
constexpr int kFindings = 1;
constexpr int kUsage = 2;
constexpr int kCouldNotRun = 3;

int Say(std::FILE* err, int code, std::string_view text) {
  fmt::print(err, "kizashi slo: {}\n", text);
  return code;
}

/// A catalog that has the SLOs of files of any format: the files themselves when they are one.
struct LoadedSlos {
  std::vector<CatalogSource> catalog;
  std::vector<ImportedSlo> slos;
  bool refused_some = false;  // which was said
};

int LoadSlos(const std::string& path, const std::string& only, std::FILE* err, LoadedSlos* loaded) {
  auto sources = ReadSloPaths({path});
  if (!sources.ok()) return Say(err, kCouldNotRun, Message(sources.status()));
  SloImport import = ImportSlos(*sources, {.service = "service"});
  for (const CatalogError& error : import.errors) fmt::print(err, "{}\n", error.ToString());
  loaded->refused_some = !import.errors.empty();
  if (!only.empty()) {
    std::erase_if(import.slos, [&](const ImportedSlo& slo) { return slo.slo.name != only; });
  }
  if (import.slos.empty()) {
    return Say(err, kFindings, only.empty() ? "there is no good SLO" : "no good SLO of that name");
  }
  if (import.catalog && only.empty()) {
    loaded->catalog = *std::move(sources);
  } else {
    std::map<std::string, std::vector<SloSpec>> services;
    for (const ImportedSlo& slo : import.slos) services[slo.service].push_back(slo.slo);
    for (const auto& [service, slos] : services) {
      loaded->catalog.push_back({service + ".yaml", WriteYaml(ServiceTree(service, slos))});
    }
  }
  loaded->slos = std::move(import.slos);
  return kFine;
}

std::string Joined(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : "+") + name;
  return joined;
}

void PrintCsv(const SloReplayRow& row, const std::string& name, std::FILE* out) {
  fmt::print(out, "{},{},{},{},{},{},{}\n", ToSeconds(row.since), name, row.budget.sum.good,
             row.budget.sum.total, row.budget.covered_share, row.budget.remaining_share,
             Joined(FiringNames(row.pairs)));
}

void PrintJson(const SloReplayRow& row, std::FILE* out) {
  JsonWriter json;
  json.BeginObject();
  json.Key("time").Number(ToSeconds(row.since));
  json.Key("service").String(row.service);
  json.Key("slo").String(row.slo);
  json.Key("good").Number(row.budget.sum.good);
  json.Key("total").Number(row.budget.sum.total);
  json.Key("coverage").Number(row.budget.covered_share);
  json.Key("budget_remaining").Number(row.budget.remaining_share);
  json.Key("firing").BeginArray();
  for (const std::string& firing : FiringNames(row.pairs)) json.String(firing);
  json.EndArray();
  json.Key("pairs").BeginArray();
  for (const auto& [burn, firing] : row.pairs) {
    json.BeginObject();
    json.Key("severity").String(SeverityName(burn.pair.severity));
    json.Key("long_seconds").Number(ToSeconds(burn.pair.long_window));
    json.Key("short_seconds").Number(ToSeconds(burn.pair.short_window));
    json.Key("factor").Number(burn.pair.factor);
    json.Key("long_burn").Number(burn.long_burn);
    json.Key("short_burn").Number(burn.short_burn);
    json.Key("needed").Number(burn.needed);
    json.Key("known").Bool(burn.known);
    json.Key("firing").Bool(firing);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  fmt::print(out, "{}\n", json.Take());
}

/// Names that two services share are told apart by the service's.
std::set<std::string> SharedNames(const std::vector<ImportedSlo>& slos) {
  std::set<std::string> seen;
  std::set<std::string> shared;
  for (const ImportedSlo& slo : slos) {
    if (!seen.insert(slo.slo.name).second) shared.insert(slo.slo.name);
  }
  return shared;
}

void PrintSimulation(double rate, const SimulationRow& row, std::FILE* out) {
  const auto detection = [](const Detection& found) {
    if (found.missed_share >= 0.5) return fmt::format("{:.0f} % missed", found.missed_share * 100);
    return fmt::format("{:.0f} / {:.0f} min", found.median_minutes, found.p90_minutes);
  };
  fmt::print(out, "{:>10} {:<9} {:>12.3f} {:>10.0f} {:>16} {:>16}\n", rate,
             row.evidence ? "evidence" : "plain", row.false_pages, row.needed_failures,
             detection(row.full_outage), detection(row.five_percent));
}

void WriteDetection(const Detection& detection, JsonWriter* json) {
  json->BeginObject();
  json->Key("median_minutes").Number(detection.median_minutes);
  json->Key("p90_minutes").Number(detection.p90_minutes);
  json->Key("missed_share").Number(detection.missed_share);
  json->EndObject();
}

void PrintSimulationJson(const std::string& slo, double rate, const SimulationRow& row,
                         std::FILE* out) {
  JsonWriter json;
  json.BeginObject();
  json.Key("slo").String(slo);
  json.Key("requests_per_hour").Number(rate);
  json.Key("evidence").Bool(row.evidence);
  json.Key("false_pages_per_30d").Number(row.false_pages);
  json.Key("needed_failures").Number(row.needed_failures);
  json.Key("full_outage");
  WriteDetection(row.full_outage, &json);
  json.Key("five_percent_errors");
  WriteDetection(row.five_percent, &json);
  json.EndObject();
  fmt::print(out, "{}\n", json.Take());
}

StatusOr<std::vector<double>> ReadRates(const std::vector<std::string>& texts) {
  if (texts.empty()) return std::vector<double>{1, 10, 100, 1'000, 10'000, 100'000};
  std::vector<double> rates;
  for (const std::string& text : texts) {
    double rate = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
    if (error != std::errc() || end != text.data() + text.size() || !(rate > 0) || rate > 1e9) {
      return InvalidArgument("--rate: found '{}', expected requests an hour", text);
    }
    rates.push_back(rate);
  }
  return rates;
}

int SlosToSimulate(const SloSimulateArguments& arguments, std::FILE* err,
                   std::vector<SloSpec>* slos) {
  if (!arguments.slos.empty()) {
    LoadedSlos loaded;
    if (const int code = LoadSlos(arguments.slos, arguments.slo, err, &loaded)) return code;
    for (ImportedSlo& slo : loaded.slos) slos->push_back(std::move(slo.slo));
    return kFine;
  }
  const std::string text =
      fmt::format("service:\n  name: s\n  slo: {{target: {}, window: {}, good: g, total: t}}\n",
                  arguments.target, arguments.window);
  const CatalogLoad load = LoadCatalog({{"command line", text}});
  for (const CatalogError& error : load.errors) fmt::print(err, "{}\n", error.ToString());
  if (!load.catalog) return kUsage;
  *slos = load.catalog->services().front().slos;
  return kFine;
}

}  // namespace

int SloReplayCommand(const SloReplayArguments& arguments, std::FILE* out, std::FILE* err) {
  LoadedSlos loaded;
  if (const int code = LoadSlos(arguments.slos, arguments.slo, err, &loaded)) return code;
  auto text = promql::ReadText(arguments.series);
  if (!text.ok()) return Say(err, kCouldNotRun, Message(text.status()));
  const SeriesFile file = ParseSeriesFile(arguments.series, *text);
  for (const std::string& error : file.errors) fmt::print(err, "{}\n", error);
  if (!file.errors.empty()) return kFindings;
  SloReplayOptions options;
  if (!arguments.start.empty()) {
    auto start = ParseTime(arguments.start);
    if (!start.ok()) return Say(err, kUsage, fmt::format("--start: {}", Message(start.status())));
    options.start = *start;
  }
  if (!arguments.every.empty()) {
    auto every = ParseDuration(arguments.every);
    if (!every.ok() || every->count() <= 0) {
      return Say(err, kUsage, "--every: expected a duration above zero, such as 1m");
    }
    options.every = *every;
  }
  const std::set<std::string> shared = SharedNames(loaded.slos);
  const bool json = arguments.format == "json";
  if (!json) fmt::print(out, "time,slo,good,total,coverage,budget_remaining,firing\n");
  const Status replayed = ReplaySlos(loaded.catalog, file, options, [&](const SloReplayRow& row) {
    if (json) return PrintJson(row, out);
    PrintCsv(row, shared.count(row.slo) > 0 ? row.service + "/" + row.slo : row.slo, out);
  });
  if (!replayed.ok()) return Say(err, kFindings, Message(replayed));
  if (std::fflush(out) != 0) return Say(err, kCouldNotRun, "the output cannot be written");
  return loaded.refused_some ? kFindings : kFine;
}

int SloSimulateCommand(const SloSimulateArguments& arguments, std::FILE* out, std::FILE* err) {
  std::vector<SloSpec> slos;
  if (const int code = SlosToSimulate(arguments, err, &slos)) return code;
  const auto rates = ReadRates(arguments.rates);
  if (!rates.ok()) return Say(err, kUsage, Message(rates.status()));
  const bool json = arguments.format == "json";
  const bool shows_progress = isatty(fileno(err)) != 0;
  for (const SloSpec& slo : slos) {
    if (!json) {
      fmt::print(
          out, "{}, target {} over {}, {} months, failures of a healthy service in bursts of {}\n",
          slo.name, slo.target, FormatDuration(WindowLengthMax(slo.window)), arguments.months,
          arguments.burst);
      fmt::print(out, "{:>10} {:<9} {:>12} {:>10} {:>16} {:>16}\n", "requests/h", "rules",
                 "false/30 d", "failures", "full outage", "5 % errors");
    }
    for (const double rate : *rates) {
      SimulationOptions options;
      options.requests_per_hour = rate;
      options.months = static_cast<int>(std::min<uint64_t>(arguments.months, 10'000));
      options.burst = static_cast<double>(std::max<uint64_t>(arguments.burst, 1));
      options.seed = arguments.seed;
      if (shows_progress) {
        options.progress = [&](double done) {
          fmt::print(err, "\r{} requests/h: {:.0f} % ", rate, done * 100);
        };
      }
      for (const SimulationRow& row : SimulateSlo(slo, options)) {
        if (shows_progress) fmt::print(err, "\r{:40}\r", "");
        json ? PrintSimulationJson(slo.name, rate, row, out) : PrintSimulation(rate, row, out);
      }
      std::fflush(out);
    }
  }
  return kFine;
}

}  // namespace kizashi
