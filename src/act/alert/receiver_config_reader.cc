#include "act/alert/receiver_config_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace kizashi::alerts {
namespace {

constexpr std::string_view kPostMessage = "/chat.postMessage";

bool IsAddress(std::string_view text) {
  const size_t at = text.find('@');
  return at != text.npos && at > 0 && at + 1 < text.size() &&
         text.find_first_of(" \t\r\n<>,;\"") == text.npos;
}

// "Name <a@b>" and "<a@b>" are addresses too.
std::string AddressOf(std::string_view text) {
  const size_t open = text.rfind('<');
  if (open != text.npos && text.ends_with('>')) {
    text = text.substr(open + 1, text.size() - open - 2);
  }
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return std::string(text);
}

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

ConfigFields::Keys ReceiverConfigReader::GlobalKeys() {
  ReceiverDefaults* const into = &defaults_;
  return {fields_.Http("http_config", &into->http),
          fields_.Text("slack_api_url", &into->slack_api_url.text),
          fields_.Path("slack_api_url_file", &into->slack_api_url.file),
          fields_.Text("slack_app_token", &into->slack_app_token.text),
          fields_.Path("slack_app_token_file", &into->slack_app_token.file),
          fields_.Text("slack_app_url", &into->slack_app_url),
          fields_.Text("pagerduty_url", &into->pagerduty_url),
          fields_.Text("smtp_from", &into->smtp_from),
          fields_.Text("smtp_hello", &into->smtp_hello),
          fields_.Text("smtp_smarthost", &into->smtp_smarthost),
          fields_.Text("smtp_auth_username", &into->smtp_username),
          fields_.Text("smtp_auth_password", &into->smtp_password.text),
          fields_.Path("smtp_auth_password_file", &into->smtp_password.file),
          fields_.Flag("smtp_require_tls", &into->smtp_require_tls),
          fields_.Tls("smtp_tls_config", &into->smtp_tls),
          // CRAM-MD5 and identities: the login is by what server and curl agree on.
          {"smtp_auth_secret", nullptr},
          {"smtp_auth_secret_file", nullptr},
          {"smtp_auth_identity", nullptr}};
}

void ReceiverConfigReader::CheckGlobal(const YamlNode& node, const std::string& field) {
  for (const auto& [a, b] : {std::pair("slack_api_url", "slack_api_url_file"),
                             std::pair("slack_app_token", "slack_app_token_file"),
                             std::pair("smtp_auth_password", "smtp_auth_password_file")}) {
    fields_.AtMostOne(node, field, a, b);
  }
}

ConfigFields::Keys ReceiverConfigReader::NoMeaning(std::initializer_list<std::string_view> names,
                                                   Keys keys) const {
  for (const std::string_view name : names) keys.push_back({name, nullptr});
  return keys;
}

WebhookConfig ReceiverConfigReader::Webhook(const YamlNode& node, const std::string& field) {
  WebhookConfig config;
  config.http = defaults_.http;
  if (node.Find("http_config") != nullptr) config.http = ScrapeHttp();
  uint64_t alerts_max = 0;
  fields_.Strict(
      node, field,
      {{"send_resolved", nullptr},
       fields_.Text("url", &config.url.text),
       fields_.Path("url_file", &config.url.file),
       {"max_alerts", [&](const YamlNode& value,
                          const std::string& at) { fields_.in().Count(value, at, &alerts_max); }},
       fields_.Span("timeout", &config.timeout, true),
       fields_.Http("http_config", &config.http),
       fields_.Text("body", &config.body),
       fields_.Text("content_type", &config.content_type)});
  config.alerts_max = alerts_max;
  if (config.url.text.empty() == config.url.file.empty()) {
    fields_.in().Fail(node, field + ": one of url and url_file must be configured");
  } else if (!config.url.text.empty()) {
    fields_.CheckUrl(*node.Find("url"), field + ".url", config.url.text);
  }
  return config;
}

ConfigFields::Keys ReceiverConfigReader::SlackTexts(SlackConfig* config) {
  return {fields_.Text("channel", &config->channel),
          fields_.Text("username", &config->username),
          fields_.Text("color", &config->color),
          fields_.Text("title", &config->title),
          fields_.Text("title_link", &config->title_link),
          fields_.Text("pretext", &config->pretext),
          fields_.Text("text", &config->text),
          fields_.Text("fallback", &config->fallback),
          fields_.Text("footer", &config->footer),
          fields_.Text("icon_emoji", &config->icon_emoji),
          fields_.Text("icon_url", &config->icon_url),
          fields_.Text("image_url", &config->image_url),
          fields_.Text("language", &config->language)};
}

SlackConfig ReceiverConfigReader::Slack(const YamlNode& node, const std::string& field) {
  SlackConfig config;
  config.color = R"({{ if eq .Status "firing" }}danger{{ else }}good{{ end }})";
  config.username = R"({{ template "slack.default.username" . }})";
  config.title = R"({{ template "slack.default.title" . }})";
  config.title_link = R"({{ template "slack.default.titlelink" . }})";
  config.pretext = R"({{ template "slack.default.pretext" . }})";
  config.text = R"({{ template "slack.default.text" . }})";
  config.fallback = R"({{ template "slack.default.fallback" . }})";
  config.footer = R"({{ template "slack.default.footer" . }})";
  config.icon_emoji = R"({{ template "slack.default.iconemoji" . }})";
  config.icon_url = R"({{ template "slack.default.iconurl" . }})";
  config.app_url = defaults_.slack_app_url;
  config.http = defaults_.http;
  if (node.Find("http_config") != nullptr) config.http = ScrapeHttp();
  Keys keys = SlackTexts(&config);
  for (Keys::value_type& key :
       Keys{fields_.Text("api_url", &config.api_url.text),
            fields_.Path("api_url_file", &config.api_url.file),
            fields_.Text("app_token", &config.app_token.text),
            fields_.Path("app_token_file", &config.app_token.file),
            fields_.Text("app_url", &config.app_url),
            fields_.Http("http_config", &config.http),
            fields_.Span("timeout", &config.timeout, true),
            fields_.Flag("link_names", &config.link_names),
            fields_.Flag("update_message", &config.updates),
            {"fields", fields_.Each([&](const YamlNode&one, const std::string&at) {
               SlackField(one, at, &config);
             })},
            {"actions", fields_.Each([&](const YamlNode&one, const std::string&at) {
               SlackLink(one, at, &config);
             })}}) {
    keys.push_back(std::move(key));
  }
  // Of attachments, which Block Kit replaces: where they would have been shown, it is the same.
  fields_.Strict(node, field,
                 NoMeaning({"send_resolved", "short_fields", "mrkdwn_in", "callback_id",
                            "thumb_url", "author_name"},
                           std::move(keys)));
  fields_.AtMostOne(node, field, "api_url", "api_url_file");
  fields_.AtMostOne(node, field, "app_token", "app_token_file");
  CheckLanguage(node, field, config.language);
  const bool has_own = !config.api_url.empty() || !config.app_token.empty();
  if (!has_own) {
    config.api_url = defaults_.slack_api_url;
    config.app_token = defaults_.slack_app_token;
  }
  if (config.api_url.empty() && config.app_token.empty()) {
    fields_.in().Fail(node, field +
                                ": no Slack API URL nor app token set either inline or in "
                                "global");
  }
  if (!config.app_token.empty() && !config.app_url.ends_with(kPostMessage)) {
    fields_.in().Fail(node, fmt::format("{}: app_url must end with {}", field, kPostMessage));
  }
  if (!config.app_token.empty() && config.channel.empty()) {
    fields_.in().Fail(node, field + ": with an app token a channel must be set");
  }
  return config;
}

void ReceiverConfigReader::CheckLanguage(const YamlNode& node, const std::string& field,
                                         const std::string& language) {
  if (language.empty() || language == "en" || language == "ja") return;
  fields_.in().Fail(node, field + ".language: expected en or ja");
}

void ReceiverConfigReader::SlackField(const YamlNode& node, const std::string& field,
                                      SlackConfig* config) {
  SlackConfig::Field read;
  fields_.Strict(
      node, field,
      {fields_.Text("title", &read.title), fields_.Text("value", &read.value), {"short", nullptr}});
  if (read.title.empty() || read.value.empty()) {
    return fields_.in().Fail(node, field + ": missing title or value in Slack field");
  }
  config->fields.push_back(std::move(read));
}

void ReceiverConfigReader::SlackLink(const YamlNode& node, const std::string& field,
                                     SlackConfig* config) {
  SlackConfig::Link read;
  std::string type;
  std::string name;
  fields_.Strict(node, field,
                 {fields_.Text("type", &type),
                  fields_.Text("text", &read.text),
                  fields_.Text("url", &read.url),
                  fields_.Text("style", &read.style),
                  fields_.Text("name", &name),
                  {"value", nullptr},
                  {"confirm", nullptr}});
  if (type.empty() || read.text.empty()) {
    return fields_.in().Fail(node, field + ": missing type or text in Slack action");
  }
  if (read.url.empty()) {
    return fields_.in().Fail(
        node, field +
                  ": an action without url needs a program of yours that takes it; the "
                  "buttons acknowledge, escalate and resolve are there without asking");
  }
  if (read.style != "primary" && read.style != "danger") read.style.clear();
  config->actions.push_back(std::move(read));
}

PagerDutyConfig ReceiverConfigReader::PagerDuty(const YamlNode& node, const std::string& field) {
  PagerDutyConfig config;
  config.client = R"({{ template "pagerduty.default.client" . }})";
  config.client_url = R"({{ template "pagerduty.default.clientURL" . }})";
  config.description = R"({{ template "pagerduty.default.description" . }})";
  config.details = {
      {"firing", R"({{ template "pagerduty.default.instances" .Alerts.Firing }})"},
      {"resolved", R"({{ template "pagerduty.default.instances" .Alerts.Resolved }})"},
      {"num_firing", "{{ .Alerts.Firing | len }}"},
      {"num_resolved", "{{ .Alerts.Resolved | len }}"}};
  config.url = defaults_.pagerduty_url;
  config.http = defaults_.http;
  if (node.Find("http_config") != nullptr) config.http = ScrapeHttp();
  const auto maps = [this](std::vector<std::map<std::string, std::string>>* into) {
    return fields_.Each([this, into](const YamlNode& one, const std::string& at) {
      fields_.Map("", &into->emplace_back()).read(one, at);
    });
  };
  fields_.Strict(
      node, field,
      {{"send_resolved", nullptr},
       fields_.Http("http_config", &config.http),
       fields_.Span("timeout", &config.timeout, true),
       fields_.Text("routing_key", &config.routing_key.text),
       fields_.Path("routing_key_file", &config.routing_key.file),
       fields_.Refused("service_key", "Events API v1 is not spoken: use routing_key, of v2"),
       fields_.Refused("service_key_file", "Events API v1 is not spoken: use routing_key_file"),
       fields_.Text("url", &config.url),
       fields_.Text("client", &config.client),
       fields_.Text("client_url", &config.client_url),
       fields_.Text("description", &config.description),
       fields_.Map("details", &config.details),
       {"images", maps(&config.images)},
       {"links", maps(&config.links)},
       fields_.Text("source", &config.source),
       fields_.Text("severity", &config.severity),
       fields_.Text("class", &config.event_class),
       fields_.Text("component", &config.component),
       fields_.Text("group", &config.group),
       fields_.Flag("change_events", &config.change_events)});
  if (config.source.empty()) config.source = config.client;
  fields_.AtMostOne(node, field, "routing_key", "routing_key_file");
  if (config.routing_key.empty() && node.Find("service_key") == nullptr &&
      node.Find("service_key_file") == nullptr) {
    fields_.in().Fail(node, field + ": missing service or routing key in PagerDuty config");
  }
  fields_.CheckUrl(node, field + ".url", config.url);
  if (!config.url.ends_with("/v2/enqueue")) {
    fields_.in().Fail(node, field + ".url: must end with /v2/enqueue");
  }
  return config;
}

void ReceiverConfigReader::EmailHeaders(const YamlNode& node, const std::string& field,
                                        EmailConfig* config) {
  std::map<std::string, std::string> headers;
  fields_.Map("", &headers).read(node, field);
  for (auto& [name, value] : headers) {
    const std::string lower = Lower(name);
    if (lower == "subject") {
      config->subject = value;
    } else if (lower == "to" || lower == "from" || lower == "reply-to" ||
               name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789-") == name.npos) {
      if (!config->headers.emplace(lower, value).second) {
        fields_.in().Fail(node, fmt::format("{}: duplicate header \"{}\"", field, name));
      }
    } else {
      fields_.in().Fail(node, fmt::format("{}: \"{}\" is no name of a header", field, name));
    }
  }
}

EmailConfig ReceiverConfigReader::Email(const YamlNode& node, const std::string& field) {
  EmailConfig config;
  config.subject = R"({{ template "email.default.subject" . }})";
  config.text = R"({{ template "email.default.text" . }})";
  config.from = defaults_.smtp_from;
  config.smarthost = defaults_.smtp_smarthost;
  config.hello = defaults_.smtp_hello;
  config.username = defaults_.smtp_username;
  config.password = defaults_.smtp_password;
  config.require_tls = defaults_.smtp_require_tls;
  config.tls = defaults_.smtp_tls;
  if (node.Find("auth_password_file") != nullptr) config.password.text.clear();
  if (node.Find("auth_password") != nullptr) config.password.file.clear();
  fields_.Strict(node, field,
                 {{"send_resolved", nullptr},
                  fields_.Text("to", &config.to),
                  fields_.Text("from", &config.from),
                  fields_.Text("smarthost", &config.smarthost),
                  fields_.Text("hello", &config.hello),
                  fields_.Text("auth_username", &config.username),
                  fields_.Text("auth_password", &config.password.text),
                  fields_.Path("auth_password_file", &config.password.file),
                  {"auth_secret", nullptr},
                  {"auth_secret_file", nullptr},
                  {"auth_identity", nullptr},
                  fields_.Flag("require_tls", &config.require_tls),
                  fields_.Tls("tls_config", &config.tls),
                  {"headers", [&](const YamlNode& value,
                                  const std::string& at) { EmailHeaders(value, at, &config); }},
                  fields_.Text("text", &config.text),
                  fields_.Text("html", &config.html),
                  {"threading", nullptr}});
  ConfigReader& in = fields_.in();
  if (config.to.empty()) {
    in.Fail(node, field + ": missing to address in email config");
    return config;
  }
  if (config.smarthost.empty()) in.Fail(node, field + ": no global SMTP smarthost set");
  if (config.from.empty()) in.Fail(node, field + ": no global SMTP from set");
  std::string addresses;
  for (std::string_view rest = config.to; !rest.empty();) {
    const size_t end = std::min(rest.find(','), rest.size());
    const std::string one = AddressOf(rest.substr(0, end));
    if (one.find("{{") == one.npos && !IsAddress(one)) {
      in.Fail(node, fmt::format("{}.to: \"{}\" is no address", field, one));
    }
    addresses += (addresses.empty() ? "" : ",") + one;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  config.to = std::move(addresses);
  config.from = AddressOf(config.from);
  if (!config.from.empty() && !IsAddress(config.from)) {
    in.Fail(node, fmt::format("{}.from: \"{}\" is no address", field, config.from));
  }
  if (!config.smarthost.empty() && config.smarthost.find(':') == std::string::npos) {
    in.Fail(node, field + ".smarthost: expected HOST:PORT");
  }
  return config;
}

}  // namespace kizashi::alerts
