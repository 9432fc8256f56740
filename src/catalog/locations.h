// Backstage's Locations: which files they name, whether those are there, and circles among them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/draft.h"
#include "catalog/error_list.h"
#include "catalog/load.h"

namespace kizashi {

/// The path, relative to the catalog's directory, of a target that a Location in `file` names.
/// Nullopt when it is absolute or leads out of the directory.
std::optional<std::string> ResolveTarget(std::string_view file, std::string_view target);

/// Targets with '*' or '?' stand for the files that match.
bool IsPattern(std::string_view target);

/// Checks that every target is among the sources and that no Locations name each other in a circle.
void CheckTargets(const std::vector<DraftTarget>& targets,
                  const std::vector<const CatalogSource*>& sources, ErrorList* errors);

/// The targets of one text, none when it has no Location.
std::vector<std::string> FindTargets(const CatalogSource& source);

}  // namespace kizashi
