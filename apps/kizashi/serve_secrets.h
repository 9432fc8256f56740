// Files of secrets that the options of `kizashi serve` name. Errors name the option and the file,
// never what is in it.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace kizashi {

/// --token-file: one token a line, "TOKEN" or "NAME TOKEN"; blank lines and those that begin with
/// '#' are passed over. Empty when `file` is.
StatusOr<std::vector<std::string>> ReadTokens(const std::string& file);

/// --sentry-secret-file, as ReadSecrets (api/alert_action_routes.h): 16 characters each at least.
StatusOr<std::vector<std::string>> ReadSentrySecrets(const std::string& file);

}  // namespace kizashi
