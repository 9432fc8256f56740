#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "act/alert/alert_config.h"
#include "act/alert/shown_config.h"
#include "ingest/config_reader.h"
#include "query/rules/rule_commands.h"

namespace kizashi::alerts {
namespace {

using Kind = YamlNode::Kind;
using Key = ConfigReader::Key;
using Keys = std::vector<Key>;

// Receivers by the names of their lists.
constexpr std::string_view kKinds[] = {
    "discord",    "email", "jira", "msteams",  "msteamsv2", "opsgenie", "pagerduty", "pushover",
    "rocketchat", "slack", "sns",  "telegram", "victorops", "webex",    "webhook",   "wechat"};
// Those that tell of the end only when asked to, by Alertmanager's defaults.
constexpr std::string_view kSilentEnds[] = {"email", "slack", "wechat"};

class Reader {
 public:
  Reader(const std::string& file, const std::vector<std::string>& sent)
      : in_(file), folder_(std::filesystem::path(file).parent_path()), sent_(sent) {}

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
  // A key that is not known is an error: it is a misspelled one.
  void Strict(const YamlNode& node, const std::string& field, const Keys& keys) {
    in_.Mapping(node, field, keys, [&](const YamlKey& key) {
      in_.Fail(key.line, key.column,
               fmt::format("{}{}{}: unknown field", field, field.empty() ? "" : ".", key.name));
      return true;
    });
  }

  std::function<void(const YamlNode&, const std::string&)> Each(
      std::function<void(const YamlNode&, const std::string&)> read) {
    return [this, read = std::move(read)](const YamlNode& node, const std::string& field) {
      in_.List(node, field, read);
    };
  }

  Key Text(std::string_view name, std::string* value) {
    return {name, [this, value](const YamlNode& node, const std::string& field) {
              in_.String(node, field, value);
            }};
  }
  Key Path(std::string_view name, std::string* value) {
    return {name, [this, value](const YamlNode& node, const std::string& field) {
              in_.String(node, field, value);
              *value = PathOf(*value);
            }};
  }
  Key Flag(std::string_view name, bool* value) {
    return {name, [this, value](const YamlNode& node, const std::string& field) {
              in_.Bool(node, field, value);
            }};
  }
  Key Span(std::string_view name, Duration* value, bool may_be_zero) {
    return {name, [this, value, may_be_zero](const YamlNode& node, const std::string& field) {
              if (may_be_zero && (node.scalar == "0" || node.scalar == "0s")) {
                *value = Duration(0);
              } else {
                in_.Time(node, field, value);
              }
            }};
  }

  std::string PathOf(const std::string& path) const {
    return path.empty() || path[0] == '/' ? path : (folder_ / path).string();
  }

  void Global(const YamlNode& node, const std::string& field) {
    Keys keys = {Span("resolve_timeout", &config_->resolve_timeout, true),
                 {"http_config",
                  [this](const YamlNode& http, const std::string& at) { Http(http, at, &http_); }}};
    // Of kinds that are not sent from here; whoever sends one reads it in `shown`'s source.
    for (const std::string_view name : {"smtp_from",           "smtp_hello",
                                        "smtp_smarthost",      "smtp_auth_username",
                                        "smtp_auth_password",  "smtp_auth_password_file",
                                        "smtp_auth_secret",    "smtp_auth_identity",
                                        "smtp_require_tls",    "smtp_tls_config",
                                        "slack_api_url",       "slack_api_url_file",
                                        "pagerduty_url",       "opsgenie_api_url",
                                        "opsgenie_api_key",    "opsgenie_api_key_file",
                                        "wechat_api_url",      "wechat_api_secret",
                                        "wechat_api_corp_id",  "victorops_api_url",
                                        "victorops_api_key",   "victorops_api_key_file",
                                        "telegram_api_url",    "webex_api_url",
                                        "jira_api_url",        "rocketchat_api_url",
                                        "rocketchat_token",    "rocketchat_token_file",
                                        "rocketchat_token_id", "rocketchat_token_id_file"}) {
      keys.push_back({name, nullptr});
    }
    Strict(node, field, keys);
    for (const auto& [a, b] : {std::pair("slack_api_url", "slack_api_url_file"),
                               std::pair("opsgenie_api_key", "opsgenie_api_key_file"),
                               std::pair("victorops_api_key", "victorops_api_key_file"),
                               std::pair("smtp_auth_password", "smtp_auth_password_file")}) {
      if (node.Find(a) != nullptr && node.Find(b) != nullptr) {
        in_.Fail(node, fmt::format("{}: at most one of {} & {} must be configured", field, a, b));
      }
    }
  }

