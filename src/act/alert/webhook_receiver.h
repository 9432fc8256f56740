// Webhooks: Alertmanager's JSON of version 4, by POST.
//
// The same notification gives the same body, and its number the header Idempotency-Key, so that one
// that is sent twice after a crash can be known.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "act/alert/receiver.h"
#include "base/clock.h"
#include "net/http_client.h"

namespace kizashi::alerts {

/// `external_url` is where this server's page is.
std::string WebhookBody(const Notification& notification, size_t alerts_max,
                        const std::string& external_url);

/// What an HTTP answer means: 2xx is delivered; none, 408, 429 and 5xx are tried again, when
/// Retry-After says so; any other is refused.
SendResult ReadAnswer(const FetchResult& answer, std::string_view url, Time now);

struct WebhookOptions {
  std::string external_url;
  /// Tells apart the numbers of two servers in Idempotency-Key.
  std::string server_id;
  Duration timeout{10'000};
};

using FetchFunction = std::function<void(FetchRequest request, HttpClient::Callback done)>;

/// `clock` outlives what is under way.
std::shared_ptr<Receiver> MakeWebhookReceiver(const Integration& integration,
                                              WebhookOptions options, FetchFunction fetch,
                                              const Clock& clock);

}  // namespace kizashi::alerts
