// Reads a catalog from YAML: our short `service:`, `team:` and `person:` documents and Backstage's
// entities (Component, Group, User, System, Resource, Domain, API, Location).
//
// Reading is total: every error of every file is collected with its position, and either the whole
// catalog is good or none of it is used (the caller keeps the last good one).
#pragma once

#include <functional>
#include <memory>
#include <optional>
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

/// Something that works, but not as whoever wrote it may think.
struct CatalogWarning {
  std::string file;
  int line = 0;
  int column = 0;
  std::string field;
  std::string text;

  /// "shop.yaml:7:11: slo[0].alerts: warning: ..."
  std::string ToString() const;
  bool operator==(const CatalogWarning&) const = default;
};

/// What is wrong with a PromQL expression, at a column from 1 of its first line; 0: no column.
struct ExpressionError {
  int column = 0;
  std::string message;
};
/// Checks an expression in which $window stands for a range. The parser lives below this folder, so
/// whoever loads a catalog hands it in (judge/slo_formats/expression.h).
using ExpressionCheck = std::function<std::optional<ExpressionError>(std::string_view expression)>;

/// A source text with the name that errors call it by.
struct CatalogSource {
  std::string file;
  std::string text;
  bool operator==(const CatalogSource&) const = default;
};

/// The sources that may hold documents of on-call, which act/oncall/reader.h reads.
std::vector<CatalogSource> OnCallSources(const std::vector<CatalogSource>& sources);

struct CatalogLoad {
  std::shared_ptr<const Catalog> catalog;  // set exactly when `errors` is empty
  std::vector<CatalogError> errors;        // by file, line, column
  std::vector<CatalogWarning> warnings;    // the same
};

/// Builds a catalog from texts alone; deterministic, reads no disk (Location targets must be among
/// the sources). Without `check` no PromQL is looked into.
CatalogLoad LoadCatalog(const std::vector<CatalogSource>& sources,
                        const ExpressionCheck& check = {});

/// Every *.yaml and *.yml under `directory` (not hidden ones), in order of path, and the files that
/// Locations name; `file` is the path inside the directory. NotFound when the directory is not
/// there; InvalidArgument for a link that leads out of it; limits (ResourceExhausted): 10,000
/// files, 4 MiB a file, 256 MiB in all, 200,000 entries walked.
StatusOr<std::vector<CatalogSource>> ReadCatalogDirectory(const std::string& directory);

}  // namespace kizashi
