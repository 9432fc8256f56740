#include "act/alert/slack_receiver.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <algorithm>
#include <initializer_list>
#include <utility>
#include <vector>

#include "act/alert/slack_message.h"
#include "base/check.h"

namespace kizashi::alerts {
namespace {

using Outcome = SendResult::Outcome;

constexpr std::string_view kPostMessage = "/chat.postMessage";
constexpr Duration kLimitedHold{1'000};  // when Slack does not say until when
constexpr size_t kPlaceBytesMax = 64;    // of a channel's id and of a timestamp

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// What the Web API answers with 200.
struct WebAnswer {
  bool is_json = false;
  bool ok = false;
  std::string error;
  std::string channel;
  std::string ts;
};

WebAnswer ReadWebAnswer(const std::string& body) {
  WebAnswer answer;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(body).get(root) != simdjson::SUCCESS || !root.is_object()) return answer;
  answer.is_json = true;
  if (root["ok"].get(answer.ok) != simdjson::SUCCESS) answer.ok = false;
  for (const auto& [name, into] :
       {std::pair("error", &answer.error), std::pair("channel", &answer.channel),
        std::pair("ts", &answer.ts)}) {
    std::string_view value;
    const bool is_text = root[name].get(value) == simdjson::SUCCESS;
    if (is_text && value.size() <= kPlaceBytesMax && value.find(' ') == value.npos) *into = value;
  }
  return answer;
}

// One notification on its way: an update and then a reply, or a new message.
class Delivery : public std::enable_shared_from_this<Delivery> {
 public:
  struct Parts {
    std::shared_ptr<const SlackConfig> config;
    std::shared_ptr<const rules::TemplateSet> templates;
    ReceiverOptions options;
    FetchFunction fetch;
    const Clock* clock = nullptr;
  };

  Delivery(Parts parts, const Notification& notification, Receiver::Done done)
      : parts_(std::move(parts)), notification_(notification), done_(std::move(done)) {}

  void Start() {
    const SlackConfig& config = *parts_.config;
    const bool has_token = !config.app_token.empty();
    auto url = has_token ? StatusOr<std::string>(config.app_url) : config.api_url.Read();
    if (!url.ok()) return done_(NotTried(url.status()));
    url_ = *std::move(url);
    is_web_api_ = url_.ends_with(kPostMessage);
    if (has_token) {
      auto token = config.app_token.Read();
      if (!token.ok()) return done_(NotTried(token.status()));
      token_ = *std::move(token);
    }
    texts_ = ExpandSlackTexts(config, notification_, parts_.options.external_url, parts_.templates);
    place_ = ReadSlackPlace(notification_.receipt);
    const bool is_anew = notification_.firing() && !place_.fires;
    if (is_web_api_ && config.updates && place_.is_there() && !is_anew) return Update();
    Post();
  }

 private:
  using Next = std::function<void(const WebAnswer& answer)>;

  void Post() {
    is_update_ = false;
    Call(kPostMessage, SlackBody(texts_, notification_, nullptr, has_buttons(), is_brief_),
         [this](const WebAnswer& answer) {
           place_.channel = answer.channel;
           place_.ts = answer.ts;
           Finish();
         });
  }

  void Update() {
    is_update_ = true;
    const bool is_graver = notification_.firing() && notification_.page != place_.page;
    const bool is_reminder =
        notification_.firing() && SlackContent(notification_) == place_.content;
    Call("/chat.update", SlackBody(texts_, notification_, &place_, has_buttons(), is_brief_),
         [this, replies = is_graver || is_reminder](const WebAnswer&) {
           replies ? Reply() : Finish();
         });
  }

  void Reply() {
    is_update_ = false;
    Call(kPostMessage, SlackReply(texts_, notification_, place_),
         [this](const WebAnswer&) { Finish(); });
  }

  void Finish() {
    SendResult result;
    if (is_web_api_ && place_.is_there()) {
      place_.page = notification_.page;
      place_.fires = notification_.firing();
      place_.content = SlackContent(notification_);
      result.receipt = WriteSlackPlace(place_);
    }
    done_(std::move(result));
  }

