#include "act/alert/notification_templates.h"

#include <gtest/gtest.h>

#include "act/alert/engine_test_support.h"
#include "query/rules/template.h"

namespace kizashi::alerts {
namespace {

Notification Make() {
  Notification notification;
  notification.receiver = "team";
  notification.group_labels = LabelsOf("alertname=Disk");
  for (const char* host : {"a", "b"}) {
    Alert alert;
    alert.labels = LabelsOf(std::string("alertname=Disk,zone=z,host=") + host);
    alert.annotations = LabelsOf(std::string("summary=full,at=") + host);
    alert.starts_at = TimeFromMs(1'700'000'000'120);
    alert.ends_at = alert.starts_at;
    alert.fingerprint = FingerprintOf(alert.labels);
    notification.alerts.push_back(
        {std::make_shared<const Alert>(alert), std::string_view(host) == "a"});
  }
  return notification;
}

// The shape of Alertmanager's own subject.
constexpr std::string_view kSubject = R"({{ define "subject" -}}
[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] )"
                                      R"({{ .GroupLabels.SortedPairs.Values | join " " }} )"
                                      R"({{ if gt (len .CommonLabels) (len .GroupLabels) }}()"
                                      R"({{ with .CommonLabels.Remove .GroupLabels.Names }})"
                                      R"({{ .Values | join " " }}{{ end }}){{ end }}{{ end }})"
                                      R"({{ define "deep" }}{{ template "deep" . }}{{ end }})";

std::string Expand(std::string_view text) {
  rules::TemplateSet set;
  EXPECT_TRUE(set.Add(kSubject).ok());
  const auto expanded = set.Expand(text, TemplateDataOf(Make(), "http://me"));
  return expanded.ok() ? *expanded : "error: " + std::string(Message(expanded.status()));
}

TEST(NotificationTemplatesTest, ExpandsWhatAlertmanagersTemplatesUse) {
  const std::pair<const char*, const char*> cases[] = {
      {"{{ template \"subject\" . }}", "[FIRING:1] Disk (z)"},
      {"{{ range .Alerts }}{{ .Labels.host }}={{ .Status }} {{ end }}", "a=firing b=resolved "},
      {"{{ range .Alerts.Resolved }}{{ .Annotations.at }}{{ end }}", "b"},
      {"{{ range .CommonLabels.SortedPairs }}{{ .Name }}={{ .Value }};{{ end }}",
       "alertname=Disk;zone=z;"},
      {"{{ (index .Alerts 0).StartsAt }}", "2023-11-14 22:13:20.12 +0000 UTC"},
      {"{{ (index .Alerts 0).EndsAt }}", "0001-01-01 00:00:00 +0000 UTC"},
      {"{{ .CommonAnnotations.summary }} {{ .ExternalURL }} {{ .Receiver }}",
       "full http://me team"},
      {"{{ stringSlice \"x\" \"y\" | join \",\" }} {{ \" a \" | trimSpace }}", "x,y a"},
      {"{{ block \"mine\" .GroupLabels }}{{ .alertname }}{{ end }}{{ template \"mine\" "
       ".GroupLabels }}",
       "DiskDisk"},
      {"{{ $x := .Status }}{{ range .Alerts }}{{ $x }}{{ $.Receiver }} {{ end }}",
       "firingteam firingteam "},
      {"{{ template \"none\" . }}", "error: 1: template \"none\" not defined"},
      {"{{ template \"deep\" . }}", "error: 2: more than 100 templates call each other"},
      {"{{ $labels.x }}", "error: 1: undefined variable \"$labels\""},
      {"{{ if true }}{{ define \"x\" }}{{ end }}{{ end }}", "error: 1: unexpected {{define}}"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Expand(text), expected) << text;
}

TEST(NotificationTemplatesTest, RulesDoNotHaveThem) {
  EXPECT_FALSE(rules::Template::Parse("{{ stringSlice \"a\" }}").ok());
  EXPECT_FALSE(rules::Template::Parse("{{ define \"a\" }}{{ end }}").ok());
}

}  // namespace
}  // namespace kizashi::alerts
