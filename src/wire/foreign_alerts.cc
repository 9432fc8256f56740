#include "wire/foreign_alerts.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/hash.h"
#include "wire/cut_text.h"
#include "wire/log_time.h"

namespace kizashi {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kDepthMax = 32;
constexpr size_t kErrorsMax = 100;
constexpr size_t kShownBytesMax = 60;  // of what is wrong
constexpr std::array<std::string_view, 5> kSources = {"alertmanager", "datadog", "sentry",
                                                      "cloudwatch", "generic"};

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// A member of an object; nothing when it is absent, null or `element` is no object.
std::optional<dom::element> Member(dom::element element, std::string_view name) {
  dom::element found;
  if (element[name].get(found) != simdjson::SUCCESS || found.is_null()) return std::nullopt;
  return found;
}

// A string, a number or a truth value as text; empty for all else.
std::string TextOf(dom::element element) {
  switch (element.type()) {
    case dom::element_type::STRING: return std::string(std::string_view(element));
    case dom::element_type::INT64: return fmt::format("{}", int64_t(element));
    case dom::element_type::UINT64: return fmt::format("{}", uint64_t(element));
    case dom::element_type::DOUBLE: return fmt::format("{}", double(element));
    case dom::element_type::BOOL: return bool(element) ? "true" : "false";
    default: return {};
  }
}

// The text at the end of `path`; empty when there is none.
std::string TextAt(dom::element element, std::initializer_list<std::string_view> path) {
  for (const std::string_view name : path) {
    const auto member = Member(element, name);
    if (!member) return {};
    element = *member;
  }
  return TextOf(element);
}

std::string FirstOf(std::initializer_list<std::string> texts) {
  for (const std::string& text : texts) {
    if (!text.empty()) return text;
  }
  return {};
}

std::string WebAddress(std::string url) {
  const bool web = url.starts_with("http://") || url.starts_with("https://");
  return web && url.size() <= kForeignTextBytesMax ? std::move(url) : std::string();
}

// Label names as everywhere: what is no letter, digit, '_', '.' or '-' becomes '_'.
std::string LabelName(std::string_view name) {
  std::string out(CutText(name, kForeignNameBytesMax));
  for (char& c : out) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || static_cast<unsigned char>(c) >= 0x80;
    if (!plain) c = '_';
  }
  return out;
}

class LabelList {
 public:
  void Add(std::string_view name, std::string_view value) {
    if (name.empty() || value.empty() || list_.size() >= kForeignLabelsMax) return;
    list_.push_back({LabelName(name), std::string(CutText(value, kForeignNameBytesMax))});
  }
  void AddObject(dom::element element) {
    dom::object object;
    if (element.get_object().get(object) != simdjson::SUCCESS) return;
    for (const auto [name, value] : object) Add(name, TextOf(value));
  }
  // "key:value" and bare words, which say nothing about whose it is.
  void AddTag(std::string_view tag) {
    const size_t colon = tag.find(':');
    if (colon == std::string_view::npos) return;
    Add(Trim(tag.substr(0, colon)), Trim(tag.substr(colon + 1)));
  }
  Labels Take() { return Labels(std::move(list_)); }

 private:
  std::vector<Label> list_;
};

class Reader {
 public:
  Reader(AlertSource source, std::string_view resource, Time received)
      : source_(source), resource_(resource), received_(received) {}

  ForeignAlerts ReadMapped(const AlertMapping& mapping, std::string_view body) {
    dom::parser parser(kForeignBodyBytesMax);
    dom::element root;
    if (!Parse(body, "", &parser, &root)) return std::move(read_);
    dom::element found;
    if (root.at_pointer(mapping.list).get(found) != simdjson::SUCCESS) {
      Fail(mapping.list, "expected an alert, or a list of them");
      return std::move(read_);
    }
    dom::array list;
    if (found.get_array().get(list) != simdjson::SUCCESS) {
      ReadMappedOne(mapping, found, mapping.list);
      return std::move(read_);
    }
    size_t index = 0;
    for (const dom::element element : list) {
      const std::string at = fmt::format("{}/{}", mapping.list, index++);
      if (index > kForeignAlertsMax) {
        Fail(at, fmt::format("expected at most {} alerts", kForeignAlertsMax));
        break;
      }
      ReadMappedOne(mapping, element, at);
    }
    read_.nothing = index == 0;
    return std::move(read_);
  }

