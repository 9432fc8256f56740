#include "api/alertmanager_json.h"

#include <simdjson.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/hash.h"

namespace kizashi {
namespace {

namespace dom = simdjson::dom;

Status ReadText(const dom::element& of, std::string_view field, std::string* text) {
  std::string_view value;
  const auto error = of[field].get(value);
  if (error == simdjson::NO_SUCH_FIELD || of[field].is_null()) return OkStatus();
  if (error) return InvalidArgument("{}: expected a string", field);
  *text = value;
  return OkStatus();
}

Status ReadBool(const dom::element& of, std::string_view field, bool* flag) {
  const auto error = of[field].get(*flag);
  if (error == simdjson::SUCCESS || error == simdjson::NO_SUCH_FIELD || of[field].is_null()) {
    return OkStatus();
  }
  return InvalidArgument("{}: expected true or false", field);
}

// Go's zero time is a time that is not given.
Status ReadTime(const dom::element& of, std::string_view field, Time* time) {
  std::string text;
  KZ_RETURN_IF_ERROR(ReadText(of, field, &text));
  if (text.empty()) return OkStatus();
  const auto parsed = ParseTime(text);
  if (!parsed.ok()) return InvalidArgument("{}: {}", field, Message(parsed.status()));
  *time = *parsed <= alerts::kNever ? Time{} : *parsed;
  return OkStatus();
}

Status ReadMap(const dom::element& of, std::string_view field, Labels* labels) {
  dom::object object;
  const auto error = of[field].get(object);
  if (error == simdjson::NO_SUCH_FIELD || of[field].is_null()) return OkStatus();
  if (error) return InvalidArgument("{}: expected an object of strings", field);
  std::vector<Label> read;
  for (const auto& [name, value] : object) {
    std::string_view text;
    if (value.get(text)) return InvalidArgument("{}.{}: expected a string", field, name);
    read.push_back({std::string(name), std::string(text)});
  }
  *labels = Labels(std::move(read));
  return OkStatus();
}

StatusOr<alerts::Alert> ReadAlert(const dom::element& item) {
  alerts::Alert alert;
  if (!item.is_object()) return InvalidArgument("expected an object");
  KZ_RETURN_IF_ERROR(ReadMap(item, "labels", &alert.labels));
  KZ_RETURN_IF_ERROR(ReadMap(item, "annotations", &alert.annotations));
  KZ_RETURN_IF_ERROR(ReadTime(item, "startsAt", &alert.starts_at));
  KZ_RETURN_IF_ERROR(ReadTime(item, "endsAt", &alert.ends_at));
  KZ_RETURN_IF_ERROR(ReadText(item, "generatorURL", &alert.generator_url));
  return alert;
}

StatusOr<alerts::Matcher> ReadMatcher(const dom::element& item) {
  std::string name;
  std::string value;
  bool is_regex = false;
  bool is_equal = true;
  if (!item.is_object()) return InvalidArgument("expected an object");
  KZ_RETURN_IF_ERROR(ReadText(item, "name", &name));
  KZ_RETURN_IF_ERROR(ReadText(item, "value", &value));
  KZ_RETURN_IF_ERROR(ReadBool(item, "isRegex", &is_regex));
  KZ_RETURN_IF_ERROR(ReadBool(item, "isEqual", &is_equal));
  using Type = alerts::Matcher::Type;
  const Type type = is_regex ? (is_equal ? Type::kRegex : Type::kNotRegex)
                             : (is_equal ? Type::kEqual : Type::kNotEqual);
  return alerts::Matcher::Make(type, std::move(name), std::move(value));
}

}  // namespace

StatusOr<std::vector<alerts::Alert>> ReadPostedAlerts(const std::string& body) {
  dom::parser parser;
  dom::array items;
  if (const auto error = parser.parse(body).get(items)) {
    return InvalidArgument("parsing alerts body: expected an array of alerts: {}",
                           simdjson::error_message(error));
  }
  std::vector<alerts::Alert> read;
  for (const dom::element item : items) {
    auto alert = ReadAlert(item);
    if (!alert.ok()) {
      return InvalidArgument("parsing alerts body: [{}].{}", read.size(), Message(alert.status()));
    }
    read.push_back(*std::move(alert));
  }
  return read;
}

StatusOr<alerts::Silence> ReadPostedSilence(const std::string& body) {
  dom::parser parser;
  dom::element root;
  if (parser.parse(body).get(root) || !root.is_object()) {
    return InvalidArgument("parsing silence body: expected an object");
  }
  alerts::Silence silence;
  for (const std::string_view field : {"matchers", "startsAt", "endsAt", "createdBy", "comment"}) {
    if (root[field].error()) return InvalidArgument("{} in body is required", field);
  }
  KZ_RETURN_IF_ERROR(ReadText(root, "id", &silence.id));
  KZ_RETURN_IF_ERROR(ReadText(root, "createdBy", &silence.created_by));
  KZ_RETURN_IF_ERROR(ReadText(root, "comment", &silence.comment));
  KZ_RETURN_IF_ERROR(ReadTime(root, "startsAt", &silence.starts_at));
  KZ_RETURN_IF_ERROR(ReadTime(root, "endsAt", &silence.ends_at));
  dom::array matchers;
  if (root["matchers"].get(matchers)) return InvalidArgument("matchers: expected an array");
  if (matchers.size() > alerts::kMatchersMax) {
    return InvalidArgument("matchers: more than {}", alerts::kMatchersMax);
  }
  for (const dom::element item : matchers) {
    auto matcher = ReadMatcher(item);
    if (!matcher.ok()) {
      return InvalidArgument("matchers[{}]: {}", silence.matchers.size(),
                             Message(matcher.status()));
    }
    silence.matchers.push_back(*std::move(matcher));
  }
  return silence;
}

void WriteLabelsJson(const Labels& labels, JsonWriter* json) {
  json->BeginObject();
  for (const auto& [name, value] : labels) json->Key(name).String(value);
  json->EndObject();
}

std::string AlertMembers(const alerts::Alert& alert) {
  JsonWriter json;
  json.BeginObject();
  json.Key("annotations");
  WriteLabelsJson(alert.annotations, &json);
  json.Key("endsAt").String(FormatTime(alert.ends_at));
  json.Key("fingerprint").String(HexId(alert.fingerprint));
  json.Key("startsAt").String(FormatTime(alert.starts_at));
  json.Key("updatedAt").String(FormatTime(alert.updated_at));
  json.Key("generatorURL").String(alert.generator_url);
  json.Key("labels");
  WriteLabelsJson(alert.labels, &json);
  json.EndObject();
  const std::string text = json.Take();
  return text.substr(1, text.size() - 2);
}

void WriteListedAlert(const alerts::ListedAlert& listed, std::string_view members,
                      std::string* json) {
  const auto strings = [json](const std::vector<std::string>& texts) {
    *json += '[';
    for (const std::string& text : texts) {
      if (&text != &texts.front()) *json += ',';
      AppendJsonString(text, json);
    }
    *json += ']';
  };
  *json += '{';
  *json += members;
  *json += R"(,"receivers":[)";
  for (const std::string& name : listed.receivers) {
    *json += &name == &listed.receivers.front() ? R"({"name":)" : R"(,{"name":)";
    AppendJsonString(name, json);
    *json += '}';
  }
  *json += R"(],"status":{"inhibitedBy":)";
  strings(listed.inhibited_by);
  *json += R"(,"silencedBy":)";
  strings(listed.silenced_by);
  *json += listed.suppressed() ? R"(,"state":"suppressed"}})" : R"(,"state":"active"}})";
}

std::string AlertMembersCache::ListJson(
    const std::vector<alerts::ListedAlert>& all,
    const std::function<bool(const alerts::ListedAlert&)>& takes) {
  constexpr size_t kBytesEach = 800;  // about
  const std::lock_guard lock(mutex_);
  std::vector<Kept> kept;
  kept.reserve(all.size());
  std::string json = "[";
  json.reserve(all.size() * kBytesEach);
  auto old = kept_.begin();
  for (const alerts::ListedAlert& listed : all) {
    while (old != kept_.end() && old->alert->fingerprint < listed.alert->fingerprint) ++old;
    const bool has = old != kept_.end() && old->alert == listed.alert;
    const bool taken = takes(listed);
    if (has) {
      kept.push_back(std::move(*old++));
    } else if (taken) {
      kept.push_back({listed.alert, AlertMembers(*listed.alert)});
    }
    if (!taken) continue;
    if (json.size() > 1) json += ',';
    WriteListedAlert(listed, kept.back().members, &json);
  }
  kept_ = std::move(kept);
  json += ']';
  return json;
}

void WriteSilenceJson(const alerts::Silence& silence, Time now, JsonWriter* json) {
  json->BeginObject();
  json->Key("id").String(silence.id);
  json->Key("status").BeginObject().Key("state").String(
      alerts::SilenceStateName(alerts::StateOf(silence, now)));
  json->EndObject();
  json->Key("updatedAt").String(FormatTime(silence.updated_at));
  json->Key("comment").String(silence.comment);
  json->Key("createdBy").String(silence.created_by);
  json->Key("endsAt").String(FormatTime(silence.ends_at));
  json->Key("matchers").BeginArray();
  for (const alerts::Matcher& matcher : silence.matchers) {
    json->BeginObject();
    json->Key("isEqual").Bool(matcher.is_equal());
    json->Key("isRegex").Bool(matcher.is_regex());
    json->Key("name").String(matcher.name());
    json->Key("value").String(matcher.value());
    json->EndObject();
  }
  json->EndArray();
  json->Key("startsAt").String(FormatTime(silence.starts_at));
  json->EndObject();
}

void SortSilences(std::vector<alerts::Silence>* silences, Time now) {
  const auto key = [now](const alerts::Silence& silence) {
    const alerts::SilenceState state = alerts::StateOf(silence, now);
    const int64_t at = state == alerts::SilenceState::kActive    ? ToMs(silence.ends_at)
                       : state == alerts::SilenceState::kPending ? ToMs(silence.starts_at)
                                                                 : -ToMs(silence.ends_at);
    return std::pair(static_cast<int>(state), at);
  };
  std::stable_sort(
      silences->begin(), silences->end(),
      [&](const alerts::Silence& a, const alerts::Silence& b) { return key(a) < key(b); });
}

}  // namespace kizashi
