#include "act/incident/similar.h"

#include <algorithm>
#include <set>

#include "act/incident/incident_texts.h"

namespace kizashi::incidents {
namespace {

constexpr int kServiceScore = 2;
constexpr int kAlertScore = 3;
constexpr int kAnomalyScore = 2;  // of each kind, three at most
constexpr int kClassScore = 1;
constexpr int kScoreMin = 3;
constexpr int kKindsMax = 3;

struct Traits {
  std::string service;
  std::set<std::string> alerts;     // names of those that page, with their service
  std::set<std::string> anomalies;  // kinds
  std::set<std::string> patterns;   // kinds of anomalies in logs
  std::string trigger;
  std::set<std::string> causes;
};

Traits TraitsOf(const IncidentView& view) {
  Traits traits;
  traits.service = view.incident.service;
  for (const RelatedAlert& alert : view.incident.alerts) {
    if (alert.pages) traits.alerts.insert(alert.service + " " + alert.name);
  }
  for (const TimelineEntry& line : view.incident.timeline) {
    if (line.what != EventKindName(EventKind::kAnomalyBegin)) continue;
    const std::string kind = FieldText(line.fields, "anomaly_kind");
    if (kind.empty()) continue;
    (FieldText(line.fields, "source") == "logs" ? traits.patterns : traits.anomalies).insert(kind);
  }
  if (!view.report) return traits;
  if (view.report->trigger != "unknown") traits.trigger = view.report->trigger;
  for (const std::string& cause : view.report->causes) {
    if (cause != "unknown") traits.causes.insert(cause);
  }
  return traits;
}

void AddShared(const std::set<std::string>& a, const std::set<std::string>& b,
               std::string_view code, int score, SimilarIncident* found) {
  int shared = 0;
  for (const std::string& one : a) {
    if (!b.contains(one) || shared == kKindsMax) continue;
    ++shared;
    found->score += score;
    found->reasons.push_back({std::string(code), one});
  }
}

}  // namespace

std::vector<SimilarIncident> FindSimilar(const IncidentView& one, const IncidentViews& all) {
  const Traits mine = TraitsOf(one);
  std::vector<SimilarIncident> similar;
  for (const auto& view : all) {
    const Incident& other = view->incident;
    if (other.number == one.incident.number || other.merged_into != 0) continue;
    if (other.begin > one.incident.begin) continue;
    const Traits theirs = TraitsOf(*view);
    SimilarIncident found;
    found.view = view;
    AddShared(mine.alerts, theirs.alerts, "alert", kAlertScore, &found);
    AddShared(mine.patterns, theirs.patterns, "pattern", kAnomalyScore, &found);
    AddShared(mine.anomalies, theirs.anomalies, "anomaly", kAnomalyScore, &found);
    if (!mine.service.empty() && mine.service == theirs.service) {
      found.score += kServiceScore;
      found.reasons.push_back({"service", mine.service});
    }
    AddShared(mine.causes, theirs.causes, "cause", kClassScore, &found);
    if (!mine.trigger.empty() && mine.trigger == theirs.trigger) {
      found.score += kClassScore;
      found.reasons.push_back({"trigger", mine.trigger});
    }
    if (found.score >= kScoreMin) similar.push_back(std::move(found));
  }
  std::stable_sort(similar.begin(), similar.end(), [](const auto& a, const auto& b) {
    if (a.score != b.score) return a.score > b.score;
    return a.view->incident.begin > b.view->incident.begin;
  });
  if (similar.size() > kSimilarMax) similar.resize(kSimilarMax);
  return similar;
}

std::string LikenessText(const Likeness& likeness, Language language) {
  IncidentText id = IncidentText::kSameService;
  if (likeness.code == "alert") id = IncidentText::kSameAlert;
  if (likeness.code == "anomaly") id = IncidentText::kSameAnomaly;
  if (likeness.code == "pattern") id = IncidentText::kSamePattern;
  if (likeness.code == "trigger") id = IncidentText::kSameTrigger;
  if (likeness.code == "cause") id = IncidentText::kSameCause;
  return FillText(id, language, {{"value", likeness.value}});
}

}  // namespace kizashi::incidents
