#include "act/alert/receiver_kinds.h"

#include <utility>

#include "act/alert/email_receiver.h"
#include "act/alert/pagerduty_receiver.h"
#include "act/alert/slack_receiver.h"
#include "act/alert/webhook_receiver.h"

namespace kizashi::alerts {
namespace {

constexpr size_t kMailers = 8;          // threads: a destination uses one at a time
constexpr size_t kMailsQueuedMax = 64;  // beyond, a mail waits in its own queue

}  // namespace

const std::vector<std::string>& Receivers::kinds() {
  static const std::vector<std::string> kKinds = {"email", "pagerduty", "phone", "slack",
                                                  "webhook"};
  return kKinds;
}

void Receivers::Stop() {
  if (mailers_) mailers_->Stop();
}

ReceiverKinds Receivers::Kinds() {
  return {kinds(), [this](const AlertConfig& config, const ReceiverConfig& of,
                          const Integration& to) { return Make(config, of, to); }};
}

StatusOr<std::shared_ptr<Receiver>> Receivers::Make(const AlertConfig& config,
                                                    const ReceiverConfig& of,
                                                    const Integration& to) {
  const auto fetch = [this](FetchRequest request, HttpClient::Callback done) {
    client_.Fetch(std::move(request), std::move(done));
  };
  if (to.kind == "slack") return MakeSlackReceiver(config, to, options_, fetch, clock_);
  if (to.kind == "pagerduty") return MakePagerDutyReceiver(config, to, options_, fetch, clock_);
  if (to.kind == "webhook") return MakeWebhookReceiver(config, to, options_, fetch, clock_);
  if (to.kind == "phone") {
    if (make_phone_) return make_phone_(of, to);
    return InvalidArgument("phone_configs of \"{}\" need --phone-config", of.name);
  }
  if (to.kind != "email") return Internal("nobody sends {}", to.kind);
  if (!mailers_) mailers_ = std::make_unique<HandlerPool>(kMailers, kMailsQueuedMax);
  const auto run = [pool = mailers_.get()](std::function<void()> work) {
    return pool->Post(std::move(work));
  };
  return MakeEmailReceiver(config, to, options_, run, SendMail, clock_);
}

}  // namespace kizashi::alerts
