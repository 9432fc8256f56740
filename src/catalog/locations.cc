#include "catalog/locations.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "catalog/regex.h"

namespace kizashi {
namespace {

constexpr size_t kPatternsMax = 1000;  // each is tried on every file
constexpr size_t kTargetBytesMax = 1024;

using Targets = std::map<std::string, std::vector<std::pair<std::string, const DraftTarget*>>>;

void Report(const DraftTarget& target, std::string found, std::string expected, ErrorList* errors) {
  const Place& at = target.place;
  errors->Add({at.file, at.line, at.column, at.field, std::move(found), std::move(expected)});
}

/// As Backstage reads patterns: '*' and '?' stay inside a folder, '**' does not.
bool AnyMatches(std::string_view pattern, const std::set<std::string, std::less<>>& files) {
  std::string regex;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (pattern.substr(i).starts_with("**/")) {
      regex += "(.*/)?";
      i += 2;
    } else if (pattern.substr(i).starts_with("**")) {
      regex += ".*";
      i += 1;
    } else if (c == '*') {
      regex += "[^/]*";
    } else if (c == '?') {
      regex += "[^/]";
    } else {
      regex += std::string_view("\\.+()|[]{}^$").find(c) == std::string_view::npos ? "" : "\\";
      regex += c;
    }
  }
  const auto compiled = Regex::Compile(regex);
  return compiled.ok() && std::any_of(files.begin(), files.end(), [&](const std::string& file) {
           return compiled->Matches(file);
         });
}

/// Depth first with a stack of its own, so that a long chain of files is no danger.
void FindCycles(const Targets& targets, ErrorList* errors) {
  enum class State { kNew, kOpen, kDone };
  std::map<std::string, State> states;
  for (const auto& [start, unused] : targets) {
    if (states[start] != State::kNew) continue;
    std::vector<std::pair<std::string, size_t>> way = {{start, 0}};
    states[start] = State::kOpen;
    while (!way.empty()) {
      auto& [file, next] = way.back();
      const auto edges = targets.find(file);
      if (edges == targets.end() || next == edges->second.size()) {
        states[file] = State::kDone;
        way.pop_back();
        continue;
      }
      const auto& [to, target] = edges->second[next++];
      State& state = states[to];
      if (state == State::kOpen) {
        Report(*target, Quoted(target->target), "a file that does not lead back to this Location",
               errors);
      } else if (state == State::kNew) {
        state = State::kOpen;
        way.emplace_back(to, 0);
      }
    }
  }
}

}  // namespace

std::optional<std::string> ResolveTarget(std::string_view file, std::string_view target) {
  const std::filesystem::path path(target);
  if (path.is_absolute()) return std::nullopt;
  const std::string whole =
      (std::filesystem::path(file).parent_path() / path).lexically_normal().string();
  if (whole.empty() || whole == "." || whole == ".." || whole.starts_with("../")) {
    return std::nullopt;
  }
  return whole;
}

bool IsPattern(std::string_view target) {
  return target.find_first_of("*?") != std::string_view::npos;
}

void CheckTargets(const std::vector<DraftTarget>& targets,
                  const std::vector<const CatalogSource*>& sources, ErrorList* errors) {
  std::set<std::string, std::less<>> files;
  for (const CatalogSource* source : sources) files.insert(source->file);
  Targets edges;
  size_t patterns = 0;
  for (const DraftTarget& target : targets) {
    const auto path = ResolveTarget(target.place.file, target.target);
    if (!path || path->size() > kTargetBytesMax) {
      Report(target, Quoted(target.target), "a path inside the catalog's directory", errors);
    } else if (IsPattern(*path)) {
      if (++patterns > kPatternsMax) {
        Report(target, Quoted(target.target),
               fmt::format("at most {} patterns in a catalog", kPatternsMax), errors);
      } else if (!AnyMatches(*path, files)) {
        Report(target, Quoted(target.target), "a pattern that some file matches", errors);
      }
    } else if (!files.contains(*path)) {
      Report(target, Quoted(target.target), "a file that is there", errors);
    } else {
      edges[target.place.file].emplace_back(*path, &target);
    }
  }
  FindCycles(edges, errors);
}

std::vector<std::string> FindTargets(const CatalogSource& source) {
  std::vector<std::string> targets;
  if (source.text.find("Location") == std::string::npos) return targets;
  ErrorList errors;  // told when the catalog is loaded
  Draft draft;
  const FieldSource from{source.file, true, &errors};
  const YamlFile yaml = ReadYaml(source.text);
  for (const YamlNode& document : yaml.documents) {
    const YamlNode* kind = document.Find("kind");
    if (kind == nullptr || kind->scalar != "Location") continue;
    ReadBackstageEntity(Field(&document, &from), &draft);
  }
  for (DraftTarget& target : draft.targets) targets.push_back(std::move(target.target));
  return targets;
}

}  // namespace kizashi
