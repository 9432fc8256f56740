#include "wire/forward_record.h"

#include <array>
#include <cmath>
#include <utility>

#include "wire/cut_text.h"
#include "wire/msgpack_json.h"

namespace kizashi {
namespace {

using std::string_view;
using Type = MsgpackValue::Type;

constexpr std::array<string_view, 3> kTextMembers = {"log", "message", "msg"};
// In order of preference; the places of what was found stand beside each other.
enum ServiceFrom : size_t {
  kService,
  kServiceName,
  kKubernetesName,
  kKubernetesApp,
  kContainerName,
  kKubernetesContainer,
  kServiceFromCount
};

MsgpackValue HeadOf(string_view raw) {
  MsgpackValue value;
  MsgpackReader(raw).Next(&value);
  return value;
}

string_view TextOf(string_view raw) {
  const MsgpackValue value = HeadOf(raw);
  return value.is_text() ? value.bytes : string_view();
}

// Calls visit(name, raw value) for each member whose name is a string; false when `raw` is no map.
template <typename Visit>
bool ForEachMember(string_view raw, Visit visit) {
  MsgpackReader reader(raw);
  MsgpackValue map;
  if (!reader.Next(&map) || map.type != Type::kMap) return false;
  for (uint64_t i = 0; i < map.members; ++i) {
    string_view key;
    string_view value;
    if (!reader.SkipTo(&key) || !reader.SkipTo(&value)) return false;
    visit(key, value);
  }
  return true;
}

class Record {
 public:
  explicit Record(string_view raw) : raw_(raw) {}

  StatusOr<ForwardEvent> Read(string_view tag) {
    text_.fill({});
    const bool is_map = ForEachMember(
        raw_, [this](string_view key, string_view value) { See(TextOf(key), value); });
    KZ_RETURN_IF_ERROR(SetText(is_map));
    if (is_map && has_text_) {
      ForEachMember(raw_, [this](string_view key, string_view value) { Keep(key, value); });
      if (!status_.ok()) return status_;
      if (dropped_ > 0) metadata_.push_back({"metadata_dropped", std::to_string(dropped_)});
      event_.line.metadata = Labels(std::move(metadata_));
    }
    event_.service = tag;
    for (const string_view service : services_) {
      if (service.empty()) continue;
      event_.service = service;
      break;
    }
    event_.service.resize(CutText(event_.service, kForwardNameBytesMax).size());
    return std::move(event_);
  }

 private:
  void See(string_view name, string_view value) {
    for (size_t i = 0; i < kTextMembers.size(); ++i) {
      if (name != kTextMembers[i] || !HeadOf(value).is_text()) continue;
      text_[i] = value;
    }
    if (name == "service") services_[kService] = TextOf(value);
    if (name == "service_name") services_[kServiceName] = TextOf(value);
    if (name == "container_name") {
      // Docker's begins with a slash.
      string_view container = TextOf(value);
      if (container.starts_with('/')) container.remove_prefix(1);
      services_[kContainerName] = container;
    }
    if (name == "kubernetes") SeeKubernetes(value);
  }

  void SeeKubernetes(string_view raw) {
    ForEachMember(raw, [this](string_view key, string_view value) {
      const string_view name = TextOf(key);
      if (name == "container_name") services_[kKubernetesContainer] = TextOf(value);
      if (name != "labels") return;
      ForEachMember(value, [this](string_view label, string_view text) {
        if (TextOf(label) == "app.kubernetes.io/name") services_[kKubernetesName] = TextOf(text);
        if (TextOf(label) == "app") services_[kKubernetesApp] = TextOf(text);
      });
    });
  }

  Status SetText(bool is_map) {
    string_view text;
    std::string json;
    for (const string_view value : text_) {
      if (value.empty()) continue;
      has_text_ = true;
      text_used_ = value.data();
      text = HeadOf(value).bytes;
      break;
    }
    if (!is_map || !has_text_) {
      KZ_ASSIGN_OR_RETURN(json, MsgpackToJson(raw_, kForwardTextBytesMax));
      text = json;
    }
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    const string_view kept = CutText(text, kForwardTextBytesMax);
    event_.line.text = kept;
    event_.line.cut = kept.size() < text.size();
    return OkStatus();
  }

  // A member that is not the text, as metadata.
  void Keep(string_view key, string_view value) {
    if (!status_.ok() || value.data() == text_used_) return;
    if (metadata_.size() >= kForwardMembersMax) {
      ++dropped_;
      return;
    }
    StatusOr<std::string> name = Shown(key, kForwardNameBytesMax);
    StatusOr<std::string> text = Shown(value, kForwardMemberBytesMax);
    if (!name.ok()) status_ = name.status();
    if (!text.ok()) status_ = text.status();
    if (status_.ok()) metadata_.push_back({*std::move(name), *std::move(text)});
  }

  // Strings as they are, others as JSON.
  static StatusOr<std::string> Shown(string_view raw, size_t bytes_max) {
    const MsgpackValue value = HeadOf(raw);
    if (value.is_text()) return std::string(CutText(value.bytes, bytes_max));
    KZ_ASSIGN_OR_RETURN(std::string text, MsgpackToJson(raw, bytes_max));
    text.resize(CutText(text, bytes_max).size());
    return text;
  }

  const string_view raw_;
  ForwardEvent event_;
  std::array<string_view, kTextMembers.size()> text_{};  // whole values
  std::array<string_view, kServiceFromCount> services_{};
  const char* text_used_ = nullptr;
  bool has_text_ = false;
  std::vector<Label> metadata_;
  size_t dropped_ = 0;
  Status status_;
};

}  // namespace

StatusOr<ForwardEvent> ReadForwardRecord(std::string_view raw, std::string_view tag) {
  return Record(raw).Read(tag);
}

Time ReadForwardTime(std::string_view raw, Time received) {
  // The years up to 9999, which can be printed.
  constexpr uint64_t kSecondsMax = 253'402'300'799;
  const MsgpackValue value = HeadOf(raw);
  Time time{};
  if (ReadEventTime(value, &time)) return time;
  if (value.type == Type::kUint && value.natural <= kSecondsMax) {
    return TimeFromMs(static_cast<int64_t>(value.natural) * 1000);
  }
  if (value.type == Type::kDouble && value.real >= 0 &&
      value.real <= static_cast<double>(kSecondsMax)) {
    return TimeFromMs(std::llround(value.real * 1000));
  }
  return received;
}

size_t ForwardEventBytes(const ForwardEvent& event) {
  size_t bytes = sizeof(event) + event.line.text.size() + event.service.size();
  for (const Label& label : event.line.metadata) {
    bytes += sizeof(label) + label.name.size() + label.value.size();
  }
  return bytes;
}

}  // namespace kizashi
