#include "api/slo_views.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "act/format.h"
#include "act/slo_text.h"
#include "api/views.h"
#include "catalog/slo_alerts.h"

namespace kizashi {
namespace {

constexpr size_t kSparklineMax = 40;

void WriteWindow(const BudgetWindow& window, const WindowBounds& bounds, JsonWriter* json) {
  const bool rolling = window.unit == BudgetWindow::Unit::kRolling;
  json->Key("window").BeginObject();
  json->Key("text").String(SloWindowText(window));
  json->Key("unit").String(WindowUnitName(window.unit));
  json->Key("count").Int(window.count);
  json->Key("seconds").Number(ToSeconds(bounds.end - bounds.begin));
  json->Key("time_zone").String(rolling ? "" : window.time_zone);
  json->Key("begin").Int(ToMs(bounds.begin));
  json->Key("end").Int(ToMs(bounds.end));
  json->EndObject();
}

/// What a pair holds against its factor: it fires when both windows are above.
double BurnOf(const BurnState& burn) { return std::min(burn.long_burn, burn.short_burn); }

void WriteWorstBurn(const std::vector<SloAlerts::Pair>& pairs, JsonWriter* json) {
  // The fastest that fires; the pairs are listed so.
  auto worst =
      std::find_if(pairs.begin(), pairs.end(), [](const auto& pair) { return pair.firing; });
  if (worst == pairs.end()) {
    worst = std::max_element(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) {
      return BurnOf(a.burn) / a.burn.pair.factor < BurnOf(b.burn) / b.burn.pair.factor;
    });
  }
  json->Key("worst_burn");
  if (worst == pairs.end()) {
    json->Null();
    return;
  }
  const BurnPair& pair = worst->burn.pair;
  json->BeginObject();
  json->Key("burn").Number(BurnOf(worst->burn));
  json->Key("factor").Number(pair.factor);
  json->Key("severity").String(SeverityName(pair.severity));
  json->Key("name").String(PairName(pair));
  json->Key("long_seconds").Number(ToSeconds(pair.long_window));
  json->Key("short_seconds").Number(ToSeconds(pair.short_window));
  json->EndObject();
}

void WriteFiring(const std::vector<SloAlerts::Pair>& pairs, JsonWriter* json) {
  json->Key("firing").BeginArray();
  for (const SloAlerts::Pair& pair : pairs) {
    if (!pair.firing) continue;
    json->BeginObject();
    json->Key("name").String(PairName(pair.burn.pair));
    json->Key("severity").String(SeverityName(pair.burn.pair.severity));
    json->EndObject();
  }
  json->EndArray();
}

void WriteAgreement(const Agreement& agreement, std::string_view owner, std::string_view today,
                    JsonWriter* json) {
  json->Key("agreement").BeginObject();
  json->Key("state").String(AgreementState(agreement, today));
  json->Key("owner").String(owner);
  json->Key("approver").String(agreement.approver);
  json->Key("approved").String(agreement.approved);
  json->Key("review").String(agreement.review);
  json->EndObject();
}

/// The curve in at most kSparklineMax points; the last is what is left now, as the board says it.
/// Four decimals are finer than a pixel.
void WriteSparkline(const SloCurve* curve, double remaining_now, JsonWriter* json) {
  json->Key("sparkline").BeginArray();
  const size_t points = curve == nullptr ? 0 : curve->points.size();
  constexpr size_t kOld = kSparklineMax - 1;
  const size_t every = points / kOld + (points % kOld == 0 ? 0 : 1);
  for (size_t i = 0; i < points; ++i) {
    if ((points - 1 - i) % every != 0) continue;
    json->Number(std::round(curve->points[i].remaining_share * 1e4) / 1e4);
  }
  if (points > 0) json->Number(std::round(remaining_now * 1e4) / 1e4);
  json->EndArray();
}

/// Days by time zone, so that a board of many SLOs reads each zone once.
class Days {
 public:
  explicit Days(Time now) : now_(now) {}
  const std::string& In(const std::string& zone) {
    std::string& day = by_zone_[zone];
    if (day.empty()) day = FormatDay(now_, zone);
    return day;
  }

