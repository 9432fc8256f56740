#include "wire/sns_message.h"

#include <gtest/gtest.h>

#include "wire/sns_test_support.h"

namespace kizashi {
namespace {

const Time kNow = TimeFromMs(1'767'366'245'000);  // 2026-01-02T15:04:05Z
constexpr char kTopic[] = "arn:aws:sns:eu-west-1:1:alarms";

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
  EXPECT_EQ(refused(altered, signer.certificate(), kNow),
            "Signature is not that of this message");
  altered = message;
  altered.has_subject = false;
  EXPECT_EQ(refused(altered, signer.certificate(), kNow),
            "Signature is not that of this message");
  altered = message;
  altered.signature = "%%%%";
  EXPECT_EQ(refused(altered, signer.certificate(), kNow),
            "Signature is not that of this message");
  altered = message;
  altered.signature_version = "3";
  EXPECT_EQ(refused(altered, signer.certificate(), kNow), "SignatureVersion is neither 1 nor 2");
  EXPECT_EQ(refused(message, SnsSigner(kNow).certificate(), kNow),
            "Signature is not that of this message");
  EXPECT_EQ(refused(message, "no certificate", kNow),
            "the certificate at SigningCertURL is none");
  EXPECT_EQ(refused(message, signer.certificate(), kNow + kSnsAgeMax + Duration(1000)),
            "Timestamp is 2026-01-02T15:04:05.000Z, too far from now");
  const SnsSigner old(kNow - std::chrono::hours(48));
  EXPECT_EQ(refused(old.Notification(kTopic, kNow, "x"), old.certificate(), kNow),
            "the certificate at SigningCertURL is not valid now");
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
