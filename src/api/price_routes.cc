#include "api/price_routes.h"

#include <algorithm>

#include "act/price_text.h"
#include "api/ledger_views.h"
#include "api/request.h"
#include "api/views.h"
#include "catalog/slo_alerts.h"
#include "judge/service_judge.h"

namespace kizashi {
namespace {

constexpr std::string_view kPrices = "/kizashi/v1/prices";
constexpr std::string_view kTogether = "/kizashi/v1/together/";

struct Found {
  const ServiceSnapshot* service = nullptr;
  const KindPrice* kind = nullptr;
};

Price PriceOf(const KindPrice& kind) {
  return EvidencePrice(
      kind.inputs, kind.inputs.episodes < PriceBook::kFewEpisodes ? kBasisPooled : kBasisEvidence);
}

Found FindKind(const Snapshot& snapshot, std::string_view name) {
  for (const ServiceSnapshot& service : snapshot.services) {
    if (service.kind_prices == nullptr) continue;
    for (const KindPrice& kind : *service.kind_prices) {
      if (kind.kind == name) return {&service, &kind};
    }
  }
  return {};
}

void WriteKind(const ServiceSnapshot& service, const KindPrice& kind, JsonWriter* json) {
  json->Key("kind").String(kind.kind);
  json->Key("service").String(service.name);
  json->Key("owner").String(service.owner);
  json->Key("source").String(kind.source);
  json->Key("last").Int(ToMs(kind.last));
  json->Key("price");
  WritePrice(PriceOf(kind), json);
}

void WriteLines(const std::vector<std::string>& lines, JsonWriter* json) {
  json->Key("explanation").BeginArray();
  for (const std::string& line : lines) json->String(line);
  json->EndArray();
}

void WriteRange(std::string_view key, const Range& range, JsonWriter* json) {
  json->Key(key).BeginObject();
  json->Key("mean").Number(range.mean);
  json->Key("low").Number(range.low);
  json->Key("high").Number(range.high);
  json->EndObject();
}

void WriteAnswers(const GroupAnswers& answers, JsonWriter* json) {
  json->Key("need").Int(answers.state.need);
  json->Key("of").Int(answers.state.of);
  json->Key("down").Int(answers.state.down);
  json->Key("has_history").Bool(answers.has_history);
  json->Key("now_seconds").Number(ToSeconds(answers.now_window));
  json->Key("window_seconds").Number(ToSeconds(answers.window));
  WriteRange("failures_a_member_month", answers.failures_a_month, json);
  WriteRange("repair_minutes", answers.repair_minutes, json);
  WriteRange("common_cause_share", answers.common_cause, json);
  WriteRange("too_few_now", answers.now, json);
  WriteRange("too_few", answers.general, json);
  WriteRange("too_few_if_independent", answers.independent, json);
  json->Key("fatal_members").Int(answers.fatal);
  WriteRange("fatal_at_once", answers.at_once, json);
  json->Key("next_member");
  if (answers.next) {
    WritePrice(*answers.next, json);
  } else {
    json->Null();
  }
  json->Key("what_if").BeginObject();
  WriteRange("one_member_more", answers.more_members, json);
  WriteRange("repair_twice_as_fast", answers.faster_repair, json);
  WriteRange("half_the_common_cause", answers.half_common_cause, json);
  json->EndObject();
}

}  // namespace

StatusOr<std::vector<PriceTold>> PricesTold(RecordStore* records, const AnomalyRecord& anomaly) {
  KZ_ASSIGN_OR_RETURN(std::vector<PriceTold> prices, records->ListPrices(anomaly.id));
  const bool is_kept = !prices.empty() && prices.back().price.fields == anomaly.price.fields &&
                       prices.back().price.mean_minutes == anomaly.price.mean_minutes;
  const Time time = prices.empty() ? anomaly.begin : prices.back().time;
  if (!is_kept) prices.push_back({anomaly.id, time, anomaly.price});
  return prices;
}

bool PriceRoutes::IsMine(std::string_view path) {
  return path == kPrices || path.starts_with(kTogether) ||
         (path.starts_with(kPrices) && path.substr(kPrices.size()).starts_with('/'));
}

void PriceRoutes::Handle(const HttpRequest& request, const Responder& respond) const {
  const std::string_view path = request.path;
  if (path == kPrices) return respond(List(request));
  if (path.starts_with(kTogether)) return respond(Group(request, path.substr(kTogether.size())));
  respond(One(request, path.substr(kPrices.size() + 1)));
}

// The dearest first.
HttpResponse PriceRoutes::List(const HttpRequest& request) const {
  const auto snapshot = parts_.snapshot();
  const std::string only = request.Query("service").value_or("");
  if (!only.empty() && snapshot->Find(only) == nullptr) {
    return ErrorResponse(404, "there is no such service", only);
  }
  std::vector<std::pair<double, Found>> found;
  for (const ServiceSnapshot& service : snapshot->services) {
    const bool wanted = only.empty() || service.name == only;
    if (!wanted || service.kind_prices == nullptr) continue;
    for (const KindPrice& kind : *service.kind_prices) {
      // Without the interval, which costs the most: good enough to rank by.
      const KindCount count{kind.inputs.credited, kind.inputs.episodes};
      found.emplace_back(HazardOf(kind.inputs.pool, count) * kind.inputs.failure_minutes,
                         Found{&service, &kind});
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (found.size() > kListMax) found.resize(kListMax);
  JsonWriter json;
  json.BeginObject();
  json.Key("prices").BeginArray();
  for (const auto& [rank, one] : found) {
    json.BeginObject();
    WriteKind(*one.service, *one.kind, &json);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return JsonResponse(200, json.Take());
}

HttpResponse PriceRoutes::One(const HttpRequest& request, std::string_view kind) const {
  const auto code = ChoiceQuery(request, "language", {"en", "ja"});
  if (!code.ok()) return StatusResponse(code.status());
  const Language language = LanguageFromCode(*code);
  const auto snapshot = parts_.snapshot();
  const Found found = FindKind(*snapshot, kind);
  if (found.kind == nullptr) {
    return ErrorResponse(404, "no anomaly of this kind was priced yet", std::string(kind));
  }
  std::vector<std::string> lines = ExplainPrice(kind, PriceOf(*found.kind), language);
  RecordFilter filter;
  filter.service = found.service->name;
  const auto anomalies = parts_.records->ListAnomalies(filter);
  if (!anomalies.ok()) return StatusResponse(anomalies.status());
  const auto last = std::find_if(anomalies->begin(), anomalies->end(),
                                 [&](const AnomalyRecord& one) { return one.kind == kind; });
  JsonWriter json;
  json.BeginObject();
  WriteKind(*found.service, *found.kind, &json);
  json.Key("told");
  if (last == anomalies->end()) {
    json.Null();
  } else {
    const auto told = PricesTold(parts_.records, *last);
    if (!told.ok()) return StatusResponse(told.status());
    const size_t first = told->size() - std::min(told->size(), kToldLinesMax);
    for (size_t i = first; i < told->size(); ++i) {
      lines.push_back(ExplainTold((*told)[i].price, (*told)[i].time, language));
    }
    json.BeginObject();
    json.Key("anomaly").String(last->id);
    json.Key("prices");
    WritePricesTold(*told, &json);
    json.EndObject();
  }
  WriteLines(lines, &json);
  json.EndObject();
  return JsonResponse(200, json.Take());
}

HttpResponse PriceRoutes::Group(const HttpRequest& request, std::string_view name) const {
  const auto code = ChoiceQuery(request, "language", {"en", "ja"});
  if (!code.ok()) return StatusResponse(code.status());
  const auto snapshot = parts_.snapshot();
  const ServiceSnapshot* const service = snapshot->Find(name);
  if (service == nullptr) {
    return ErrorResponse(404, "there is no such service", std::string(name));
  }
  if (!service->group) {
    return ErrorResponse(404, "the service has no redundancy in the catalog", std::string(name));
  }
  const SloSpec slo = service->slos.empty() ? SloSpec{} : *service->slos.front().spec;
  const GroupAnswers answers =
      AnswersOf(*service->group, ServiceJudge::kGroupWindow, NominalLength(slo.window));
  JsonWriter json;
  json.BeginObject();
  json.Key("service").String(service->name);
  WriteAnswers(answers, &json);
  WriteLines(ExplainGroup(name, *service->group, answers, LanguageFromCode(*code)), &json);
  json.EndObject();
  return JsonResponse(200, json.Take());
}

}  // namespace kizashi
