#include "api/views.h"

#include <map>

#include "api/ledger_views.h"
#include "judge/signal/board.h"

namespace kizashi {
namespace {

void WriteFields(const Fields& fields, JsonWriter* json) { json->Raw(FieldsToJson(fields)); }

void WriteTime(std::string_view key, Time time, JsonWriter* json) {
  json->Key(key).Int(ToMs(time));
}

void WriteEnd(const std::optional<Time>& end, JsonWriter* json) {
  json->Key("end");
  if (end) {
    json->Int(ToMs(*end));
  } else {
    json->Null();
  }
}

void WriteSlo(const SloSnapshot& slo, JsonWriter* json) {
  json->BeginObject();
  json->Key("name").String(slo.spec->name);
  json->Key("target").Number(slo.spec->target);
  json->Key("window_seconds").Number(ToSeconds(WindowLengthMax(slo.spec->window)));
  json->Key("good").Number(slo.budget.sum.good);
  json->Key("total").Number(slo.budget.sum.total);
  WriteBudget("budget", slo.budget.allowance_minutes, slo.budget.spent_minutes,
              slo.budget.remaining_share, json);
  json->Key("covered_share").Number(slo.budget.covered_share);
  json->Key("pairs").BeginArray();
  for (const auto& [burn, firing] : slo.pairs) {
    json->BeginObject();
    json->Key("severity").String(SeverityName(burn.pair.severity));
    json->Key("long_seconds").Number(ToSeconds(burn.pair.long_window));
    json->Key("short_seconds").Number(ToSeconds(burn.pair.short_window));
    json->Key("factor").Number(burn.pair.factor);
    json->Key("long_burn").Number(burn.long_burn);
    json->Key("short_burn").Number(burn.short_burn);
    json->Key("firing").Bool(firing);
    json->EndObject();
  }
  json->EndArray();
  json->EndObject();
}

void WriteSummary(const ServiceSnapshot& service, JsonWriter* json) {
  json->BeginObject();
  json->Key("name").String(service.name);
  json->Key("title").String(service.title.empty() ? service.name : service.title);
  json->Key("owner").String(service.owner);
  json->Key("tier").String(service.tier);
  json->Key("state").String(ServiceStateName(service.state));
  json->Key("slos").BeginArray();
  for (const SloSnapshot& slo : service.slos) WriteSlo(slo, json);
  json->EndArray();
  WriteAnomalyBudget(service.anomaly_budget, json);
  json->Key("anomalies_open").Int(service.anomalies_open);
  json->Key("pages_open").Int(service.pages_open);
  json->EndObject();
}

void WriteSignalHead(const SignalSnapshot& signal, JsonWriter* json) {
  json->Key("id").String(signal.id);
  json->Key("class").String(signal.signal_class);
  json->Key("side").String(signal.work ? "work" : "resource");
  json->Key("rule").String(signal.id);
  json->Key("unit").String(signal.unit);
}

void WriteStrings(std::string_view key, const std::vector<std::string>& values, JsonWriter* json) {
  json->Key(key).BeginArray();
  for (const std::string& value : values) json->String(value);
  json->EndArray();
}

void WriteTeam(const std::string& name, const std::string& title,
               const std::vector<const ServiceSnapshot*>& services, JsonWriter* json) {
  json->BeginObject();
  json->Key("name").String(name);
  json->Key("title").String(title.empty() ? name : title);
  json->Key("services").BeginArray();
  for (const ServiceSnapshot* service : services) WriteSummary(*service, json);
  json->EndArray();
  json->EndObject();
}

}  // namespace

void WriteCatalogState(const CatalogState& state, JsonWriter* json) {
  json->BeginObject();
  json->Key("ok").Bool(state.errors.empty());
  WriteTime("loaded", state.loaded, json);
  json->Key("services").Int(static_cast<int64_t>(state.catalog->services().size()));
  json->Key("teams").Int(static_cast<int64_t>(state.catalog->teams().size()));
  json->Key("people").Int(static_cast<int64_t>(state.catalog->people().size()));
  json->Key("errors").BeginArray();
  for (const CatalogError& error : state.errors) {
    json->BeginObject();
    json->Key("file").String(error.file);
    json->Key("line").Int(error.line);
    json->Key("column").Int(error.column);
    json->Key("field").String(error.field);
    json->Key("found").String(error.found);
    json->Key("expected").String(error.expected);
    json->EndObject();
  }
  json->EndArray();
  json->EndObject();
}

void WriteBudget(std::string_view key, double allowance, double spent, double remaining,
                 JsonWriter* json) {
  json->Key(key).BeginObject();
  json->Key("allowance_minutes").Number(allowance);
  json->Key("spent_minutes").Number(spent);
  json->Key("remaining_share").Number(remaining);
  json->EndObject();
}

std::string BoardJson(const Snapshot& snapshot, const CatalogState& catalog) {
  JsonWriter json;
  json.BeginObject();
  json.Key("version").Int(static_cast<int64_t>(snapshot.version));
  WriteTime("now", snapshot.now, &json);
  std::map<std::string, std::vector<const ServiceSnapshot*>> by_team;
  for (const ServiceSnapshot& service : snapshot.services) {
    by_team[service.owner].push_back(&service);
  }
  json.Key("teams").BeginArray();
  for (const auto& [name, services] : by_team) {
    const Team* team = snapshot.catalog->FindTeam(name);
    WriteTeam(name, team != nullptr ? team->title : "", services, &json);
  }
  json.EndArray();
  json.Key("unclaimed").BeginArray();
  for (const UnclaimedSnapshot& unclaimed : snapshot.unclaimed) {
    json.BeginObject();
    json.Key("name").String(unclaimed.name);
    json.Key("series").Int(static_cast<int64_t>(unclaimed.series));
    json.Key("samples_per_second").Number(unclaimed.samples_per_second);
    json.Key("lines_per_second").Number(unclaimed.lines_per_second);
    json.EndObject();
  }
  json.EndArray();
  json.Key("catalog");
  WriteCatalogState(catalog, &json);
  json.EndObject();
  return json.Take();
}

void WritePrice(const Price& price, JsonWriter* json) {
  json->BeginObject();
  json->Key("mean_minutes").Number(price.mean_minutes);
  json->Key("low_minutes").Number(price.low_minutes);
  json->Key("high_minutes").Number(price.high_minutes);
  json->Key("basis").String(price.basis);
  json->Key("fields");
  WriteFields(price.fields, json);
  json->EndObject();
}

void WriteAnomaly(const AnomalyRecord& anomaly, JsonWriter* json) {
  json->BeginObject();
  json->Key("id").String(anomaly.id);
  json->Key("service").String(anomaly.service);
  json->Key("owner").String(anomaly.owner);
  json->Key("kind").String(anomaly.kind);
  json->Key("source").String(anomaly.source);
  json->Key("code").String(anomaly.code);
  json->Key("fields");
  WriteFields(anomaly.fields, json);
  WriteTime("begin", anomaly.begin, json);
  WriteEnd(anomaly.end, json);
  json->Key("price");
  WritePrice(anomaly.price, json);
  json->Key("evidence").BeginArray();
  for (const Evidence& evidence : anomaly.evidence) {
    json->BeginObject();
    WriteTime("time", evidence.time, json);
    json->Key("code").String(evidence.code);
    json->Key("fields");
    WriteFields(evidence.fields, json);
    json->EndObject();
  }
  json->EndArray();
  WriteEpisodeLedger(anomaly, json);
  json->EndObject();
}

void WriteAlert(const AlertRecord& alert, const std::vector<AlertDelivery>& deliveries,
                JsonWriter* json) {
  json->BeginObject();
  json->Key("id").String(alert.id);
  json->Key("service").String(alert.service);
  json->Key("owner").String(alert.owner);
  json->Key("slo").String(alert.slo);
  json->Key("severity").String(SeverityName(alert.severity));
  json->Key("state").String(alert.end ? "resolved" : "firing");
  WriteTime("begin", alert.begin, json);
  WriteEnd(alert.end, json);
  json->Key("fields");
  WriteFields(alert.fields, json);
  json->Key("deliveries").BeginArray();
  for (const AlertDelivery& delivery : deliveries) {
    json->BeginObject();
    json->Key("destination").String(delivery.destination);
    json->Key("event").String(delivery.firing ? "firing" : "resolved");
    json->Key("state").String(delivery.waits ? "waiting" : "delivered");
    json->Key("attempts").Int(delivery.attempts);
    json->Key("last_error").String(delivery.last_error);
    WriteTime("time", delivery.at, json);
    json->EndObject();
  }
  json->EndArray();
  json->EndObject();
}

std::string ServiceJson(const ServiceSnapshot& snapshot, const Service& service,
                        const std::vector<AnomalyRecord>& anomalies,
                        const std::vector<AlertView>& alerts) {
  JsonWriter json;
  json.BeginObject();
  json.Key("summary");
  WriteSummary(snapshot, &json);
  WriteStrings("developers", service.developers, &json);
  WriteStrings("depends_on", service.depends_on, &json);
  json.Key("redundancy");
  if (service.redundancy) {
    json.BeginObject();
    json.Key("need").Int(service.redundancy->need);
    json.Key("of").Int(service.redundancy->of);
    json.Key("by").String(service.redundancy->by);
    json.EndObject();
  } else {
    json.Null();
  }
  json.Key("members").BeginArray();
  for (const MemberSnapshot& member : snapshot.members) {
    json.BeginObject();
    json.Key("name").String(member.name);
    json.Key("up").Bool(member.up);
    WriteTime("since", member.since, &json);
    json.EndObject();
  }
  json.EndArray();
  json.Key("signals").BeginArray();
  for (const SignalSnapshot& signal : snapshot.signals) {
    json.BeginObject();
    WriteSignalHead(signal, &json);
    json.Key("latest");
    if (signal.latest) {
      json.Number(*signal.latest);
    } else {
      json.Null();
    }
    WriteTime("time", signal.time, &json);
    json.EndObject();
  }
  json.EndArray();
  json.Key("anomalies").BeginArray();
  for (const AnomalyRecord& anomaly : anomalies) WriteAnomaly(anomaly, &json);
  json.EndArray();
  json.Key("alerts").BeginArray();
  for (const AlertView& view : alerts) WriteAlert(view.alert, view.deliveries, &json);
  json.EndArray();
  json.EndObject();
  return json.Take();
}

std::string SignalPointsJson(const std::string& service, const std::vector<SignalSeries>& signals) {
  JsonWriter json;
  json.BeginObject();
  json.Key("service").String(service);
  json.Key("step_seconds").Number(ToSeconds(SignalBoard::kStep));
  json.Key("signals").BeginArray();
  for (const SignalSeries& series : signals) {
    json.BeginObject();
    WriteSignalHead(series.signal, &json);
    json.Key("points").BeginArray();
    for (const auto& [time, value] : series.points) {
      json.BeginArray().Int(ToMs(time)).Number(value).EndArray();
    }
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return json.Take();
}

std::string SeriesUsesJson(const std::vector<SeriesBudget::OwnerUse>& uses) {
  JsonWriter json;
  json.BeginObject().Key("owners").BeginArray();
  for (const SeriesBudget::OwnerUse& use : uses) {
    json.BeginObject();
    json.Key("owner").String(use.owner);
    json.Key("series").Int(static_cast<int64_t>(use.series));
    json.Key("limit").Int(static_cast<int64_t>(use.limit));
    json.Key("refused").Int(static_cast<int64_t>(use.refused));
    json.Key("metrics").BeginArray();
    for (const SeriesBudget::MetricUse& metric : use.metrics) {
      json.BeginObject().Key("name").String(metric.name);
      json.Key("series").Int(static_cast<int64_t>(metric.series)).EndObject();
    }
    json.EndArray().Key("labels").BeginArray();
    for (const SeriesBudget::LabelUse& label : use.labels) {
      json.BeginObject().Key("name").String(label.name);
      json.Key("values").Int(static_cast<int64_t>(label.values + 0.5)).EndObject();
    }
    json.EndArray().EndObject();
  }
  json.EndArray().EndObject();
  return json.Take();
}

}  // namespace kizashi
