#include "ingest/metric_metadata.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "base/json_writer.h"

namespace kizashi {

MetricMetadata::MetricMetadata(Registry* registry, size_t bytes_max)
    : bytes_max_(bytes_max),
      bytes_gauge_(registry->GetGauge("kizashi_metric_metadata_bytes",
                                      "Bytes of what metrics are said to be.")) {}

size_t MetricMetadata::BytesOf(std::string_view name, const MetricInfo& info) {
  return sizeof(Families::value_type) + 64 + name.size() + info.type.size() + info.help.size() +
         info.unit.size();
}

void MetricMetadata::Replace(const std::string& source, Families families) {
  Families old;
  const std::lock_guard lock(mutex_);
  Families& now = sources_[source];
  old.swap(now);
  for (const auto& [name, info] : old) bytes_ -= BytesOf(name, info);
  for (auto& [name, info] : families) {
    const size_t bytes = BytesOf(name, info);
    const bool fits = now.size() < kFamiliesMax && bytes_ + bytes <= bytes_max_ &&
                      name.size() + info.help.size() + info.unit.size() <= kTextBytesMax;
    if (!fits) continue;
    bytes_ += bytes;
    now.emplace(name, std::move(info));
  }
  if (now.empty()) sources_.erase(source);
  bytes_gauge_.Set(static_cast<double>(bytes_));
}

void MetricMetadata::Put(const std::string& source, std::string_view name, MetricInfo info) {
  if (name.size() + info.help.size() + info.unit.size() > kTextBytesMax) return;
  const std::lock_guard lock(mutex_);
  Families& families = sources_[source];
  const auto found = families.find(name);
  if (found != families.end()) {
    if (found->second == info) return;
    bytes_ -= BytesOf(name, found->second);
    families.erase(found);
  }
  const size_t bytes = BytesOf(name, info);
  if (families.size() < kFamiliesMax && bytes_ + bytes <= bytes_max_) {
    bytes_ += bytes;
    families.emplace(std::string(name), std::move(info));
  }
  bytes_gauge_.Set(static_cast<double>(bytes_));
}

std::map<std::string, std::vector<MetricInfo>> MetricMetadata::Read(std::string_view name) const {
  std::map<std::string, std::vector<MetricInfo>> read;
  const std::lock_guard lock(mutex_);
  for (const auto& [source, families] : sources_) {
    auto at = name.empty() ? families.begin() : families.find(name);
    for (; at != families.end(); ++at) {
      std::vector<MetricInfo>& infos = read[at->first];
      if (std::find(infos.begin(), infos.end(), at->second) == infos.end()) {
        infos.push_back(at->second);
      }
      if (!name.empty()) break;
    }
  }
  return read;
}

HttpResponse MetricMetadata::Answer(const HttpRequest& request) const {
  size_t limit = std::numeric_limits<size_t>::max();
  if (const auto text = request.Query("limit"); text && !text->empty()) {
    const auto read = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (read.ec != std::errc() || read.ptr != text->data() + text->size()) {
      return ErrorResponse(400, "expected a whole number, not negative", "limit");
    }
  }
  JsonWriter json;
  json.BeginObject().Key("status").String("success").Key("data").BeginObject();
  for (const auto& [name, infos] : Read(request.Query("metric").value_or(""))) {
    if (limit-- == 0) break;
    json.Key(name).BeginArray();
    for (const MetricInfo& info : infos) {
      json.BeginObject().Key("type").String(info.type).Key("help").String(info.help);
      json.Key("unit").String(info.unit).EndObject();
    }
    json.EndArray();
  }
  json.EndObject().EndObject();
  return JsonResponse(200, json.Take());
}

MetricMetadata::Families MetricMetadata::OfSource(const std::string& source) const {
  const std::lock_guard lock(mutex_);
  const auto found = sources_.find(source);
  return found == sources_.end() ? Families() : found->second;
}

}  // namespace kizashi
