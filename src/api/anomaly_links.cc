#include "api/anomaly_links.h"

#include <algorithm>

#include "net/http.h"

namespace kizashi {
namespace {

/// An hour, or what an episode with as much before and after it needs.
constexpr Duration kRangeMin = std::chrono::hours(1);
constexpr Duration kRangeMax = std::chrono::days(7);
constexpr size_t kSeriesMax = 10;
constexpr size_t kFailuresMax = 5;

struct Range {
  Time begin{};
  Time end{};
};

Range RangeAround(const AnomalyRecord& anomaly) {
  const Duration length = anomaly.end ? *anomaly.end - anomaly.begin : Duration(0);
  const Duration beside = std::clamp<Duration>(length, kRangeMin / 2, kRangeMax / 3);
  return {anomaly.begin - beside, anomaly.begin + std::min(length, kRangeMax / 3) + beside};
}

std::string ServicePath(const AnomalyRecord& anomaly) {
  return "/services/" + PercentEncode(anomaly.service);
}

std::string ExplorePath(const std::string& query, Range range) {
  return fmt::format(
      "/explore?q={}&range={}&end={}", PercentEncode(query),
      std::chrono::duration_cast<std::chrono::seconds>(range.end - range.begin).count(),
      ToMs(range.end));
}

std::string QueryIn(const Fields& fields) {
  for (const char* name : {"query", "series"}) {
    const std::string text = FieldText(fields, name);
    if (!text.empty()) return text;
  }
  return "";
}

void AddLogLinks(const AnomalyRecord& anomaly, Range range, std::vector<AnomalyLink>* links) {
  if (anomaly.source != "logs") return;
  const std::string logs = ServicePath(anomaly) + "/logs";
  const std::string id = FieldText(anomaly.fields, "pattern_id");
  if (!id.empty()) {
    links->push_back({"pattern", FieldText(anomaly.fields, "pattern"),
                      fmt::format("{}/patterns/{}?from={}&to={}", logs, PercentEncode(id),
                                  ToMs(range.begin), ToMs(range.end))});
  }
  links->push_back(
      {"lines", "",
       fmt::format("{}/search?from={}&to={}", logs, ToMs(range.begin), ToMs(range.end))});
  const std::string version = FieldText(anomaly.fields, "version");
  if (anomaly.code == "release_changed" && !version.empty()) {
    const Duration hour = std::chrono::hours(1);
    links->push_back({"release", version,
                      fmt::format("{}/compare?a_from={}&a_to={}&b_from={}&b_to={}", logs,
                                  ToMs(anomaly.begin - hour), ToMs(anomaly.begin),
                                  ToMs(anomaly.begin), ToMs(anomaly.begin + hour))});
  }
}

}  // namespace

std::string QueryOf(const AnomalyRecord& anomaly) {
  std::string query = QueryIn(anomaly.fields);
  for (const Evidence& evidence : anomaly.evidence) {
    if (query.empty()) query = QueryIn(evidence.fields);
  }
  if (!query.empty() || anomaly.code != "member_down") return query;
  std::string member = FieldText(anomaly.fields, "member");
  for (size_t at = 0; (at = member.find_first_of("\\\"", at)) != member.npos; at += 2) {
    member.insert(at, 1, '\\');
  }
  return fmt::format("up{{{}=\"{}\"}}", FieldText(anomaly.fields, "by"), member);
}

std::vector<AnomalyLink> LinksOf(const AnomalyRecord& anomaly,
                                 const std::vector<AlertRecord>& alerts) {
  const Range range = RangeAround(anomaly);
  std::vector<AnomalyLink> links;
  std::vector<std::string> queries;
  const auto add = [&](const std::string& query) {
    const bool known = std::find(queries.begin(), queries.end(), query) != queries.end();
    if (query.empty() || known || queries.size() >= kSeriesMax) return;
    queries.push_back(query);
    links.push_back({"series", query, ExplorePath(query, range)});
  };
  add(QueryOf(anomaly));
  for (const Evidence& evidence : anomaly.evidence) add(QueryIn(evidence.fields));
  AddLogLinks(anomaly, range, &links);
  for (size_t i = 0; i < std::min(alerts.size(), kFailuresMax); ++i) {
    links.push_back({"failure", alerts[i].slo,
                     fmt::format("/slos/{}/{}", PercentEncode(alerts[i].service),
                                 PercentEncode(alerts[i].slo))});
  }
  links.push_back({"service", anomaly.service, ServicePath(anomaly)});
  links.push_back({"price", anomaly.kind, "/kizashi/v1/prices/" + PercentEncode(anomaly.kind)});
  return links;
}

}  // namespace kizashi
