// Webhooks: Alertmanager's JSON of version 4, by POST.
//
// The same notification gives the same body, and its number the header Idempotency-Key, so that one
// that is sent twice after a crash can be known.
#pragma once

#include <memory>
#include <string>

#include "act/alert/http_sender.h"
#include "act/alert/receiver.h"

namespace kizashi::alerts {

/// `external_url` is where this server's page is.
std::string WebhookBody(const Notification& notification, size_t alerts_max,
                        const std::string& external_url);

/// `clock` outlives what is under way. The body is Alertmanager's JSON unless the configuration has
/// a template of its own.
std::shared_ptr<Receiver> MakeWebhookReceiver(const AlertConfig& config,
                                              const Integration& integration,
                                              ReceiverOptions options, FetchFunction fetch,
                                              const Clock& clock);

}  // namespace kizashi::alerts
