// What an alertmanager.yml says, read once and checked as a whole.
//
// Immutable once read (AlertConfigPtr); any thread. Everything that Alertmanager 0.25 to 0.28 takes
// is known; what is not sent (kinds of receivers that nobody made) is a note, never silence.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "act/alert/matcher.h"
#include "act/alert/receiver_config.h"
#include "act/alert/time_interval.h"
#include "base/clock.h"
#include "query/rules/template.h"
#include "wire/yaml.h"

namespace kizashi::alerts {

inline constexpr size_t kRoutesMax = 20'000;
inline constexpr size_t kRouteDepthMax = 32;
inline constexpr size_t kEscalationMax = 16;  // steps of a route

/// Who is told besides when a group fires for so long and nobody has acknowledged it.
struct EscalationStep {
  std::string receiver;
  Duration after{};  // since the group opened; each later than the one before
};

/// A node of the route tree with what it inherits already in it.
struct Route {
  std::string receiver;
  std::vector<std::string> group_by;  // sorted
  bool group_by_all = false;
  Duration group_wait{30'000};
  Duration group_interval{5 * 60'000};
  Duration repeat_interval{4 * 3'600'000};
  std::vector<std::string> mute_intervals;
  std::vector<std::string> active_intervals;
  Matchers matchers;  // sorted
  bool continues = false;
  std::vector<EscalationStep> escalation;  // inherited
  /// Of this route in group keys: `{}/{team="a"}`. Two routes may share one.
  std::string key;
  size_t number = 0;  // in the order of a walk; the root is 0
  std::vector<Route> routes;

  /// `labels` restricted to group_by.
  Labels GroupLabels(const Labels& labels) const;
};

/// The routes whose receivers get an alert of these labels, never none: the deepest first match of
/// each branch, as Alertmanager walks. The pointers live as long as `root`.
std::vector<const Route*> MatchRoutes(const Route& root, const Labels& labels);

struct InhibitRule {
  Matchers source;
  Matchers target;
  std::vector<std::string> equal;
};

/// One `*_configs` entry of a receiver: a destination.
struct Integration {
  std::string kind;  // "webhook", "slack", ...
  size_t index = 0;  // among those of its kind in the receiver
  bool send_resolved = true;
  YamlNode node;  // as written
  /// Of its kind, when that is sent; the others are null.
  std::shared_ptr<const WebhookConfig> webhook;
  std::shared_ptr<const SlackConfig> slack;
  std::shared_ptr<const PagerDutyConfig> pagerduty;
  std::shared_ptr<const EmailConfig> email;
};

struct ReceiverConfig {
  std::string name;
  std::vector<Integration> integrations;
};

struct AlertConfig {
  Duration resolve_timeout{5 * 60'000};
  Route root;
  size_t routes = 0;  // in the tree
  std::vector<InhibitRule> inhibit_rules;
  std::vector<ReceiverConfig> receivers;
  std::map<std::string, std::vector<TimeInterval>, std::less<>> intervals;
  std::vector<std::string> templates;  // globs
  /// What the files of `templates` define, for receivers whose texts are templates. Never null.
  std::shared_ptr<const rules::TemplateSet> texts;
  std::string shown;               // as YAML, without secrets
  std::vector<std::string> notes;  // "file:line:column: ..."

  const ReceiverConfig* FindReceiver(std::string_view name) const;
  /// Whether a route's intervals let it speak at `now`.
  bool Speaks(const Route& route, Time now) const;
};
using AlertConfigPtr = std::shared_ptr<const AlertConfig>;

struct AlertConfigResult {
  AlertConfigPtr config;            // null when there are errors
  std::vector<std::string> errors;  // all of them, "file:line:column: what"
};

/// `sent` names the kinds of receivers that can be sent to; others are noted. Relative files are
/// relative to that of the configuration. Reads the files of `templates`.
AlertConfigResult ReadAlertConfig(std::string_view text, const std::string& file,
                                  const std::vector<std::string>& sent);
AlertConfigResult LoadAlertConfig(const std::string& file, const std::vector<std::string>& sent);

}  // namespace kizashi::alerts