  ForeignAlerts Read(std::string_view body) {
    dom::parser parser(kForeignBodyBytesMax);
    dom::element root;
    if (!Parse(body, "", &parser, &root)) return std::move(read_);
    switch (source_) {
      case AlertSource::kAlertmanager: ReadAlertmanager(root); break;
      case AlertSource::kDatadog: ReadDatadog(root); break;
      case AlertSource::kSentry: ReadSentry(root); break;
      case AlertSource::kCloudWatch: ReadSns(root); break;
      case AlertSource::kGeneric: ReadGeneric(root); break;
    }
    return std::move(read_);
  }

 private:
  bool Parse(std::string_view text, std::string item, dom::parser* parser, dom::element* root) {
    if (text.size() > kForeignBodyBytesMax) {
      Fail(std::move(item),
           fmt::format("found {} bytes, expected at most {}", text.size(), kForeignBodyBytesMax));
      return false;
    }
    simdjson::error_code error = parser->allocate(std::max<size_t>(text.size(), 64), kDepthMax);
    if (error == simdjson::SUCCESS) error = parser->parse(text.data(), text.size()).get(*root);
    if (error == simdjson::SUCCESS && root->is_object()) return true;
    if (error == simdjson::SUCCESS && root->is_array() && source_ == AlertSource::kGeneric) {
      return true;
    }
    Fail(std::move(item), error == simdjson::SUCCESS
                              ? std::string("expected a JSON object")
                              : fmt::format("found no JSON ({}), expected an object",
                                            simdjson::error_message(error)));
    return false;
  }

  // {"version": "4", "alerts": [{"status", "labels", "annotations", "startsAt", "endsAt",
  //  "generatorURL", "fingerprint"}, ...]}
  void ReadAlertmanager(dom::element root) {
    ReadList(root, "alerts", [this](dom::element element, const std::string& item) {
      ForeignAlert alert;
      const std::string status = TextAt(element, {"status"});
      if (status != "firing" && status != "resolved") {
        return Fail(item + ".status", "expected firing or resolved");
      }
      LabelList labels;
      if (const auto found = Member(element, "labels")) labels.AddObject(*found);
      alert.labels = labels.Take();
      alert.resolved = status == "resolved";
      alert.name = alert.labels.Get("alertname");
      alert.severity = alert.labels.Get("severity");
      alert.id =
          FirstOf({TextAt(element, {"fingerprint"}), fmt::format("{:016x}", alert.labels.Hash())});
      alert.text = FirstOf({TextAt(element, {"annotations", "summary"}),
                            TextAt(element, {"annotations", "description"}),
                            TextAt(element, {"annotations", "message"})});
      alert.url = TextAt(element, {"generatorURL"});
      alert.time = TimeIn(TextAt(element, {alert.resolved ? "endsAt" : "startsAt"}));
      if (alert.labels.empty()) return Fail(item + ".labels", "expected an object of labels");
      Keep(std::move(alert), item + ".labels.alertname");
    });
  }

