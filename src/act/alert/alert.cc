#include "act/alert/alert.h"

#include <algorithm>
#include <utility>

#include "query/promql/go_text.h"

namespace kizashi::alerts {
namespace {

// Alertmanager since 0.27, as Prometheus since 3.0: any text. The POST's reader has seen to UTF-8.
bool IsLabelName(std::string_view name) { return !name.empty(); }

size_t BytesOf(const Labels& labels) {
  size_t bytes = 0;
  for (const auto& [name, value] : labels) bytes += name.size() + value.size();
  return bytes;
}

Status ValidateLabels(const Labels& labels, std::string_view what) {
  if (labels.size() > kAlertLabelsMax) {
    return InvalidArgument("invalid {}: {} pairs, the most are {}", what, labels.size(),
                           kAlertLabelsMax);
  }
  for (const auto& [name, value] : labels) {
    if (!IsLabelName(name)) return InvalidArgument("invalid {}: invalid name \"{}\"", what, name);
  }
  return OkStatus();
}

}  // namespace

uint64_t FingerprintOf(const Labels& labels) {
  uint64_t hash = 14695981039346656037ULL;
  const auto add = [&hash](unsigned char byte) { hash = (hash ^ byte) * 1099511628211ULL; };
  for (const auto& [name, value] : labels) {
    for (const char c : name) add(static_cast<unsigned char>(c));
    add(0xff);
    for (const char c : value) add(static_cast<unsigned char>(c));
    add(0xff);
  }
  return hash;
}

std::string LabelSetText(const Labels& labels) {
  std::string text = "{";
  for (const auto& [name, value] : labels) {
    if (text.size() > 1) text += ", ";
    text += name;
    text += '=';
    text += promql::QuoteGo(value);
  }
  return text + "}";
}

Status ValidateAlert(const Alert& alert) {
  if (alert.ends_at < alert.starts_at) {
    return InvalidArgument("start time must be before end time");
  }
  KZ_RETURN_IF_ERROR(ValidateLabels(alert.labels, "label set"));
  if (alert.labels.empty()) return InvalidArgument("at least one label pair required");
  KZ_RETURN_IF_ERROR(ValidateLabels(alert.annotations, "annotations"));
  const size_t bytes =
      BytesOf(alert.labels) + BytesOf(alert.annotations) + alert.generator_url.size();
  if (bytes > kAlertBytesMax) {
    return InvalidArgument("the alert {} has {} bytes, the most are {}",
                           alert.labels.Get("alertname"), bytes, kAlertBytesMax);
  }
  return OkStatus();
}

Alert MergeAlert(const Alert* old, Alert received, Time now) {
  received.received_at = received.updated_at;
  received.firings.clear();
  if (old != nullptr) received.firings = old->firings;
  if (!received.Resolved(now) && (old == nullptr || old->Resolved(now))) {
    received.firings.push_back(now);
    if (received.firings.size() > kFiringsKept) received.firings.erase(received.firings.begin());
  }
  if (old == nullptr) return received;
  const bool overlaps = (received.ends_at > old->starts_at && received.ends_at < old->ends_at) ||
                        (received.starts_at > old->starts_at && received.starts_at < old->ends_at);
  if (!old->Resolved(now)) received.received_at = old->received_at;
  if (!overlaps) return received;
  // The younger is the one that was updated last: always the received one, as one clock gives both.
  received.starts_at = std::min(received.starts_at, old->starts_at);
  if (received.Resolved(now)) {
    if (old->Resolved(now)) received.ends_at = std::max(received.ends_at, old->ends_at);
  } else if (old->ends_at > received.ends_at && !old->timeout) {
    received.ends_at = old->ends_at;
  }
  return received;
}

void WriteLabels(const Labels& labels, ByteWriter* out) {
  out->Varint(labels.size());
  for (const auto& [name, value] : labels) {
    out->String(name);
    out->String(value);
  }
}

bool ReadLabels(ByteReader* in, Labels* labels) {
  const uint64_t count = in->Varint();
  if (!in->ok() || count > in->remaining()) return false;
  std::vector<Label> read;
  for (uint64_t i = 0; i < count && in->ok(); ++i) {
    Label label;
    label.name = in->String();
    label.value = in->String();
    read.push_back(std::move(label));
  }
  if (!in->ok()) return false;
  *labels = Labels(std::move(read));
  return true;
}

void WriteAlert(const Alert& alert, ByteWriter* out) {
  WriteLabels(alert.labels, out);
  WriteLabels(alert.annotations, out);
  out->String(alert.generator_url);
  for (const Time time : {alert.starts_at, alert.ends_at, alert.updated_at, alert.received_at}) {
    out->SignedVarint(ToMs(time));
  }
  out->U8(alert.timeout ? 1 : 0);
  out->Varint(alert.firings.size());
  for (const Time time : alert.firings) out->SignedVarint(ToMs(time));
}

bool ReadAlert(ByteReader* in, Alert* alert) {
  if (!ReadLabels(in, &alert->labels) || !ReadLabels(in, &alert->annotations)) return false;
  alert->generator_url = in->String();
  for (Time* time : {&alert->starts_at, &alert->ends_at, &alert->updated_at, &alert->received_at}) {
    *time = TimeFromMs(in->SignedVarint());
  }
  alert->timeout = in->U8() != 0;
  const uint64_t firings = in->Varint();
  if (firings > kFiringsKept) return false;
  for (uint64_t i = 0; i < firings; ++i) {
    alert->firings.push_back(TimeFromMs(in->SignedVarint()));
  }
  alert->fingerprint = FingerprintOf(alert->labels);
  return in->ok();
}

}  // namespace kizashi::alerts