  void Http(const YamlNode& node, const std::string& field, ScrapeHttp* http) {
    const auto refused = [this](std::string_view name) -> Key {
      return {name, [this](const YamlNode& value, const std::string& at) {
                in_.Fail(value, at + ": not supported: nothing would be sent without it");
              }};
    };
    Strict(node, field,
           {{"basic_auth",
             [&](const YamlNode& value, const std::string& at) {
               Strict(value, at,
                      {Text("username", &http->username), Text("password", &http->password.text),
                       Path("password_file", &http->password.file)});
             }},
            {"authorization",
             [&](const YamlNode& value, const std::string& at) {
               Strict(value, at,
                      {Text("type", &http->authorization_type),
                       Text("credentials", &http->credentials.text),
                       Path("credentials_file", &http->credentials.file)});
             }},
            Text("bearer_token", &http->credentials.text),
            Path("bearer_token_file", &http->credentials.file),
            {"tls_config",
             [&](const YamlNode& value, const std::string& at) {
               Strict(value, at,
                      {Path("ca_file", &http->tls.ca_file),
                       Path("cert_file", &http->tls.cert_file),
                       Path("key_file", &http->tls.key_file),
                       Flag("insecure_skip_verify", &http->tls.skips_verification),
                       {"min_version", nullptr},
                       {"max_version", nullptr},
                       refused("server_name"),
                       refused("ca"),
                       refused("cert"),
                       refused("key")});
             }},
            Flag("follow_redirects", &http->follow_redirects),
            {"enable_http2", nullptr},
            refused("oauth2"),
            refused("proxy_url"),
            refused("no_proxy"),
            refused("proxy_from_environment"),
            refused("proxy_connect_header"),
            refused("http_headers")});
    if ((!http->username.empty() || !http->password.empty()) && !http->credentials.empty()) {
      in_.Fail(node, field + ": at most one of basic_auth and authorization may be given");
    }
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
    if (kind == "webhook") Webhook(node, field, &one);
    return one;
  }

  void Webhook(const YamlNode& node, const std::string& field, Integration* one) {
    uint64_t alerts_max = 0;
    bool has_http = false;
    Strict(node, field,
           {Flag("send_resolved", &one->send_resolved),
            Text("url", &one->url),
            Path("url_file", &one->url_file),
            {"max_alerts", [&](const YamlNode& value,
                               const std::string& at) { in_.Count(value, at, &alerts_max); }},
            Span("timeout", &one->timeout, true),
            {"http_config", [&](const YamlNode& value, const std::string& at) {
               has_http = true;
               Http(value, at, &one->http);
             }}});
    one->alerts_max = alerts_max;
    if (!has_http) one->http = http_;
    if (one->url.empty() == one->url_file.empty()) {
      return in_.Fail(node, field + ": one of url and url_file must be configured");
    }
    if (one->url.empty()) return;
    const bool is_http = one->url.starts_with("http://") || one->url.starts_with("https://");
    const size_t host = one->url.find("//") + 2;
    const YamlNode& at = *node.Find("url");
    if (!is_http) return in_.Fail(at, field + ".url: unsupported scheme, expected http or https");
    if (host >= one->url.size() || one->url[host] == '/') {
      in_.Fail(at, field + ".url: missing host for URL");
    }
  }

  // A glob that names no file yet is fine, as in Alertmanager.
  void ReadTemplates() {
    auto texts = std::make_shared<rules::TemplateSet>();
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

  // `inherited` is the parent, or an empty route.
  void ReadRoute(const YamlNode& node, const std::string& field, const Route& inherited,
                 Route* route, size_t depth) {
    route->receiver = inherited.receiver;
    route->group_by = inherited.group_by;
    route->group_by_all = inherited.group_by_all;
    route->group_wait = inherited.group_wait;
    route->group_interval = inherited.group_interval;
    route->repeat_interval = inherited.repeat_interval;
    route->number = config_->routes++;
    const YamlNode* below = nullptr;
    Strict(node, field,
           {{"receiver",
             [&](const YamlNode& value, const std::string& at) {
               std::string name;
               in_.String(value, at, &name);
               if (name.empty()) return;
               route->receiver = name;
               if (config_->FindReceiver(name) != nullptr) return;
               in_.Fail(value,
                        fmt::format("{}: undefined receiver \"{}\" used in route", at, name));
             }},
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

  ConfigReader in_;
  const std::filesystem::path folder_;
  const std::vector<std::string>& sent_;
  std::shared_ptr<AlertConfig> config_ = std::make_shared<AlertConfig>();
  ScrapeHttp http_;  // global's
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
