#include "api/exemplar_views.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "query/promql/ast.h"
#include "query/promql/go_text.h"
#include "query/promql/parser.h"
#include "store/series/value_matcher.h"

namespace kizashi {
namespace {

constexpr Time kMinTime = TimeFromMs(std::numeric_limits<int64_t>::min() / 2);
constexpr Time kMaxTime = TimeFromMs(std::numeric_limits<int64_t>::max() / 2);

/// A selector's matchers, each with the name of its label.
using ReadySelector = std::vector<std::pair<std::string, ValueMatcher>>;

Status AddSelectors(promql::Expr& expr, std::vector<ReadySelector>* selectors) {
  const promql::VectorSelector* found = nullptr;
  if (expr.kind == promql::ExprKind::kSelector) found = &promql::As<promql::VectorSelector>(expr);
  if (expr.kind == promql::ExprKind::kMatrixSelector) {
    found = promql::As<promql::MatrixSelector>(expr).selector.get();
  }
  if (found != nullptr) {
    ReadySelector selector;
    for (const LabelMatcher& matcher : found->matchers) {
      KZ_ASSIGN_OR_RETURN(ValueMatcher value, ValueMatcher::Make(matcher));
      selector.emplace_back(matcher.name, std::move(value));
    }
    selectors->push_back(std::move(selector));
    return OkStatus();
  }
  for (promql::ExprPtr* child : promql::Children(expr)) {
    if (*child != nullptr) KZ_RETURN_IF_ERROR(AddSelectors(**child, selectors));
  }
  return OkStatus();
}

bool IsSelected(const Labels& labels, const std::vector<ReadySelector>& selectors) {
  return std::any_of(selectors.begin(), selectors.end(), [&](const ReadySelector& selector) {
    return std::all_of(selector.begin(), selector.end(), [&](const auto& matcher) {
      return matcher.second.Matches(labels.Get(matcher.first));
    });
  });
}

void WriteLabels(const Labels& labels, JsonWriter* json) {
  json->BeginObject();
  for (const Label& label : labels) json->Key(label.name).String(label.value);
  json->EndObject();
}

// As Prometheus writes times: seconds, with the milliseconds that there are.
std::string Seconds(Time time) {
  const int64_t ms = ToMs(time);
  std::string text = fmt::format("{}{}", ms < 0 ? "-" : "", std::abs(ms) / 1000);
  if (ms % 1000 != 0) text += fmt::format(".{:03}", std::abs(ms) % 1000);
  return text;
}

void WriteExemplars(const std::vector<Exemplar>& exemplars, JsonWriter* json) {
  json->BeginArray();
  for (const Exemplar& exemplar : exemplars) {
    json->BeginObject();
    json->Key("labels");
    WriteLabels(exemplar.labels, json);
    json->Key("value").String(promql::FormatFloat(exemplar.value, promql::FloatStyle::kJson));
    json->Key("timestamp").Raw(Seconds(exemplar.time));
    json->EndObject();
  }
  json->EndArray();
}

}  // namespace

StatusOr<std::string> ExemplarsJson(const PrometheusParams& params, const ExemplarRing& ring,
                                    const SeriesDirectory& series) {
  KZ_ASSIGN_OR_RETURN(const Time from, params.GetTime("start", kMinTime));
  KZ_ASSIGN_OR_RETURN(const Time to, params.GetTime("end", kMaxTime));
  if (to < from) return InvalidArgument("end timestamp must not be before start timestamp");
  KZ_ASSIGN_OR_RETURN(const promql::ExprPtr expr, promql::ParseExpr(params.Get("query")));
  std::vector<ReadySelector> selectors;
  KZ_RETURN_IF_ERROR(AddSelectors(*expr, &selectors));
  if (selectors.empty()) return std::string();
  std::map<Labels, std::vector<Exemplar>> found;
  for (const SeriesId id : ring.Series()) {
    Labels labels = series.SeriesLabels(id);
    if (!IsSelected(labels, selectors)) continue;
    std::vector<Exemplar> exemplars = ring.Read(id, from, to);
    if (!exemplars.empty()) found.emplace(std::move(labels), std::move(exemplars));
  }
  JsonWriter json;
  json.BeginArray();
  for (const auto& [labels, exemplars] : found) {
    json.BeginObject().Key("seriesLabels");
    WriteLabels(labels, &json);
    json.Key("exemplars");
    WriteExemplars(exemplars, &json);
    json.EndObject();
  }
  json.EndArray();
  return json.Take();
}

}  // namespace kizashi
