#include "serve_secrets.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace kizashi {
namespace {

constexpr size_t kSecretCharsMin = 16;

}  // namespace

StatusOr<std::vector<std::string>> ReadTokens(const std::string& file) {
  std::vector<std::string> tokens;
  if (file.empty()) return tokens;
  std::ifstream in(file);
  if (!in) return NotFound("--token-file {}: {}", file, std::strerror(errno));
  for (std::string line; std::getline(in, line);) {
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
    if (line.empty() || line[0] == '#') continue;
    const size_t space = line.find(' ');
    if (line.find(' ', space + 1) != line.npos && space != line.npos) {
      return InvalidArgument("--token-file {}: expected TOKEN or NAME TOKEN on a line", file);
    }
    if (line.size() - (space + 1) < kSecretCharsMin) {
      return InvalidArgument("--token-file {}: a token has fewer than {} characters", file,
                             kSecretCharsMin);
    }
    tokens.push_back(line);
  }
  if (tokens.empty()) return InvalidArgument("--token-file {} holds no token", file);
  return tokens;
}

StatusOr<std::shared_ptr<const ForeignSources>> ReadAlertSources(const ServeOptions& options) {
  ForeignSourcesResult read = LoadForeignSources(options.alert_sources, options.sentry_secret_file);
  if (!read.errors.empty()) return InvalidArgument("{}", fmt::join(read.errors, "\n"));
  return std::move(read.sources);
}

StatusOr<MailServer> ReadMailServer(const ServeOptions& options) {
  MailServer mail;
  if (options.smtp.empty()) return mail;
  const Status url = ParseMailUrl(options.smtp, &mail);
  if (!url.ok()) return InvalidArgument("--smtp: {}", Message(url));
  mail.from = options.mail_from;
  mail.ca_file = options.smtp_ca_file;
  const size_t at = mail.from.find('@');
  if (at == std::string::npos || mail.from.find_first_of(" \t\r\n<>,") != std::string::npos) {
    return InvalidArgument("--mail-from: expected the address that --smtp sends from");
  }
  if (mail.user.empty() != options.smtp_password_file.empty()) {
    return InvalidArgument("--smtp-password-file and the user in --smtp go together");
  }
  if (mail.user.empty()) return mail;
  std::ifstream in(options.smtp_password_file);
  std::getline(in, mail.password);
  if (!in && mail.password.empty()) {
    return InvalidArgument("--smtp-password-file {}: no password is in it",
                           options.smtp_password_file);
  }
  return mail;
}

}  // namespace kizashi
