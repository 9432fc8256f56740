#include "wire/signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

namespace kizashi {
namespace {

constexpr size_t kBase64CharsMax = 4096;

}  // namespace

std::string HmacSha256Hex(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out += kDigits[digest[i] >> 4];
    out += kDigits[digest[i] & 15];
  }
  return out;
}

std::string DecodeBase64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > kBase64CharsMax) return "";
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

bool SameSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool SeenOnce::Add(std::string_view what, Time now) {
  const std::lock_guard lock(mutex_);
  while (!by_time_.empty() &&
         (by_time_.begin()->first + window_ < now || by_time_.size() >= most_)) {
    seen_.erase(by_time_.begin()->second);
    by_time_.erase(by_time_.begin());
  }
  if (!seen_.emplace(what, now).second) return false;
  by_time_.emplace(now, what);
  return true;
}

}  // namespace kizashi
