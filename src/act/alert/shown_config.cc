#include "act/alert/shown_config.h"

#include <algorithm>
#include <string_view>

#include "wire/yaml_writer.h"

namespace kizashi::alerts {
namespace {

constexpr std::string_view kSecret = "<secret>";

// Fields of Alertmanager's types Secret and SecretURL.
constexpr std::string_view kSecretFields[] = {"password",
                                              "credentials",
                                              "bearer_token",
                                              "client_secret",
                                              "smtp_auth_password",
                                              "smtp_auth_secret",
                                              "auth_password",
                                              "auth_secret",
                                              "slack_api_url",
                                              "api_key",
                                              "opsgenie_api_key",
                                              "victorops_api_key",
                                              "wechat_api_secret",
                                              "api_secret",
                                              "routing_key",
                                              "service_key",
                                              "user_key",
                                              "token",
                                              "bot_token",
                                              "webhook_url",
                                              "secret_key",
                                              "app_token",
                                              "slack_app_token",
                                              "rocketchat_token",
                                              "rocketchat_token_id",
                                              "token_id"};

bool IsSecret(std::string_view field) {
  return std::find(std::begin(kSecretFields), std::end(kSecretFields), field) !=
         std::end(kSecretFields);
}

// "http://user:pw@host:1/path?q" to "host:1"; "" when it has no scheme.
std::string HostOfUrl(const std::string& url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string::npos) return "";
  const size_t begin = scheme + 3;
  std::string host = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  const size_t user = host.rfind('@');
  return user == std::string::npos ? host : host.substr(user + 1);
}

// "http://user:pw@host:1/path?q" to "http://host:1/<secret>"; a URL without more is as it was.
std::string HostOnly(const std::string& url) {
  const std::string host = HostOfUrl(url);
  if (host.empty()) return std::string(kSecret);
  const std::string shown = url.substr(0, url.find("://") + 3) + host;
  const bool has_more = url.size() > shown.size() + 1 || !url.starts_with(shown);
  return has_more ? shown + "/" + std::string(kSecret) : url;
}

// `list` is the nearest `*_configs` that the node stands in.
void Hide(YamlNode* node, std::string_view list) {
  for (size_t i = 0; i < node->children.size(); ++i) {
    YamlNode& child = node->children[i];
    const std::string_view key =
        node->kind == YamlNode::Kind::kMapping ? std::string_view(node->keys[i].name) : "";
    const bool is_text = child.kind == YamlNode::Kind::kScalar && !child.scalar.empty();
    const bool is_slack_url = list == "slack_configs" && key == "api_url";
    if (is_text && (IsSecret(key) || is_slack_url)) {
      child.scalar = kSecret;
    } else if (is_text && list == "webhook_configs" && key == "url") {
      child.scalar = HostOnly(child.scalar);
    } else {
      Hide(&child, key.ends_with("_configs") ? key : list);
    }
  }
}

}  // namespace

std::string ShownConfig(const YamlNode& root) {
  YamlNode shown = root;
  Hide(&shown, "");
  return WriteYaml(shown);
}

std::string HostOf(const Integration& destination) {
  if (destination.email) return destination.email->smarthost;
  if (destination.pagerduty) return HostOfUrl(destination.pagerduty->url);
  if (destination.webhook) return HostOfUrl(destination.webhook->url.Read().value_or(""));
  if (!destination.slack) return "";
  const SlackConfig& slack = *destination.slack;
  if (!slack.app_token.empty()) return HostOfUrl(slack.app_url);
  return HostOfUrl(slack.api_url.Read().value_or(""));
}

}  // namespace kizashi::alerts
