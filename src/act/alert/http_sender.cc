#include "act/alert/http_sender.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "act/delivery_policy.h"
#include "act/format.h"

namespace kizashi::alerts {
namespace {

constexpr Duration kHoldMax{24 * 3'600'000};  // whatever a receiver asks for
constexpr size_t kAnswerBytesMax = 64 << 10;

}  // namespace

std::optional<Time> AskedAgainAt(const FetchResult& answer, Time now) {
  const auto asked = ParseRetryAfter(FindHeader(answer.headers, "Retry-After"), now);
  if (!asked || *asked <= now) return std::nullopt;
  return std::min(*asked, now + kHoldMax);
}

SendResult ReadAnswer(const FetchResult& answer, std::string_view url, Time now) {
  using Outcome = SendResult::Outcome;
  SendResult result;
  // The code decides: who said 2xx has the message even if the answer then broke off.
  if (answer.code >= 200 && answer.code < 300) return result;
  if (answer.code == 0) {
    return {Outcome::kNoAnswer, std::nullopt, HideSecrets(Message(answer.status), url)};
  }
  const bool again = answer.code == 408 || answer.code == 429 || answer.code >= 500;
  result.outcome = again ? Outcome::kFailed : Outcome::kRefused;
  if (again) result.hold_until = AskedAgainAt(answer, now);
  const std::string body = OneLine(HideSecrets(answer.body.substr(0, 200), url));
  result.error = fmt::format("answered {}{}{}", answer.code, body.empty() ? "" : ": ", body);
  return result;
}

StatusOr<FetchRequest> MakePost(const std::string& url, const ScrapeHttp& http, std::string body,
                                Duration timeout, const ReceiverOptions& options) {
  FetchRequest request;
  request.method = "POST";
  request.url = url;
  KZ_RETURN_IF_ERROR(http.Apply(&request));
  request.body = std::move(body);
  request.timeout = timeout > Duration(0) ? timeout : options.timeout;
  request.body_bytes_max = kAnswerBytesMax;
  request.accept_gzip = false;
  return request;
}

SendResult NotTried(const Status& status) {
  return {SendResult::Outcome::kFailed, std::nullopt, std::string(Message(status))};
}

}  // namespace kizashi::alerts
