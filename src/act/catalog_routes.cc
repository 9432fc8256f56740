#include "act/catalog_routes.h"

#include <fmt/core.h>

#include <map>
#include <utility>

#include "act/destinations.h"
#include "act/foreign_alert_feed.h"
#include "base/json_writer.h"

namespace kizashi {
namespace {

constexpr std::string_view kMail = "mailto:";
constexpr std::string_view kPagerDuty = "pagerduty:";

// Of several alerts the service and how many; of one what it says itself.
constexpr std::string_view kTitle =
    R"({{ with .CommonAnnotations.title }}{{ . }}{{ else }}{{ template "__subject" . }}{{ end }})";

class RouteWriter {
 public:
  RouteWriter(const Catalog& catalog, const CatalogRouteOptions& options,
              std::vector<std::string>* notes)
      : catalog_(catalog), options_(options), notes_(notes) {}

  std::string Write() {
    json_.BeginObject();
    WriteGlobal();
    json_.Key("route").BeginObject();
    json_.Key("receiver").String(kDefaultReceiver);
    json_.Key("group_by").BeginArray().String("service").String("owner");
    // What another program says ends when that one says so: it is a group of its own.
    json_.String(kAlertSourceLabel).EndArray();
    json_.Key("group_wait").String("0s");
    json_.Key("group_interval").String("10s");
    json_.Key("repeat_interval").String("4h");
    json_.Key("routes").BeginArray();
    for (const Team& team : catalog_.teams()) WriteTeam(team);
    json_.EndArray().EndObject();
    json_.Key("receivers").BeginArray();
    WriteReceiver(std::string(kDefaultReceiver), options_.default_destinations, "en");
    for (const Team& team : catalog_.teams()) {
      WriteReceiver(TeamReceiver(team.name), Of(team), team.language);
    }
    for (const Person& person : catalog_.people()) WritePerson(person);
    json_.EndArray().EndObject();
    return json_.Take();
  }

 private:
  std::vector<Destination> Of(const Team& team) const {
    return DestinationsOf(team.name, catalog_, options_.default_destinations);
  }

  void WriteGlobal() {
    json_.Key("global").BeginObject();
    if (!options_.slack_token_file.empty()) {
      json_.Key("slack_app_token_file").String(options_.slack_token_file);
      if (!options_.slack_app_url.empty()) {
        json_.Key("slack_app_url").String(options_.slack_app_url);
      }
    }
    if (!options_.smtp_smarthost.empty()) {
      json_.Key("smtp_smarthost").String(options_.smtp_smarthost);
      json_.Key("smtp_from").String(options_.smtp_from);
      json_.Key("smtp_require_tls").Bool(!options_.smtp_user.empty());
      if (!options_.smtp_user.empty()) {
        json_.Key("smtp_auth_username").String(options_.smtp_user);
        json_.Key("smtp_auth_password_file").String(options_.smtp_password_file);
      }
      if (!options_.smtp_ca_file.empty()) {
        json_.Key("smtp_tls_config").BeginObject();
        json_.Key("ca_file").String(options_.smtp_ca_file).EndObject();
      }
    }
    json_.EndObject();
  }

  void WriteMatcher(std::string_view label, std::string_view value) {
    std::string quoted;
    AppendJsonString(value, &quoted);
    json_.Key("matchers").BeginArray().String(fmt::format("{}={}", label, quoted)).EndArray();
  }

  void WriteTeam(const Team& team) {
    json_.BeginObject();
    WriteMatcher("owner", team.name);
    json_.Key("receiver").String(TeamReceiver(team.name));
    json_.EndObject();
  }

  // Those of one kind, by the name of their list.
  using Entries = std::vector<const Destination*>;
  void WriteReceiver(const std::string& name, const std::vector<Destination>& destinations,
                     const std::string& language) {
    std::map<std::string, Entries> lists;
    for (const Destination& one : destinations) {
      const std::string list = ListOf(one, name);
      if (!list.empty()) lists[list].push_back(&one);
    }
    json_.BeginObject();
    json_.Key("name").String(name);
    for (const auto& [list, entries] : lists) {
      json_.Key(list).BeginArray();
      for (const Destination* one : entries) WriteEntry(*one, list, language);
      json_.EndArray();
    }
    json_.EndObject();
  }

