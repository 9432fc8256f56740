// The answers of OTLP/HTTP that logs and metrics share (opentelemetry-proto, docs/specification.md:
// errors are google.rpc.Status in the request's encoding). Any thread.
#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "net/http.h"

namespace kizashi {

enum class OtlpEncoding { kProto, kJson };

/// By Content-Type; nothing when it is another one.
std::optional<OtlpEncoding> OtlpEncodingOf(const HttpRequest& request);

HttpResponse OtlpResponse(int status, std::string body, bool json);
/// 415.
HttpResponse OtlpWrongEncoding();
/// 400: the body is no request.
HttpResponse OtlpBadRequest(const Status& status, bool json);
/// 429 when the store's queue is full, else 503; both with Retry-After.
HttpResponse OtlpFailure(const Status& failure, bool json);

}  // namespace kizashi
