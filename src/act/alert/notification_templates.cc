#include "act/alert/notification_templates.h"

#include <fmt/core.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <utility>

#include "base/hash.h"

namespace kizashi::alerts {
namespace {

using rules::TemplateValue;
using rules::TextMap;
using rules::ValueList;
using rules::ValueMap;

TemplateValue TextsOf(const Labels& labels) {
  auto texts = std::make_shared<TextMap>();
  for (const auto& [name, value] : labels) texts->emplace(name, value);
  return {std::shared_ptr<const TextMap>(std::move(texts))};
}

// time.Time's String: "2026-01-31 23:59:59.12 +0000 UTC".
std::string GoTime(Time time) {
  if (time == kNever) return "0001-01-01 00:00:00 +0000 UTC";
  std::string text = FormatTime(time);  // 2026-01-31T23:59:59.120Z
  text[10] = ' ';
  text.pop_back();
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text + " +0000 UTC";
}

TemplateValue AlertOf(const ToldAlert& told) {
  ValueMap map;
  map["Status"] = {std::string(told.firing ? "firing" : "resolved")};
  map["Labels"] = TextsOf(told.alert->labels);
  map["Annotations"] = TextsOf(told.alert->annotations);
  map["StartsAt"] = {GoTime(told.alert->starts_at)};
  map["EndsAt"] = {GoTime(told.ends_at())};
  map["GeneratorURL"] = {told.alert->generator_url};
  map["Fingerprint"] = {HexId(told.alert->fingerprint)};
  return {std::make_shared<const ValueMap>(std::move(map))};
}

}  // namespace

TemplateValue TemplateDataOf(const Notification& notification, const std::string& external_url) {
  auto all = std::make_shared<ValueList>();
  auto firing = std::make_shared<ValueList>();
  auto resolved = std::make_shared<ValueList>();
  for (const ToldAlert& told : notification.alerts) {
    const TemplateValue alert = AlertOf(told);
    all->items.push_back(alert);
    (told.firing ? firing : resolved)->items.push_back(alert);
  }
  const bool fires = !firing->items.empty();
  all->members["Firing"] = {rules::ValueListPtr(std::move(firing))};
  all->members["Resolved"] = {rules::ValueListPtr(std::move(resolved))};
  ValueMap map;
  map["Receiver"] = {notification.receiver};
  map["Status"] = {std::string(fires ? "firing" : "resolved")};
  map["Alerts"] = {rules::ValueListPtr(std::move(all))};
  map["GroupLabels"] = TextsOf(notification.group_labels);
  map["CommonLabels"] = TextsOf(CommonOf(notification.alerts, &Alert::labels));
  map["CommonAnnotations"] = TextsOf(CommonOf(notification.alerts, &Alert::annotations));
  map["ExternalURL"] = {external_url};
  return {std::make_shared<const ValueMap>(std::move(map))};
}

const std::string_view kDefaultTemplates = R"(
{{ define "__alertmanager" }}Kizashi{{ end }}
{{ define "__alertmanagerURL" }}{{ .ExternalURL }}{{ end }}
{{ define "__subject" }}[{{ toUpper .Status }}{{ if eq .Status "firing" }}:{{ len .Alerts.Firing }}{{ end }}]
{{- range .GroupLabels.SortedPairs }} {{ .Value }}{{ end }}
{{- with .CommonLabels.severity }} ({{ . }}){{ end }}{{ end }}
{{ define "__description" }}{{ end }}
{{ define "__alert" }}{{ with .Annotations.summary }}{{ . }}
{{ end }}{{ with .Annotations.description }}{{ . }}
{{ end }}{{ end }}
{{ define "__text_alert_list" }}{{ range . }}Labels:
{{ range .Labels.SortedPairs }} - {{ .Name }} = {{ .Value }}
{{ end }}Annotations:
{{ range .Annotations.SortedPairs }} - {{ .Name }} = {{ .Value }}
{{ end }}Source: {{ .GeneratorURL }}
{{ end }}{{ end }}

{{ define "slack.default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "slack.default.username" }}{{ template "__alertmanager" . }}{{ end }}
{{ define "slack.default.fallback" }}{{ template "slack.default.title" . }}{{ end }}
{{ define "slack.default.callbackid" }}{{ end }}
{{ define "slack.default.pretext" }}{{ end }}
{{ define "slack.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "slack.default.iconemoji" }}{{ end }}
{{ define "slack.default.iconurl" }}{{ end }}
{{ define "slack.default.footer" }}{{ end }}
{{ define "slack.default.text" }}{{ range .Alerts.Firing }}{{ template "__alert" . }}{{ end }}
{{- range .Alerts.Resolved }}✓ {{ template "__alert" . }}{{ end }}{{ end }}

{{ define "pagerduty.default.description" }}{{ template "__subject" . }}
{{- with .CommonAnnotations.summary }} {{ . }}{{ end }}{{ end }}
{{ define "pagerduty.default.client" }}{{ template "__alertmanager" . }}{{ end }}
{{ define "pagerduty.default.clientURL" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{ define "pagerduty.default.instances" }}{{ template "__text_alert_list" . }}{{ end }}

{{ define "email.default.subject" }}{{ template "__subject" . }}{{ end }}
{{ define "email.default.text" }}{{ with .Alerts.Firing }}Firing: {{ len . }}

{{ template "__text_alert_list" . }}
{{ end }}{{ with .Alerts.Resolved }}Resolved: {{ len . }}

{{ template "__text_alert_list" . }}
{{ end }}{{ .ExternalURL }}
{{ end }}
{{ define "email.default.html" }}<!doctype html><html><body><h1>{{ template "__subject" . }}</h1>
{{ range .Alerts }}<h2>{{ .Status }}: {{ .Annotations.summary }}</h2>
<p>{{ .Annotations.description }}</p>
<ul>{{ range .Labels.SortedPairs }}<li>{{ .Name }} = {{ .Value }}</li>{{ end }}</ul>
{{ end }}<p>{{ .ExternalURL }}</p></body></html>{{ end }}
)";

namespace {

std::string Replace(std::string_view text, std::string_view what,
                    const std::initializer_list<std::pair<char, std::string_view>>& by) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto found = std::find_if(by.begin(), by.end(),
                                    [c = text[i]](const auto& pair) { return pair.first == c; });
    const bool is_here = found != by.end() && text.substr(i).starts_with(what);
    if (is_here) {
      out += found->second;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string EscapedText(std::string_view text, Escaping escaping, bool is_label) {
  if (escaping == Escaping::kHtml) {
    return Replace(text, "",
                   {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&#34;"}, {'\'', "&#39;"}});
  }
  // "<!channel>" would call everybody; links of rules' authors stay.
  if (!is_label) return Replace(text, "<!", {{'<', "&lt;"}});
  return Replace(text, "", {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}});
}

Labels EscapedLabels(const Labels& labels, Escaping escaping, bool is_label) {
  Labels escaped;
  for (const auto& [name, value] : labels) {
    escaped.Set(name, EscapedText(value, escaping, is_label));
  }
  return escaped;
}

}  // namespace

Notification Escaped(const Notification& notification, Escaping escaping) {
  Notification out = notification;
  if (escaping == Escaping::kNone) return out;
  out.group_labels = EscapedLabels(out.group_labels, escaping, true);
  for (ToldAlert& told : out.alerts) {
    Alert alert = *told.alert;
    alert.labels = EscapedLabels(alert.labels, escaping, true);
    alert.annotations = EscapedLabels(alert.annotations, escaping, false);
    alert.generator_url = EscapedText(alert.generator_url, escaping, true);
    told.alert = std::make_shared<const Alert>(std::move(alert));
  }
  return out;
}

NotificationTexts::NotificationTexts(std::shared_ptr<const rules::TemplateSet> templates,
                                     const Notification& notification,
                                     const std::string& external_url, Escaping escaping)
    : templates_(std::move(templates)),
      data_(TemplateDataOf(Escaped(notification, escaping), external_url)) {}

std::string NotificationTexts::operator()(const std::string& text, std::string_view otherwise) {
  if (text.find("{{") == text.npos) return text;
  auto expanded = templates_->Expand(text, data_);
  if (expanded.ok()) return *std::move(expanded);
  if (error_.empty()) error_ = Message(expanded.status());
  return std::string(otherwise);
}

std::string PlainSubject(const Notification& notification) {
  const size_t firing = notification.Fingerprints(true).size();
  std::string subject = firing > 0 ? fmt::format("[FIRING:{}]", firing) : "[RESOLVED]";
  for (const auto& [name, value] : notification.group_labels) subject += " " + value;
  return subject;
}

}  // namespace kizashi::alerts
