// Reads the entries of receivers (`slack_configs`, `pagerduty_configs`, ...) and what of `global`
// they take as defaults.
//
// One thread; used while a file is read. Errors go to the ConfigReader.
#pragma once

#include <string>

#include "act/alert/config_fields.h"
#include "act/alert/receiver_config.h"

namespace kizashi::alerts {

class ReceiverConfigReader {
 public:
  explicit ReceiverConfigReader(ConfigFields& fields) : fields_(fields) {}

  /// The keys of `global` that receivers take as defaults, into `defaults`.
  ConfigFields::Keys GlobalKeys();
  void CheckGlobal(const YamlNode& node, const std::string& field);

  WebhookConfig Webhook(const YamlNode& node, const std::string& field);
  SlackConfig Slack(const YamlNode& node, const std::string& field);
  PagerDutyConfig PagerDuty(const YamlNode& node, const std::string& field);
  EmailConfig Email(const YamlNode& node, const std::string& field);

 private:
  using Keys = ConfigFields::Keys;
  Keys SlackTexts(SlackConfig* config);
  void SlackField(const YamlNode& node, const std::string& field, SlackConfig* config);
  void SlackLink(const YamlNode& node, const std::string& field, SlackConfig* config);
  void EmailHeaders(const YamlNode& node, const std::string& field, EmailConfig* config);
  void CheckLanguage(const YamlNode& node, const std::string& field, const std::string& language);
  Keys NoMeaning(std::initializer_list<std::string_view> names, Keys keys) const;

  ConfigFields& fields_;
  ReceiverDefaults defaults_;
};

}  // namespace kizashi::alerts
