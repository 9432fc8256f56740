#include "act/alert/pagerduty_receiver.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>
#include <utility>

#include "act/alert/notification_templates.h"
#include "act/alert/slack_message.h"
#include "act/format.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/json_writer.h"

namespace kizashi::alerts {
namespace {

constexpr size_t kSummaryMax = 1024;
constexpr size_t kBodyBytesMax = 512'000;
constexpr size_t kDetailMax = 20'000;  // characters of one of custom_details
constexpr size_t kTextMax = 1024;

// "PAGE triggered|acknowledged|resolved CONTENT".
struct Receipt {
  uint64_t page = 0;
  std::string state;
  uint64_t content = 0;
};

Receipt ReadReceipt(std::string_view text) {
  Receipt receipt;
  const size_t first = std::min(text.find(' '), text.size());
  const size_t second = std::min(text.find(' ', std::min(first + 1, text.size())), text.size());
  if (second == text.size()) return receipt;
  std::from_chars(text.data(), text.data() + first, receipt.page);
  receipt.state = text.substr(first + 1, second - first - 1);
  std::from_chars(text.data() + second + 1, text.data() + text.size(), receipt.content);
  return receipt;
}

// What a trigger says, whoever takes care of it.
uint64_t ContentOf(const Notification& notification) {
  Notification alone = notification;
  alone.state = GroupState();
  return SlackContent(alone);
}

std::string_view SeverityOf(int rank) {
  switch (rank) {
    case 4: return "critical";
    case 2: return "warning";
    case 1: return "info";
    default: return "error";
  }
}

using Templates = std::shared_ptr<const rules::TemplateSet>;

class EventWriter {
 public:
  EventWriter(const Templates& templates, const PagerDutyConfig& of,
              const Notification& notification, const std::string& routing_key,
              const std::string& external_url)
      : of_(of),
        notification_(notification),
        routing_key_(routing_key),
        expand_(templates, notification, external_url, Escaping::kNone) {}

  std::string Trigger(uint64_t page) {
    std::string body = Write(page, true);
    return body.size() <= kBodyBytesMax ? body : Write(page, false);
  }

  std::string Other(std::string_view action, uint64_t page) const {
    JsonWriter json;
    Begin(action, page, &json);
    json.EndObject();
    return json.Take();
  }

  std::string Change() {
    JsonWriter json;
    json.BeginObject();
    json.Key("routing_key").String(routing_key_);
    json.Key("payload").BeginObject();
    json.Key("summary").String(Summary());
    json.Key("source").String(Source());
    json.Key("timestamp").String(FormatTime(Begun()));
    WriteDetails(&json);
    json.EndObject();
    WriteLists(&json, false);
    json.EndObject();
    return json.Take();
  }

 private:
  void Begin(std::string_view action, uint64_t page, JsonWriter* json) const {
    json->BeginObject();
    json->Key("routing_key").String(routing_key_);
    json->Key("event_action").String(action);
    json->Key("dedup_key").String(PagerDutyKey(Hash64(notification_.group_key), page));
  }

  std::string Summary() {
    std::string text = OneLine(expand_(of_.description, PlainSubject(notification_)));
    if (text.find_first_not_of(' ') == text.npos) text = PlainSubject(notification_);
    if (!expand_.error().empty()) text += fmt::format(" (template: {})", expand_.error());
    return CutText(text, kSummaryMax);
  }

  std::string Source() {
    std::string text = CutText(OneLine(expand_(of_.source, "kizashi")), kTextMax);
    return text.empty() ? "kizashi" : text;
  }

  Time Begun() const {
    Time begun = notification_.created_at;
    for (const ToldAlert& told : notification_.alerts) {
      begun = std::min(begun, told.alert->starts_at);
    }
    return begun;
  }

