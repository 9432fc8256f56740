// Messages of Amazon SNS over HTTPS, and the proof that SNS sent them.
//
// Pure and total; any thread. Sources: "HTTP/HTTPS notification JSON format" and "Verifying the
// signatures of Amazon SNS messages" in the Amazon SNS developer guide.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"

namespace kizashi {

inline constexpr size_t kSnsBodyBytesMax = 4 << 20;
inline constexpr Duration kSnsAgeMax{75 * 60'000};  // SNS tries for an hour
inline constexpr Duration kSnsAheadMax{5 * 60'000};

struct SnsMessage {
  std::string type;  // "Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"
  std::string message_id;
  std::string topic_arn;
  std::string subject;
  bool has_subject = false;
  std::string message;
  std::string timestamp;  // RFC 3339
  std::string token;
  std::string subscribe_url;
  std::string signature_version;
  std::string signature;  // base64
  std::string signing_cert_url;
};

/// InvalidArgument names the member that is missing or no text.
StatusOr<SnsMessage> ReadSnsMessage(std::string_view body);

/// Whether a certificate may be fetched from there: an https URL of a .pem at
/// sns.REGION.amazonaws.com or .com.cn, without port, user or query.
bool IsSnsCertificateUrl(std::string_view url);
/// The same of an address that confirms a subscription: its query has Action=ConfirmSubscription.
bool IsSnsSubscribeUrl(std::string_view url);

/// What is signed.
std::string SnsSignedText(const SnsMessage& message);

/// Checks signature (version 1: SHA-1, 2: SHA-256, with RSA), the certificate's validity, and that
/// the message is not older than kSnsAgeMax. PermissionDenied says what is wrong.
Status CheckSnsSignature(const SnsMessage& message, std::string_view certificate_pem, Time now);

}  // namespace kizashi
