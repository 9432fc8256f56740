// Reads a catalog from YAML: our short `service:`, `team:` and `person:` documents and Backstage's
// entities (Component, Group, User, System, Resource, Domain, API, Location).
//
// Reading is total: every error of every file is collected with its position, and either the whole
// catalog is good or none of it is used (the caller keeps the last good one).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "catalog/catalog.h"

namespace kizashi {

/// One thing wrong in one place. Lines and columns count from 1; 0 when there is none.
struct CatalogError {
  std::string file;
  int line = 0;
  int column = 0;
  std::string field;     // "slo[0].target"
  std::string found;     // what stands there
  std::string expected;  // what should

  /// "shop.yaml:7:11: slo[0].target: found '99.9%%', expected a number between 0 and 100"
  std::string ToString() const;
  bool operator==(const CatalogError&) const = default;
};

/// A source text with the name that errors call it by.
struct CatalogSource {
  std::string file;
  std::string text;
};

struct CatalogLoad {
  std::shared_ptr<const Catalog> catalog;  // set exactly when `errors` is empty
  std::vector<CatalogError> errors;        // by file, line, column
};

/// Builds a catalog from texts alone; deterministic, reads no disk (Location targets must be among
/// the sources).
CatalogLoad LoadCatalog(const std::vector<CatalogSource>& sources);

/// Every *.yaml and *.yml under `directory` (not hidden ones), in order of path, and the files that
/// Locations name; `file` is the path inside the directory. NotFound when the directory is not
/// there; InvalidArgument for a link that leads out of it; limits (ResourceExhausted): 10,000
/// files, 4 MiB a file, 256 MiB in all, 200,000 entries walked.
StatusOr<std::vector<CatalogSource>> ReadCatalogDirectory(const std::string& directory);

}  // namespace kizashi
