#include "act/alert/webhook_receiver.h"

#include <fmt/core.h>

#include <algorithm>
#include <span>
#include <utility>

#include "act/alert/notification_templates.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/json_writer.h"

namespace kizashi::alerts {
namespace {

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

class WebhookReceiver final : public Receiver {
 public:
  WebhookReceiver(std::shared_ptr<const rules::TemplateSet> templates,
                  std::shared_ptr<const WebhookConfig> config, ReceiverOptions options,
                  FetchFunction fetch, const Clock& clock)
      : templates_(std::move(templates)),
        config_(std::move(config)),
        options_(std::move(options)),
        fetch_(std::move(fetch)),
        clock_(clock) {}

  void Send(const Notification& notification, Done done) override {
    auto url = config_->url.Read();
    if (!url.ok()) return done(NotTried(url.status()));
    auto request = MakePost(*url, config_->http, Body(notification), config_->timeout, options_);
    if (!request.ok()) return done(NotTried(request.status()));
    request->headers.emplace_back(
        "Content-Type", config_->body.empty() ? "application/json" : config_->content_type);
    request->headers.emplace_back("Idempotency-Key",
                                  fmt::format("{}-{}", options_.server_id, notification.number));
    fetch_(*std::move(request),
           [done = std::move(done), url = *std::move(url), &clock = clock_](
               const FetchResult& answer) { done(ReadAnswer(answer, url, clock.Now())); });
  }

 private:
  std::string Body(const Notification& notification) const {
    std::string body = WebhookBody(notification, config_->alerts_max, options_.external_url);
    if (config_->body.empty()) return body;
    NotificationTexts expand(templates_, notification, options_.external_url, Escaping::kNone);
    return expand(config_->body, body);
  }

  const std::shared_ptr<const rules::TemplateSet> templates_;
  const std::shared_ptr<const WebhookConfig> config_;
  const ReceiverOptions options_;
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

std::shared_ptr<Receiver> MakeWebhookReceiver(const AlertConfig& config,
                                              const Integration& integration,
                                              ReceiverOptions options, FetchFunction fetch,
                                              const Clock& clock) {
  KZ_CHECK(integration.webhook != nullptr, "an entry of webhook_configs");
  return std::make_shared<WebhookReceiver>(config.texts, integration.webhook, std::move(options),
                                           std::move(fetch), clock);
}

}  // namespace kizashi::alerts