  // What the payload says is the user's to choose. The default one has id, title, event_type, date
  // and body; ours has alert_id, cycle, transition, priority, tags and link as well.
  void ReadDatadog(dom::element root) {
    ForeignAlert alert;
    const std::string title = TextAt(root, {"title"});
    std::string transition = TextAt(root, {"transition"});
    alert.name = title;
    if (!title.empty() && title.front() == '[') {  // "[Triggered on {host:web-1}] CPU is high"
      const size_t end = title.find("] ");
      if (end != std::string::npos) {
        if (transition.empty()) transition = title.substr(1, end - 1);
        alert.name = title.substr(end + 2);
      }
    }
    if (transition.empty()) {
      return Fail("transition",
                  "expected Triggered, Warn, Recovered or No Data, here or in "
                  "brackets in front of the title");
    }
    alert.resolved = Lower(transition).starts_with("recovered");
    // An event of the stream that is no monitor's has an id of its own.
    alert.id = FirstOf({TextAt(root, {"cycle"}), TextAt(root, {"alert_id"}), alert.name});
    alert.severity = DatadogSeverity(Lower(TextAt(root, {"priority"})), Lower(transition));
    alert.text = FirstOf({TextAt(root, {"text"}), TextAt(root, {"body"})});
    alert.url = TextAt(root, {"link"});
    alert.time = TimeIn(FirstOf({TextAt(root, {"date"}), TextAt(root, {"last_updated"})}));
    LabelList labels;
    const std::string tags = TextAt(root, {"tags"});
    for (size_t begin = 0; begin < tags.size();) {
      const size_t end = std::min(tags.find(',', begin), tags.size());
      labels.AddTag(std::string_view(tags).substr(begin, end - begin));
      begin = end + 1;
    }
    labels.Add("host", TextAt(root, {"host"}));
    alert.labels = labels.Take();
    Keep(std::move(alert), "title");
  }

  // A monitor without a priority: its state says how grave it is.
  static std::string DatadogSeverity(const std::string& priority, const std::string& transition) {
    const bool warns = transition.find("warn") != std::string::npos;
    if (warns && (priority.empty() || IsUrgent(priority))) return "warning";
    if (!priority.empty()) return priority;
    return transition.find("triggered") != std::string::npos ? "alert" : "";
  }

  void ReadSentry(dom::element root) {
    const auto data = Member(root, "data");
    const std::string action = TextAt(root, {"action"});
    if (!data || action.empty()) return Fail("data", "expected action and data, as Sentry sends");
    if (const auto event = Member(*data, "event")) return ReadSentryEvent(*data, *event);
    if (const auto issue = Member(*data, "issue")) return ReadSentryIssue(action, *issue);
    if (const auto alert = Member(*data, "metric_alert")) {
      return ReadSentryMetric(action, *data, *alert);
    }
    if (resource_ == "installation" || resource_ == "comment" || resource_ == "error") {
      read_.nothing = true;
      return;
    }
    Fail("data", "expected event, issue or metric_alert");
  }

  void ReadSentryEvent(dom::element data, dom::element event) {
    ForeignAlert alert;
    alert.id = FirstOf({TextAt(event, {"issue_id"}), TextAt(event, {"event_id"})});
    alert.name = FirstOf({TextAt(event, {"title"}), TextAt(event, {"message"})});
    alert.text = FirstOf({TextAt(event, {"culprit"}), TextAt(data, {"triggered_rule"})});
    alert.severity = TextAt(event, {"level"});
    alert.url = FirstOf({TextAt(event, {"web_url"}), TextAt(event, {"issue_url"})});
    alert.time = TimeIn(FirstOf({TextAt(event, {"datetime"}), TextAt(event, {"timestamp"})}));
    LabelList labels;
    labels.Add("service", SentryProject(TextAt(event, {"url"})));
    labels.Add("version", TextAt(event, {"release"}));
    dom::array tags;
    const auto list = Member(event, "tags");
    if (list && list->get_array().get(tags) == simdjson::SUCCESS) {
      for (const dom::element tag : tags) {
        dom::array pair;
        if (tag.get_array().get(pair) != simdjson::SUCCESS || pair.size() != 2) continue;
        labels.Add(TextOf(pair.at(0).value_unsafe()), TextOf(pair.at(1).value_unsafe()));
      }
    }
    alert.labels = labels.Take();
    Keep(std::move(alert), "data.event.title");
  }

