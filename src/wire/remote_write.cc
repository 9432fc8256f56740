#include "wire/remote_write.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <algorithm>
#include <array>

#include "wire/field_bytes.h"
#include "wire/metric_names.h"
#include "wire/protobuf_fields.h"

namespace kizashi {
namespace {

using pbf::Bytes;
using pbf::Fixed64;
using pbf::Varint;
using pbf::View;
using protozero::pbf_reader;

constexpr int64_t kMsMin = -62'135'596'800'000;  // the year 1
constexpr int64_t kMsMax = 253'402'300'799'999;  // the year 9999, protobuf's last
constexpr size_t kExemplarCharactersMax = 128;

Time TimeOf(int64_t ms) { return TimeFromMs(std::clamp(ms, kMsMin, kMsMax)); }

RemoteSample ReadSample(pbf_reader message) {
  RemoteSample sample;
  int64_t ms = 0;
  while (message.next()) {
    switch (message.tag_and_type()) {
      case Fixed64(1): sample.value = message.get_double(); break;
      case Varint(2): ms = message.get_int64(); break;
      default: message.skip();
    }
  }
  sample.time = TimeOf(ms);
  return sample;
}

size_t CharactersOf(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

StatusOr<std::vector<Label>> ReadLabels(std::string_view bytes, size_t labels_max) {
  std::vector<Label> labels;
  try {
    pbf_reader message(bytes.data(), bytes.size());
    while (message.next()) {
      if (message.tag_and_type() != Bytes(1)) {
        message.skip();
        continue;
      }
      if (labels.size() == labels_max) {
        return InvalidArgument("found more than {} labels", labels_max);
      }
      Label label;
      pbf_reader pair = message.get_message();
      while (pair.next()) {
        switch (pair.tag_and_type()) {
          case Bytes(1): label.name = View(pair.get_view()); break;
          case Bytes(2): label.value = View(pair.get_view()); break;
          default: pair.skip();
        }
      }
      labels.push_back(std::move(label));
    }
  } catch (const std::exception& error) {
    return InvalidArgument("found no labels ({})", error.what());
  }
  return labels;
}

Status CheckText(std::string_view name, std::string_view value) {
  if (!simdjson::validate_utf8(value.data(), value.size())) {
    return InvalidArgument("the value of label '{}' is not UTF-8", name);
  }
  return OkStatus();
}

Status CheckTwice(const Labels& labels, const std::vector<Label>& list) {
  if (labels.size() == list.size()) return OkStatus();
  std::vector<std::string_view> names;
  names.reserve(list.size());
  for (const Label& label : list) names.push_back(label.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) return InvalidArgument("label '{}' stands twice", *twice);
  return OkStatus();  // a value was empty: the label is absent
}

}  // namespace

struct RemoteWriteReader::Message {
  pbf_reader pbf;
};

RemoteWriteReader::RemoteWriteReader(std::string_view body)
    : request_(std::make_unique<Message>(Message{pbf_reader(body.data(), body.size())})) {}

RemoteWriteReader::~RemoteWriteReader() = default;

bool RemoteWriteReader::Next(RemoteSeries* series) {
  if (!status_.ok()) return false;
  try {
    while (request_->pbf.next()) {
      switch (request_->pbf.tag_and_type()) {
        case Bytes(1): ReadSeries({request_->pbf.get_message()}, series); return true;
        case Bytes(3): ReadMetadata({request_->pbf.get_message()}); break;
        default: request_->pbf.skip();
      }
    }
  } catch (const std::exception& error) {
    status_ = InvalidArgument("the body is no prometheus.WriteRequest ({})", error.what());
  }
  return false;
}

void RemoteWriteReader::ReadSeries(Message message, RemoteSeries* series) {
  pbf_reader& pbf = message.pbf;
  FieldBytes labels;
  series->samples.clear();
  series->exemplars.clear();
  series->histograms = 0;
  while (true) {
    const char* const begin = pbf.data().data();
    if (!pbf.next()) break;
    switch (pbf.tag_and_type()) {
      case Bytes(1):
        pbf.skip();
        labels.Add(begin, pbf.data().data());
        break;
      case Bytes(2): series->samples.push_back(ReadSample(pbf.get_message())); break;
      case Bytes(3): series->exemplars.push_back(ReadExemplar({pbf.get_message()})); break;
      case Bytes(4):
        ++series->histograms;
        pbf.skip();
        break;
      default: pbf.skip();
    }
  }
  series->labels = labels.Take(&kept_);
}

RemoteExemplar RemoteWriteReader::ReadExemplar(Message message) {
  pbf_reader& pbf = message.pbf;
  RemoteExemplar exemplar;
  FieldBytes labels;
  int64_t ms = 0;
  while (true) {
    const char* const begin = pbf.data().data();
    if (!pbf.next()) break;
    switch (pbf.tag_and_type()) {
      case Bytes(1):
        pbf.skip();
        labels.Add(begin, pbf.data().data());
        break;
      case Fixed64(2): exemplar.value = pbf.get_double(); break;
      case Varint(3): ms = pbf.get_int64(); break;
      default: pbf.skip();
    }
  }
  exemplar.time = TimeOf(ms);
  exemplar.labels = labels.Take(&kept_);
  return exemplar;
}

void RemoteWriteReader::ReadMetadata(Message message) {
  // MetricMetadata.MetricType, in its order.
  static constexpr std::array<std::string_view, 8> kTypes = {
      "unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset"};
  pbf_reader& pbf = message.pbf;
  RemoteMetadata one;
  one.type = kTypes[0];
  while (pbf.next()) {
    switch (pbf.tag_and_type()) {
      case Varint(1): {
        const auto type = static_cast<size_t>(pbf.get_uint64());
        if (type < kTypes.size()) one.type = kTypes[type];
        break;
      }
      case Bytes(2): one.name = View(pbf.get_view()); break;
      case Bytes(4): one.help = View(pbf.get_view()); break;
      case Bytes(5): one.unit = View(pbf.get_view()); break;
      default: pbf.skip();
    }
  }
  if (metadata_.size() < kRemoteMetadataMax) metadata_.push_back(one);
}

StatusOr<Labels> ParseRemoteLabels(std::string_view bytes, const RemoteLimits& limits) {
  KZ_ASSIGN_OR_RETURN(std::vector<Label> list, ReadLabels(bytes, limits.labels_max));
  for (const Label& label : list) {
    if (!IsLabelName(label.name)) {
      return InvalidArgument("found '{}', expected a label name", label.name.substr(0, 60));
    }
    if (label.name.size() > limits.label_name_bytes_max) {
      return InvalidArgument("a label name has {} bytes, expected at most {}", label.name.size(),
                             limits.label_name_bytes_max);
    }
    if (label.value.size() > limits.label_value_bytes_max) {
      return InvalidArgument("the value of label '{}' has {} bytes, expected at most {}",
                             label.name, label.value.size(), limits.label_value_bytes_max);
    }
    KZ_RETURN_IF_ERROR(CheckText(label.name, label.value));
  }
  Labels labels(list);
  KZ_RETURN_IF_ERROR(CheckTwice(labels, list));
  const std::string_view name = labels.Get(kMetricName);
  if (name.empty()) return InvalidArgument("the label __name__ is missing");
  if (!IsMetricName(name)) {
    return InvalidArgument("found '{}', expected a metric name", name.substr(0, 60));
  }
  return labels;
}

StatusOr<Labels> ParseExemplarLabels(std::string_view bytes) {
  KZ_ASSIGN_OR_RETURN(std::vector<Label> list, ReadLabels(bytes, kExemplarCharactersMax));
  size_t characters = 0;
  for (const Label& label : list) {
    if (!IsLabelName(label.name)) {
      return InvalidArgument("found '{}', expected a label name", label.name.substr(0, 60));
    }
    KZ_RETURN_IF_ERROR(CheckText(label.name, label.value));
    characters += CharactersOf(label.name) + CharactersOf(label.value);
  }
  if (characters > kExemplarCharactersMax) {
    return InvalidArgument("the exemplar's labels have {} characters, expected at most {}",
                           characters, kExemplarCharactersMax);
  }
  return Labels(std::move(list));
}

}  // namespace kizashi