 private:
  const Time now_;
  std::map<std::string, std::string> by_zone_;
};

std::string OwnersZone(const Snapshot& snapshot, std::string_view owner) {
  const Team* team = snapshot.catalog->FindTeam(owner);
  return team == nullptr ? "UTC" : team->time_zone;
}

bool IsHeld(const SloSnapshot& slo) {
  return std::any_of(slo.policy.begin(), slo.policy.end(),
                     [](const PolicyStatus& status) { return status.holds(); });
}

struct Row {
  const ServiceSnapshot* service = nullptr;
  const SloSnapshot* slo = nullptr;
};

void WriteTeams(const Snapshot& snapshot, const std::map<std::string, int>& slos_of,
                JsonWriter* json) {
  json->Key("teams").BeginArray();
  for (const auto& [name, count] : slos_of) {
    json->BeginObject();
    json->Key("name").String(name);
    json->Key("title").String(TeamTitle(*snapshot.catalog, name));
    json->Key("slos").Int(count);
    json->EndObject();
  }
  json->EndArray();
}

}  // namespace

void WriteSloOverride(const PolicyOverride& override, JsonWriter* json) {
  json->BeginObject();
  json->Key("until").Int(ToMs(override.until));
  json->Key("reason").String(override.reason);
  json->Key("author").String(override.author);
  json->EndObject();
}

void WriteSloPolicyStep(const PolicyStatus& status, JsonWriter* json) {
  const PolicyStep& step = status.step;
  json->BeginObject();
  json->Key("action").String(PolicyActionName(step.action));
  json->Key("condition").String(PolicyConditionText(step));
  json->Key("spent").Number(step.spent);
  json->Key("burn").Number(step.burn);
  json->Key("over_seconds").Number(ToSeconds(step.over));
  json->Key("text").String(step.text);
  json->Key("since");
  if (status.since) {
    json->Int(ToMs(*status.since));
  } else {
    json->Null();
  }
  json->Key("overridden");
  if (status.overridden != nullptr) {
    WriteSloOverride(*status.overridden, json);
  } else {
    json->Null();
  }
  json->EndObject();
}

std::string SloToday(const Snapshot& snapshot, const ServiceSnapshot& service,
                     const SloSnapshot& slo, Time now) {
  return FormatDay(now, OwnersZone(snapshot, SloOwner(service.owner, *slo.spec)));
}

void WriteSloSummary(const Snapshot& snapshot, const ServiceSnapshot& service,
                     const SloSnapshot& slo, std::string_view today, JsonWriter* json) {
  const SloSpec& spec = *slo.spec;
  const std::string& owner = SloOwner(service.owner, spec);
  json->BeginObject();
  json->Key("service").String(service.name);
  json->Key("service_title").String(service.title.empty() ? service.name : service.title);
  json->Key("team").String(owner);
  json->Key("team_title").String(TeamTitle(*snapshot.catalog, owner));
  json->Key("name").String(spec.name);
  json->Key("title").String(spec.title.empty() ? spec.name : spec.title);
  json->Key("kind").String(IndicatorKindName(spec.indicator.kind));
  json->Key("state").String(SloStateName(slo.state));
  json->Key("target").Number(spec.target);
  WriteWindow(spec.window, slo.budget.window, json);
  WriteBudget("budget", slo.budget.allowance_minutes, slo.budget.spent_minutes,
              slo.budget.remaining_share, json);
  json->Key("covered_share").Number(slo.budget.covered_share);
  json->Key("filled_share").Number(slo.budget.filled_share);
  WriteWorstBurn(slo.pairs, json);
  WriteFiring(slo.pairs, json);
  json->Key("alerts_frozen").Bool(slo.alerts_frozen);
  WriteAgreement(spec.agreement, owner, today, json);
  json->Key("policy").BeginArray();
  for (const PolicyStatus& status : slo.policy) {
    if (status.since) WriteSloPolicyStep(status, json);
  }
  json->EndArray();
  json->Key("hold").Bool(IsHeld(slo));
  WriteSparkline(slo.curve.get(), slo.budget.remaining_share, json);
  json->Key("anomalies_open").Int(service.anomalies_open);
  const AnomalyBudget& anomalies = service.anomaly_budget;
  WriteBudget("anomaly_budget", anomalies.allowance_minutes, anomalies.spent_minutes,
              anomalies.remaining_share, json);
  json->EndObject();
}

