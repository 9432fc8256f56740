#include "act/alert/notification_templates.h"

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

}  // namespace kizashi::alerts
