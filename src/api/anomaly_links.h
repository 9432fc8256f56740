// Where the page shows what an anomaly was found in: series, log lines, patterns, releases,
// failures.
//
// Pure functions. Paths of the page begin with '/'; page_url of a server goes in front.
#pragma once

#include <string>
#include <vector>

#include "store/records.h"

namespace kizashi {

struct AnomalyLink {
  std::string what;  // "series", "pattern", "lines", "release", "failure", "service", "price"
  std::string name;  // the series' selector, the alert's SLO, ...; "" where `what` says it all
  std::string path;  // of the page, or "/kizashi/v1/..." of the API for "price"
};

/// `alerts` are those of the service that overlap the anomaly.
std::vector<AnomalyLink> LinksOf(const AnomalyRecord& anomaly,
                                 const std::vector<AlertRecord>& alerts);

/// The PromQL that draws what moved: field `query` of the anomaly or its evidence, else its
/// `series`, else `up` of the member that went; "" when it was found in no series.
std::string QueryOf(const AnomalyRecord& anomaly);

}  // namespace kizashi