std::string SloListJson(const Snapshot& snapshot, const SloFilter& filter, Time now) {
  std::vector<Row> rows;
  std::map<std::string, int> slos_of;
  for (const ServiceSnapshot& service : snapshot.services) {
    for (const SloSnapshot& slo : service.slos) {
      const std::string& owner = SloOwner(service.owner, *slo.spec);
      ++slos_of[owner];
      if (!filter.team.empty() && filter.team != owner) continue;
      if (!filter.service.empty() && filter.service != service.name) continue;
      if (!filter.state.empty() && filter.state != SloStateName(slo.state)) continue;
      rows.push_back({&service, &slo});
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.slo->budget.remaining_share < b.slo->budget.remaining_share;
  });
  JsonWriter json;
  json.BeginObject();
  json.Key("version").Int(static_cast<int64_t>(snapshot.version));
  json.Key("now").Int(ToMs(snapshot.now));
  WriteTeams(snapshot, slos_of, &json);
  Days days(now);
  json.Key("slos").BeginArray();
  for (const Row& row : rows) {
    const std::string zone = OwnersZone(snapshot, SloOwner(row.service->owner, *row.slo->spec));
    WriteSloSummary(snapshot, *row.service, *row.slo, days.In(zone), &json);
  }
  json.EndArray().EndObject();
  return json.Take();
}

std::string SloSlicesJson(std::string_view service, std::string_view slo, const SloSteps& steps) {
  JsonWriter json;
  json.BeginObject();
  json.Key("service").String(service);
  json.Key("slo").String(slo);
  json.Key("start").Int(ToMs(steps.start));
  json.Key("end").Int(ToMs(steps.end));
  json.Key("step_seconds").Int(steps.step / std::chrono::seconds(1));
  json.Key("slices").BeginArray();
  for (const auto& [begin, sum] : steps.steps) {
    json.BeginArray().Int(ToMs(begin)).Number(sum.good).Number(sum.total);
    json.Number(sum.covered_seconds).EndArray();
  }
  json.EndArray().EndObject();
  return json.Take();
}

namespace {

/// The holds among `policy`; whether one of them is not overridden.
bool WriteHolds(const std::string& service, const std::string& slo,
                const std::vector<PolicyStatus>& policy, JsonWriter* reasons) {
  bool hold = false;
  for (const PolicyStatus& status : policy) {
    if (!status.since || status.step.action != PolicyStep::Action::kHold) continue;
    hold = hold || status.holds();
    reasons->BeginObject();
    reasons->Key("service").String(service);
    reasons->Key("slo").String(slo);
    reasons->Key("condition").String(PolicyConditionText(status.step));
    reasons->Key("since").Int(ToMs(*status.since));
    reasons->Key("text").String(status.step.text);
    reasons->Key("overridden");
    if (status.overridden != nullptr) {
      WriteSloOverride(*status.overridden, reasons);
    } else {
      reasons->Null();
    }
    reasons->EndObject();
  }
  return hold;
}

}  // namespace

std::string HoldsJson(const Snapshot& snapshot, std::string_view service) {
  bool hold = false;
  JsonWriter reasons;
  reasons.BeginArray();
  for (const ServiceSnapshot& one : snapshot.services) {
    if (!service.empty() && one.name != service) continue;
    for (const SloSnapshot& slo : one.slos) {
      hold = WriteHolds(one.name, slo.spec->name, slo.policy, &reasons) || hold;
    }
    hold = WriteHolds(one.name, "anomalies", one.anomaly_budget.policy, &reasons) || hold;
  }
  reasons.EndArray();
  JsonWriter json;
  json.BeginObject().Key("hold").Bool(hold).Key("reasons").Raw(reasons.text()).EndObject();
  return json.Take();
}

}  // namespace kizashi
