#include "api/ledger_views.h"

#include "act/price_text.h"
#include "api/slo_views.h"
#include "api/views.h"

namespace kizashi {
namespace {

void WriteMaybe(std::string_view key, const std::optional<Time>& time, JsonWriter* json) {
  json->Key(key);
  if (time) {
    json->Int(ToMs(*time));
  } else {
    json->Null();
  }
}

void WriteEdit(const LedgerEditRecord& edit, JsonWriter* json) {
  json->BeginObject();
  json->Key("id").String(edit.id);
  json->Key("time").Int(ToMs(edit.time));
  json->Key("actor").String(edit.actor);
  json->Key("what").String(edit.what);
  json->Key("service").String(edit.service);
  json->Key("kind").String(edit.kind);
  json->Key("anomaly").String(edit.anomaly);
  WriteMaybe("until", edit.until, json);
  json->Key("reason").String(edit.reason);
  json->Key("before").Raw(FieldsToJson(edit.before));
  json->Key("after").Raw(FieldsToJson(edit.after));
  json->EndObject();
}

}  // namespace

void WriteEpisodeLedger(const AnomalyRecord& anomaly, JsonWriter* json) {
  const EpisodeLedger& ledger = anomaly.ledger;
  json->Key("state").String(EpisodeState(anomaly));
  json->Key("ledger").BeginObject();
  WriteMaybe("acknowledged", ledger.acknowledged, json);
  json->Key("acknowledged_by").String(ledger.acknowledged_by);
  WriteMaybe("expected_until", ledger.expected_until, json);
  json->Key("expected_because").String(ledger.expected_because);
  WriteMaybe("fixed", ledger.fixed, json);
  json->Key("fixed_by").String(ledger.fixed_by);
  json->Key("came_back").String(ledger.came_back);
  WriteMaybe("last_seen", ledger.last_seen, json);
  json->EndObject();
}

void WriteAnomalyBudget(const AnomalyBudget& budget, JsonWriter* json) {
  json->Key("anomaly_budget").BeginObject();
  json->Key("allowance_minutes").Number(budget.allowance_minutes);
  json->Key("spent_minutes").Number(budget.spent_minutes);
  json->Key("spent_low_minutes").Number(budget.spent_low_minutes);
  json->Key("remaining_share").Number(budget.remaining_share);
  json->Key("burn").Number(budget.burn);
  json->Key("policy").BeginArray();
  bool hold = false;
  for (const PolicyStatus& status : budget.policy) {
    if (status.since) WriteSloPolicyStep(status, json);
    hold = hold || status.holds();
  }
  json->EndArray();
  json->Key("hold").Bool(hold);
  json->Key("dearest").BeginArray();
  for (const auto& [kind, minutes] : budget.dearest) {
    json->BeginObject().Key("kind").String(kind).Key("minutes").Number(minutes).EndObject();
  }
  json->EndArray();
  json->EndObject();
}

void WritePricesTold(const std::vector<PriceTold>& prices, JsonWriter* json) {
  json->BeginArray();
  for (const PriceTold& told : prices) {
    json->BeginObject();
    json->Key("time").Int(ToMs(told.time));
    json->Key("price");
    WritePrice(told.price, json);
    json->Key("computed_again");
    if (const auto again = PriceAgain(told.price)) {
      WritePrice(*again, json);
    } else {
      json->Null();
    }
    json->EndObject();
  }
  json->EndArray();
}

std::string LedgerEditsJson(const std::vector<LedgerEditRecord>& edits) {
  JsonWriter json;
  json.BeginObject().Key("edits").BeginArray();
  for (const LedgerEditRecord& edit : edits) WriteEdit(edit, &json);
  json.EndArray().EndObject();
  return json.Take();
}

std::string EpisodeLedgerJson(const EpisodeView& view) {
  JsonWriter json;
  json.BeginObject();
  json.Key("query").String(QueryOf(view.anomaly));
  json.Key("similar").BeginArray();
  for (const AnomalyRecord& one : view.similar) WriteAnomaly(one, &json);
  json.EndArray();
  // What is decided about the kind now is what its newest decision left.
  Fields decided;
  for (auto edit = view.edits.rbegin(); edit != view.edits.rend(); ++edit) {
    if (edit->what != "acknowledge") decided = edit->after;
  }
  json.Key("decided").Raw(FieldsToJson(decided));
  json.Key("edits").BeginArray();
  for (const LedgerEditRecord& edit : view.edits) WriteEdit(edit, &json);
  json.EndArray();
  json.Key("prices");
  WritePricesTold(view.prices, &json);
  json.Key("links").BeginArray();
  for (const AnomalyLink& link : LinksOf(view.anomaly, view.alerts)) {
    json.BeginObject();
    json.Key("what").String(link.what).Key("name").String(link.name);
    json.Key("path").String(link.path).EndObject();
  }
  json.EndArray().EndObject();
  return json.Take();
}

std::string ReportsJson(const std::vector<ReportView>& reports) {
  JsonWriter json;
  json.BeginObject().Key("reports").BeginArray();
  for (const ReportView& view : reports) {
    json.BeginObject();
    json.Key("day").String(view.report.day);
    json.Key("created").Int(ToMs(view.report.created));
    json.Key("since").Int(ToMs(view.report.since));
    json.Key("until").Int(ToMs(view.report.until));
    json.Key("language").String(view.report.language);
    json.Key("markdown").String(view.report.markdown);
    json.Key("deliveries").BeginArray();
    for (const ReportDelivery& one : view.deliveries) {
      const DeliveryRecord& delivery = one.message;
      const bool url = delivery.kind == "slack";
      json.BeginObject();
      json.Key("destination")
          .String(url ? DestinationName(delivery.kind, delivery.url)
                      : delivery.kind + " " + delivery.url);
      json.Key("state").String(DeliveryStateName(delivery.state));
      json.Key("attempts").Int(delivery.attempts);
      json.Key("last_error").String(delivery.last_error);
      json.EndObject();
    }
    json.EndArray().EndObject();
  }
  json.EndArray().EndObject();
  return json.Take();
}

}  // namespace kizashi
