#include "api/incident_views.h"

#include "act/incident/incident_texts.h"
#include "base/check.h"

namespace kizashi {
namespace {

using incidents::Incident;

void WriteTime(std::string_view key, const std::optional<Time>& time, JsonWriter* json) {
  json->Key(key);
  if (time) {
    json->Int(ToMs(*time));
  } else {
    json->Null();
  }
}

void WriteSpan(std::string_view key, Duration span, JsonWriter* json) {
  json->Key(key);
  if (span < Duration(0)) {
    json->Null();
  } else {
    json->Number(ToSeconds(span));
  }
}

void WriteLines(const Incident& incident, Language language, JsonWriter* json) {
  json->Key("timeline").BeginArray();
  for (const incidents::TimelineEntry& line : incident.timeline) {
    json->BeginObject();
    json->Key("time").Int(ToMs(line.time));
    json->Key("what").String(line.what);
    json->Key("id").String(line.id);
    json->Key("text").String(LineText(line, language));
    json->Key("actor").String(line.actor);
    json->Key("service").String(line.service);
    json->Key("links").BeginArray();
    for (const auto& [kind, id] : line.links) {
      json->BeginObject().Key("kind").String(kind).Key("id").String(id).EndObject();
    }
    json->EndArray();
    json->Key("fields").Raw(FieldsToJson(line.fields));
    json->Key("from").Int(static_cast<int64_t>(line.from));
    json->EndObject();
  }
  json->EndArray();
}

void WriteAlerts(const Incident& incident, JsonWriter* json) {
  json->Key("alerts").BeginArray();
  for (const incidents::RelatedAlert& alert : incident.alerts) {
    json->BeginObject();
    json->Key("id").String(alert.id);
    json->Key("name").String(alert.name);
    json->Key("service").String(alert.service);
    json->Key("pages").Bool(alert.pages);
    json->Key("begin").Int(ToMs(alert.begin));
    WriteTime("end", alert.end, json);
    json->EndObject();
  }
  json->EndArray();
}

void WriteAnomalies(const Incident& incident, Language language, JsonWriter* json) {
  json->Key("anomalies").BeginArray();
  for (const incidents::TimelineEntry& line : incident.timeline) {
    if (line.what != EventKindName(incidents::EventKind::kAnomalyBegin)) continue;
    json->BeginObject();
    json->Key("id").String(line.id);
    json->Key("service").String(line.service);
    json->Key("begin").Int(ToMs(line.time));
    json->Key("kind").String(FieldText(line.fields, "anomaly_kind"));
    json->Key("price_minutes").Number(FieldNumber(line.fields, "price"));
    json->Key("text").String(LineText(line, language));
    json->EndObject();
  }
  json->EndArray();
}

void WriteSimilar(const IncidentDetail& detail, Language language, JsonWriter* json) {
  json->Key("similar").BeginArray();
  for (const incidents::SimilarIncident& similar : detail.similar) {
    const Incident& other = similar.view->incident;
    json->BeginObject();
    json->Key("id").Int(static_cast<int64_t>(other.number));
    json->Key("title").String(other.title);
    json->Key("begin").Int(ToMs(other.begin));
    json->Key("state").String(StateName(other.state));
    json->Key("score").Int(similar.score);
    json->Key("reasons").BeginArray();
    for (const incidents::Likeness& likeness : similar.reasons) {
      json->BeginObject();
      json->Key("code").String(likeness.code);
      json->Key("value").String(likeness.value);
      json->Key("text").String(LikenessText(likeness, language));
      json->EndObject();
    }
    json->EndArray().EndObject();
  }
  json->EndArray();
}

void WriteLinks(const IncidentDetail& detail, JsonWriter* json) {
  json->Key("links").BeginArray();
  for (const incidents::IncidentLink& link : detail.view->incident.links) {
    json->BeginObject();
    json->Key("id").Int(static_cast<int64_t>(link.incident));
    json->Key("relation").String(link.relation);
    std::string title;
    std::string_view state;
    for (const auto& other : detail.linked) {
      if (other->incident.number != link.incident) continue;
      title = other->incident.title;
      state = StateName(other->incident.state);
    }
    json->Key("title").String(title).Key("state").String(state);
    json->EndObject();
  }
  json->EndArray();
}

void WriteError(const incidents::ReportError& error, std::string_view file, JsonWriter* json) {
  json->BeginObject();
  json->Key("line").Int(error.line);
  json->Key("column").Int(error.column);
  json->Key("field").String(error.field);
  json->Key("found").String(error.found);
  json->Key("expected").String(error.expected);
  json->Key("text").String(error.ToString(file));
  json->EndObject();
}

void WriteErrors(const std::vector<incidents::ReportError>& errors, std::string_view file,
                 JsonWriter* json) {
  json->Key("errors").BeginArray();
  for (const incidents::ReportError& error : errors) WriteError(error, file, json);
  json->EndArray();
}

template <typename Key>
void WriteCounts(std::string_view name, const std::map<Key, size_t>& counts, JsonWriter* json) {
  json->Key(name).BeginArray();
  for (const auto& [key, count] : counts) {
    json->BeginObject();
    json->Key("name").String(fmt::format("{}", key));
    json->Key("count").Int(static_cast<int64_t>(count));
    json->EndObject();
  }
  json->EndArray();
}

void WriteSummaryMembers(const incidents::IncidentView& view, JsonWriter* json) {
  const Incident& incident = view.incident;
  json->Key("id").Int(static_cast<int64_t>(incident.number));
  json->Key("title").String(incident.title);
  json->Key("state").String(StateName(incident.state));
  json->Key("severity").Int(incident.severity);
  json->Key("service").String(incident.service);
  json->Key("team").String(incident.team);
  json->Key("by_page").Bool(incident.by_page);
  json->Key("opened_by").String(incident.opened_by);
  json->Key("begin").Int(ToMs(incident.begin));
  WriteTime("acknowledged", incident.acknowledged, json);
  json->Key("acknowledged_by").String(incident.acknowledged_by);
  WriteTime("mitigated", incident.mitigated, json);
  WriteTime("resolved", incident.resolved, json);
  WriteTime("closed", incident.closed, json);
  json->Key("roles").BeginArray();
  for (const auto& [role, person] : incident.roles) {
    json->BeginObject().Key("role").String(role).Key("person").String(person).EndObject();
  }
  json->EndArray();
  json->Key("merged_into").Int(static_cast<int64_t>(incident.merged_into));
  int64_t pages = 0;
  for (const incidents::RelatedAlert& alert : incident.alerts) {
    if (alert.pages && !alert.end) ++pages;
  }
  json->Key("pages_open").Int(pages);
  json->Key("report_state").String(view.report ? view.report->state : "");
  json->Key("report_owner").String(view.report ? view.report->owner : "");
}

}  // namespace

void WriteIncidentSummary(const incidents::IncidentView& view, JsonWriter* json) {
  json->BeginObject();
  WriteSummaryMembers(view, json);
  json->EndObject();
}

std::string IncidentDetailJson(const IncidentDetail& detail, Language language) {
  const Incident& incident = detail.view->incident;
  JsonWriter json;
  json.BeginObject();
  WriteSummaryMembers(*detail.view, &json);
  WriteAlerts(incident, &json);
  WriteAnomalies(incident, language, &json);
  WriteLinks(detail, &json);
  WriteSimilar(detail, language, &json);
  json.Key("services").BeginArray();
  for (const std::string& service : incident.watched) json.String(service);
  json.EndArray();
  WriteLines(incident, language, &json);
  json.Key("left_out").Int(static_cast<int64_t>(incident.left_out));
  return json.EndObject().Take();
}

std::string IncidentReportJson(const incidents::IncidentView& view, uint64_t version,
                               const std::optional<incidents::ReportFiles::Known>& file) {
  const auto& versions = view.incident.report;
  KZ_CHECK(!versions.empty() && view.report, "a report that is shown exists");
  const incidents::ReportVersion* shown = &versions.back();
  for (const incidents::ReportVersion& one : versions) {
    if (one.version == version) shown = &one;
  }
  JsonWriter json;
  json.BeginObject();
  json.Key("incident").Int(static_cast<int64_t>(view.incident.number));
  json.Key("version").Int(static_cast<int64_t>(shown->version));
  json.Key("newest").Int(static_cast<int64_t>(versions.back().version));
  json.Key("text").String(shown->text);
  json.Key("state").String(view.report->state);
  json.Key("owner").String(view.report->owner);
  json.Key("file").String(file ? file->path : "");
  json.Key("trouble").String(file ? file->trouble : "");
  WriteErrors(file ? file->errors : std::vector<incidents::ReportError>(), file ? file->path : "",
              &json);
  json.Key("versions").BeginArray();
  for (const incidents::ReportVersion& one : versions) {
    json.BeginObject();
    json.Key("version").Int(static_cast<int64_t>(one.version));
    json.Key("time").Int(ToMs(one.time));
    json.Key("author").String(one.author);
    json.EndObject();
  }
  json.EndArray();
  return json.EndObject().Take();
}

std::string ReportErrorsJson(const std::vector<incidents::ReportError>& errors,
                             std::string_view file) {
  JsonWriter json;
  json.BeginObject();
  json.Key("error").String(ErrorText(errors, file));
  json.Key("item").String("text");
  WriteErrors(errors, file, &json);
  return json.EndObject().Take();
}

std::string IncidentActionsJson(const std::vector<incidents::FollowedAction>& actions) {
  JsonWriter json;
  json.BeginObject().Key("actions").BeginArray();
  for (const incidents::FollowedAction& action : actions) {
    json.BeginObject();
    json.Key("incident").Int(static_cast<int64_t>(action.incident));
    json.Key("title").String(action.title);
    json.Key("team").String(action.team);
    json.Key("place").Int(static_cast<int64_t>(action.place));
    json.Key("what").String(action.item.what);
    json.Key("owner").String(action.item.owner);
    json.Key("due").String(action.item.due);
    json.Key("state").String(action.item.state);
    json.Key("overdue").Bool(action.overdue);
    json.EndObject();
  }
  return json.EndArray().EndObject().Take();
}

std::string IncidentStatsJson(const incidents::IncidentStats& stats) {
  JsonWriter json;
  json.BeginObject();
  const std::pair<std::string_view, size_t> counts[] = {
      {"incidents", stats.incidents},
      {"open", stats.open},
      {"unpublished", stats.unpublished},
      {"actions_unfinished", stats.actions_unfinished},
      {"actions_overdue", stats.actions_overdue},
      {"actions_ended", stats.actions_ended}};
  for (const auto& [name, count] : counts) json.Key(name).Int(static_cast<int64_t>(count));
  WriteSpan("median_seconds_to_acknowledge", stats.to_acknowledge, &json);
  WriteSpan("median_seconds_to_resolve", stats.to_resolve, &json);
  WriteCounts("by_trigger", stats.by_trigger, &json);
  WriteCounts("by_cause", stats.by_cause, &json);
  WriteCounts("by_service", stats.by_service, &json);
  WriteCounts("by_severity", stats.by_severity, &json);
  return json.EndObject().Take();
}

}  // namespace kizashi