  void ReadSentryIssue(const std::string& action, dom::element issue) {
    ForeignAlert alert;
    alert.resolved = action == "resolved" || action == "archived" || action == "ignored";
    if (!alert.resolved && action != "created" && action != "unresolved") {
      read_.nothing = true;  // assigned: nobody is hurt by that
      return;
    }
    alert.id = TextAt(issue, {"id"});
    alert.name = TextAt(issue, {"title"});
    alert.text = TextAt(issue, {"culprit"});
    alert.severity = TextAt(issue, {"level"});
    alert.url = FirstOf({TextAt(issue, {"web_url"}), TextAt(issue, {"permalink"})});
    alert.time = TimeIn(TextAt(issue, {alert.resolved ? "lastSeen" : "firstSeen"}));
    LabelList labels;
    labels.Add("service", TextAt(issue, {"project", "slug"}));
    alert.labels = labels.Take();
    Keep(std::move(alert), "data.issue.title",
         [](const ForeignAlert& kept) { return kept.severity == "fatal"; });
  }

  void ReadSentryMetric(const std::string& action, dom::element data, dom::element metric) {
    ForeignAlert alert;
    alert.resolved = action == "resolved";
    alert.id = FirstOf({TextAt(metric, {"identifier"}), TextAt(metric, {"id"})});
    alert.name = FirstOf({TextAt(metric, {"alert_rule", "name"}), TextAt(metric, {"title"})});
    alert.text = FirstOf({TextAt(data, {"description_text"}), TextAt(data, {"description_title"})});
    alert.severity = alert.resolved ? "" : action;
    alert.url = TextAt(data, {"web_url"});
    alert.time = TimeIn(TextAt(metric, {alert.resolved ? "date_closed" : "date_started"}));
    LabelList labels;
    dom::array projects;
    const auto list = Member(metric, "projects");
    if (list && list->get_array().get(projects) == simdjson::SUCCESS && projects.size() == 1) {
      labels.Add("service", TextOf(projects.at(0).value_unsafe()));
    }
    alert.labels = labels.Take();
    Keep(std::move(alert), "data.metric_alert.title");
  }

  // ".../projects/ORGANISATION/PROJECT/events/ID/"
  static std::string SentryProject(std::string_view url) {
    constexpr std::string_view kProjects = "/projects/";
    const size_t begin = url.find(kProjects);
    if (begin == std::string_view::npos) return {};
    const size_t slash = url.find('/', begin + kProjects.size());
    if (slash == std::string_view::npos) return {};
    return std::string(url.substr(slash + 1, url.find('/', slash + 1) - slash - 1));
  }

  // An envelope whose Message is the alarm's JSON as text.
  void ReadSns(dom::element root) {
    const std::string type = TextAt(root, {"Type"});
    if (type == "SubscriptionConfirmation" || type == "UnsubscribeConfirmation") {
      if (type[0] == 'S') read_.confirm_url = WebAddress(TextAt(root, {"SubscribeURL"}));
      read_.nothing = true;
      return;
    }
    if (type.empty() && Member(root, "AlarmName")) return ReadAlarm(root, "");  // raw delivery
    if (type != "Notification") return Fail("Type", "expected Notification, as SNS sends");
    const std::string message = TextAt(root, {"Message"});
    dom::parser parser(kForeignBodyBytesMax);
    dom::element alarm;
    if (Parse(message, "Message", &parser, &alarm)) ReadAlarm(alarm, "Message.");
  }

