// One HTTP request of a receiver: its address, credentials and secrets, and what its answer means.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "act/alert/delivery_queues.h"
#include "base/clock.h"
#include "ingest/scrape_job.h"
#include "net/http_client.h"

namespace kizashi::alerts {

using FetchFunction = std::function<void(FetchRequest request, HttpClient::Callback done)>;

/// What receivers share.
struct ReceiverOptions {
  std::string external_url;  // where this server's page is
  /// Tells apart the numbers of two servers in Idempotency-Key.
  std::string server_id;
  Duration timeout{10'000};
  bool has_buttons = false;  // Slack's: the server can check who presses one
};

/// What an HTTP answer means: 2xx is delivered; none, 408, 429 and 5xx are tried again, when
/// Retry-After says so; any other is refused. `url` is kept out of the error.
SendResult ReadAnswer(const FetchResult& answer, std::string_view url, Time now);

/// When the receiver wants to be asked again, at most a day ahead; nothing when it does not say.
std::optional<Time> AskedAgainAt(const FetchResult& answer, Time now);

/// A POST with the JSON `body`. Unavailable when a secret's file cannot be read.
StatusOr<FetchRequest> MakePost(const std::string& url, const ScrapeHttp& http, std::string body,
                                Duration timeout, const ReceiverOptions& options);

/// It could not even be tried; it will be again.
SendResult NotTried(const Status& status);

}  // namespace kizashi::alerts