  std::string Write(uint64_t page, bool with_details) {
    JsonWriter json;
    Begin("trigger", page, &json);
    const std::string client = CutText(OneLine(expand_(of_.client)), kTextMax);
    if (!client.empty()) json.Key("client").String(client);
    const std::string url = expand_(of_.client_url);
    if (url.starts_with("http")) json.Key("client_url").String(CutText(url, kTextMax));
    json.Key("payload").BeginObject();
    json.Key("summary").String(Summary());
    json.Key("source").String(Source());
    json.Key("severity").String(Severity());
    json.Key("timestamp").String(FormatTime(Begun()));
    for (const auto& [name, text] :
         {std::pair("class", &of_.event_class), std::pair("component", &of_.component),
          std::pair("group", &of_.group)}) {
      const std::string value = CutText(OneLine(expand_(*text)), kTextMax);
      if (!value.empty()) json.Key(name).String(value);
    }
    if (with_details) WriteDetails(&json);
    json.EndObject();
    WriteLists(&json, true);
    json.EndObject();
    return json.Take();
  }

  std::string Severity() {
    const std::string wanted = expand_(of_.severity);
    for (const char* known : {"critical", "error", "warning", "info"}) {
      if (wanted == known) return wanted;
    }
    return std::string(SeverityOf(notification_.rank));
  }

  void WriteDetails(JsonWriter* json) {
    json->Key("custom_details").BeginObject();
    for (const auto& [name, text] : of_.details) {
      json->Key(name).String(CutText(expand_(text), kDetailMax));
    }
    json->EndObject();
  }

  void WriteLists(JsonWriter* json, bool with_images) {
    for (const auto& [name, list, needed] :
         {std::tuple("links", &of_.links, "href"), std::tuple("images", &of_.images, "src")}) {
      if (list->empty() || (!with_images && list == &of_.images)) continue;
      json->Key(name).BeginArray();
      for (const std::map<std::string, std::string>& one : *list) {
        const auto url = one.find(needed);
        if (url == one.end()) continue;
        json->BeginObject();
        for (const auto& [key, text] : one) json->Key(key).String(expand_(text));
        json->EndObject();
      }
      json->EndArray();
    }
  }

  const PagerDutyConfig& of_;
  const Notification& notification_;
  const std::string& routing_key_;
  NotificationTexts expand_;
};

// Bodies one after the other, each once the one before is taken.
class Delivery : public std::enable_shared_from_this<Delivery> {
 public:
  Delivery(std::shared_ptr<const PagerDutyConfig> config, ReceiverOptions options,
           FetchFunction fetch, const Clock& clock, Receiver::Done done)
      : config_(std::move(config)),
        options_(std::move(options)),
        fetch_(std::move(fetch)),
        clock_(clock),
        done_(std::move(done)) {}

  void Start(std::vector<std::string> bodies, std::string receipt, std::string secret) {
    bodies_ = std::move(bodies);
    receipt_ = std::move(receipt);
    secret_ = std::move(secret);
    url_ = config_->url;
    if (config_->change_events) {
      constexpr std::string_view kEnqueue = "/enqueue";
      url_.replace(url_.size() - kEnqueue.size(), url_.npos, "/change/enqueue");
    }
    Next();
  }

 private:
  void Next() {
    if (at_ == bodies_.size()) {
      SendResult result;
      result.receipt = receipt_;
      return done_(std::move(result));
    }
    auto request = MakePost(url_, config_->http, bodies_[at_++], config_->timeout, options_);
    if (!request.ok()) return done_(NotTried(request.status()));
    request->headers.emplace_back("Content-Type", "application/json");
    fetch_(*std::move(request), [self = shared_from_this()](const FetchResult& answer) {
      // The routing key stands where a URL's secrets would.
      const SendResult result =
          ReadAnswer(answer, self->url_ + "/" + self->secret_, self->clock_.Now());
      if (result.outcome != SendResult::Outcome::kDelivered) return self->done_(result);
      self->Next();
    });
  }

