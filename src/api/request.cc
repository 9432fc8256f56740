#include "api/request.h"

#include <algorithm>
#include <charconv>

namespace kizashi {
namespace {

constexpr int64_t kTimeQueryMax = int64_t{1} << 53;

}  // namespace

bool ReadInteger(const std::string& text, int64_t* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

StatusOr<int64_t> IntegerQuery(const HttpRequest& request, std::string_view name, int64_t fallback,
                               int64_t low, int64_t high) {
  const std::optional<std::string> text = request.Query(name);
  if (!text) return fallback;
  int64_t value = 0;
  if (!ReadInteger(*text, &value) || value < low || value > high) {
    return InvalidArgument("{} is '{}', expected a whole number from {} to {}", name, *text, low,
                           high);
  }
  return value;
}

StatusOr<std::string> ChoiceQuery(const HttpRequest& request, std::string_view name,
                                  std::initializer_list<std::string_view> choices) {
  const std::string value = request.Query(name).value_or(std::string(*choices.begin()));
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
  std::string expected;
  for (const std::string_view choice : choices) {
    expected += expected.empty() ? "" : ", ";
    expected += choice;
  }
  return InvalidArgument("{} is '{}', expected one of {}", name, value, expected);
}

HttpResponse ComeBackResponse(int status, std::string_view reason) {
  HttpResponse response = ErrorResponse(status, reason);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

HttpResponse StoredResponse(const Status& stored, std::string accepted) {
  if (stored.ok()) return JsonResponse(200, std::move(accepted));
  const bool full = stored.code() == absl::StatusCode::kResourceExhausted;
  return ComeBackResponse(full ? 429 : 503, Message(stored));
}

HttpResponse StatusResponse(const Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument: return ErrorResponse(400, Message(status));
    case absl::StatusCode::kNotFound: return ErrorResponse(404, Message(status));
    case absl::StatusCode::kResourceExhausted: return ErrorResponse(429, Message(status));
    case absl::StatusCode::kUnavailable: return ErrorResponse(503, Message(status));
    default: return ErrorResponse(500, Message(status));
  }
}

StatusOr<std::optional<Time>> TimeQuery(const HttpRequest& request, std::string_view name) {
  std::optional<std::string> text = request.Query(name);
  if (!text) return std::optional<Time>();
  int64_t ms = 0;
  if (ReadInteger(*text, &ms) && ms >= -kTimeQueryMax && ms <= kTimeQueryMax) {
    return std::optional<Time>(TimeFromMs(ms));
  }
  std::replace(text->begin(), text->end(), ' ', '+');  // +09:00 that was not percent-encoded
  const StatusOr<Time> time = ParseTime(*text);
  if (time.ok()) return std::optional<Time>(*time);
  return InvalidArgument(
      "{} is '{}', expected a time such as 2026-01-31T09:00:00Z or milliseconds since 1970", name,
      *text);
}

StatusOr<uint64_t> ReadId(std::string_view name, std::string_view text) {
  uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id, 16);
  if (text.size() == 16 && error == std::errc() && end == text.data() + text.size()) return id;
  return InvalidArgument("{} is '{}', expected 16 hexadecimal digits", name, text);
}

}  // namespace kizashi
