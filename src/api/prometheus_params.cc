#include "api/prometheus_params.h"

#include <cmath>

#include "query/promql/duration.h"
#include "query/promql/go_text.h"
#include "query/promql/parser.h"

namespace kizashi {
namespace {

constexpr double kNanosecondsMax = 9223372036854775807.0;
constexpr std::string_view kNothingSelected = "must contain at least one non-empty matcher";

std::optional<double> ReadSeconds(const std::string& text) {
  if (text.empty() || text[0] == ' ' || text[0] == '\t') return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size()) return std::nullopt;
  return value;
}

Status Invalid(std::string_view name, const Status& why) {
  return InvalidArgument("invalid parameter {}: {}", promql::QuoteGo(name), Message(why));
}

}  // namespace

PrometheusParams::PrometheusParams(const HttpRequest& request) {
  const std::string_view type = request.Header("Content-Type");
  if (request.method == "POST" && type.starts_with("application/x-www-form-urlencoded")) {
    Read(request.body);
  }
  Read(request.query);
}

void PrometheusParams::Read(std::string_view text) {
  while (!text.empty() && params_.size() < kParamsMax) {
    const std::string_view one = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    if (one.empty()) continue;
    const size_t equal = std::min(one.find('='), one.size());
    params_.emplace_back(PercentDecode(one.substr(0, equal), true),
                         PercentDecode(one.substr(std::min(one.size(), equal + 1)), true));
  }
}

std::string_view PrometheusParams::Get(std::string_view name) const {
  for (const auto& [key, value] : params_) {
    if (key == name) return value;
  }
  return "";
}

std::vector<std::string> PrometheusParams::All(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : params_) {
    if (key == name) values.push_back(value);
  }
  return values;
}

StatusOr<Time> PrometheusParams::GetTime(std::string_view name, Time fallback) const {
  const std::string_view text = Get(name);
  if (text.empty()) return fallback;
  auto time = ParsePrometheusTime(text);
  if (time.ok()) return time;
  return Invalid(name,
                 InvalidArgument("Invalid time value for '{}': {}", name, Message(time.status())));
}

StatusOr<Time> PrometheusParams::GetRangeTime(std::string_view name) const {
  auto time = ParsePrometheusTime(Get(name));
  if (!time.ok()) return Invalid(name, time.status());
  return time;
}

StatusOr<std::optional<Duration>> PrometheusParams::GetDuration(std::string_view name) const {
  const std::string_view text = Get(name);
  if (text.empty()) return std::optional<Duration>();
  const auto duration = ParsePrometheusDuration(text);
  if (!duration.ok()) return Invalid(name, duration.status());
  return std::optional<Duration>(*duration);
}

StatusOr<std::vector<std::vector<LabelMatcher>>> PrometheusParams::GetMatchers() const {
  std::vector<std::vector<LabelMatcher>> all;
  for (const std::string& text : All("match[]")) {
    const auto expr = promql::ParseExpr(text);
    if (!expr.ok() && Message(expr.status()).ends_with(kNothingSelected)) {
      // As a query it is an error of grammar, here it is one of what was asked for.
      return InvalidArgument("match[] {}", kNothingSelected);
    }
    if (!expr.ok()) return expr.status();
    if ((*expr)->kind == promql::ExprKind::kMatrixSelector) {
      return InvalidArgument("1:{}: parse error: unexpected \"[\"", text.rfind('[') + 1);
    }
    if ((*expr)->kind != promql::ExprKind::kSelector) {
      return InvalidArgument("parse error: {} is no series selector", promql::QuoteGo(text));
    }
    all.push_back(promql::As<promql::VectorSelector>(**expr).matchers);
  }
  return all;
}

StatusOr<Time> ParsePrometheusTime(std::string_view text) {
  const std::string copy(text);
  if (const auto seconds = ReadSeconds(copy)) {
    // Milliseconds, rounded as Prometheus does: the fraction alone.
    const double whole = std::trunc(*seconds);
    const double fraction = std::round((*seconds - whole) * 1000);
    if (std::fabs(*seconds) < 9e15) {
      return TimeFromMs(static_cast<int64_t>(whole) * 1000 + static_cast<int64_t>(fraction));
    }
  } else if (const auto time = ParseTime(text); time.ok()) {
    return *time;
  }
  return InvalidArgument("cannot parse {} to a valid timestamp", promql::QuoteGo(text));
}

StatusOr<Duration> ParsePrometheusDuration(std::string_view text) {
  const std::string copy(text);
  if (const auto seconds = ReadSeconds(copy)) {
    const double nanoseconds = *seconds * 1e9;
    if (!(std::fabs(nanoseconds) < kNanosecondsMax)) {
      return InvalidArgument("cannot parse {} to a valid duration. It overflows int64",
                             promql::QuoteGo(text));
    }
    return Duration(static_cast<int64_t>(nanoseconds / 1e6));
  }
  int64_t milliseconds = 0;
  if (promql::ParseModelDuration(text, &milliseconds).empty()) return Duration(milliseconds);
  return InvalidArgument("cannot parse {} to a valid duration", promql::QuoteGo(text));
}

}  // namespace kizashi
