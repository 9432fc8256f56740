// `log_patterns` of a service: the patterns that a team names, splits, merges or freezes.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "catalog/field.h"
#include "catalog/load.h"
#include "pattern/templates.h"

namespace kizashi {

inline constexpr size_t kLogPatternNameMax = 128;  // bytes

/// Reads the list; null when it is absent, empty or has nothing that is right.
std::shared_ptr<const PatternTemplates> ReadLogPatterns(const Field& field);

/// The list of the service `name` in a file of a catalog or, when `name` is empty, of the only
/// service in it that has one. Nothing else of the file is looked at: what it refers to need not be
/// there. NotFound, or InvalidArgument with an error in each line.
StatusOr<std::shared_ptr<const PatternTemplates>> LoadLogPatterns(const CatalogSource& source,
                                                                  const std::string& name);

}  // namespace kizashi
