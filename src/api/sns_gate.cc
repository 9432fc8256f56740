#include "api/sns_gate.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "wire/sns_message.h"

namespace kizashi {
namespace {

constexpr Duration kFetchTimeout{5'000};

Status Denied(std::string_view reason) {
  return Errorf(absl::StatusCode::kPermissionDenied, "{}", reason);
}

// "arn:aws:sns:REGION:ACCOUNT:NAME"
std::string_view RegionOf(std::string_view arn) {
  for (int i = 0; i < 3; ++i) {
    const size_t colon = arn.find(':');
    if (colon == arn.npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return arn.substr(0, arn.find(':'));
}

FetchRequest GetFromSns(const std::string& url) {
  FetchRequest request;
  request.url = url;
  request.timeout = kFetchTimeout;
  request.body_bytes_max = SnsGate::kCertificateBytesMax;
  return request;
}

}  // namespace

struct SnsGate::State {
  std::mutex mutex;
  std::map<std::string, std::string> certificates;  // by URL; of messages that were good
  int fetches = 0;

  std::optional<std::string> Find(const std::string& url) {
    const std::lock_guard lock(mutex);
    const auto found = certificates.find(url);
    return found == certificates.end() ? std::nullopt : std::make_optional(found->second);
  }
  void Keep(const std::string& url, std::string pem) {
    const std::lock_guard lock(mutex);
    if (certificates.size() >= kCertificatesMax) certificates.clear();
    certificates[url] = std::move(pem);
  }
  bool Begin() {
    const std::lock_guard lock(mutex);
    if (fetches >= kFetchesMax) return false;
    ++fetches;
    return true;
  }
  void End() {
    const std::lock_guard lock(mutex);
    --fetches;
  }
};

SnsGate::SnsGate(alerts::FetchFunction fetch, const Clock* clock)
    : fetch_(std::move(fetch)), clock_(clock), state_(std::make_shared<State>()) {}

void SnsGate::Check(const std::string& body, const std::vector<std::string>& topics,
                    std::function<void(const Status&)> done) const {
  auto read = ReadSnsMessage(body);
  if (!read.ok()) return done(read.status());
  if (std::find(topics.begin(), topics.end(), read->topic_arn) == topics.end()) {
    return done(Denied("TopicArn is none of the topics of cloudwatch"));
  }
  const std::string url = read->signing_cert_url;
  const bool is_of_region =
      url.starts_with(fmt::format("https://sns.{}.", RegionOf(read->topic_arn)));
  if (!IsSnsCertificateUrl(url) || !is_of_region) {
    return done(Denied("SigningCertURL is not of SNS in the topic's region"));
  }
  const Time now = clock_->Now();
  if (const auto pem = state_->Find(url)) return done(CheckSnsSignature(*read, *pem, now));
  if (!state_->Begin()) return done(Unavailable("too many certificates are being fetched"));
  fetch_(GetFromSns(url), [state = state_, url, message = *std::move(read), now,
                           done = std::move(done)](const FetchResult& result) {
    state->End();
    if (!result.status.ok()) {
      return done(
          Unavailable("the certificate of SNS cannot be fetched: {}", Message(result.status)));
    }
    if (result.code >= 500) {
      return done(
          Unavailable("the certificate of SNS cannot be fetched: answered {}", result.code));
    }
    if (result.code != 200) return done(Denied("there is no certificate at SigningCertURL"));
    const Status checked = CheckSnsSignature(message, result.body, now);
    if (checked.ok()) state->Keep(url, result.body);
    done(checked);
  });
}

bool SnsGate::Confirm(const std::string& url) const {
  if (!IsSnsSubscribeUrl(url)) return false;
  fetch_(GetFromSns(url), [](const FetchResult& result) {
    if (result.status.ok() && result.code == 200) {
      return Log(LogLevel::kInfo, "a subscription of SNS is confirmed", {});
    }
    const std::string reason = result.status.ok() ? fmt::format("answered {}", result.code)
                                                  : std::string(Message(result.status));
    Log(LogLevel::kError, "a subscription of SNS is not confirmed", {{"reason", reason}});
  });
  return true;
}

}  // namespace kizashi
