// The part of ServiceJudge that is about alerts of other programs: each is an episode of its own,
// from its first firing to its resolve.
#include <algorithm>

#include "judge/price/price.h"
#include "judge/service_judge.h"

namespace kizashi {
namespace {

constexpr std::string_view kAlerts = "alerts";

}  // namespace

void ServiceJudge::TakeAlert(AlertSource source, const ForeignAlert& alert, Time now,
                             JudgeOutput* out) {
  const std::string name(AlertSourceName(source));
  const std::string key = name + " " + alert.id;
  const auto found = std::find_if(open_.begin(), open_.end(),
                                  [&](const auto& entry) { return entry.second.key == key; });
  if (found != open_.end()) {
    Open& open = found->second;
    open.last_seen = now;
    if (!alert.resolved) return;  // said again
    open.record.end = std::clamp(alert.time, open.record.begin, now);
    return End(found->first, now, out);
  }
  if (alert.resolved) return;  // of what was never told
  const auto others = std::count_if(open_.begin(), open_.end(), [](const auto& entry) {
    return entry.second.record.source == kAlerts;
  });
  if (static_cast<size_t>(others) >= kForeignOpenMax) return;
  Open open;
  open.key = key;
  open.last_seen = now;
  open.record = BeginEpisode(*service_, kAlerts, "foreign_alert", name + " " + alert.name, alert.id,
                             std::min(alert.time, now));
  open.record.price = PriceForeignAlert();
  open.record.fields = {{"alert_source", name},
                        {"alert", alert.name},
                        {"text", alert.text},
                        {"severity", alert.severity},
                        {"url", alert.url}};
  kizashi::Fields labels;
  for (const Label& label : alert.labels) labels.emplace_back(label.name, label.value);
  open.record.evidence = {{open.record.begin, "alert", std::move(labels)}};
  Begin(std::move(open), now, out);
}

void ServiceJudge::EndSilentAlerts(Time now, JudgeOutput* out) {
  std::vector<std::string> ended;
  for (const auto& [id, open] : open_) {
    if (open.record.source == kAlerts && now - open.last_seen >= kForeignSilent)
      ended.push_back(id);
  }
  for (const std::string& id : ended) End(id, now, out);
}

}  // namespace kizashi
