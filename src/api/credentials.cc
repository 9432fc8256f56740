#include "api/credentials.h"

#include "wire/signature.h"

namespace kizashi {
namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kBasic = "Basic ";

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
