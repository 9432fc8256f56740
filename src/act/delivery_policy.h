// What becomes of a message after an attempt to send it: delivered, tried again when, or given up.
//
// Pure functions of the attempt and the time. Nothing that they say holds a secret of the URL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http_client.h"
#include "store/records.h"

namespace kizashi {

struct DeliveryPolicy {
  Duration backoff_min{1'000};  // before the second attempt; doubles with each further one
  Duration backoff_max{5 * 60'000};
  Duration give_up_after{24 * 3'600'000};  // since the delivery was created
};

enum class DeliveryOutcome { kDelivered, kRetried, kGivenUp };
std::string_view DeliveryOutcomeName(
    DeliveryOutcome outcome);  // "delivered", "retried", "given_up"

struct AttemptResult {
  DeliveryOutcome outcome = DeliveryOutcome::kDelivered;
  DeliveryRecord delivery;  // as it is to be stored
  /// The receiver asked that nothing be sent to it before this.
  std::optional<Time> hold_until;
};

/// 2xx is delivered. No answer, 408, 429 and 5xx are tried again after Retry-After when the answer
/// has one, else after BackoffDelay. Anything else, and what would be tried again later than
/// `give_up_after`, is given up.
AttemptResult AfterAttempt(DeliveryRecord delivery, const FetchResult& result, Time now,
                           const DeliveryPolicy& policy);

/// backoff_min * 2^(attempts-1), at most backoff_max, less up to a quarter of it that depends on
/// the delivery alone: messages that failed together do not come back together.
Duration BackoffDelay(const DeliveryRecord& delivery, const DeliveryPolicy& policy);

/// Retry-After (RFC 9110, 10.2.3): seconds, or a date in any of the three forms of HTTP.
std::optional<Time> ParseRetryAfter(std::string_view text, Time now);

/// `text` without what of `url` is secret: user, path, query, and the parts of them.
std::string HideSecrets(std::string_view text, std::string_view url);

}  // namespace kizashi
