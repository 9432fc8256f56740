#include "ingest/otlp_series.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "ingest/otlp_names.h"
#include "wire/metric_names.h"

namespace kizashi {
namespace {

using Kind = OtlpMetric::Kind;

constexpr std::string_view kLe = "le";
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr size_t kExemplarCharactersMax = 128;

/// Gauges and summaries are what they are.
bool IsDelta(const OtlpMetric& metric) {
  return metric.temporality == OtlpMetric::Temporality::kDelta && metric.kind != Kind::kGauge &&
         metric.kind != Kind::kSummary;
}

void AppendKey(std::string_view text, std::string* key) {
  const uint64_t size = text.size();
  key->append(reinterpret_cast<const char*>(&size), sizeof(size));
  key->append(text);
}

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return hex;
}

ExponentialCounts::Buckets BucketsOf(const OtlpPoint::Buckets& buckets) {
  ExponentialCounts::Buckets list;
  list.reserve(buckets.counts.size());
  for (size_t i = 0; i < buckets.counts.size(); ++i) {
    list.emplace_back(buckets.offset + static_cast<int64_t>(i), buckets.counts[i]);
  }
  return list;
}

/// Where each bucket ends, and how many values lie at or below it.
void AddExponentialBounds(const ExponentialCounts& counts,
                          std::vector<std::pair<double, uint64_t>>* bounds) {
  const double factor = std::exp2(-static_cast<double>(counts.scale));
  uint64_t below = 0;
  for (auto at = counts.negative.rbegin(); at != counts.negative.rend(); ++at) {
    below += at->second;
    const double bound = -std::exp2(static_cast<double>(at->first) * factor);
    if (std::isfinite(bound)) bounds->emplace_back(bound, below);
  }
  below += counts.zero_count;
  if (below > 0) bounds->emplace_back(counts.zero_threshold, below);
  for (const auto& [index, number] : counts.positive) {
    below += number;
    const double bound = std::exp2(static_cast<double>(index + 1) * factor);
    if (std::isfinite(bound)) bounds->emplace_back(bound, below);
  }
}

}  // namespace

void OtlpSeries::BeginResource(const std::vector<Label>& attributes) {
  std::string job;
  std::string space;
  std::string instance;
  std::vector<Label> others;
  for (const Label& attribute : attributes) {
    if (attribute.name == "service.name") {
      job = attribute.value;
    } else if (attribute.name == "service.namespace") {
      space = attribute.value;
    } else if (attribute.name == "service.instance.id") {
      instance = attribute.value;
    } else {
      others.push_back(attribute);
    }
  }
  if (!job.empty() && !space.empty()) job = space + "/" + job;
  resource_.clear();
  info_.clear();
  if (!job.empty()) resource_.push_back({"job", job});
  if (!instance.empty()) resource_.push_back({"instance", instance});
  if (!others.empty() && !resource_.empty()) AddAttributeLabels(std::move(others), &info_);
  // The resource's own job or instance would hide what the specification gives them.
  std::erase_if(info_, [](const Label& label) {
    return label.name == "job" || label.name == "instance" || label.name == kMetricName;
  });
  latest_ = Time::min();
  BeginScope("", "");
}

void OtlpSeries::BeginScope(std::string_view name, std::string_view version) {
  scope_.clear();
  if (!name.empty()) scope_.push_back({"otel_scope_name", std::string(name)});
  if (!version.empty()) scope_.push_back({"otel_scope_version", std::string(version)});
  owner_key_.clear();
  for (const std::vector<Label>* labels : {&resource_, &scope_}) {
    for (const Label& label : *labels) {
      AppendKey(label.name, &owner_key_);
      AppendKey(label.value, &owner_key_);
    }
  }
}

void OtlpSeries::BeginMetric(const OtlpMetric& metric) {
  metric_ = metric;
  name_ = PrometheusName(metric);
  if (parts_.metadata != nullptr && IsMetricName(name_) &&
      simdjson::validate_utf8(metric.description.data(), metric.description.size()) &&
      simdjson::validate_utf8(metric.unit.data(), metric.unit.size())) {
    parts_.metadata->Put("otlp", name_,
                         {std::string(PrometheusType(metric)), std::string(metric.description),
                          std::string(metric.unit)});
  }
}

