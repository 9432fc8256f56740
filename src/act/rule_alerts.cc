#include "act/rule_alerts.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/hash.h"

namespace kizashi {
namespace {

using rules::ActiveAlert;
using rules::AlertState;

// Files and groups have names without line feeds, or are told apart well enough.
std::string GroupKey(std::string_view file, std::string_view group) {
  return fmt::format("{}\n{}\n", file, group);
}

AlertRecord MakeRecord(const rules::RuleGroup& group, const rules::RuleSpec& rule,
                       const ActiveAlert& alert, const std::string& key, const Catalog& catalog) {
  AlertRecord record;
  record.begin = alert.fired_at.value_or(alert.active_at);
  record.id = HexId(Hash64(fmt::format("rule\n{}{}", key, ToMs(record.begin))));
  if (const Service* service = catalog.Claim(alert.labels); service != nullptr) {
    record.service = service->name;
    record.owner = service->owner;
  }
  record.slo = rule.name;
  const std::string_view severity = alert.labels.Get("severity");
  record.severity =
      severity == "page" || severity == "critical" ? Severity::kPage : Severity::kTicket;
  record.fields = {{"rule_file", group.file()}, {"rule_group", group.name()},
                   {"alertname", rule.name},    {"labels", alert.labels.ToString()},
                   {"expr", rule.query},        {"value", alert.value}};
  for (const auto& [name, text] : alert.annotations) {
    record.fields.emplace_back("annotation_" + name, text);
  }
  return record;
}

}  // namespace

bool IsRuleAlert(const AlertRecord& alert) {
  return FindField(alert.fields, "alertname") != nullptr &&
         FindField(alert.fields, "rule_group") != nullptr;
}

Status RuleAlerts::Load() {
  RecordFilter filter;
  filter.open = RecordFilter::Open::kOpen;
  filter.limit = kOpenMax;
  KZ_ASSIGN_OR_RETURN(auto alerts, records_.ListAlerts(filter));
  for (AlertRecord& alert : alerts) {
    if (!IsRuleAlert(alert)) continue;
    std::string key =
        GroupKey(FieldText(alert.fields, "rule_file"), FieldText(alert.fields, "rule_group")) +
        FieldText(alert.fields, "labels");
    open_.emplace(std::move(key), std::move(alert));
  }
  return OkStatus();
}

Status RuleAlerts::Update(const rules::RuleGroup& group, Time at, const Catalog& catalog) {
  const std::string prefix = GroupKey(group.file(), group.name());
  std::set<std::string> active;
  std::vector<AlertRecord> fired;
  for (const rules::RuleGroup::Rule& rule : group.rules()) {
    if (!rule.alert) continue;
    for (const auto& [labels, alert] : rule.alert->alerts()) {
      if (alert.state == AlertState::kInactive) continue;
      const std::string key = prefix + labels.ToString();
      if (!active.insert(key).second || alert.state != AlertState::kFiring) continue;
      if (open_.contains(key)) continue;
      fired.push_back(MakeRecord(group, rule.spec, alert, key, catalog));
    }
  }
  KZ_RETURN_IF_ERROR(Keep(fired));
  for (AlertRecord& record : fired) {
    const std::string key = prefix + FieldText(record.fields, "labels");
    open_.emplace(key, std::move(record));
  }
  // After a restart the first evaluations may see too little.
  if (!group.restored()) return OkStatus();
  std::vector<AlertRecord> resolved;
  std::vector<std::string> keys;
  for (auto i = open_.lower_bound(prefix); i != open_.end() && i->first.starts_with(prefix); ++i) {
    if (active.contains(i->first)) continue;
    resolved.push_back(i->second);
    resolved.back().end = std::max(at, i->second.begin);
    keys.push_back(i->first);
  }
  KZ_RETURN_IF_ERROR(Keep(resolved));
  for (const std::string& key : keys) open_.erase(key);
  return OkStatus();
}

Status RuleAlerts::EndOthers(const std::vector<const rules::RuleGroup*>& groups, Time at) {
  std::vector<AlertRecord> ended;
  std::vector<std::string> keys;
  for (const auto& [key, record] : open_) {
    const bool goes_on =
        std::any_of(groups.begin(), groups.end(), [&, &k = key](const auto* group) {
          return k.starts_with(GroupKey(group->file(), group->name()));
        });
    if (goes_on) continue;
    ended.push_back(record);
    ended.back().end = std::max(at, record.begin);
    keys.push_back(key);
  }
  KZ_RETURN_IF_ERROR(Keep(ended));
  for (const std::string& key : keys) open_.erase(key);
  return OkStatus();
}

Status RuleAlerts::Keep(const std::vector<AlertRecord>& alerts) {
  if (alerts.empty()) return OkStatus();
  VerdictBatch batch;
  batch.alerts = alerts;
  KZ_RETURN_IF_ERROR(records_.Apply(batch));
  on_alerts_(alerts);
  return OkStatus();
}

}  // namespace kizashi
