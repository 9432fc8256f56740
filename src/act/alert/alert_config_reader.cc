#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "act/alert/alert_config.h"
#include "act/alert/config_fields.h"
#include "act/alert/notification_templates.h"
#include "act/alert/receiver_config_reader.h"
#include "act/alert/shown_config.h"
#include "base/check.h"
#include "ingest/config_reader.h"
#include "query/rules/rule_commands.h"

namespace kizashi::alerts {
namespace {

using Kind = YamlNode::Kind;

// Receivers by the names of their lists.
constexpr std::string_view kKinds[] = {
    "discord",   "email",     "jira",     "msteams",    "msteamsv2", "opsgenie",
    "pagerduty", "phone",     "pushover", "rocketchat", "slack",     "sns",
    "telegram",  "victorops", "webex",    "webhook",    "wechat"};
// Those that tell of the end only when asked to, by Alertmanager's defaults.
constexpr std::string_view kSilentEnds[] = {"email", "slack", "wechat"};

class Reader : private ConfigFields {
 public:
  Reader(const std::string& file, const std::vector<std::string>& sent)
      : ConfigFields(file), sent_(sent) {}

  AlertConfigResult Read(std::string_view text) {
    const YamlFile yaml = ReadYaml(text, YamlAliases::kFollowed);
    in_.AddYamlErrors(yaml);
    if (yaml.documents.empty()) {
      if (in_.errors().empty()) in_.Fail(1, 1, "no route provided in config");
      return {nullptr, std::move(in_.errors())};
    }
    const YamlNode& root = yaml.documents[0];
    // What others refer to comes first, wherever it stands.
    Strict(root, "",
           {{"global", [this](const YamlNode& node, const std::string& at) { Global(node, at); }},
            {"route", nullptr},
            {"inhibit_rules",
             Each([this](const YamlNode& node, const std::string& at) { Inhibit(node, at); })},
            {"receivers", nullptr},
            {"templates",
             [this](const YamlNode& node, const std::string& at) {
               in_.Strings(node, at, &config_->templates);
             }},
            {"mute_time_intervals", Intervals()},
            {"time_intervals", Intervals()}});
    if (const YamlNode* receivers = root.Find("receivers")) {
      in_.List(*receivers, "receivers",
               [this](const YamlNode& node, const std::string& at) { Receiver(node, at); });
    }
    ReadRoot(root);
    ReadTemplates();
    if (!in_.errors().empty()) return {nullptr, std::move(in_.errors())};
    config_->shown = ShownConfig(root);
    config_->notes = std::move(in_.notes());
    return {std::move(config_), {}};
  }

 private:
  void Global(const YamlNode& node, const std::string& field) {
    Keys keys = receivers_.GlobalKeys();
    keys.push_back(Span("resolve_timeout", &config_->resolve_timeout, true));
    // Of kinds that are not sent from here.
    for (const std::string_view name :
         {"opsgenie_api_url", "opsgenie_api_key", "opsgenie_api_key_file", "wechat_api_url",
          "wechat_api_secret", "wechat_api_corp_id", "victorops_api_url", "victorops_api_key",
          "victorops_api_key_file", "telegram_api_url", "webex_api_url", "jira_api_url",
          "rocketchat_api_url", "rocketchat_token", "rocketchat_token_file", "rocketchat_token_id",
          "rocketchat_token_id_file"}) {
      keys.push_back({name, nullptr});
    }
    Strict(node, field, keys);
    receivers_.CheckGlobal(node, field);
    AtMostOne(node, field, "opsgenie_api_key", "opsgenie_api_key_file");
    AtMostOne(node, field, "victorops_api_key", "victorops_api_key_file");
  }

  std::function<void(const YamlNode&, const std::string&)> MatchMap(Matcher::Type type,
                                                                    Matchers* matchers) {
    return [this, type, matchers](const YamlNode& node, const std::string& field) {
      if (node.kind == Kind::kNull) return;
      if (node.kind != Kind::kMapping) return in_.Wrong(node, field, "a mapping");
      for (size_t i = 0; i < node.keys.size(); ++i) {
        const YamlKey& key = node.keys[i];
        std::string value;
        in_.String(node.children[i], field + "." + key.name, &value);
        auto matcher = Matcher::Make(type, key.name, value);
        if (!matcher.ok()) {
          in_.Fail(node.children[i], fmt::format("{}: {}", field, Message(matcher.status())));
        } else {
          matchers->push_back(*std::move(matcher));
        }
      }
    };
  }

