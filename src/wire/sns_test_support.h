// Amazon SNS for tests: a key with its certificate, and messages signed with it.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "wire/sns_message.h"

namespace kizashi {

class SnsSigner {
 public:
  /// The certificate is valid from a day before `now` to a day after.
  explicit SnsSigner(Time now) : key_(EVP_RSA_gen(2048), EVP_PKEY_free) {
    const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
    const auto seconds = static_cast<time_t>(ToMs(now) / 1000);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    ASN1_TIME_set(X509_getm_notBefore(made.get()), seconds - 86'400);
    ASN1_TIME_set(X509_getm_notAfter(made.get()), seconds + 86'400);
    X509_set_pubkey(made.get(), key_.get());
    X509_sign(made.get(), key_.get(), EVP_sha256());
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_X509(bio.get(), made.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    certificate_.assign(data, static_cast<size_t>(size));
  }

  const std::string& certificate() const { return certificate_; }

  void Sign(SnsMessage* message) const {
    const EVP_MD* const digest = message->signature_version == "1" ? EVP_sha1() : EVP_sha256();
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    const std::string text = SnsSignedText(*message);
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    size_t size = 0;
    EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get());
    EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
    std::vector<unsigned char> signature(size);
    EVP_DigestSign(context.get(), signature.data(), &size, bytes, text.size());
    std::vector<unsigned char> base64(size / 3 * 4 + 5);
    const int length = EVP_EncodeBlock(base64.data(), signature.data(), static_cast<int>(size));
    message->signature.assign(base64.begin(), base64.begin() + length);
  }

  SnsMessage Notification(const std::string& topic, Time now, const std::string& text) const {
    SnsMessage message;
    message.type = "Notification";
    message.message_id = "m-1";
    message.topic_arn = topic;
    message.subject = "ALARM";
    message.has_subject = true;
    message.message = text;
    message.timestamp = FormatTime(now);
    message.signature_version = "2";
    message.signing_cert_url =
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem";
    Sign(&message);
    return message;
  }

  static std::string Json(const SnsMessage& message) {
    JsonWriter json;
    json.BeginObject();
    json.Key("Type").String(message.type);
    json.Key("MessageId").String(message.message_id);
    json.Key("TopicArn").String(message.topic_arn);
    if (message.has_subject) json.Key("Subject").String(message.subject);
    json.Key("Message").String(message.message);
    json.Key("Timestamp").String(message.timestamp);
    json.Key("SignatureVersion").String(message.signature_version);
    json.Key("Signature").String(message.signature);
    json.Key("SigningCertURL").String(message.signing_cert_url);
    if (!message.token.empty()) json.Key("Token").String(message.token);
    if (!message.subscribe_url.empty()) json.Key("SubscribeURL").String(message.subscribe_url);
    return json.EndObject().Take();
  }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::string certificate_;
};

}  // namespace kizashi
