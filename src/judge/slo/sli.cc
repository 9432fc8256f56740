#include "judge/slo/sli.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/hash.h"

namespace kizashi {
namespace {

constexpr std::string_view kBucketEnd = "_bucket";
constexpr std::string_view kLe = "le";

/// The series of buckets of a histogram named without the ending.
Selector Buckets(Selector histogram) {
  for (LabelMatcher& matcher : histogram.matchers) {
    if (matcher.name != kMetricName) continue;
    if (matcher.op == LabelMatcher::Op::kRegex || matcher.op == LabelMatcher::Op::kNotRegex) {
      matcher.value = "(?:" + matcher.value + ")";
    }
    matcher.value += kBucketEnd;
  }
  return histogram;
}

std::optional<double> BoundOf(std::string_view le) {
  if (le == "+Inf" || le == "Inf" || le == "inf") return std::numeric_limits<double>::infinity();
  double bound = 0;
  const auto [end, error] = std::from_chars(le.data(), le.data() + le.size(), bound);
  if (error != std::errc() || end != le.data() + le.size()) return std::nullopt;
  return bound;
}

std::string WithWindow(std::string_view promql, Duration window) {
  constexpr std::string_view kWindow = "$window";
  std::string out;
  for (size_t at = 0; at < promql.size();) {
    const size_t found = promql.find(kWindow, at);
    out += promql.substr(at, found - at);
    if (found == std::string_view::npos) break;
    out += FormatDuration(window);
    at = found + kWindow.size();
  }
  return out;
}

uint64_t GroupOf(const Labels& labels) {
  std::string key;
  for (const auto& [name, value] : labels) {
    if (name == kLe) continue;
    key += name;
    key += '\0';
    key += value;
    key += '\0';
  }
  return Hash64(key);
}

}  // namespace

Status SliMatcher::Add(const std::vector<Selector>& selectors, SliRole role) {
  for (const Selector& selector : selectors) {
    KZ_ASSIGN_OR_RETURN(CompiledSelector compiled, CompiledSelector::Compile(selector));
    rules_.push_back({std::move(compiled), role});
    selectors_.push_back(selector);
  }
  return OkStatus();
}

Status SliMatcher::Add(const EventCount& count, SliRole::Kind kind, const char* part,
                       const SloSpec& slo) {
  KZ_RETURN_IF_ERROR(Add(count.counters, {kind, 1, 0, 0}));
  KZ_RETURN_IF_ERROR(Add(count.less, {kind, -1, 0, 0}));
  if (!count.promql.empty()) {
    expressions_.push_back({part, WithWindow(count.promql, slo.interval), true});
  }
  return OkStatus();
}

StatusOr<SliMatcher> SliMatcher::Compile(const std::string& service, const SloSpec& slo) {
  SliMatcher matcher;
  matcher.service_ = service;
  matcher.slo_ = slo.name;
  const Indicator& sli = slo.indicator;
  KZ_RETURN_IF_ERROR(matcher.Add(sli.good, SliRole::Kind::kGood, "good", slo));
  KZ_RETURN_IF_ERROR(matcher.Add(sli.bad, SliRole::Kind::kBad, "bad", slo));
  KZ_RETURN_IF_ERROR(matcher.Add(sli.total, SliRole::Kind::kTotal, "total", slo));
  const bool times =
      sli.kind == Indicator::Kind::kFreshness || sli.kind == Indicator::Kind::kDeadline;
  KZ_RETURN_IF_ERROR(
      matcher.Add(sli.gauges, {times ? SliRole::Kind::kTime : SliRole::Kind::kGauge, 1, 0, 0}));
  if (!sli.histogram.matchers.empty()) {
    KZ_RETURN_IF_ERROR(matcher.Add({Buckets(sli.histogram)}, {SliRole::Kind::kBucket, 1, 0, 0}));
  }
  if (!sli.promql.empty()) {
    matcher.expressions_.push_back({"value", WithWindow(sli.promql, slo.interval), false});
  }
  return matcher;
}

std::vector<SliRole> SliMatcher::Match(const Labels& labels) const {
  std::vector<SliRole> roles;
  bool good = false;
  bool has_good = false;
  for (const Rule& rule : rules_) {
    has_good = has_good || rule.role.kind == SliRole::Kind::kGood;
    if (!rule.selector.Matches(labels)) continue;
    good = good || rule.role.kind == SliRole::Kind::kGood;
    SliRole role = rule.role;
    if (role.kind == SliRole::Kind::kBucket) {
      const auto le = BoundOf(labels.Get(kLe));
      if (!le) continue;
      role.le = *le;
      role.group = GroupOf(labels);
    }
    roles.push_back(role);
  }
  // Bad is what is said to be, or what counts to the total and not to the good.
  for (SliRole& role : roles) {
    role.burns = role.sign > 0 && (role.kind == SliRole::Kind::kBad ||
                                   (role.kind == SliRole::Kind::kTotal && has_good && !good));
  }
  if (!expressions_.empty() && labels.Get(kMetricName) == kSloMeasureName &&
      labels.Get("service") == service_ && labels.Get("slo") == slo_) {
    const std::string_view part = labels.Get("part");
    SliRole role;
    role.kind = SliRole::Kind::kMeasuredValue;
    if (part == "good") role.kind = SliRole::Kind::kMeasuredGood;
    if (part == "bad") role.kind = SliRole::Kind::kMeasuredBad;
    if (part == "total") role.kind = SliRole::Kind::kMeasuredTotal;
    roles.push_back(role);
  }
  return roles;
}

}  // namespace kizashi