  std::function<void(const YamlNode&, const std::string&)> MatchList(Matchers* matchers) {
    return Each([this, matchers](const YamlNode& node, const std::string& field) {
      std::string text;
      in_.String(node, field, &text);
      auto parsed = ParseMatchers(text);
      if (!parsed.ok()) {
        in_.Fail(node, fmt::format("{}: {}", field, Message(parsed.status())));
        return;
      }
      matchers->insert(matchers->end(), parsed->begin(), parsed->end());
    });
  }

  void Inhibit(const YamlNode& node, const std::string& field) {
    InhibitRule rule;
    Strict(node, field,
           {{"source_match", MatchMap(Matcher::Type::kEqual, &rule.source)},
            {"source_match_re", MatchMap(Matcher::Type::kRegex, &rule.source)},
            {"source_matchers", MatchList(&rule.source)},
            {"target_match", MatchMap(Matcher::Type::kEqual, &rule.target)},
            {"target_match_re", MatchMap(Matcher::Type::kRegex, &rule.target)},
            {"target_matchers", MatchList(&rule.target)},
            {"equal", [&](const YamlNode& value, const std::string& at) {
               in_.Strings(value, at, &rule.equal);
             }}});
    std::sort(rule.equal.begin(), rule.equal.end());
    config_->inhibit_rules.push_back(std::move(rule));
  }

  std::function<void(const YamlNode&, const std::string&)> Intervals() {
    return Each([this](const YamlNode& node, const std::string& field) {
      std::string name;
      std::vector<TimeInterval> intervals;
      Strict(node, field,
             {Text("name", &name),
              {"time_intervals", Each([&](const YamlNode& one, const std::string& at) {
                 intervals.push_back(Interval(one, at));
               })}});
      if (name.empty()) return in_.Fail(node, field + ": missing name in time interval");
      if (!config_->intervals.emplace(name, std::move(intervals)).second) {
        in_.Fail(node, fmt::format("{}: time interval \"{}\" is not unique", field, name));
      }
    });
  }

  TimeInterval Interval(const YamlNode& node, const std::string& field) {
    TimeInterval interval;
    const auto ranges = [this](StatusOr<Range> (*parse)(std::string_view),
                               std::vector<Range>* into) {
      return Each([this, parse, into](const YamlNode& one, const std::string& at) {
        Keep(one, at, parse(one.scalar), into);
      });
    };
    Strict(node, field,
           {{"times", Each([&](const YamlNode& one, const std::string& at) {
               Keep(one, at, Hours(one, at), &interval.minutes);
             })},
            {"weekdays", ranges(ParseWeekdays, &interval.weekdays)},
            {"days_of_month", ranges(ParseDaysOfMonth, &interval.days_of_month)},
            {"months", ranges(ParseMonths, &interval.months)},
            {"years", ranges(ParseYears, &interval.years)},
            {"location", [&](const YamlNode& one, const std::string& at) {
               in_.String(one, at, &interval.location);
               if (interval.location.empty()) interval.location = "UTC";
               if (!IsTimeZone(interval.location)) in_.Wrong(one, at, "a time zone");
             }}});
    return interval;
  }

  StatusOr<Range> Hours(const YamlNode& node, const std::string& field) {
    std::string start;
    std::string end;
    Strict(node, field, {Text("start_time", &start), Text("end_time", &end)});
    if (start.empty() || end.empty()) {
      return InvalidArgument("both start and end times must be provided");
    }
    KZ_ASSIGN_OR_RETURN(const int first, ParseMinuteOfDay(start));
    KZ_ASSIGN_OR_RETURN(const int last, ParseMinuteOfDay(end));
    if (first >= last) {
      return InvalidArgument("start time cannot be equal or greater than end time");
    }
    return Range{first, last};
  }

  void Keep(const YamlNode& node, const std::string& field, const StatusOr<Range>& range,
            std::vector<Range>* into) {
    if (range.ok()) return into->push_back(*range);
    in_.Fail(node, fmt::format("{}: {}", field, Message(range.status())));
  }

