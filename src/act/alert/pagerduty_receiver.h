// PagerDuty by its Events API v2: trigger, acknowledge and resolve of one incident for each page of
// a group, or change events.
//
// The dedup_key is that of the group and of its page (Notification::page), the same for every copy:
// what is sent twice after a crash is one at PagerDuty. A graver member is a new page, since an
// incident that somebody acknowledged would not call anybody again; the one before is resolved.
// Limit: 120 events a minute and key. Source: developer.pagerduty.com, "Events API v2".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "act/alert/http_sender.h"
#include "act/alert/receiver.h"

namespace kizashi::alerts {

/// Of a page of a group; 16 hexadecimal digits, '-' and the page.
std::string PagerDutyKey(uint64_t group_id, uint64_t page);
/// The group of such a key; nothing when it is none of ours.
std::optional<uint64_t> GroupOfPagerDutyKey(std::string_view key);

/// The bodies that tell PagerDuty of a notification, in their order. `routing_key` is secret.
std::vector<std::string> PagerDutyEvents(const std::shared_ptr<const rules::TemplateSet>& templates,
                                         const PagerDutyConfig& of,
                                         const Notification& notification,
                                         const std::string& routing_key,
                                         const std::string& external_url);
/// What the destination keeps once they are delivered.
std::string PagerDutyReceipt(const Notification& notification);

/// `clock` outlives what is under way.
std::shared_ptr<Receiver> MakePagerDutyReceiver(const AlertConfig& config,
                                                const Integration& integration,
                                                ReceiverOptions options, FetchFunction fetch,
                                                const Clock& clock);

}  // namespace kizashi::alerts
