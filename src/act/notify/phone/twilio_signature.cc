#include "act/notify/phone/twilio_signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "net/http.h"

namespace kizashi::phone {

StatusOr<FormFields> ParseForm(std::string_view body) {
  FormFields fields;
  while (!body.empty()) {
    const size_t end = std::min(body.find('&'), body.size());
    const std::string_view pair = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (pair.empty()) continue;
    if (fields.size() == kFormFieldsMax) {
      return InvalidArgument("a form of more than {} fields", kFormFieldsMax);
    }
    const size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value =
        equals == pair.size() ? std::string_view() : pair.substr(equals + 1);
    fields.emplace_back(PercentDecode(pair.substr(0, equals), true), PercentDecode(value, true));
  }
  return fields;
}

std::string WriteForm(const FormFields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out += '&';
    out += PercentEncode(name) + '=' + PercentEncode(value);
  }
  return out;
}

std::string_view FindField(const FormFields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

std::string TwilioSignature(std::string_view token, std::string_view url, FormFields fields) {
  std::stable_sort(fields.begin(), fields.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text(url);
  for (const auto& [name, value] : fields) text += name + value;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  KZ_CHECK(HMAC(EVP_sha1(), token.data(), static_cast<int>(token.size()),
                reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
                &size) != nullptr,
           "HMAC-SHA1");
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> base64{};
  const int length = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(size));
  return {reinterpret_cast<const char*>(base64.data()), static_cast<size_t>(length)};
}

bool IsTwilioSignature(std::string_view signature, std::string_view token, std::string_view url,
                       const FormFields& fields) {
  const std::string wanted = TwilioSignature(token, url, fields);
  return signature.size() == wanted.size() &&
         CRYPTO_memcmp(signature.data(), wanted.data(), wanted.size()) == 0;
}

}  // namespace kizashi::phone
