#include "act/notify/phone/phone_receiver.h"

#include <algorithm>
#include <utility>

#include "act/format.h"
#include "base/hash.h"

namespace kizashi::phone {
namespace {

using Outcome = alerts::SendResult::Outcome;

// Characters of up to four bytes: what is said fits into PhoneCall::kTextBytesMax.
constexpr size_t kLabelCharsMax = 60;
constexpr size_t kSummaryCharsMax = 250;
constexpr size_t kReasonCharsMax = 120;
constexpr size_t kTextCharsMax = PhoneCall::kTextBytesMax / 4;

std::string_view FirstOf(const Labels& labels, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const std::string_view value = labels.Get(name); !value.empty()) return value;
  }
  return {};
}

class PhoneReceiver final : public alerts::Receiver {
 public:
  PhoneReceiver(PhoneReceiverOptions options, PhoneCaller* caller, OnPhoneEvent on_event)
      : options_(std::move(options)), caller_(caller), on_event_(std::move(on_event)) {}

  void Send(const alerts::Notification& notification, Done done) override {
    const std::string page = fmt::format("page {}", notification.page);
    const bool is_rung = notification.receipt == page;
    if (!notification.firing() || notification.state.is_acknowledged() || is_rung) return done({});
    PhoneCall call;
    call.id =
        fmt::format("alert-{}-{}", HexId(Hash64(notification.destination)), notification.number);
    call.to = options_.to;
    call.text = PhoneTextOf(notification, options_.language);
    call.language = options_.language;
    const Status begun = caller_->Call(
        std::move(call), [on_event = on_event_, notification, done, page](const PhoneEvent& event) {
          if (on_event) on_event(notification, event);
          if (event.kind != PhoneEventKind::kEnded) return;
          alerts::SendResult result = ResultOfCall(event);
          if (result.outcome == Outcome::kDelivered) result.receipt = page;
          done(std::move(result));
        });
    if (begun.ok()) return;
    const bool later = begun.code() == absl::StatusCode::kResourceExhausted;
    done({later ? Outcome::kFailed : Outcome::kRefused, std::nullopt, std::string(Message(begun))});
  }

 private:
  const PhoneReceiverOptions options_;
  PhoneCaller* const caller_;
  const OnPhoneEvent on_event_;
};

}  // namespace

StatusOr<PhoneReceiverOptions> ReadPhoneReceiver(const alerts::Integration& integration) {
  PhoneReceiverOptions options;
  const YamlNode& node = integration.node;
  for (size_t i = 0; i < node.keys.size(); ++i) {
    const YamlKey& key = node.keys[i];
    const YamlNode& value = node.children[i];
    const bool is_known = key.name == "to" || key.name == "language" || key.name == "send_resolved";
    if (!is_known || value.kind != YamlNode::Kind::kScalar) {
      return InvalidArgument("{}:{}: {}: {}", key.line, key.column, key.name,
                             is_known ? "expected a text" : "unknown field");
    }
    if (key.name == "to") options.to = value.scalar;
    if (key.name == "language") {
      options.language = LanguageFromCode(value.scalar);
      if (value.scalar != "en" && value.scalar != "ja") {
        return InvalidArgument("{}:{}: language: expected en or ja", key.line, key.column);
      }
    }
  }
  PhoneCall call{"check", options.to, "x"};
  if (const Status status = CheckPhoneCall(&call); !status.ok()) {
    return InvalidArgument("{}:{}: to: {}", node.line, node.column, Message(status));
  }
  options.to = call.to;
  return options;
}

std::string PhoneTextOf(const alerts::Notification& notification, Language language) {
  const alerts::Alert* gravest = nullptr;
  size_t firing = 0;
  for (const alerts::ToldAlert& told : notification.alerts) {
    if (!told.firing) continue;
    ++firing;
    const bool graver = gravest == nullptr || alerts::SeverityRank(told.alert->labels) >
                                                  alerts::SeverityRank(gravest->labels);
    if (graver) gravest = told.alert.get();
  }
  if (gravest == nullptr) return std::string(Text(TextId::kAlerts, language));
  const auto label = [&](std::initializer_list<std::string_view> names, TextId otherwise) {
    const std::string_view value = FirstOf(gravest->labels, names);
    return CutText(value.empty() ? Text(otherwise, language) : value, kLabelCharsMax);
  };
  std::string text = FillText(
      TextId::kRuleSummaryFiring, language,
      {{"severity", label({"severity"}, TextId::kPage)},
       {"alert", label({"alertname"}, TextId::kAlert)},
       {"service", label({"service", "job", "instance"}, TextId::kAlert)},
       {"what",
        CutText(FirstOf(gravest->annotations, {"summary", "description"}), kSummaryCharsMax)}});
  if (firing > 1) {
    text += language == Language::kJapanese ? "。 " : ". ";
    text += FillText(TextId::kMore, language, {{"count", std::to_string(firing - 1)}});
  }
  if (!notification.reason.empty()) {
    text += language == Language::kJapanese ? "。 " : ". ";
    text += CutText(OneLine(notification.reason), kReasonCharsMax);
  }
  return CutText(text, kTextCharsMax);
}

alerts::SendResult ResultOfCall(const PhoneEvent& end) {
  const auto failed = [&](Outcome outcome) {
    return alerts::SendResult{outcome, std::nullopt, DescribePhoneEvent(end, Language::kEnglish)};
  };
  switch (end.end) {
    case PhoneEnd::kAcknowledged:
    case PhoneEnd::kEscalated:
    case PhoneEnd::kNoDigit: return {};
    case PhoneEnd::kNotFound: return failed(Outcome::kRefused);
    case PhoneEnd::kUnreachable: return failed(Outcome::kNoAnswer);
    default: return failed(Outcome::kFailed);
  }
}

std::shared_ptr<alerts::Receiver> MakePhoneReceiver(PhoneReceiverOptions options,
                                                    PhoneCaller* caller, OnPhoneEvent on_event) {
  return std::make_shared<PhoneReceiver>(std::move(options), caller, std::move(on_event));
}

}  // namespace kizashi::phone