  void Receiver(const YamlNode& node, const std::string& field) {
    ReceiverConfig receiver;
    Keys keys = {Text("name", &receiver.name)};
    std::vector<std::string> names;
    for (const std::string_view kind : kKinds) names.push_back(std::string(kind) + "_configs");
    for (size_t i = 0; i < names.size(); ++i) {
      keys.push_back({names[i], [&, kind = std::string(kKinds[i])](const YamlNode& list,
                                                                   const std::string& at) {
                        size_t index = 0;
                        in_.List(list, at, [&](const YamlNode& one, const std::string& in) {
                          receiver.integrations.push_back(OneOf(kind, index++, one, in));
                        });
                      }});
    }
    Strict(node, field, keys);
    if (receiver.name.empty()) return in_.Fail(node, field + ": missing name in receiver");
    if (config_->FindReceiver(receiver.name) != nullptr) {
      return in_.Fail(node, fmt::format("{}: notification config name \"{}\" is not unique", field,
                                        receiver.name));
    }
    for (const Integration& one : receiver.integrations) {
      if (std::find(sent_.begin(), sent_.end(), one.kind) != sent_.end()) continue;
      in_.Note(one.node.line, one.node.column,
               fmt::format("receiver \"{}\": {}_configs cannot be sent yet: nobody is told by it",
                           receiver.name, one.kind));
    }
    config_->receivers.push_back(std::move(receiver));
  }

  Integration OneOf(const std::string& kind, size_t index, const YamlNode& node,
                    const std::string& field) {
    Integration one;
    one.kind = kind;
    one.index = index;
    one.node = node;
    one.send_resolved =
        std::find(std::begin(kSilentEnds), std::end(kSilentEnds), kind) == std::end(kSilentEnds);
    if (const YamlNode* value = node.Find("send_resolved")) {
      in_.Bool(*value, field + ".send_resolved", &one.send_resolved);
    }
    if (std::find(sent_.begin(), sent_.end(), kind) == sent_.end()) return one;
    if (kind == "webhook") {
      one.webhook = std::make_shared<const WebhookConfig>(receivers_.Webhook(node, field));
    } else if (kind == "slack") {
      one.slack = std::make_shared<const SlackConfig>(receivers_.Slack(node, field));
    } else if (kind == "pagerduty") {
      one.pagerduty = std::make_shared<const PagerDutyConfig>(receivers_.PagerDuty(node, field));
    } else if (kind == "email") {
      one.email = std::make_shared<const EmailConfig>(receivers_.Email(node, field));
    }
    return one;
  }

  // A glob that names no file yet is fine, as in Alertmanager.
  void ReadTemplates() {
    auto texts = std::make_shared<rules::TemplateSet>();
    KZ_CHECK(texts->Add(kDefaultTemplates).ok(), "our own templates are right");
    for (std::string& glob : config_->templates) {
      glob = PathOf(glob);
      for (const std::string& file : rules::GlobFiles(glob)) {
        std::ifstream in(file, std::ios::binary);
        std::ostringstream text;
        if (!in || !(text << in.rdbuf())) {
          in_.Fail(1, 1, fmt::format("template {} cannot be read", file));
          continue;
        }
        const Status added = texts->Add(text.str());
        if (!added.ok()) in_.Fail(1, 1, fmt::format("template {}:{}", file, Message(added)));
      }
    }
    config_->texts = std::move(texts);
  }

  void ReadRoot(const YamlNode& root) {
    const YamlNode* route = root.Find("route");
    if (route == nullptr || route->kind == Kind::kNull) {
      return in_.Fail(root, "no route provided in config");
    }
    ReadRoute(*route, "route", Route(), &config_->root, 0);
    const Route& read = config_->root;
    if (read.receiver.empty()) {
      in_.Fail(*route, "route: root route must specify a default receiver");
    }
    if (!read.matchers.empty()) in_.Fail(*route, "route: root route must not have any matchers");
    if (!read.mute_intervals.empty()) {
      in_.Fail(*route, "route: root route must not have any mute time intervals");
    }
    if (!read.active_intervals.empty()) {
      in_.Fail(*route, "route: root route must not have any active time intervals");
    }
    if (read.continues) in_.Fail(*route, "route: cannot have continue in root route");
  }

  void GroupBy(const YamlNode& node, const std::string& field, Route* route) {
    std::vector<std::string> names;
    in_.Strings(node, field, &names);
    if (names.empty()) return;
    route->group_by_all = std::find(names.begin(), names.end(), "...") != names.end();
    if (route->group_by_all && names.size() > 1) {
      in_.Fail(node, field +
                         ": cannot have wildcard group_by (`...`) and other labels at the "
                         "same time");
    }
    if (route->group_by_all) names.clear();
    std::sort(names.begin(), names.end());
    if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) {
      in_.Fail(node, fmt::format("{}: duplicated label \"{}\" in group_by", field, *twice));
    }
    route->group_by = std::move(names);
  }

