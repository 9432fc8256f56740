#include "wire/sns_message.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <vector>

#include "base/json_writer.h"
#include "wire/sns_test_message.h"

namespace kizashi {
namespace {

const Time kNow = TimeFromMs(1'767'366'245'000);  // 2026-01-02T15:04:05Z
constexpr char kTopic[] = "arn:aws:sns:eu-west-1:1:alarms";

/// SNS with a key of its own.
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

TEST(SnsMessage, WhatIsSignedIsInTheOrderOfItsNames) {
  SnsMessage message;
  message.type = "Notification";
  message.message_id = "id";
  message.topic_arn = "arn";
  message.message = "text";
  message.timestamp = "t";
  EXPECT_EQ(SnsSignedText(message),
            "Message\ntext\nMessageId\nid\nTimestamp\nt\nTopicArn\narn\nType\nNotification\n");
  message.has_subject = true;
  message.subject = "s";
  EXPECT_EQ(SnsSignedText(message),
            "Message\ntext\nMessageId\nid\nSubject\ns\nTimestamp\nt\nTopicArn\narn\nType\n"
            "Notification\n");
  message.type = "SubscriptionConfirmation";
  message.subscribe_url = "u";
  message.token = "k";
  EXPECT_EQ(SnsSignedText(message),
            "Message\ntext\nMessageId\nid\nSubscribeURL\nu\nTimestamp\nt\nToken\nk\nTopicArn\narn\n"
            "Type\nSubscriptionConfirmation\n");
}

TEST(SnsMessage, AGoodSignatureOfEitherVersionVerifiesAndNothingElse) {
  const SnsSigner signer(kNow);
  SnsMessage message = signer.Notification(kTopic, kNow, "hello");
  const auto read = ReadSnsMessage(SnsSigner::Json(message));
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(CheckSnsSignature(*read, signer.certificate(), kNow).ok());
  message.signature_version = "1";
  signer.Sign(&message);
  EXPECT_TRUE(CheckSnsSignature(message, signer.certificate(), kNow).ok());
  const auto refused = [&](const SnsMessage& one, std::string_view certificate, Time now) {
    return std::string(Message(CheckSnsSignature(one, certificate, now)));
  };
  SnsMessage altered = message;
  altered.message += "!";
  EXPECT_EQ(refused(altered, signer.certificate(), kNow), "Signature is not that of this message");
  altered = message;
  altered.has_subject = false;
  EXPECT_EQ(refused(altered, signer.certificate(), kNow), "Signature is not that of this message");
  altered = message;
  altered.signature = "%%%%";
  EXPECT_EQ(refused(altered, signer.certificate(), kNow), "Signature is not that of this message");
  altered = message;
  altered.signature_version = "3";
  EXPECT_EQ(refused(altered, signer.certificate(), kNow), "SignatureVersion is neither 1 nor 2");
  EXPECT_EQ(refused(message, SnsSigner(kNow).certificate(), kNow),
            "Signature is not that of this message");
  EXPECT_EQ(refused(message, "no certificate", kNow), "the certificate at SigningCertURL is none");
  EXPECT_EQ(refused(message, signer.certificate(), kNow + kSnsAgeMax + Duration(1000)),
            "Timestamp is 2026-01-02T15:04:05.000Z, too far from now");
  const SnsSigner old(kNow - std::chrono::hours(48));
  EXPECT_EQ(refused(old.Notification(kTopic, kNow, "x"), old.certificate(), kNow),
            "the certificate at SigningCertURL is not valid now");
}

TEST(SnsMessage, WhatAnotherProgramSignedVerifies) {
  const auto message = ReadSnsMessage(kSnsTestMessage);
  ASSERT_TRUE(message.ok()) << message.status();
  const Time sent = *ParseTime(message->timestamp);
  EXPECT_TRUE(CheckSnsSignature(*message, kSnsTestCertificate, sent).ok());
  SnsMessage altered = *message;
  altered.topic_arn += "x";
  EXPECT_FALSE(CheckSnsSignature(altered, kSnsTestCertificate, sent).ok());
}

TEST(SnsMessage, WhatIsMissingIsNamed) {
  EXPECT_EQ(Message(ReadSnsMessage("[]").status()), "expected a JSON object, as SNS sends");
  EXPECT_EQ(Message(ReadSnsMessage(R"({"Type":"Notification"})").status()),
            "MessageId: expected a text, as SNS sends");
  EXPECT_EQ(Message(ReadSnsMessage(R"({"Type":1})").status()),
            "Type: expected a text, as SNS sends");
}

TEST(SnsMessage, NothingIsFetchedButFromSns) {
  for (const char* good : {"https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem",
                           "https://sns.cn-north-1.amazonaws.com.cn/S.pem"}) {
    EXPECT_TRUE(IsSnsCertificateUrl(good)) << good;
  }
  for (const char* bad :
       {"", "http://sns.us-east-1.amazonaws.com/S.pem", "https://sns.us-east-1.amazonaws.com/",
        "https://sns.us-east-1.amazonaws.com:444/S.pem", "https://sns.evil.com/S.pem",
        "https://sns.us-east-1.amazonaws.com.evil.com/S.pem", "https://sns..amazonaws.com/S.pem",
        "https://sns.us-east-1.amazonaws.com@evil.com/S.pem",
        "https://sns.evil.com\\.amazonaws.com/S.pem", "https://sns.us-east-1.amazonaws.com/a?S.pem",
        "https://sns.a/b.amazonaws.com/S.pem", "https://snsxus-east-1.amazonaws.com/S.pem",
        "https://sns.us-east-1.amazonaws.com/a b.pem"}) {
    EXPECT_FALSE(IsSnsCertificateUrl(bad)) << bad;
  }
  EXPECT_TRUE(IsSnsSubscribeUrl(
      "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=a&Token=b"));
  EXPECT_FALSE(IsSnsSubscribeUrl("https://sns.us-east-1.amazonaws.com/?Action=Publish&TopicArn=a"));
  EXPECT_FALSE(IsSnsSubscribeUrl("https://evil.com/?Action=ConfirmSubscription&TopicArn=a"));
}

}  // namespace
}  // namespace kizashi
