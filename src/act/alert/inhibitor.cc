#include "act/alert/inhibitor.h"

namespace kizashi::alerts {
namespace {

std::string EqualKey(const InhibitRule& rule, const Labels& labels) {
  std::string key;
  for (const std::string& name : rule.equal) {
    key += labels.Get(name);
    key += '\xff';
  }
  return key;
}

}  // namespace

Inhibitor::Inhibitor(const std::vector<InhibitRule>& rules) {
  for (const InhibitRule& rule : rules) sources_.push_back({&rule, {}});
}

void Inhibitor::Add(const Alert& alert) {
  for (Sources& of : sources_) {
    if (!AllMatch(of.rule->source, alert.labels)) continue;
    of.by_equal[EqualKey(*of.rule, alert.labels)].insert(alert.fingerprint);
  }
}

void Inhibitor::Remove(const Alert& alert) {
  for (Sources& of : sources_) {
    const auto found = of.by_equal.find(EqualKey(*of.rule, alert.labels));
    if (found == of.by_equal.end()) continue;
    found->second.erase(alert.fingerprint);
    if (found->second.empty()) of.by_equal.erase(found);
  }
}

std::optional<uint64_t> Inhibitor::InhibitedBy(const Alert& alert, Time now,
                                               const Find& find) const {
  for (const Sources& of : sources_) {
    if (!AllMatch(of.rule->target, alert.labels)) continue;
    const auto found = of.by_equal.find(EqualKey(*of.rule, alert.labels));
    if (found == of.by_equal.end()) continue;
    // Alerts that match both sides do not inhibit each other.
    const bool is_source = AllMatch(of.rule->source, alert.labels);
    for (const uint64_t fingerprint : found->second) {
      const Alert* source = find(fingerprint);
      if (source == nullptr || source->Resolved(now)) continue;
      if (is_source && AllMatch(of.rule->target, source->labels)) continue;
      return fingerprint;
    }
  }
  return std::nullopt;
}

}  // namespace kizashi::alerts