  void ReceiverName(const YamlNode& node, const std::string& field, std::string* into) {
    std::string name;
    in_.String(node, field, &name);
    if (name.empty()) return;
    *into = name;
    if (config_->FindReceiver(name) != nullptr) return;
    in_.Fail(node, fmt::format("{}: undefined receiver \"{}\" used in route", field, name));
  }

  void Escalation(const YamlNode& node, const std::string& field, Route* route) {
    route->escalation.clear();
    in_.List(node, field, [&](const YamlNode& one, const std::string& at) {
      EscalationStep step;
      Strict(one, at,
             {{"receiver", [&](const YamlNode& value,
                               const std::string& in) { ReceiverName(value, in, &step.receiver); }},
              Span("after", &step.after, false)});
      const bool is_late = route->escalation.empty() || route->escalation.back().after < step.after;
      if (step.receiver.empty() || step.after <= Duration(0) || !is_late) {
        in_.Fail(one, at + ": expected a receiver, and after: later than the step before");
      }
      if (route->escalation.size() == kEscalationMax) {
        return in_.Fail(one, fmt::format("{}: more than {} steps", field, kEscalationMax));
      }
      route->escalation.push_back(std::move(step));
    });
  }

  // `inherited` is the parent, or an empty route.
  void ReadRoute(const YamlNode& node, const std::string& field, const Route& inherited,
                 Route* route, size_t depth) {
    route->receiver = inherited.receiver;
    route->group_by = inherited.group_by;
    route->group_by_all = inherited.group_by_all;
    route->group_wait = inherited.group_wait;
    route->group_interval = inherited.group_interval;
    route->repeat_interval = inherited.repeat_interval;
    route->escalation = inherited.escalation;
    route->number = config_->routes++;
    const YamlNode* below = nullptr;
    Strict(node, field,
           {{"receiver", [&](const YamlNode& value,
                             const std::string& at) { ReceiverName(value, at, &route->receiver); }},
            {"group_by",
             [&](const YamlNode& value, const std::string& at) { GroupBy(value, at, route); }},
            Span("group_wait", &route->group_wait, true),
            Span("group_interval", &route->group_interval, false),
            Span("repeat_interval", &route->repeat_interval, false),
            {"match", MatchMap(Matcher::Type::kEqual, &route->matchers)},
            {"match_re", MatchMap(Matcher::Type::kRegex, &route->matchers)},
            {"matchers", MatchList(&route->matchers)},
            {"mute_time_intervals", Named(&route->mute_intervals)},
            {"active_time_intervals", Named(&route->active_intervals)},
            Flag("continue", &route->continues),
            {"escalation",
             [&](const YamlNode& value, const std::string& at) { Escalation(value, at, route); }},
            {"routes", [&](const YamlNode& value, const std::string&) { below = &value; }}});
    std::sort(route->matchers.begin(), route->matchers.end());
    route->key = (depth == 0 ? "" : inherited.key + "/") + MatchersText(route->matchers);
    if (below == nullptr) return;
    if (depth == kRouteDepthMax || config_->routes > kRoutesMax) {
      return in_.Fail(*below, fmt::format("{}: more than {} routes, or {} inside each other", field,
                                          kRoutesMax, kRouteDepthMax));
    }
    in_.List(*below, field + ".routes", [&](const YamlNode& one, const std::string& at) {
      Route child;
      ReadRoute(one, at, *route, &child, depth + 1);
      route->routes.push_back(std::move(child));
    });
  }

  std::function<void(const YamlNode&, const std::string&)> Named(std::vector<std::string>* names) {
    return Each([this, names](const YamlNode& node, const std::string& field) {
      std::string name;
      in_.String(node, field, &name);
      names->push_back(name);
      if (config_->intervals.count(name) != 0) return;
      in_.Fail(node, fmt::format("{}: undefined time interval \"{}\" used in route", field, name));
    });
  }

  ReceiverConfigReader receivers_{*this};
  const std::vector<std::string>& sent_;
  std::shared_ptr<AlertConfig> config_ = std::make_shared<AlertConfig>();
};

}  // namespace

AlertConfigResult ReadAlertConfig(std::string_view text, const std::string& file,
                                  const std::vector<std::string>& sent) {
  return Reader(file, sent).Read(text);
}

AlertConfigResult LoadAlertConfig(const std::string& file, const std::vector<std::string>& sent) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    return {nullptr, {fmt::format("{}:1:1: cannot be read: {}", file, std::strerror(errno))}};
  }
  return ReadAlertConfig(text.str(), file, sent);
}

}  // namespace kizashi::alerts