  void ReadAlarm(dom::element alarm, const std::string& item) {
    ForeignAlert alert;
    const std::string state = TextAt(alarm, {"NewStateValue"});
    if (state == "INSUFFICIENT_DATA") {
      read_.nothing = true;
      return;
    }
    if (state != "ALARM" && state != "OK") {
      return Fail(item + "NewStateValue", "expected ALARM, OK or INSUFFICIENT_DATA");
    }
    alert.resolved = state == "OK";
    alert.severity = alert.resolved ? "" : "alarm";
    alert.name = TextAt(alarm, {"AlarmName"});
    alert.id = FirstOf({TextAt(alarm, {"AlarmArn"}), alert.name});
    alert.text = FirstOf({TextAt(alarm, {"NewStateReason"}), TextAt(alarm, {"AlarmDescription"})});
    alert.time = TimeIn(TextAt(alarm, {"StateChangeTime"}));
    LabelList labels;
    labels.Add("region", TextAt(alarm, {"Region"}));
    labels.Add("account", TextAt(alarm, {"AWSAccountId"}));
    labels.Add("namespace", TextAt(alarm, {"Trigger", "Namespace"}));
    labels.Add("metric", TextAt(alarm, {"Trigger", "MetricName"}));
    if (const auto trigger = Member(alarm, "Trigger")) {
      dom::array dimensions;
      const auto list = Member(*trigger, "Dimensions");
      if (list && list->get_array().get(dimensions) == simdjson::SUCCESS) {
        for (const dom::element pair : dimensions) {
          const std::string name = FirstOf({TextAt(pair, {"name"}), TextAt(pair, {"Name"})});
          const std::string value = FirstOf({TextAt(pair, {"value"}), TextAt(pair, {"Value"})});
          // ECS and others name the service so.
          labels.Add(name == "ServiceName" ? "service" : name, value);
        }
      }
    }
    alert.labels = labels.Take();
    Keep(std::move(alert), item + "AlarmName");
  }

  // One object or a list of them: id, name, text, url, severity, status, time, labels.
  void ReadGeneric(dom::element root) {
    const auto read = [this](dom::element element, const std::string& item) {
      ForeignAlert alert;
      const std::string status = Lower(TextAt(element, {"status"}));
      if (!status.empty() && status != "firing" && status != "resolved") {
        return Fail(item + ".status", "expected firing or resolved");
      }
      alert.resolved = status == "resolved";
      alert.name = TextAt(element, {"name"});
      alert.text = TextAt(element, {"text"});
      alert.url = TextAt(element, {"url"});
      alert.severity = TextAt(element, {"severity"});
      alert.time = TimeIn(TextAt(element, {"time"}));
      LabelList labels;
      if (const auto found = Member(element, "labels")) labels.AddObject(*found);
      labels.Add("service", TextAt(element, {"service"}));
      alert.labels = labels.Take();
      alert.id = FirstOf({TextAt(element, {"id"}),
                          fmt::format("{:016x}", Hash64(alert.name + alert.labels.ToString()))});
      Keep(std::move(alert), item.empty() ? "name" : item + ".name");
    };
    dom::array list;
    if (root.get_array().get(list) != simdjson::SUCCESS) return read(root, "");
    ReadAll(list, "", read);
  }

  // What a pointer finds as text; empty when there is nothing.
  static std::string TextOfPointer(dom::element element, const std::string& pointer) {
    dom::element found;
    if (pointer.empty() || element.at_pointer(pointer).get(found) != simdjson::SUCCESS) return {};
    return TextOf(found);
  }

  void ReadMappedOne(const AlertMapping& mapping, dom::element element, const std::string& at) {
    if (!element.is_object()) return Fail(at, "expected an object");
    ForeignAlert alert;
    if (!mapping.status.empty()) {
      const std::string status = Lower(TextOfPointer(element, mapping.status));
      const auto is_one_of = [&status](const std::vector<std::string>& names) {
        return std::find(names.begin(), names.end(), status) != names.end();
      };
      alert.resolved = is_one_of(mapping.resolved);
      const bool fires = mapping.firing.empty() ? !status.empty() : is_one_of(mapping.firing);
      if (!alert.resolved && !fires) {
        return Fail(at + mapping.status,
                    fmt::format("found '{}', expected one that the mapping names",
                                CutText(status, kShownBytesMax)));
      }
    }
    alert.name = TextOfPointer(element, mapping.name);
    alert.text = TextOfPointer(element, mapping.text);
    alert.url = TextOfPointer(element, mapping.url);
    alert.severity = TextOfPointer(element, mapping.severity);
    alert.time = TimeIn(TextOfPointer(element, mapping.time));
    LabelList labels;
    for (const auto& [name, pointer] : mapping.label) {
      labels.Add(name, TextOfPointer(element, pointer));
    }
    dom::element object;
    if (!mapping.labels.empty() &&
        element.at_pointer(mapping.labels).get(object) == simdjson::SUCCESS) {
      labels.AddObject(object);
    }
    alert.labels = labels.Take();
    alert.id = FirstOf({TextOfPointer(element, mapping.id),
                        fmt::format("{:016x}", Hash64(alert.name + alert.labels.ToString()))});
    Keep(std::move(alert), at + mapping.name);
  }

