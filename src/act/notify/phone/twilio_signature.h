// X-Twilio-Signature: what proves that a callback comes from the provider.
//
// Source: Twilio, "Webhooks security": base64 of HMAC-SHA1, keyed by the account's token, over the
// URL as it was given to Twilio, followed by each POST parameter's name and value in the order of
// names. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace kizashi::phone {

using FormFields = std::vector<std::pair<std::string, std::string>>;

/// application/x-www-form-urlencoded. InvalidArgument beyond kFormFieldsMax; total.
constexpr size_t kFormFieldsMax = 200;
StatusOr<FormFields> ParseForm(std::string_view body);
std::string WriteForm(const FormFields& fields);
/// Of the first field of that name; empty when there is none.
std::string_view FindField(const FormFields& fields, std::string_view name);

std::string TwilioSignature(std::string_view token, std::string_view url, FormFields fields);
/// Compares in a time that does not tell how much was right.
bool IsTwilioSignature(std::string_view signature, std::string_view token, std::string_view url,
                       const FormFields& fields);

}  // namespace kizashi::phone
