// What the receivers of an alertmanager.yml say, one struct for each kind that is sent.
//
// Texts are templates unless they say otherwise. Immutable once read; any thread.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "ingest/scrape_job.h"

namespace kizashi::alerts {

struct WebhookConfig {
  SecretText url;         // http or https
  size_t alerts_max = 0;  // 0: all
  Duration timeout{0};    // 0: the sender's own
  ScrapeHttp http;
  std::string body;                               // "": Alertmanager's JSON
  std::string content_type = "application/json";  // of `body`; no template
};

struct SlackConfig {
  struct Field {
    std::string title;
    std::string value;
  };
  /// A button that opens `url`.
  struct Link {
    std::string text;
    std::string url;
    std::string style;  // "primary", "danger" or ""
  };
  /// An incoming webhook, or the address of chat.postMessage with a token in `http`.
  SecretText api_url;
  SecretText app_token;  // with it `app_url` is used
  std::string app_url;
  ScrapeHttp http;
  Duration timeout{0};
  std::string channel;
  std::string username;
  std::string color;
  std::string title;
  std::string title_link;
  std::string pretext;
  std::string text;
  std::string fallback;
  std::string footer;
  std::string icon_emoji;
  std::string icon_url;
  std::string image_url;
  bool link_names = false;
  bool updates = true;   // its message in place; a new one for each change otherwise
  std::string language;  // "en" or "ja", of what is not in templates
  std::vector<Field> fields;
  std::vector<Link> actions;
};

struct PagerDutyConfig {
  SecretText routing_key;
  std::string url;  // of v2/enqueue
  ScrapeHttp http;
  Duration timeout{0};
  std::string client;
  std::string client_url;
  std::string description;
  std::string source;
  std::string severity;  // "": by the label severity
  std::string component;
  std::string group;
  std::string event_class;
  std::map<std::string, std::string> details;
  std::vector<std::map<std::string, std::string>> images;  // src, alt, href
  std::vector<std::map<std::string, std::string>> links;   // href, text
  bool change_events = false;  // what fires is told as a change, and pages nobody
};

struct EmailConfig {
  std::string to;    // addresses, separated by commas
  std::string from;  // an address
  std::string smarthost;
  std::string hello;
  std::string username;
  SecretText password;
  bool require_tls = true;
  FetchTls tls;
  std::map<std::string, std::string> headers;  // beside Subject
  std::string subject;
  std::string text;
  std::string html;
};

/// `global`, where receivers take what they do not say themselves.
struct ReceiverDefaults {
  ScrapeHttp http;
  SecretText slack_api_url;
  SecretText slack_app_token;
  std::string slack_app_url = "https://slack.com/api/chat.postMessage";
  std::string pagerduty_url = "https://events.pagerduty.com/v2/enqueue";
  std::string smtp_from;
  std::string smtp_hello;
  std::string smtp_smarthost;
  std::string smtp_username;
  SecretText smtp_password;
  bool smtp_require_tls = true;
  FetchTls smtp_tls;
};

}  // namespace kizashi::alerts
