#include "ingest/scrape_job.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace kizashi {
namespace {

constexpr size_t kSecretBytesMax = 64 << 10;

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0);
    }
    for (size_t k = 0; k < 4; ++k) {
      text += i + k > bytes.size() ? '=' : kDigits[bits >> (18 - 6 * k) & 63];
    }
  }
  return text;
}

}  // namespace

StatusOr<std::string> SecretText::Read() const {
  std::string read = text;
  if (!file.empty()) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return Unavailable("{}: {}", file, std::strerror(errno));
    read.resize(kSecretBytesMax);
    in.read(read.data(), static_cast<std::streamsize>(read.size()));
    read.resize(static_cast<size_t>(in.gcount()));
  }
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = read.find_first_not_of(kBlanks);
  if (begin == std::string::npos) return std::string();
  return read.substr(begin, read.find_last_not_of(kBlanks) - begin + 1);
}

Status ScrapeHttp::Apply(FetchRequest* request) const {
  request->tls = tls;
  request->follow_redirects = follow_redirects;
  for (const auto& [name, secret] : headers) {
    KZ_ASSIGN_OR_RETURN(std::string value, secret.Read());
    request->headers.emplace_back(name, std::move(value));
  }
  if (!username.empty() || !password.empty()) {
    KZ_ASSIGN_OR_RETURN(const std::string secret, password.Read());
    request->headers.emplace_back("Authorization", "Basic " + Base64(username + ":" + secret));
  } else if (!credentials.empty()) {
    KZ_ASSIGN_OR_RETURN(const std::string secret, credentials.Read());
    request->headers.emplace_back("Authorization", authorization_type + " " + secret);
  }
  return OkStatus();
}

}  // namespace kizashi
