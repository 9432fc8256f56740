#include "ingest/otlp_answer.h"

#include <utility>

#include "wire/otlp_logs.h"

namespace kizashi {
namespace {

// Codes of google.rpc.Code.
constexpr int kInvalidArgument = 3;
constexpr int kResourceExhausted = 8;
constexpr int kUnavailable = 14;

}  // namespace

std::optional<OtlpEncoding> OtlpEncodingOf(const HttpRequest& request) {
  const std::string_view type = request.Header("Content-Type");
  if (type.starts_with("application/json")) return OtlpEncoding::kJson;
  if (type.starts_with("application/x-protobuf")) return OtlpEncoding::kProto;
  return std::nullopt;
}

HttpResponse OtlpResponse(int status, std::string body, bool json) {
  return TextResponse(status, std::move(body),
                      json ? "application/json" : "application/x-protobuf");
}

HttpResponse OtlpWrongEncoding() {
  constexpr const char* kExpected = "expected application/x-protobuf or application/json";
  return OtlpResponse(415, RpcStatus(kInvalidArgument, kExpected, true), true);
}

HttpResponse OtlpBadRequest(const Status& status, bool json) {
  return OtlpResponse(400, RpcStatus(kInvalidArgument, Message(status), json), json);
}

HttpResponse OtlpFailure(const Status& failure, bool json) {
  const bool is_full = failure.code() == absl::StatusCode::kResourceExhausted;
  HttpResponse response = OtlpResponse(
      is_full ? 429 : 503,
      RpcStatus(is_full ? kResourceExhausted : kUnavailable, Message(failure), json), json);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace kizashi