void OtlpSeries::Point(const OtlpPoint& point) {
  const size_t samples = batch_.samples.size();
  ++points_;
  const Status status = AddPoint(point);
  if (status.ok()) return;
  // All of a point or nothing.
  batch_.samples.resize(samples);
  point_of_.resize(samples);
  Reject(status);
}

void OtlpSeries::Reject(const Status& status) {
  if (rejected_++ > 0) return;
  item_ = metric_.name.substr(0, 200);
  if (!simdjson::validate_utf8(item_.data(), item_.size())) item_.clear();
  reason_ = fmt::format("{}: {}", item_, Message(status));
}

Status OtlpSeries::AddPoint(const OtlpPoint& point) {
  if (points_ > limits_.points_max) {
    return InvalidArgument("a request has at most {} data points", limits_.points_max);
  }
  if (!IsMetricName(name_)) return InvalidArgument("the metric has no name");
  const bool has_temporality = metric_.kind != Kind::kGauge && metric_.kind != Kind::kSummary;
  if (has_temporality && metric_.temporality == OtlpMetric::Temporality::kUnspecified) {
    return InvalidArgument("aggregation_temporality is missing, expected delta or cumulative");
  }
  time_ =
      point.time_ns == 0 ? received_ : TimeFromMs(static_cast<int64_t>(point.time_ns / 1'000'000));
  latest_ = std::max(latest_, time_);
  is_stale_ = point.has_no_value;
  attributes_ = point.attributes;
  key_ = owner_key_;
  AppendKey(name_, &key_);
  key_ += attributes_;
  point_key_ = SeriesCache::KeyOf(key_);
  switch (metric_.kind) {
    case Kind::kGauge:
    case Kind::kSum: return AddNumber(point);
    case Kind::kHistogram: return AddHistogram(point);
    case Kind::kExponentialHistogram: return AddExponential(point);
    case Kind::kSummary: return AddSummary(point);
  }
  return OkStatus();
}

Status OtlpSeries::AddNumber(const OtlpPoint& point) {
  if (!point.has_value && !point.has_no_value) {
    return InvalidArgument("a data point has no value, expected asDouble or asInt");
  }
  KZ_RETURN_IF_ERROR(AddSample({}, point.value, IsDelta(metric_)));
  AddExemplars(point);
  return OkStatus();
}

Status OtlpSeries::AddHistogram(const OtlpPoint& point) {
  const bool fits = (point.bounds.empty() && point.counts.empty()) ||
                    point.counts.size() == point.bounds.size() + 1;
  if (!fits) {
    return InvalidArgument("found {} bucket counts with {} bounds, expected one more",
                           point.counts.size(), point.bounds.size());
  }
  buckets_.clear();
  uint64_t count = 0;
  for (size_t i = 0; i < point.bounds.size(); ++i) {
    const bool rises =
        std::isfinite(point.bounds[i]) && (i == 0 || point.bounds[i] > point.bounds[i - 1]);
    if (!rises && !(i + 1 == point.bounds.size() && point.bounds[i] == kInfinity)) {
      return InvalidArgument("the bounds do not rise");
    }
    count += point.counts[i];
    if (point.bounds[i] != kInfinity) buckets_.emplace_back(point.bounds[i], count);
  }
  KZ_RETURN_IF_ERROR(
      AddBuckets(static_cast<double>(point.count), point.sum, point.has_sum, IsDelta(metric_)));
  AddExemplars(point);
  return OkStatus();
}

