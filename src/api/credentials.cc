#include "api/credentials.h"

#include <openssl/evp.h>

#include <algorithm>

#include "wire/signature.h"

namespace kizashi {
namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kBasic = "Basic ";
constexpr size_t kBasicCharsMax = 4096;

// "" when the text is none.
std::string DecodeBase64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > kBasicCharsMax) return "";
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return "";
  // OpenSSL counts the bytes that padding stands for.
  const auto padding = std::count(text.end() - 2, text.end(), '=');
  bytes.resize(static_cast<size_t>(size) - static_cast<size_t>(padding));
  return bytes;
}

}  // namespace

std::string SecretOf(const HttpRequest& request) {
  const std::string_view given = request.Header("Authorization");
  if (given.starts_with(kBearer)) return std::string(given.substr(kBearer.size()));
  if (!given.starts_with(kBasic)) return "";
  const std::string pair = DecodeBase64(given.substr(kBasic.size()));
  const size_t colon = pair.find(':');
  return colon == pair.npos ? "" : pair.substr(colon + 1);
}

bool IsSigned(const std::vector<std::string>& secrets, std::string_view body,
              std::string_view signature) {
  bool is_signed = false;
  for (const std::string& secret : secrets) {
    if (SameSecret(HmacSha256Hex(secret, body), signature)) is_signed = true;
  }
  return is_signed;
}

}  // namespace kizashi