  const std::shared_ptr<const PagerDutyConfig> config_;
  const ReceiverOptions options_;
  const FetchFunction fetch_;
  const Clock& clock_;
  const Receiver::Done done_;
  std::vector<std::string> bodies_;
  size_t at_ = 0;
  std::string receipt_;
  std::string secret_;
  std::string url_;
};

class PagerDutyReceiver final : public Receiver {
 public:
  PagerDutyReceiver(Templates templates, std::shared_ptr<const PagerDutyConfig> of,
                    ReceiverOptions options, FetchFunction fetch, const Clock& clock)
      : templates_(std::move(templates)),
        of_(std::move(of)),
        options_(std::move(options)),
        fetch_(std::move(fetch)),
        clock_(clock) {}

  void Send(const Notification& notification, Done done) override {
    const auto key = of_->routing_key.Read();
    if (!key.ok()) return done(NotTried(key.status()));
    std::make_shared<Delivery>(of_, options_, fetch_, clock_, std::move(done))
        ->Start(PagerDutyEvents(templates_, *of_, notification, *key, options_.external_url),
                PagerDutyReceipt(notification), *key);
  }
  RateLimit limit() const override { return {60, Duration(60'000)}; }  // of up to three events

 private:
  const Templates templates_;
  const std::shared_ptr<const PagerDutyConfig> of_;
  const ReceiverOptions options_;
  const FetchFunction fetch_;
  const Clock& clock_;
};

}  // namespace

std::string PagerDutyKey(uint64_t group_id, uint64_t page) {
  return fmt::format("{}-{}", HexId(group_id), page);
}

std::optional<uint64_t> GroupOfPagerDutyKey(std::string_view key) {
  uint64_t id = 0;
  const char* const end = key.data() + 16;
  if (key.size() < 18 || key[16] != '-') return std::nullopt;
  const auto read = std::from_chars(key.data(), end, id, 16);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return id;
}

std::vector<std::string> PagerDutyEvents(const Templates& templates, const PagerDutyConfig& of,
                                         const Notification& notification,
                                         const std::string& routing_key,
                                         const std::string& external_url) {
  EventWriter writer(templates, of, notification, routing_key, external_url);
  std::vector<std::string> bodies;
  if (of.change_events) {
    if (notification.firing()) bodies.push_back(writer.Change());
    return bodies;
  }
  const Receipt receipt = ReadReceipt(notification.receipt);
  const bool is_open = receipt.state == "triggered" || receipt.state == "acknowledged";
  const bool has_other = is_open && receipt.page != notification.page;
  if (!notification.firing()) {
    bodies.push_back(writer.Other("resolve", notification.page));
    if (has_other) bodies.push_back(writer.Other("resolve", receipt.page));
    return bodies;
  }
  const bool is_known = is_open && !has_other && receipt.content == ContentOf(notification);
  const bool acknowledges =
      notification.state.is_acknowledged() && (has_other || receipt.state != "acknowledged");
  // When nothing but the acknowledgement is new it alone is told.
  if (!is_known || !acknowledges) bodies.push_back(writer.Trigger(notification.page));
  if (acknowledges) bodies.push_back(writer.Other("acknowledge", notification.page));
  if (has_other) bodies.push_back(writer.Other("resolve", receipt.page));
  return bodies;
}

std::string PagerDutyReceipt(const Notification& notification) {
  const std::string_view state = !notification.firing()                 ? "resolved"
                                 : notification.state.is_acknowledged() ? "acknowledged"
                                                                        : "triggered";
  return fmt::format("{} {} {}", notification.page, state, ContentOf(notification));
}

std::shared_ptr<Receiver> MakePagerDutyReceiver(const AlertConfig& config,
                                                const Integration& integration,
                                                ReceiverOptions options, FetchFunction fetch,
                                                const Clock& clock) {
  KZ_CHECK(integration.pagerduty != nullptr, "an entry of pagerduty_configs");
  return std::make_shared<PagerDutyReceiver>(config.texts, integration.pagerduty,
                                             std::move(options), std::move(fetch), clock);
}

}  // namespace kizashi::alerts
