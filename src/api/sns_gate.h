// Who sends to the receiver of CloudWatch's alarms: checks that Amazon SNS did, and confirms
// subscriptions.
//
// Nothing is fetched from any host but SNS' own (wire/sns_message.h), over HTTPS, without
// redirects: certificates, at most kFetchesMax at a time, of which kCertificatesMax are kept; and
// the address of a confirmation. Any thread. What fetches outlives it, and may call back later.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "act/alert/http_sender.h"
#include "base/clock.h"
#include "base/status.h"

namespace kizashi {

class SnsGate {
 public:
  static constexpr size_t kCertificatesMax = 16;
  static constexpr size_t kCertificateBytesMax = 64 << 10;
  static constexpr int kFetchesMax = 4;

  SnsGate(alerts::FetchFunction fetch, const Clock* clock);

  /// `done` is called once, here or on another thread: OK; InvalidArgument for what is no message
  /// of SNS; PermissionDenied for one of another topic or not signed; Unavailable when the
  /// certificate cannot be fetched now.
  void Check(const std::string& body, const std::vector<std::string>& topics,
             std::function<void(const Status&)> done) const;

  /// Opens the address that confirms a subscription; false for one that is not of SNS.
  bool Confirm(const std::string& url) const;

 private:
  struct State;
  const alerts::FetchFunction fetch_;
  const Clock* const clock_;
  const std::shared_ptr<State> state_;
};

}  // namespace kizashi
