// Writes an SLO in the short form that slo_reader.cc reads: reading it again gives the same SLO.
//
// What is as it would be when left out is left out. Time zones of calendars are always written,
// since what they are without one depends on the owner. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/slo.h"
#include "wire/yaml.h"

namespace kizashi {

YamlNode SloTree(const SloSpec& slo);

/// `service:` with a name and its SLOs, as one document.
YamlNode ServiceTree(std::string_view service, const std::vector<SloSpec>& slos);

/// The mapping of one SLO as YAML.
std::string FormatSlo(const SloSpec& slo);

}  // namespace kizashi
