#include "act/alert/webhook_receiver.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>
#include <utility>

#include "act/delivery_policy.h"
#include "base/hash.h"
#include "base/json_writer.h"

namespace kizashi::alerts {
namespace {

constexpr Duration kHoldMax{24 * 3'600'000};  // whatever a receiver asks for

// As Go's regexp.QuoteMeta, which Alertmanager puts the receiver's name through.
std::string QuoteMeta(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) quoted += '\\';
    quoted += c;
  }
  return quoted;
}

void WriteMap(const Labels& labels, JsonWriter* json) {
  json->BeginObject();
  for (const auto& [name, value] : labels) json->Key(name).String(value);
  json->EndObject();
}

// Go's RFC 3339; never is its zero time.
std::string TimeText(Time time) {
  return time == kNever ? "0001-01-01T00:00:00Z" : FormatTime(time);
}

void WriteAlertJson(const ToldAlert& told, JsonWriter* json) {
  json->BeginObject();
  json->Key("status").String(told.firing ? "firing" : "resolved");
  json->Key("labels");
  WriteMap(told.alert->labels, json);
  json->Key("annotations");
  WriteMap(told.alert->annotations, json);
  json->Key("startsAt").String(TimeText(told.alert->starts_at));
  json->Key("endsAt").String(TimeText(told.ends_at()));
  json->Key("generatorURL").String(told.alert->generator_url);
  json->Key("fingerprint").String(HexId(told.alert->fingerprint));
  json->EndObject();
}

StatusOr<std::string> ReadUrl(const Integration& integration) {
  if (integration.url_file.empty()) return integration.url;
  std::ifstream in(integration.url_file);
  std::string url{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  while (!url.empty() && std::isspace(static_cast<unsigned char>(url.back()))) url.pop_back();
  if (url.empty()) return NotFound("url_file {} cannot be read or is empty", integration.url_file);
  return url;
}

class WebhookReceiver final : public Receiver {
 public:
  WebhookReceiver(const Integration& integration, WebhookOptions options, FetchFunction fetch,
                  const Clock& clock)
      : integration_(integration),
        options_(std::move(options)),
        fetch_(std::move(fetch)),
        clock_(clock) {}

  void Send(const Notification& notification, Done done) override {
    FetchRequest request;
    request.method = "POST";
    const auto fail = [&done](const Status& status) {
      done({SendResult::Outcome::kFailed, std::nullopt, std::string(Message(status))});
    };
    auto url = ReadUrl(integration_);
    if (!url.ok()) return fail(url.status());
    request.url = *url;
    if (const Status applied = integration_.http.Apply(&request); !applied.ok()) {
      return fail(applied);
    }
    request.headers.emplace_back("Content-Type", "application/json");
    request.headers.emplace_back("Idempotency-Key",
                                 fmt::format("{}-{}", options_.server_id, notification.number));
    request.body = WebhookBody(notification, integration_.alerts_max, options_.external_url);
    request.timeout = integration_.timeout > Duration(0) ? integration_.timeout : options_.timeout;
    request.body_bytes_max = 64 << 10;
    request.accept_gzip = false;
    fetch_(std::move(request),
           [done = std::move(done), url = *std::move(url), &clock = clock_](FetchResult answer) {
             done(ReadAnswer(answer, url, clock.Now()));
           });
  }

 private:
  const Integration integration_;
  const WebhookOptions options_;
  const FetchFunction fetch_;
  const Clock& clock_;
};

}  // namespace

std::string WebhookBody(const Notification& notification, size_t alerts_max,
                        const std::string& external_url) {
  const std::span<const ToldAlert> all = notification.alerts;
  const auto shown = all.first(alerts_max == 0 ? all.size() : std::min(alerts_max, all.size()));
  const bool firing =
      std::any_of(shown.begin(), shown.end(), [](const ToldAlert& told) { return told.firing; });
  JsonWriter json;
  json.BeginObject();
  json.Key("receiver").String(QuoteMeta(notification.receiver));
  json.Key("status").String(firing ? "firing" : "resolved");
  json.Key("alerts").BeginArray();
  for (const ToldAlert& told : shown) WriteAlertJson(told, &json);
  json.EndArray();
  json.Key("groupLabels");
  WriteMap(notification.group_labels, &json);
  json.Key("commonLabels");
  WriteMap(CommonOf(shown, &Alert::labels), &json);
  json.Key("commonAnnotations");
  WriteMap(CommonOf(shown, &Alert::annotations), &json);
  json.Key("externalURL").String(external_url);
  json.Key("version").String("4");
  json.Key("groupKey").String(notification.group_key);
  json.Key("truncatedAlerts").Int(static_cast<int64_t>(all.size() - shown.size()));
  json.EndObject();
  return json.Take();
}

SendResult ReadAnswer(const FetchResult& answer, std::string_view url, Time now) {
  using Outcome = SendResult::Outcome;
  SendResult result;
  // The code decides: who said 2xx has the message even if the answer then broke off.
  if (answer.code >= 200 && answer.code < 300) return result;
  if (answer.code == 0) {
    return {Outcome::kNoAnswer, std::nullopt, HideSecrets(Message(answer.status), url)};
  }
  const bool again = answer.code == 408 || answer.code == 429 || answer.code >= 500;
  result.outcome = again ? Outcome::kFailed : Outcome::kRefused;
  const auto asked = ParseRetryAfter(FindHeader(answer.headers, "Retry-After"), now);
  if (again && asked && *asked > now) result.hold_until = std::min(*asked, now + kHoldMax);
  const std::string body = answer.body.substr(0, 200);
  result.error =
      fmt::format("answered {}{}{}", answer.code, body.empty() ? "" : ": ", HideSecrets(body, url));
  return result;
}

std::shared_ptr<Receiver> MakeWebhookReceiver(const Integration& integration,
                                              WebhookOptions options, FetchFunction fetch,
                                              const Clock& clock) {
  return std::make_shared<WebhookReceiver>(integration, std::move(options), std::move(fetch),
                                           clock);
}

}  // namespace kizashi::alerts
