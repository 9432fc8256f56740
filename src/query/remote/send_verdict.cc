#include "query/remote/send_verdict.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace kizashi {
namespace {

constexpr Duration kWaitMax = std::chrono::minutes(10);
constexpr size_t kReasonBytesMax = 300;

// Seconds; a date is left to the backoff.
Duration RetryAfter(const FetchResult& result) {
  const std::string_view text = FindHeader(result.headers, "Retry-After");
  uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return Duration(0);
  return std::min<Duration>(std::chrono::seconds(seconds), kWaitMax);
}

std::string ReasonOf(const FetchResult& result) {
  std::string body = result.body.substr(0, kReasonBytesMax);
  std::replace_if(
      body.begin(), body.end(), [](unsigned char c) { return c < ' '; }, ' ');
  while (body.ends_with(' ')) body.pop_back();
  return fmt::format("answered {}{}{}", result.code, body.empty() ? "" : ": ", body);
}

}  // namespace

SendVerdict VerdictOf(const FetchResult& result) {
  using Kind = SendVerdict::Kind;
  if (!result.status.ok()) return {Kind::kRetry, Duration(0), std::string(Message(result.status))};
  const int code = result.code;
  if (code >= 200 && code < 300) return {Kind::kSent, Duration(0), ""};
  if (code == 429 || code >= 500) return {Kind::kRetry, RetryAfter(result), ReasonOf(result)};
  const bool of_samples = code == 400 || code == 413 || code == 422;
  return {of_samples ? Kind::kDivide : Kind::kRefused, Duration(0), ReasonOf(result)};
}

}  // namespace kizashi
