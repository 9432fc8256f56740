// The part of Judge that asks where it began: evidence of all services goes to the ranking, and
// what it says goes to the anomalies that begin.
#include <algorithm>

#include "base/hash.h"
#include "judge/judge.h"

namespace kizashi {
namespace {

constexpr size_t kToldMax = 3;
constexpr double kToldChanceMin = 0.05;

}  // namespace

// Without a dependency nobody can be an effect of anybody, and nothing is looked at.
void Judge::EndTrafficSteps(int64_t steps, Time now) {
  if (steps == 0) return;
  if (steps > static_cast<int64_t>(TrafficWatch::kWindowSteps)) {
    traffic_.SkipWindow();
  } else {
    for (int64_t i = 0; i < steps; ++i) traffic_.EndStep();
  }
  if (traffic_.graph().empty()) return;
  for (const auto& [name, service] : services_) {
    const LogFinder::Score score = service.finder().ScoreNow(Hash64(name), companions_);
    const bool less = score.finding && (score.finding->change == PatternChange::kDown ||
                                        score.finding->change == PatternChange::kGone);
    const std::string what(score.finding ? PatternChangeName(score.finding->change) : "");
    origins_.Add({OriginSource::kLog, name, "", less ? 0 : score.nats, less ? "" : what}, now);
    origins_.Add({OriginSource::kLogLess, name, "", less ? score.nats : 0, less ? what : ""}, now);
    if (const auto weeks = service.signal_rarity_weeks()) {
      origins_.Add({OriginSource::kSignal, name, "", OriginRanker::NatsOfRarity(*weeks),
                    service.first_signal()},
                   now);
    }
  }
  for (const TrafficWatch::Finding& finding : traffic_.Look()) {
    origins_.Add({OriginSourceOf(finding.aspect), finding.service, finding.callee, finding.nats,
                  fmt::format("{} of {} requests, {:.1f} expected", finding.observed,
                              finding.requests, finding.expected)},
                 now);
  }
}

// Of all that begins with this entry, in its tick or by what it holds.
void Judge::TellOrigins() {
  if (traffic_.graph().empty()) return;
  const bool begins =
      std::any_of(output_.verdicts.verdicts.begin(), output_.verdicts.verdicts.end(),
                  [](const Verdict& verdict) { return verdict.type == "anomaly_begin"; });
  if (!begins) return;
  const std::vector<Origin> ranked = origins_.Rank(traffic_.graph(), now_);
  std::vector<Evidence> evidence;
  for (const Origin& origin : ranked) {
    if (evidence.size() >= kToldMax || origin.probability < kToldChanceMin) break;
    std::string why;
    if (!origin.reasons.empty()) {
      const OriginEvidence& reason = origin.reasons.front().evidence;
      why = fmt::format("{} {}{}{}: {}", OriginSourceName(reason.source), reason.service,
                        reason.peer.empty() ? "" : " to ", reason.peer, reason.what);
    }
    evidence.push_back({now_,
                        "origin",
                        {{"service", origin.service},
                         {"of_catalog", catalog_->FindService(origin.service) ? 1.0 : 0.0},
                         {"probability", origin.probability},
                         {"log_odds", origin.log_odds},
                         {"why", why}}});
  }
  if (evidence.empty()) return;
  for (AnomalyRecord& record : output_.verdicts.anomalies) {
    const auto service = services_.find(record.service);
    const bool began =
        std::any_of(output_.verdicts.verdicts.begin(), output_.verdicts.verdicts.end(),
                    [&](const Verdict& verdict) {
                      return verdict.type == "anomaly_begin" && verdict.subject == record.id;
                    });
    if (!began || service == services_.end()) continue;
    record.evidence.insert(record.evidence.end(), evidence.begin(), evidence.end());
    service->second.AddEvidence(record.id, evidence);
  }
}

}  // namespace kizashi
