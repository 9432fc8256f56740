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

void WriteTop(std::string_view key, std::vector<std::pair<uint64_t, std::string>> counts,
              size_t top, JsonWriter* json) {
  std::sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  if (counts.size() > top) counts.resize(top);
  json->Key(key).BeginArray();
  for (const auto& [value, name] : counts) {
    json->BeginObject();
    json->Key("name").String(name);
    json->Key("value").Int(static_cast<int64_t>(value));
    json->EndObject();
  }
  json->EndArray();
}

std::vector<std::pair<uint64_t, std::string>> Counts(const std::map<std::string, uint64_t>& from) {
  std::vector<std::pair<uint64_t, std::string>> counts;
  for (const auto& [name, count] : from) counts.emplace_back(count, name);
  return counts;
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

std::string TsdbJson(size_t series, Time from, Time to,
                     const std::map<std::string, uint64_t>& by_metric,
                     const std::map<std::string, uint64_t>& by_pair,
                     const std::map<std::string, std::set<std::string>>& values, size_t top) {
  JsonWriter json;
  json.BeginObject();
  json.Key("headStats").BeginObject();
  json.Key("numSeries").Int(static_cast<int64_t>(series));
  json.Key("numLabelPairs").Int(static_cast<int64_t>(by_pair.size()));
  json.Key("chunkCount").Int(static_cast<int64_t>(series));
  json.Key("minTime").Int(ToMs(from));
  json.Key("maxTime").Int(ToMs(to));
  json.EndObject();
  std::vector<std::pair<uint64_t, std::string>> value_counts;
  std::vector<std::pair<uint64_t, std::string>> value_bytes;
  for (const auto& [name, some] : values) {
    uint64_t bytes = 0;
    for (const std::string& value : some) bytes += value.size();
    value_counts.emplace_back(some.size(), name);
    value_bytes.emplace_back(bytes, name);
  }
  WriteTop("seriesCountByMetricName", Counts(by_metric), top, &json);
  WriteTop("labelValueCountByLabelName", std::move(value_counts), top, &json);
  WriteTop("memoryInBytesByLabelName", std::move(value_bytes), top, &json);
  WriteTop("seriesCountByLabelValuePair", Counts(by_pair), top, &json);
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