Status OtlpSeries::AddExponential(const OtlpPoint& point) {
  if (point.positive.counts.size() > ExponentialCounts::kBucketsMax ||
      point.negative.counts.size() > ExponentialCounts::kBucketsMax) {
    return InvalidArgument("found more than {} buckets", ExponentialCounts::kBucketsMax);
  }
  if (point.scale < -10 || point.scale > 20) {
    return InvalidArgument("found scale {}, expected -10 to 20", point.scale);
  }
  ExponentialCounts counts{point.scale,
                           point.zero_count,
                           point.zero_threshold,
                           BucketsOf(point.positive),
                           BucketsOf(point.negative),
                           point.count,
                           point.sum};
  if (counts.scale > kExponentialScaleMax) counts.Coarsen(counts.scale - kExponentialScaleMax);
  // The deltas of a series have different buckets: they are summed before bounds are made of them.
  if (IsDelta(metric_) && !is_stale_) {
    KZ_ASSIGN_OR_RETURN(counts, parts_.deltas->Add(point_key_, time_, counts));
  }
  buckets_.clear();
  AddExponentialBounds(counts, &buckets_);
  KZ_RETURN_IF_ERROR(
      AddBuckets(static_cast<double>(counts.count), counts.sum, point.has_sum, false));
  AddExemplars(point);
  return OkStatus();
}

Status OtlpSeries::AddBuckets(double count, double sum, bool has_sum, bool is_delta) {
  for (const auto& [bound, below] : buckets_) {
    KZ_RETURN_IF_ERROR(AddSample({"_bucket", kLe, bound}, static_cast<double>(below), is_delta));
  }
  KZ_RETURN_IF_ERROR(AddSample({"_bucket", kLe, kInfinity}, count, is_delta));
  KZ_RETURN_IF_ERROR(AddSample({"_count", {}, 0}, count, is_delta));
  return has_sum ? AddSample({"_sum", {}, 0}, sum, is_delta) : OkStatus();
}

Status OtlpSeries::AddSummary(const OtlpPoint& point) {
  for (const auto& [quantile, value] : point.quantiles) {
    KZ_RETURN_IF_ERROR(AddSample({{}, "quantile", quantile}, value, false));
  }
  KZ_RETURN_IF_ERROR(AddSample({"_count", {}, 0}, static_cast<double>(point.count), false));
  return AddSample({"_sum", {}, 0}, point.sum, false);
}

Status OtlpSeries::AddSample(const Part& part, double value, bool is_delta) {
  if (batch_.samples.size() == limits_.samples_max) {
    return InvalidArgument("a request has at most {} samples", limits_.samples_max);
  }
  KZ_ASSIGN_OR_RETURN(const SeriesId id, SeriesOf(part));
  if (is_stale_) {
    value = StaleNan();
  } else if (is_delta) {
    KZ_ASSIGN_OR_RETURN(value, parts_.deltas->Add(id, time_, value));
  }
  batch_.samples.push_back({id, time_, value});
  point_of_.push_back(points_);
  return OkStatus();
}

StatusOr<SeriesId> OtlpSeries::SeriesOf(const Part& part) {
  std::array<uint64_t, 3> key = {point_key_.high, point_key_.low, 0};
  const auto bits = std::bit_cast<uint64_t>(part.bound);
  // Endings and labels differ in their first letters: _b, _c, _s, l, q.
  const uint64_t which = (part.suffix.empty() ? 0u : static_cast<uint8_t>(part.suffix[1])) |
                         (part.label.empty() ? 0u : static_cast<uint64_t>(part.label[0]) << 8);
  key[2] = bits;
  std::array<char, 32> bytes{};
  std::copy_n(reinterpret_cast<const char*>(key.data()), 24, bytes.begin());
  std::copy_n(reinterpret_cast<const char*>(&which), 8, bytes.begin() + 24);
  const SeriesCache::Key found_by = SeriesCache::KeyOf({bytes.data(), bytes.size()});
  {
    SeriesCache::Batch known(*parts_.cache);
    if (const auto id = known.Find(found_by)) return *id;
  }
  KZ_ASSIGN_OR_RETURN(const Labels labels, LabelsOf(part));
  KZ_ASSIGN_OR_RETURN(const SeriesId id, parts_.sink->InternSeries(labels));
  SeriesCache::Batch(*parts_.cache).Put(found_by, id);
  return id;
}

