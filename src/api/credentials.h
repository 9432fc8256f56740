// What a request proves who sent it with: a token, or a signature. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace kizashi {

/// The secret in Authorization: what follows "Bearer", or the password of "Basic" (RFC 7617), for
/// senders that know nothing else, as SNS. "" when there is none.
std::string SecretOf(const HttpRequest& request);

/// Whether `signature` is HmacSha256Hex of the body with one of the secrets; all are tried.
bool IsSigned(const std::vector<std::string>& secrets, std::string_view body,
              std::string_view signature);

}  // namespace kizashi
