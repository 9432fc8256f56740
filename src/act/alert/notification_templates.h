// What templates of notifications are told: Alertmanager's template data.
//
// Pure; any thread.
#pragma once

#include <string>

#include "act/alert/notification.h"
#include "query/rules/template_value.h"

namespace kizashi::alerts {

/// `.Receiver`, `.Status`, `.Alerts` (with `.Firing` and `.Resolved`), `.GroupLabels`,
/// `.CommonLabels`, `.CommonAnnotations`, `.ExternalURL`; of each alert `.Status`, `.Labels`,
/// `.Annotations`, `.StartsAt`, `.EndsAt`, `.GeneratorURL`, `.Fingerprint`. Times are texts as Go
/// prints them.
rules::TemplateValue TemplateDataOf(const Notification& notification,
                                    const std::string& external_url);

}  // namespace kizashi::alerts