  bool has_buttons() const { return parts_.options.has_buttons; }

  void Call(std::string_view method, std::string body, Next next) {
    std::string url = url_;
    if (is_web_api_) url.replace(url.size() - kPostMessage.size(), url.npos, method);
    auto request =
        MakePost(url, parts_.config->http, std::move(body), parts_.config->timeout, parts_.options);
    if (!request.ok()) return done_(NotTried(request.status()));
    request->headers.emplace_back("Content-Type", "application/json; charset=utf-8");
    if (!token_.empty()) request->headers.emplace_back("Authorization", "Bearer " + token_);
    const auto fetch = parts_.fetch;
    fetch(*std::move(request), [self = shared_from_this(), next = std::move(next)](
                                   const FetchResult& answer) { self->Read(answer, next); });
  }

  void Read(const FetchResult& fetched, const Next& next) {
    const Time now = parts_.clock->Now();
    SendResult result = ReadAnswer(fetched, url_, now);
    if (result.outcome != Outcome::kDelivered) {
      // A webhook says with 400 what the Web API says with 200.
      if (fetched.code == 400 && !is_brief_) return Brief();
      if (fetched.code == 429 && !result.hold_until) result.hold_until = now + kLimitedHold;
      return done_(std::move(result));
    }
    if (!is_web_api_) return next(WebAnswer());
    const WebAnswer answer = ReadWebAnswer(fetched.body);
    if (answer.ok) return next(answer);
    Refused(answer, AskedAgainAt(fetched, now).value_or(now + kLimitedHold));
  }

  void Refused(const WebAnswer& answer, Time limited_until) {
    const std::string& error = answer.error;
    if (is_update_ &&
        IsOneOf(error, {"message_not_found", "cant_update_message", "edit_window_closed",
                        "channel_not_found", "msg_not_found"})) {
      return Post();
    }
    const bool is_form = error.starts_with("invalid_blocks") || error.ends_with("_too_long") ||
                         IsOneOf(error, {"invalid_attachments", "too_many_attachments", "no_text",
                                         "invalid_block_structure"});
    if (is_form && !is_brief_) return Brief();
    // Whatever else it is, a person can put it right, so it is tried again: a channel that the app
    // was not invited to, a token that was withdrawn.
    SendResult result;
    result.outcome = Outcome::kFailed;
    result.error = answer.is_json ? fmt::format("Slack answers {}", error.empty() ? "no" : error)
                                  : "Slack's answer is no JSON";
    if (IsOneOf(error, {"ratelimited", "rate_limited", "message_limit_exceeded"})) {
      result.hold_until = limited_until;
    }
    done_(std::move(result));
  }

  // Better a page without its details than none.
  void Brief() {
    is_brief_ = true;
    texts_.problem += (texts_.problem.empty() ? "" : "; ") + std::string("Slack refused the text");
    is_update_ ? Update() : Post();
  }

  const Parts parts_;
  const Notification notification_;
  const Receiver::Done done_;
  std::string url_;
  std::string token_;
  bool is_web_api_ = false;
  bool is_update_ = false;
  bool is_brief_ = false;
  SlackTexts texts_;
  SlackPlace place_;
};

class SlackReceiver final : public Receiver {
 public:
  explicit SlackReceiver(Delivery::Parts parts) : parts_(std::move(parts)) {}

  void Send(const Notification& notification, Done done) override {
    std::make_shared<Delivery>(parts_, notification, std::move(done))->Start();
  }
  RateLimit limit() const override { return {1, Duration(1000)}; }

 private:
  const Delivery::Parts parts_;
};

}  // namespace

std::shared_ptr<Receiver> MakeSlackReceiver(const AlertConfig& config,
                                            const Integration& integration, ReceiverOptions options,
                                            FetchFunction fetch, const Clock& clock) {
  KZ_CHECK(integration.slack != nullptr, "an entry of slack_configs");
  return std::make_shared<SlackReceiver>(Delivery::Parts{
      integration.slack, config.texts, std::move(options), std::move(fetch), &clock});
}

}  // namespace kizashi::alerts
