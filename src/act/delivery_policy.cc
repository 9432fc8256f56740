#include "act/delivery_policy.h"

#include <absl/time/time.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "act/format.h"
#include "base/check.h"
#include "base/hash.h"

namespace kizashi {
namespace {

constexpr size_t kBodyCharsMax = 200;
constexpr size_t kErrorCharsMax = 500;
/// Shorter parts of a URL are words of any text, not secrets.
constexpr size_t kSecretBytesMin = 6;
constexpr std::string_view kHidden = "[hidden]";

bool IsRetryable(int code) { return code == 408 || code == 429 || (code >= 500 && code < 600); }

void ReplaceAll(std::string_view what, std::string* text) {
  for (size_t at = text->find(what); at != std::string::npos;
       at = text->find(what, at + kHidden.size())) {
    text->replace(at, what.size(), kHidden);
  }
}

std::string NetworkError(const FetchResult& result, std::string_view url) {
  const std::string message = HideSecrets(Message(result.status), url);
  return CutText(OneLine(message.empty() ? "no answer" : message), kErrorCharsMax);
}

std::string RefusalText(const FetchResult& result, std::string_view url) {
  const std::string body = CutText(OneLine(HideSecrets(result.body, url)), kBodyCharsMax);
  return body.empty() ? fmt::format("answered {}", result.code)
                      : fmt::format("answered {}: {}", result.code, body);
}

}  // namespace

std::string_view DeliveryOutcomeName(DeliveryOutcome outcome) {
  switch (outcome) {
    case DeliveryOutcome::kDelivered: return "delivered";
    case DeliveryOutcome::kRetried: return "retried";
    case DeliveryOutcome::kGivenUp: return "given_up";
  }
  KZ_CHECK(false, "outcome {}", static_cast<int>(outcome));
}

std::string HideSecrets(std::string_view text, std::string_view url) {
  const size_t scheme_end = url.find("://");
  const std::string_view rest = scheme_end == url.npos ? url : url.substr(scheme_end + 3);
  const size_t path = std::min(rest.find_first_of("/?#"), rest.size());
  std::vector<std::string_view> secrets = {url, rest.substr(path)};
  const size_t at = rest.substr(0, path).rfind('@');
  const std::string_view user = at == rest.npos ? "" : rest.substr(0, at);
  for (std::string_view part : {user, rest.substr(path)}) {
    while (!part.empty()) {
      const size_t end = std::min(part.find_first_of("/?#&=:;"), part.size());
      secrets.push_back(part.substr(0, end));
      part.remove_prefix(std::min(end + 1, part.size()));
    }
  }
  if (!user.empty()) secrets.push_back(user);
  // Longest first, so that no part is left of a whole.
  std::sort(secrets.begin(), secrets.end(),
            [](std::string_view a, std::string_view b) { return a.size() > b.size(); });
  std::string out(text);
  for (const std::string_view secret : secrets) {
    if (secret.size() >= kSecretBytesMin && kHidden.find(secret) == kHidden.npos) {
      ReplaceAll(secret, &out);
    }
  }
  return out;
}

std::optional<Time> ParseRetryAfter(std::string_view text, Time now) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  uint64_t seconds = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  if (!text.empty() && stop == end && error != std::errc::invalid_argument) {
    constexpr uint64_t kYear = 366ULL * 86'400;
    if (error != std::errc()) seconds = kYear;
    return now + std::chrono::seconds(std::min(seconds, kYear));
  }
  for (const char* format :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
    absl::Time time;
    if (absl::ParseTime(format, absl::string_view(text.data(), text.size()), &time, nullptr)) {
      return TimeFromMs(absl::ToUnixMillis(time));
    }
  }
  return std::nullopt;
}

Duration BackoffDelay(const DeliveryRecord& delivery, const DeliveryPolicy& policy) {
  Duration delay = policy.backoff_min;
  for (int i = 1; i < delivery.attempts && delay < policy.backoff_max; ++i) delay *= 2;
  delay = std::min(delay, policy.backoff_max);
  const uint64_t seed = Hash64(fmt::format("{}/{}", delivery.url, delivery.attempts),
                               static_cast<uint64_t>(delivery.id));
  const auto range = static_cast<uint64_t>(delay.count() / 4);
  return delay - Duration(static_cast<int64_t>(range == 0 ? 0 : seed % range));
}

AttemptResult AfterAttempt(DeliveryRecord delivery, const FetchResult& result, Time now,
                           const DeliveryPolicy& policy) {
  AttemptResult after;
  ++delivery.attempts;
  delivery.last_attempt = now;
  // The code is decisive: a receiver that said 2xx has the message even if its answer then broke
  // off.
  if (result.code >= 200 && result.code < 300) {
    delivery.state = DeliveryRecord::State::kDelivered;
    delivery.last_error.clear();
    after.delivery = std::move(delivery);
    return after;
  }
  const bool answered = result.code != 0;
  delivery.last_error =
      answered ? RefusalText(result, delivery.url) : NetworkError(result, delivery.url);
  if (answered && !IsRetryable(result.code)) {
    delivery.state = DeliveryRecord::State::kGivenUp;
    after.outcome = DeliveryOutcome::kGivenUp;
    after.delivery = std::move(delivery);
    return after;
  }
  Time next = now + BackoffDelay(delivery, policy);
  const std::string_view header = FindHeader(result.headers, "retry-after");
  // "Now" and dates that are over would be a loop without a pause: those take the backoff.
  if (const auto asked = ParseRetryAfter(header, now); asked && *asked > now) {
    next = *asked;
    after.hold_until = *asked;
  }
  delivery.next_attempt = next;
  after.outcome = DeliveryOutcome::kRetried;
  if (next > delivery.created + policy.give_up_after) {
    delivery.state = DeliveryRecord::State::kGivenUp;
    const auto waited = std::chrono::floor<std::chrono::seconds>(now - delivery.created);
    delivery.last_error += fmt::format("; given up {} after it was due", FormatDuration(waited));
    after.outcome = DeliveryOutcome::kGivenUp;
  }
  after.delivery = std::move(delivery);
  return after;
}

}  // namespace kizashi