  template <typename Read>
  void ReadList(dom::element root, std::string_view name, const Read& read) {
    dom::array list;
    const auto found = Member(root, name);
    if (!found || found->get_array().get(list) != simdjson::SUCCESS) {
      return Fail(std::string(name), "expected a list of alerts");
    }
    ReadAll(list, name, read);
  }

  template <typename Read>
  void ReadAll(dom::array list, std::string_view name, const Read& read) {
    size_t index = 0;
    for (const dom::element element : list) {
      const std::string item = fmt::format("{}[{}]", name, index++);
      if (index > kForeignAlertsMax) {
        return Fail(item, fmt::format("expected at most {} alerts", kForeignAlertsMax));
      }
      if (!element.is_object()) {
        Fail(item, "expected an object");
        continue;
      }
      read(element, item);
    }
    read_.nothing = index == 0;
  }

  // Never later than the receipt; that of receipt when it is unsaid or none.
  Time TimeIn(std::string_view text) const {
    if (text.empty()) return received_;
    const auto time = ReadWholeTime(text, {received_, Duration(0)});
    return time && *time <= received_ && *time > Time() ? *time : received_;
  }

  static bool IsUrgentBySeverity(const ForeignAlert& alert) { return IsUrgent(alert.severity); }

  void Keep(ForeignAlert alert, const std::string& name_item,
            bool (*is_urgent)(const ForeignAlert&) = IsUrgentBySeverity) {
    if (alert.name.empty()) return Fail(name_item, "expected a name");
    alert.name = CutText(alert.name, kForeignNameBytesMax);
    alert.text = CutText(alert.text, kForeignTextBytesMax);
    alert.severity = Lower(CutText(alert.severity, kForeignNameBytesMax));
    // Two that begin alike for so long are told apart by their hash.
    if (alert.id.size() > kForeignNameBytesMax) alert.id = fmt::format("{:016x}", Hash64(alert.id));
    if (alert.id.empty()) alert.id = fmt::format("{:016x}", Hash64(alert.name));
    alert.url = WebAddress(std::move(alert.url));
    alert.urgent = !alert.resolved && is_urgent(alert);
    read_.alerts.push_back(std::move(alert));
  }

  void Fail(std::string item, std::string reason) {
    if (read_.error_count++ < kErrorsMax) {
      read_.errors.push_back({std::move(item), std::move(reason)});
    }
  }

  const AlertSource source_;
  const std::string_view resource_;
  const Time received_;
  ForeignAlerts read_;
};

}  // namespace

std::string_view AlertSourceName(AlertSource source) {
  return kSources[static_cast<size_t>(source)];
}

std::optional<AlertSource> AlertSourceOf(std::string_view name) {
  const auto found = std::find(kSources.begin(), kSources.end(), name);
  if (found == kSources.end()) return std::nullopt;
  return static_cast<AlertSource>(found - kSources.begin());
}

bool IsUrgent(std::string_view severity) {
  for (const std::string_view urgent :
       {"critical", "page", "fatal", "emergency", "disaster", "alert", "alarm", "error", "high",
        "major", "p1", "p2", "sev1", "sev2"}) {
    if (severity == urgent) return true;
  }
  return false;
}

ForeignAlerts ReadMappedAlerts(const AlertMapping& mapping, std::string_view body, Time received) {
  return Reader(AlertSource::kGeneric, "", received).ReadMapped(mapping, body);
}

ForeignAlerts ReadForeignAlerts(AlertSource source, std::string_view body,
                                std::string_view resource, Time received) {
  return Reader(source, resource, received).Read(body);
}

}  // namespace kizashi
