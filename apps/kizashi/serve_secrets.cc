#include "serve_secrets.h"

#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "api/alert_action_routes.h"

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

StatusOr<std::vector<std::string>> ReadSentrySecrets(const std::string& file) {
  constexpr std::string_view kFlag = "--sentry-secret-file";
  KZ_ASSIGN_OR_RETURN(std::vector<std::string> secrets, ReadSecrets(kFlag, file));
  for (const std::string& secret : secrets) {
    if (secret.size() >= kSecretCharsMin) continue;
    return InvalidArgument("{} {}: a secret has fewer than {} characters", kFlag, file,
                           kSecretCharsMin);
  }
  return secrets;
}

}  // namespace kizashi
