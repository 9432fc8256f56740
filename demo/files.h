// The files that the demo writes: its catalog and its scrape targets.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"

namespace kizashi {

struct DemoPorts {
  std::vector<std::pair<std::string, uint16_t>> servers;  // "a" and its port
  uint16_t balancer = 0;
  uint16_t load = 0;
};

/// Prometheus' file_sd.
std::string DemoTargets(const DemoPorts& ports);

/// Makes the directories `catalog`, `logs` and writes `targets.yaml`; catalog files that are there
/// stay as they are, so that a user may change them.
Status WriteDemoFiles(const std::string& directory, const DemoPorts& ports);

}  // namespace kizashi
