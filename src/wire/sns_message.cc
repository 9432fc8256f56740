#include "wire/sns_message.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <simdjson.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <utility>

#include "wire/signature.h"

namespace kizashi {
namespace {

constexpr std::string_view kNotification = "Notification";
constexpr size_t kUrlBytesMax = 2048;
constexpr size_t kJsonDepthMax = 16;

template <typename... Args>
Status Denied(fmt::format_string<Args...> format, Args&&... args) {
  return Errorf(absl::StatusCode::kPermissionDenied, format, std::forward<Args>(args)...);
}

// What follows the host, from its '/' on; empty when the host is not one of SNS.
std::string_view PathAtSns(std::string_view url) {
  constexpr std::string_view kBegin = "https://sns.";
  if (url.size() > kUrlBytesMax || !url.starts_with(kBegin)) return {};
  const bool is_plain =
      std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f && c != '\\'; });
  const size_t slash = url.find('/', kBegin.size());
  if (!is_plain || slash == std::string_view::npos) return {};
  std::string_view rest = url.substr(kBegin.size(), slash - kBegin.size());
  const size_t dot = rest.find('.');
  if (dot == 0 || dot == std::string_view::npos) return {};
  const std::string_view region = rest.substr(0, dot);
  const bool is_region = std::all_of(region.begin(), region.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  rest.remove_prefix(dot);
  if (!is_region || (rest != ".amazonaws.com" && rest != ".amazonaws.com.cn")) return {};
  return url.substr(slash);
}

using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;

X509Ptr ReadCertificate(std::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  return {PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free};
}

}  // namespace

StatusOr<SnsMessage> ReadSnsMessage(std::string_view body) {
  if (body.size() > kSnsBodyBytesMax) {
    return InvalidArgument("found {} bytes, expected at most {}", body.size(), kSnsBodyBytesMax);
  }
  simdjson::dom::parser parser(kSnsBodyBytesMax);
  simdjson::dom::element root;
  simdjson::error_code error = parser.allocate(std::max<size_t>(body.size(), 64), kJsonDepthMax);
  if (error == simdjson::SUCCESS) error = parser.parse(body.data(), body.size()).get(root);
  if (error != simdjson::SUCCESS || !root.is_object()) {
    return InvalidArgument("expected a JSON object, as SNS sends");
  }
  SnsMessage message;
  const std::pair<std::string_view, std::string*> members[] = {
      {"Type", &message.type},
      {"MessageId", &message.message_id},
      {"TopicArn", &message.topic_arn},
      {"Message", &message.message},
      {"Timestamp", &message.timestamp},
      {"SignatureVersion", &message.signature_version},
      {"Signature", &message.signature},
      {"SigningCertURL", &message.signing_cert_url},
      {"Subject", &message.subject},
      {"Token", &message.token},
      {"SubscribeURL", &message.subscribe_url}};
  for (const auto& [name, into] : members) {
    std::string_view text;
    if (root[name].get(text) == simdjson::SUCCESS) {
      *into = text;
      if (into == &message.subject) message.has_subject = true;
      continue;
    }
    const bool is_notification = message.type == kNotification;
    const bool may_lack =
        into == &message.subject ||
        (is_notification && (into == &message.token || into == &message.subscribe_url));
    if (!may_lack) return InvalidArgument("{}: expected a text, as SNS sends", name);
  }
  return message;
}

bool IsSnsCertificateUrl(std::string_view url) {
  const std::string_view path = PathAtSns(url);
  return path.size() > 1 && path.ends_with(".pem") &&
         path.find_first_of("?#@:") == std::string_view::npos;
}

bool IsSnsSubscribeUrl(std::string_view url) {
  const std::string_view path = PathAtSns(url);
  return path.starts_with("/?Action=ConfirmSubscription&") && path.find('#') == path.npos;
}

std::string SnsSignedText(const SnsMessage& message) {
  std::string text;
  const auto add = [&text](std::string_view name, std::string_view value) {
    text.append(name).append("\n").append(value).append("\n");
  };
  const bool is_notification = message.type == kNotification;
  add("Message", message.message);
  add("MessageId", message.message_id);
  if (is_notification && message.has_subject) add("Subject", message.subject);
  if (!is_notification) add("SubscribeURL", message.subscribe_url);
  add("Timestamp", message.timestamp);
  if (!is_notification) add("Token", message.token);
  add("TopicArn", message.topic_arn);
  add("Type", message.type);
  return text;
}

Status CheckSnsSignature(const SnsMessage& message, std::string_view certificate_pem, Time now) {
  const auto sent = ParseTime(message.timestamp);
  if (!sent.ok()) return Denied("Timestamp is no time: {}", message.timestamp.substr(0, 40));
  if (*sent < now - kSnsAgeMax || *sent > now + kSnsAheadMax) {
    return Denied("Timestamp is {}, too far from now", message.timestamp.substr(0, 40));
  }
  const EVP_MD* const digest = message.signature_version == "1"   ? EVP_sha1()
                               : message.signature_version == "2" ? EVP_sha256()
                                                                  : nullptr;
  if (digest == nullptr) return Denied("SignatureVersion is neither 1 nor 2");
  const X509Ptr certificate = ReadCertificate(certificate_pem);
  if (certificate == nullptr) return Denied("the certificate at SigningCertURL is none");
  auto seconds = static_cast<time_t>(ToMs(now) / 1000);
  if (X509_cmp_time(X509_get0_notBefore(certificate.get()), &seconds) >= 0 ||
      X509_cmp_time(X509_get0_notAfter(certificate.get()), &seconds) <= 0) {
    return Denied("the certificate at SigningCertURL is not valid now");
  }
  const std::string signature = DecodeBase64(message.signature);
  const std::string text = SnsSignedText(message);
  EVP_PKEY* const key = X509_get0_pubkey(certificate.get());
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  const bool is_good =
      key != nullptr && EVP_PKEY_base_id(key) == EVP_PKEY_RSA && !signature.empty() &&
      EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                       text.size()) == 1;
  return is_good ? OkStatus() : Denied("Signature is not that of this message");
}

}  // namespace kizashi
