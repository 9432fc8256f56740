// What a request proves who sent it with: a token, or a signature. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace kizashi {

/// Whether they are the same, in a time that depends on their lengths alone, so that a guess learns
/// nothing.
bool SameSecret(std::string_view a, std::string_view b);

/// The secret in Authorization: what follows "Bearer", or the password of "Basic" (RFC 7617), for
/// senders that know nothing else, as SNS. "" when there is none.
std::string SecretOf(const HttpRequest& request);

/// HMAC-SHA256 (RFC 2104) of the body in lower-case hexadecimal digits.
std::string SignatureOf(std::string_view secret, std::string_view body);

/// Whether `signature` is SignatureOf one of the secrets, of which all are tried.
bool IsSigned(const std::vector<std::string>& secrets, std::string_view body,
              std::string_view signature);

}  // namespace kizashi
