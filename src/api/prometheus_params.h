// Reads the parameters of Prometheus' HTTP API, from the query and from a form that was posted.
//
// Errors are InvalidArgument with the messages of Prometheus 2.42 (web/api/v1). Pure functions; any
// thread. Source: Prometheus' documentation "HTTP API".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "net/http.h"

namespace kizashi {

/// Names with their values in order; of a POSTed form those of the body come first.
class PrometheusParams {
 public:
  static constexpr size_t kParamsMax = 1000;

  explicit PrometheusParams(const HttpRequest& request);

  /// The first value of `name`; empty when there is none.
  std::string_view Get(std::string_view name) const;
  std::vector<std::string> All(std::string_view name) const;

  /// `fallback` when absent.
  StatusOr<Time> GetTime(std::string_view name, Time fallback) const;
  /// The same for the beginning and the end of a range query, whose errors say less.
  StatusOr<Time> GetRangeTime(std::string_view name) const;
  /// Nothing when absent.
  StatusOr<std::optional<Duration>> GetDuration(std::string_view name) const;
  /// The matchers of each match[]; each has one that the empty text does not satisfy.
  StatusOr<std::vector<std::vector<LabelMatcher>>> GetMatchers() const;

 private:
  void Read(std::string_view text);

  std::vector<std::pair<std::string, std::string>> params_;
};

/// A number of seconds since 1970, or a time in RFC 3339.
StatusOr<Time> ParsePrometheusTime(std::string_view text);
/// A number of seconds, or `1h30m`.
StatusOr<Duration> ParsePrometheusDuration(std::string_view text);

}  // namespace kizashi
