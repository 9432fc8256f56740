// Reads SLOs of other formats: OpenSLO v1alpha, v1 and v2alpha, Sloth, Pyrra; and our own short
// form.
//
// Total: any bytes give SLOs, errors, or both. An SLO that is wrong, or that cannot be measured
// here, is left out with an error that says why; what a format says in a way that may not be meant,
// and what has no place here, is a warning. Everything has its file, line, column and field. Pure
// functions of their texts; any thread. Limits are those of YAML (wire/yaml.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/load.h"
#include "catalog/slo.h"

namespace kizashi {

enum class SloFormat { kShort, kOpenSloV1Alpha, kOpenSloV1, kOpenSloV2Alpha, kSloth, kPyrra };
std::string_view SloFormatName(SloFormat format);  // "short", "openslo-v1alpha", "openslo", ...

struct ImportedSlo {
  std::string service;
  SloSpec slo;
  SloFormat format = SloFormat::kShort;
  std::string file;
  int line = 0;
  int column = 0;
};

struct SloImport {
  std::vector<ImportedSlo> slos;  // in the order of the files
  std::vector<CatalogError> errors;
  std::vector<CatalogWarning> warnings;
  /// Of the short form: the whole catalog, when it is good.
  std::shared_ptr<const Catalog> catalog;
};

struct SloImportOptions {
  /// The service of SLOs whose format names none (Pyrra), or of all when `all_to_service`.
  std::string service;
};

/// References (SLIs, alert policies, data sources, Sloth's AlertWindows) are resolved among the
/// sources.
SloImport ImportSlos(const std::vector<CatalogSource>& sources, const SloImportOptions& options);

}  // namespace kizashi
