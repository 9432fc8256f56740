// How often an SLO's page would be false, and how fast it would see an outage, at a given traffic.
//
// Minute by minute on the same code that judges: requests come as a Poisson process, a healthy
// service fails at half the rate that its budget allows, one by one or in bursts. A seed makes a
// run repeatable. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "catalog/slo.h"

namespace kizashi {

struct SimulationOptions {
  double requests_per_hour = 1000;
  int months = 100;   // of 30 days, in which false pages are counted
  int outages = 100;  // that are simulated for each kind
  double burst = 1;   // failures that come together in a minute, on the mean
  uint64_t seed = 1;
  /// Told how much of the work is done, 0 to 1.
  std::function<void(double)> progress = [](double) {};
};

struct Detection {
  double median_minutes = 0;  // from the begin of the outage to the page
  double p90_minutes = 0;
  double missed_share = 0;  // not paged within twelve hours
};

struct SimulationRow {
  bool evidence = true;    // false: the plain rules, for comparison
  double false_pages = 0;  // in 30 days
  Detection full_outage;
  Detection five_percent;
  double needed_failures = 0;  // without which no page fires at this traffic
};

/// With the SLO's own pairs and evidence, and with the same pairs without evidence.
std::vector<SimulationRow> SimulateSlo(const SloSpec& slo, const SimulationOptions& options);

}  // namespace kizashi
