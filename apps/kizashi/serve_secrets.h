// Files of secrets that the options of `kizashi serve` name. Errors name the option and the file,
// never what is in it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/foreign_sources.h"
#include "base/status.h"
#include "net/mail.h"
#include "serve.h"

namespace kizashi {

/// --token-file: one token a line, "TOKEN" or "NAME TOKEN"; blank lines and those that begin with
/// '#' are passed over. Empty when `file` is.
StatusOr<std::vector<std::string>> ReadTokens(const std::string& file);

/// --alert-sources and --sentry-secret-file: every error, a line each.
StatusOr<std::shared_ptr<const ForeignSources>> ReadAlertSources(const ServeOptions& options);

/// --smtp and what goes with it; empty when there is none.
StatusOr<MailServer> ReadMailServer(const ServeOptions& options);

}  // namespace kizashi
