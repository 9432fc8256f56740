#include "wire/otlp_builder.h"

#include <fmt/core.h>

#include <algorithm>
#include <protozero/pbf_writer.hpp>

#include "base/json_writer.h"
#include "wire/log_fields.h"

namespace kizashi {
namespace {

constexpr size_t kLabelBytesMax = 4 << 10;

size_t BytesOf(const std::vector<Label>& labels) {
  size_t bytes = 0;
  for (const Label& label : labels) bytes += label.name.size() + label.value.size() + sizeof(Label);
  return bytes;
}

Time TimeOfNs(uint64_t ns) { return TimeFromMs(static_cast<int64_t>(ns / 1'000'000)); }

}  // namespace

void OtlpBuilder::BeginResource(std::vector<Label> attributes) {
  std::vector<Label> labels;
  common_.clear();
  for (Label& attribute : attributes) {
    const auto label = std::find_if(kOtlpLabels.begin(), kOtlpLabels.end(),
                                    [&](const auto& pair) { return pair.first == attribute.name; });
    if (label == kOtlpLabels.end() || attribute.value.size() > kLabelBytesMax) {
      common_.push_back(std::move(attribute));
    } else {
      labels.push_back({std::string(label->second), std::move(attribute.value)});
    }
  }
  labels_ = Labels(std::move(labels));
  if (labels_.empty()) labels_.Set("job", "otlp");
  resource_size_ = common_.size();
  common_bytes_ = BytesOf(common_);
  begun_ = false;
}

void OtlpBuilder::BeginScope(std::string name, std::string version) {
  common_.resize(resource_size_);
  if (!name.empty()) common_.push_back({"scope_name", std::move(name)});
  if (!version.empty()) common_.push_back({"scope_version", std::move(version)});
  common_bytes_ = BytesOf(common_);
}

void OtlpBuilder::Reject(std::string_view reason) {
  if (logs_.rejected++ == 0) logs_.reason = reason;
}

void OtlpBuilder::Add(OtlpRecord record) {
  if (record.wrong != nullptr) return Reject(record.wrong);
  if (++records_ > kOtlpRecordsMax) {
    return Reject(fmt::format("a request has at most {} log records", kOtlpRecordsMax));
  }
  if (common_.size() + record.attributes.size() > kOtlpAttributesMax) {
    return Reject(fmt::format("a log record has at most {} attributes, those of its resource too",
                              kOtlpAttributesMax));
  }
  const size_t bytes = record.body.size() + common_bytes_ + BytesOf(record.attributes);
  if (text_bytes_ + bytes > kOtlpTextBytesMax) {
    return Reject(
        fmt::format("the log records of a request, each with the attributes of its "
                    "resource, have at most {} bytes: send fewer at a time",
                    kOtlpTextBytesMax));
  }
  text_bytes_ += bytes;
  LogLine line;
  line.time = record.time_ns != 0       ? TimeOfNs(record.time_ns)
              : record.observed_ns != 0 ? TimeOfNs(record.observed_ns)
                                        : received_;
  line.text = std::move(record.body);
  while (!line.text.empty() && (line.text.back() == '\n' || line.text.back() == '\r')) {
    line.text.pop_back();
  }
  line.severity = SeverityOfOtel(record.severity_number);
  if (line.severity == LogSeverity::kNone) line.severity = SeverityOfValue(record.severity_text);
  line.trace_id = std::move(record.trace_id);
  line.span_id = std::move(record.span_id);
  std::vector<Label> metadata = common_;
  if (!record.event_name.empty()) {
    metadata.push_back({"event_name", std::move(record.event_name)});
  }
  for (Label& attribute : record.attributes) metadata.push_back(std::move(attribute));
  line.metadata = Labels(std::move(metadata));
  if (!begun_) logs_.streams.push_back({labels_, {}});
  begun_ = true;
  logs_.streams.back().lines.push_back(std::move(line));
}

std::string OtlpPartialResponse(std::string_view rejected_name, size_t rejected,
                                std::string_view reason, bool is_json) {
  if (is_json) {
    JsonWriter json;
    json.BeginObject();
    if (rejected > 0) {
      json.Key("partialSuccess").BeginObject();
      json.Key(rejected_name).String(std::to_string(rejected));
      json.Key("errorMessage").String(reason).EndObject();
    }
    json.EndObject();
    return json.Take();
  }
  std::string bytes;
  if (rejected > 0) {
    protozero::pbf_writer response(bytes);
    protozero::pbf_writer partial(response, 1);
    partial.add_int64(1, static_cast<int64_t>(rejected));
    partial.add_string(2, reason.data(), reason.size());
  }
  return bytes;
}

std::string OtlpLogsResponse(size_t rejected, std::string_view reason, bool is_json) {
  return OtlpPartialResponse("rejectedLogRecords", rejected, reason, is_json);
}

std::string RpcStatus(int code, std::string_view message, bool is_json) {
  if (is_json) {
    JsonWriter json;
    json.BeginObject().Key("code").Int(code).Key("message").String(message).EndObject();
    return json.Take();
  }
  std::string bytes;
  protozero::pbf_writer status(bytes);
  status.add_int32(1, code);
  status.add_string(2, message.data(), message.size());
  return bytes;
}

}  // namespace kizashi
