#include "api/prometheus_views.h"

#include <algorithm>
#include <utility>

#include "base/json_writer.h"
#include "query/promql/go_text.h"

namespace kizashi {
namespace {

void WriteLabels(const Labels& labels, JsonWriter* json) {
  json->BeginObject();
  for (const Label& label : labels) json->Key(label.name).String(label.value);
  json->EndObject();
}

void WriteCounts(std::string_view key, const SeriesSummary::Counts& counts, JsonWriter* json) {
  json->Key(key).BeginArray();
  for (const auto& [value, name] : counts) {
    json->BeginObject();
    json->Key("name").String(name);
    json->Key("value").Int(static_cast<int64_t>(value));
    json->EndObject();
  }
  json->EndArray();
}

void AppendEscaped(std::string_view value, std::string* out) {
  for (const char c : value) {
    if (c == '\\' || c == '"') *out += '\\';
    if (c == '\n') {
      *out += "\\n";
    } else {
      *out += c;
    }
  }
}

}  // namespace

std::string LabelSetsJson(const std::vector<Labels>& all) {
  JsonWriter json;
  json.BeginArray();
  for (const Labels& labels : all) WriteLabels(labels, &json);
  json.EndArray();
  return json.Take();
}

std::string TextsJson(const std::set<std::string>& texts) {
  JsonWriter json;
  json.BeginArray();
  for (const std::string& text : texts) json.String(text);
  json.EndArray();
  return json.Take();
}

std::string TargetsJson(const std::vector<TargetStatus>& targets) {
  JsonWriter json;
  json.BeginObject().Key("activeTargets").BeginArray();
  for (const TargetStatus& target : targets) {
    json.BeginObject();
    json.Key("discoveredLabels");
    WriteLabels(target.labels, &json);
    json.Key("labels");
    WriteLabels(target.labels, &json);
    json.Key("scrapePool").String(target.labels.Get("job"));
    json.Key("scrapeUrl").String(target.url);
    json.Key("globalUrl").String(target.url);
    json.Key("lastError").String(target.last_error);
    json.Key("lastScrape")
        .String(target.last_scrape ? FormatTime(*target.last_scrape) : "0001-01-01T00:00:00Z");
    json.Key("lastScrapeDuration").Number(ToSeconds(target.duration));
    json.Key("health").String(!target.last_scrape ? "unknown" : target.up ? "up" : "down");
    json.EndObject();
  }
  json.EndArray();
  json.Key("droppedTargets").BeginArray().EndArray();
  json.EndObject();
  return json.Take();
}

std::string TsdbJson(const SeriesSummary& summary, Time from, Time to) {
  JsonWriter json;
  json.BeginObject();
  json.Key("headStats").BeginObject();
  json.Key("numSeries").Int(static_cast<int64_t>(summary.series));
  json.Key("numLabelPairs").Int(static_cast<int64_t>(summary.label_pairs));
  json.Key("chunkCount").Int(static_cast<int64_t>(summary.series));
  json.Key("minTime").Int(ToMs(from));
  json.Key("maxTime").Int(ToMs(to));
  json.EndObject();
  WriteCounts("seriesCountByMetricName", summary.series_by_metric, &json);
  WriteCounts("labelValueCountByLabelName", summary.values_by_label, &json);
  WriteCounts("memoryInBytesByLabelName", summary.bytes_by_label, &json);
  WriteCounts("seriesCountByLabelValuePair", summary.series_by_pair, &json);
  json.EndObject();
  return json.Take();
}

std::string FederationText(std::vector<FederatedSample> samples) {
  std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) {
    const std::string_view x = a.labels.Get(kMetricName);
    const std::string_view y = b.labels.Get(kMetricName);
    return x != y ? x < y : a.labels < b.labels;
  });
  std::string out;
  std::string_view last;
  for (const FederatedSample& sample : samples) {
    const std::string_view name = sample.labels.Get(kMetricName);
    if (name.empty()) continue;
    if (name != last) out += fmt::format("# TYPE {} untyped\n", name);
    last = name;
    out += name;
    char before = '{';
    for (const Label& label : sample.labels) {
      if (label.name == kMetricName) continue;
      out += before;
      out += label.name;
      out += "=\"";
      AppendEscaped(label.value, &out);
      out += '"';
      before = ',';
    }
    if (before == ',') out += '}';
    out += ' ';
    out += promql::FormatFloat(sample.value, promql::FloatStyle::kShortest);
    out += fmt::format(" {}\n", sample.time_ms);
  }
  return out;
}

}  // namespace kizashi