  // E-mail is for whom nothing faster reaches.
  void WritePerson(const Person& person) {
    const bool has_slack = !person.slack.empty() && !options_.slack_token_file.empty();
    const bool has_phone = !person.phone.empty() && options_.has_phone;
    json_.BeginObject();
    json_.Key("name").String(PersonReceiver(person.name));
    if (has_slack) {
      json_.Key("slack_configs").BeginArray().BeginObject();
      json_.Key("send_resolved").Bool(true);
      json_.Key("channel").String(person.slack);
      WriteSlackTexts(person.language);
      json_.EndObject().EndArray();
    }
    if (has_phone) {
      json_.Key("phone_configs").BeginArray().BeginObject();
      json_.Key("to").String(person.phone);
      json_.Key("language").String(person.language);
      json_.EndObject().EndArray();
    }
    if (!has_slack && !has_phone && !person.email.empty() && !options_.smtp_smarthost.empty()) {
      const Destination mail{Destination::Kind::kWebhook, std::string(kMail) + person.email};
      json_.Key("email_configs").BeginArray();
      WriteEntry(mail, "email_configs", person.language);
      json_.EndArray();
    }
    json_.EndObject();
  }

  void WriteSlackTexts(const std::string& language) {
    json_.Key("language").String(language);
    json_.Key("title").String(kTitle);
    json_.Key("fallback").String(kTitle);
    json_.Key("title_link").String("{{ with .CommonAnnotations.link }}{{ . }}{{ end }}");
  }

  std::string ListOf(const Destination& destination, const std::string& name) {
    const std::string& url = destination.url;
    const auto missing = [&](std::string_view what, std::string_view needs) {
      notes_->push_back(fmt::format("{}: {} is not told, as {} is not given", name, what, needs));
      return std::string();
    };
    if (destination.kind == Destination::Kind::kSlack) {
      const bool is_channel = url.starts_with('#');
      if (is_channel && options_.slack_token_file.empty()) {
        return missing("Slack's " + url, "--slack-token-file");
      }
      return "slack_configs";
    }
    if (url.starts_with(kPagerDuty)) return "pagerduty_configs";
    if (!url.starts_with(kMail)) return "webhook_configs";
    if (options_.smtp_smarthost.empty()) return missing(url.substr(kMail.size()), "--smtp");
    return "email_configs";
  }

  void WriteEntry(const Destination& destination, const std::string& list,
                  const std::string& language) {
    const std::string& url = destination.url;
    json_.BeginObject();
    json_.Key("send_resolved").Bool(true);
    if (list == "slack_configs") {
      const bool is_channel = url.starts_with('#');
      json_.Key(is_channel ? "channel" : "api_url").String(url);
      WriteSlackTexts(language);
    } else if (list == "pagerduty_configs") {
      json_.Key("routing_key").String(url.substr(kPagerDuty.size()));
      json_.Key("description").String(kTitle);
      json_.Key("source").String("{{ .CommonLabels.service }}");
    } else if (list == "email_configs") {
      json_.Key("to").String(url.substr(kMail.size()));
      json_.Key("headers").BeginObject();
      json_.Key("Subject").String(kTitle).EndObject();
    } else {
      json_.Key("url").String(url);
    }
    json_.EndObject();
  }

  const Catalog& catalog_;
  const CatalogRouteOptions& options_;
  std::vector<std::string>* const notes_;
  JsonWriter json_;
};

}  // namespace

std::string TeamReceiver(std::string_view team) { return fmt::format("team {}", team); }

std::string PersonReceiver(std::string_view person) { return fmt::format("person {}", person); }

std::string CatalogRoutes(const Catalog& catalog, const CatalogRouteOptions& options,
                          std::vector<std::string>* notes) {
  return RouteWriter(catalog, options, notes).Write();
}

}  // namespace kizashi
