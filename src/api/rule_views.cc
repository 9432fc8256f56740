#include "api/rule_views.h"

#include <algorithm>
#include <vector>

#include "base/json_writer.h"
#include "query/promql/go_text.h"
#include "query/rules/go_printf.h"

namespace kizashi {
namespace {

using rules::ActiveAlert;
using rules::RuleGroupStatus;
using rules::RuleStatus;

constexpr std::string_view kNever = "0001-01-01T00:00:00Z";

void WriteTexts(const rules::TextMap& texts, JsonWriter* json) {
  json->BeginObject();
  for (const auto& [name, text] : texts) json->Key(name).String(text);
  json->EndObject();
}

std::string TimeText(const std::optional<Time>& time) {
  return time ? FormatTime(*time) : std::string(kNever);
}

void WriteAlert(const ActiveAlert& alert, JsonWriter* json) {
  json->BeginObject();
  json->Key("labels").BeginObject();
  for (const Label& label : alert.labels) json->Key(label.name).String(label.value);
  json->EndObject();
  json->Key("annotations");
  WriteTexts(alert.annotations, json);
  json->Key("state").String(rules::AlertStateName(alert.state));
  json->Key("activeAt").String(FormatTime(alert.active_at));
  if (alert.keep_firing_since) {
    json->Key("keepFiringSince").String(FormatTime(*alert.keep_firing_since));
  }
  json->Key("value").String(rules::FormatScientific(alert.value));
  json->EndObject();
}

void WriteRule(const RuleStatus& rule, JsonWriter* json) {
  json->BeginObject();
  if (rule.is_alert) json->Key("state").String(rules::AlertStateName(rule.state()));
  json->Key("name").String(rule.name);
  json->Key("query").String(rule.query);
  if (rule.is_alert) {
    json->Key("duration").Number(ToSeconds(rule.hold));
    json->Key("keepFiringFor").Number(ToSeconds(rule.keep_firing_for));
  }
  if (rule.is_alert || !rule.labels.empty()) {
    json->Key("labels");
    WriteTexts(rule.labels, json);
  }
  if (rule.is_alert) {
    json->Key("annotations");
    WriteTexts(rule.annotations, json);
    json->Key("alerts").BeginArray();
    for (const ActiveAlert& alert : rule.alerts) WriteAlert(alert, json);
    json->EndArray();
  }
  json->Key("health").String(rule.health.Name());
  if (!rule.health.last_error.empty()) json->Key("lastError").String(rule.health.last_error);
  json->Key("evaluationTime").Number(rule.health.evaluation_seconds);
  json->Key("lastEvaluation").String(TimeText(rule.health.last_evaluation));
  json->Key("type").String(rule.is_alert ? "alerting" : "recording");
  json->EndObject();
}

// None chosen means all.
bool IsChosen(const std::vector<std::string>& chosen, const std::string& name) {
  return chosen.empty() || std::find(chosen.begin(), chosen.end(), name) != chosen.end();
}

}  // namespace

StatusOr<std::string> RulesJson(const rules::RuleSnapshot& snapshot,
                                const PrometheusParams& params) {
  const std::string_view type = params.Get("type");
  if (!type.empty() && type != "alert" && type != "record") {
    return InvalidArgument("invalid parameter \"type\": not supported value {}",
                           promql::QuoteGo(type));
  }
  const auto names = params.All("rule_name[]");
  const auto groups = params.All("rule_group[]");
  const auto files = params.All("file[]");
  JsonWriter json;
  json.BeginObject().Key("groups").BeginArray();
  for (const auto& group : snapshot.groups) {
    if (!IsChosen(groups, group->name) || !IsChosen(files, group->file)) continue;
    std::vector<const RuleStatus*> chosen;
    for (const RuleStatus& rule : group->rules) {
      const bool fits = type.empty() || rule.is_alert == (type == "alert");
      if (fits && IsChosen(names, rule.name)) chosen.push_back(&rule);
    }
    if (!names.empty() && chosen.empty()) continue;
    json.BeginObject().Key("name").String(group->name).Key("file").String(group->file);
    json.Key("rules").BeginArray();
    for (const RuleStatus* rule : chosen) WriteRule(*rule, &json);
    json.EndArray();
    json.Key("interval").Number(ToSeconds(group->interval));
    json.Key("limit").Int(static_cast<int64_t>(group->limit));
    json.Key("evaluationTime").Number(group->evaluation_seconds);
    json.Key("lastEvaluation").String(TimeText(group->last_evaluation));
    json.EndObject();
  }
  json.EndArray().EndObject();
  return json.Take();
}

std::string RuleAlertsJson(const rules::RuleSnapshot& snapshot) {
  JsonWriter json;
  json.BeginObject().Key("alerts").BeginArray();
  for (const auto& group : snapshot.groups) {
    for (const RuleStatus& rule : group->rules) {
      for (const ActiveAlert& alert : rule.alerts) WriteAlert(alert, &json);
    }
  }
  json.EndArray().EndObject();
  return json.Take();
}

}  // namespace kizashi