StatusOr<Labels> OtlpSeries::LabelsOf(const Part& part) const {
  std::vector<Label> attributes;
  if (!ReadOtlpAttributes(attributes_, &attributes)) {
    return InvalidArgument("an attribute is none or too large, or there are too many");
  }
  std::vector<Label> labels;
  AddAttributeLabels(std::move(attributes), &labels);
  // Of two labels with one name the later one stays: ours.
  labels.insert(labels.end(), scope_.begin(), scope_.end());
  labels.insert(labels.end(), resource_.begin(), resource_.end());
  labels.push_back({std::string(kMetricName), name_ + std::string(part.suffix)});
  if (!part.label.empty()) labels.push_back({std::string(part.label), BoundText(part.bound)});
  if (labels.size() > limits_.labels_max) {
    return InvalidArgument("a series has at most {} labels", limits_.labels_max);
  }
  for (const Label& label : labels) {
    if (label.value.size() > limits_.label_bytes_max) {
      return InvalidArgument("the value of label '{}' has {} bytes, expected at most {}",
                             label.name.substr(0, 60), label.value.size(), limits_.label_bytes_max);
    }
    if (!simdjson::validate_utf8(label.value.data(), label.value.size())) {
      return InvalidArgument("the value of label '{}' is not UTF-8", label.name.substr(0, 60));
    }
  }
  return Labels(std::move(labels));
}

// An exemplar that cannot be kept is no reason to refuse anything.
void OtlpSeries::AddExemplars(const OtlpPoint& point) {
  if (parts_.exemplars == nullptr) return;
  for (const OtlpExemplar& one : point.exemplars) {
    Part part;
    if (metric_.kind != Kind::kSum && metric_.kind != Kind::kGauge) {
      const auto bucket = std::find_if(buckets_.begin(), buckets_.end(),
                                       [&](const auto& bound) { return one.value <= bound.first; });
      part = {"_bucket", kLe, bucket == buckets_.end() ? kInfinity : bucket->first};
    }
    const StatusOr<SeriesId> series = SeriesOf(part);
    if (!series.ok()) continue;
    std::vector<Label> attributes;
    std::vector<Label> labels;
    if (ReadOtlpAttributes(one.attributes, &attributes)) {
      AddAttributeLabels(std::move(attributes), &labels);
    }
    size_t bytes = 0;
    for (const Label& label : labels) bytes += label.name.size() + label.value.size();
    // The trace goes before everything else when there is no room for both.
    if (bytes + 80 > kExemplarCharactersMax) labels.clear();
    if (one.trace_id.size() == 16) labels.push_back({"trace_id", Hex(one.trace_id)});
    if (one.span_id.size() == 8) labels.push_back({"span_id", Hex(one.span_id)});
    std::erase_if(labels, [](const Label& label) {
      return !simdjson::validate_utf8(label.value.data(), label.value.size());
    });
    const Time time =
        one.time_ns == 0 ? time_ : TimeFromMs(static_cast<int64_t>(one.time_ns / 1'000'000));
    parts_.exemplars->Add(*series, {Labels(std::move(labels)), one.value, time});
  }
}

void OtlpSeries::EndResource() {
  if (info_.empty() || latest_ == Time::min()) return;
  std::vector<Label> labels = info_;
  labels.insert(labels.end(), resource_.begin(), resource_.end());
  labels.push_back({std::string(kMetricName), "target_info"});
  const bool fits = labels.size() <= limits_.labels_max &&
                    std::all_of(labels.begin(), labels.end(), [&](const Label& label) {
                      return label.value.size() <= limits_.label_bytes_max &&
                             simdjson::validate_utf8(label.value.data(), label.value.size());
                    });
  if (!fits) return;
  const StatusOr<SeriesId> series = parts_.sink->InternSeries(Labels(std::move(labels)));
  if (!series.ok()) return;
  batch_.samples.push_back({*series, latest_, 1});
  point_of_.push_back(++points_);
}

}  // namespace kizashi
