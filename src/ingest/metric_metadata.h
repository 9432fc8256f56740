// What metrics are said to be: type, help and unit of each family, by who says it (a target, a
// receiver).
//
// Owned by main; any thread. Bounded: kFamiliesMax of a source and kTextBytesMax of one text; the
// bytes of all by `bytes_max`, beyond which nothing new is taken. Not kept over a restart: it comes
// again with the next scrape or push.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "net/http.h"

namespace kizashi {

struct MetricInfo {
  std::string type;  // "counter", "gauge", ..., "unknown"
  std::string help;
  std::string unit;
  auto operator<=>(const MetricInfo&) const = default;
};

class MetricMetadata {
 public:
  static constexpr size_t kFamiliesMax = 20'000;
  static constexpr size_t kTextBytesMax = 4096;

  explicit MetricMetadata(Registry* registry, size_t bytes_max = 64 << 20);

  using Families = std::map<std::string, MetricInfo, std::less<>>;
  /// What `source` says now, instead of all that it said. Nothing: it says no more.
  void Replace(const std::string& source, Families families);
  /// Adds to what `source` says, or changes it.
  void Put(const std::string& source, std::string_view name, MetricInfo info);

  /// Of each family what sources say, each different answer once; `name` empty: all families.
  std::map<std::string, std::vector<MetricInfo>> Read(std::string_view name = {}) const;
  /// GET /api/v1/metadata?metric=&limit=, as Prometheus answers.
  HttpResponse Answer(const HttpRequest& request) const;
  /// What one source says.
  Families OfSource(const std::string& source) const;

 private:
  static size_t BytesOf(std::string_view name, const MetricInfo& info);

  const size_t bytes_max_;
  Gauge& bytes_gauge_;
  mutable std::mutex mutex_;
  size_t bytes_ = 0;                         // under mutex_
  std::map<std::string, Families> sources_;  // under mutex_
};

}  // namespace kizashi
