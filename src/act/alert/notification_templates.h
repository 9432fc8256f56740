// What templates of notifications are told: Alertmanager's template data.
//
// Pure; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "act/alert/notification.h"
#include "query/rules/template.h"
#include "query/rules/template_value.h"

namespace kizashi::alerts {

/// `.Receiver`, `.Status`, `.Alerts` (with `.Firing` and `.Resolved`), `.GroupLabels`,
/// `.CommonLabels`, `.CommonAnnotations`, `.ExternalURL`; of each alert `.Status`, `.Labels`,
/// `.Annotations`, `.StartsAt`, `.EndsAt`, `.GeneratorURL`, `.Fingerprint`. Times are texts as Go
/// prints them.
rules::TemplateValue TemplateDataOf(const Notification& notification,
                                    const std::string& external_url);

/// What receivers' texts are made of unless they say otherwise, by Alertmanager's names: files of
/// `templates` may define them anew.
extern const std::string_view kDefaultTemplates;

/// A copy whose labels and annotations cannot break out of where they are put: for Slack `&`, `<`
/// and `>` of labels and mentions in annotations, for HTML all of both.
enum class Escaping { kNone, kSlack, kHtml };
Notification Escaped(const Notification& notification, Escaping escaping);

/// Expands the texts of one receiver for one notification.
class NotificationTexts {
 public:
  NotificationTexts(std::shared_ptr<const rules::TemplateSet> templates,
                    const Notification& notification, const std::string& external_url,
                    Escaping escaping);
  /// A text whose template fails is `otherwise`, and error() tells why: nobody goes untold because
  /// of a misspelled template.
  std::string operator()(const std::string& text, std::string_view otherwise = "");
  const std::string& error() const { return error_; }

 private:
  const std::shared_ptr<const rules::TemplateSet> templates_;
  const rules::TemplateValue data_;
  std::string error_;
};

/// What a notification is about in a line: "[FIRING:2] shop page", without any template.
std::string PlainSubject(const Notification& notification);

}  // namespace kizashi::alerts
