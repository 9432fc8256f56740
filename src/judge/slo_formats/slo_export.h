// Writes SLOs in other formats: OpenSLO v1alpha, v1 and v2alpha, Sloth, Pyrra, and Prometheus'
// rules in Sloth's and in Pyrra's shape.
//
// What a format cannot say is left out with a warning; an SLO that it cannot say at all is left out
// whole, with a warning too. Reading again what was written gives the same SLO as far as there was
// no warning. Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/slo.h"

namespace kizashi {

enum class SloExportFormat {
  kShort,
  kOpenSloV1Alpha,
  kOpenSloV1,
  kOpenSloV2Alpha,
  kSloth,
  kPyrra,
  kRulesSloth,
  kRulesPyrra,
};
/// The names that the command line takes, in the order of the formats.
const std::vector<std::string>& SloExportFormatNames();
std::optional<SloExportFormat> ParseSloExportFormat(std::string_view name);

struct SloToExport {
  std::string service;
  SloSpec slo;
};

struct SloExport {
  std::string text;                   // YAML, documents parted by ---
  std::vector<std::string> warnings;  // "shop/availability: ..."
  size_t exported = 0;                // SLOs in the text
};

SloExport ExportSlos(const std::vector<SloToExport>& slos, SloExportFormat format);

}  // namespace kizashi
