#include "serve_alerts.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <utility>

#include "act/destinations.h"
#include "act/incident/incident_feed.h"
#include "api/alert_action_routes.h"
#include "base/hash.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "catalog/watch.h"

namespace kizashi {
namespace {

constexpr std::string_view kSlackPost = "https://slack.com/api/chat.postMessage";

StatusOr<Duration> EscalateAfter(const std::string& text) {
  if (text == "0" || text == "0s") return Duration(0);
  const auto after = ParseDuration(text);
  if (!after.ok()) return InvalidArgument("--escalate-after: {}", Message(after.status()));
  return *after;
}

}  // namespace

std::vector<Destination> DefaultDestinations(const ServeOptions& options) {
  std::vector<Destination> destinations;
  for (const std::string& url : options.slack) {
    destinations.push_back({Destination::Kind::kSlack, url});
  }
  for (const std::string& url : options.webhooks) {
    destinations.push_back({Destination::Kind::kWebhook, url});
  }
  return destinations;
}

Status ServeAlerts::ReadOptions(const MailServer& mail) {
  KZ_ASSIGN_OR_RETURN(slack_secrets_, ReadSecrets("--slack-signing-secret-file",
                                                  options_.slack_signing_secret_file));
  KZ_ASSIGN_OR_RETURN(pagerduty_secrets_, ReadSecrets("--pagerduty-webhook-secret-file",
                                                      options_.pagerduty_webhook_secret_file));
  KZ_ASSIGN_OR_RETURN(pager_options_.escalate_after, EscalateAfter(options_.escalate_after));
  pager_options_.sre_team = options_.sre_team;
  pager_options_.default_destinations = DefaultDestinations(options_);
  if (!options_.phone_config.empty()) {
    phone::PhoneConfigResult read = phone::LoadPhoneConfig(options_.phone_config);
    if (!read.config) return InvalidArgument("{}", fmt::join(read.errors, "\n"));
    phone_config_ = std::move(read.config);
  }
  route_options_.default_destinations = DefaultDestinations(options_);
  route_options_.slack_token_file = options_.slack_token_file;
  route_options_.slack_app_url = options_.slack_app_url;
  route_options_.has_phone = phone_config_.has_value();
  if (mail.url.empty()) return OkStatus();
  route_options_.smtp_smarthost = mail.url.substr(mail.url.find("://") + 3);
  if (route_options_.smtp_smarthost.find(':') == std::string::npos) {
    route_options_.smtp_smarthost += mail.url.starts_with("smtps") ? ":465" : ":25";
  }
  route_options_.smtp_from = mail.from;
  route_options_.smtp_user = mail.user;
  route_options_.smtp_password_file = options_.smtp_password_file;
  route_options_.smtp_ca_file = mail.ca_file;
  return OkStatus();
}

alerts::FetchFunction ServeAlerts::Fetch() const {
  return [client = parts_.client](FetchRequest request, HttpClient::Callback done) {
    client->Fetch(std::move(request), std::move(done));
  };
}

alerts::AlertConfigResult ServeAlerts::Routes() const {
  const std::vector<std::string>& kinds = alerts::Receivers::kinds();
  if (!options_.alert_config.empty()) return alerts::LoadAlertConfig(options_.alert_config, kinds);
  std::vector<std::string> notes;
  const std::string routes =
      CatalogRoutes(*parts_.catalog->Current()->catalog, route_options_, &notes);
  for (const std::string& note : notes) {
    Log(LogLevel::kWarn, "routes of alerts", {{"note", note}});
  }
  // Files among the options are relative to where the server was started.
  return alerts::ReadAlertConfig(routes, "./catalog", kinds);
}

Status ServeAlerts::Start(Parts parts) {
  parts_ = std::move(parts);
  receivers_ = std::make_unique<alerts::Receivers>(*parts_.client, *parts_.clock);
  KZ_RETURN_IF_ERROR(StartPhone());
  KZ_ASSIGN_OR_RETURN(
      escalations_,
      oncall::EscalationLog::Open({options_.data + "/oncall/escalations", "oncall_escalations"},
                                  parts_.registry));
  KZ_RETURN_IF_ERROR(StartService());
  StartRoutes();
  return OkStatus();
}

Status ServeAlerts::StartPhone() {
  if (!phone_config_) return OkStatus();
  phone::PhoneDesk::Parts desk;
  desk.fetch = Fetch();
  desk.clock = parts_.clock;
  desk.registry = parts_.registry;
  desk.act = [this](uint64_t group, const alerts::GroupAction& action) {
    return service_->Act(group, action);
  };
  desk.on_event = [this](const alerts::Notification& notification, const std::string& person,
                         const phone::PhoneEvent& event) {
    TellOfCall(notification, person, event);
  };
  KZ_ASSIGN_OR_RETURN(desk_, phone::PhoneDesk::Make(*phone_config_, std::move(desk)));
  receivers_->SetPhone([this](const alerts::ReceiverConfig& of, const alerts::Integration& to) {
    return desk_->MakeReceiver(of, to);
  });
  return OkStatus();
}

Status ServeAlerts::StartService() {
  alerts::ReceiverOptions receivers;
  receivers.external_url = parts_.page_url;
  receivers.server_id = HexId(Hash64(options_.data + receivers.external_url));
  receivers.has_buttons = !slack_secrets_.empty();
  receivers_->SetOptions(std::move(receivers));
  pager_ = std::make_unique<oncall::Pager>(
      oncall::Pager::Parts{escalations_.get(), parts_.oncall, parts_.clock, parts_.registry},
      pager_options_);
  alerts::AlertServiceOptions service;
  service.load_config = [this] { return Routes(); };
  service.log.directory = options_.data + "/alerts";
  service.log.name = "alerts";
  service.engine.sent_kinds = alerts::Receivers::kinds();
  service.receivers = receivers_->Kinds();
  service.listeners = {parts_.incidents};
  if (desk_) service.listeners.push_back(desk_.get());
  // A configuration of its own says itself who is told next.
  const bool has_oncall = options_.alert_config.empty();
  if (has_oncall) service.listeners.push_back(pager_.get());
  KZ_ASSIGN_OR_RETURN(
      service_, alerts::AlertService::Open(std::move(service), *parts_.clock, *parts_.registry));
  if (has_oncall) pager_->Start(service_.get());
  AlertFeed::Options feed;
  feed.catalog = [this] { return parts_.catalog->Current()->catalog; };
  feed.page_url = parts_.page_url;
  feed_ = std::make_unique<AlertFeed>(*parts_.records, *service_, std::move(feed));
  return OkStatus();
}

void ServeAlerts::StartRoutes() {
  AlertmanagerRoutes::Parts routes;
  routes.service = service_.get();
  routes.registry = parts_.registry;
  routes.version = options_.version;
  routes.slack_secrets = slack_secrets_;
  routes.pagerduty_secrets = pagerduty_secrets_;
  routes.fetch = Fetch();
  routes_ = std::make_unique<AlertmanagerRoutes>(std::move(routes));
  TelRoutes::Parts tel;
  tel.desk = desk_.get();
  tel.holder = parts_.oncall;
  tel.clock = parts_.clock;
  tel.slack_secrets = slack_secrets_;
  tel.fetch = Fetch();
  tel.announce = [this](const std::string& person, const std::string& text) {
    Announce(person, text);
  };
  tel_ = std::make_unique<TelRoutes>(std::move(tel));
  SlackEventRoutes::Parts events;
  events.secrets = slack_secrets_;
  events.clock = parts_.clock;
  events.open_groups = [this] { return service_->OpenGroups(); };
  events.catalog = [this] { return parts_.catalog->Current()->catalog; };
  events.on_message = [this](const alerts::OpenGroup& group, const ChatMessage& chat) {
    parts_.tell_incidents(incidents::EventsOfChat(group, chat.id, chat.by, chat.text, chat.at));
  };
  slack_events_ = std::make_unique<SlackEventRoutes>(std::move(events));
}

void ServeAlerts::TellOfCall(const alerts::Notification& notification, const std::string& person,
                             const phone::PhoneEvent& event) const {
  parts_.tell_incidents(incidents::EventsOfCall(notification, person, event));
}

// Channels of the teams that the person is of; of nobody's, the server's own.
void ServeAlerts::Announce(const std::string& person, const std::string& text) const {
  const std::shared_ptr<const Catalog> catalog = parts_.catalog->Current()->catalog;
  std::set<std::string> urls;
  const auto add = [&](const std::vector<Destination>& destinations) {
    for (const Destination& one : destinations) {
      if (one.kind == Destination::Kind::kSlack) urls.insert(one.url);
    }
  };
  for (const Team& team : catalog->teams()) {
    const auto& members = team.members;
    if (std::find(members.begin(), members.end(), person) == members.end()) continue;
    add(DestinationsOf(team.name, *catalog, route_options_.default_destinations));
  }
  if (urls.empty()) add(route_options_.default_destinations);
  for (const std::string& url : urls) {
    const bool is_channel = url.starts_with('#');
    if (is_channel && options_.slack_token_file.empty()) continue;
    const std::string post =
        options_.slack_app_url.empty() ? std::string(kSlackPost) : options_.slack_app_url;
    PostToSlack(is_channel ? post : url, is_channel ? url : "", text);
  }
}

void ServeAlerts::PostToSlack(const std::string& url, const std::string& channel,
                              const std::string& text) const {
  FetchRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = {{"Content-Type", "application/json; charset=utf-8"}};
  JsonWriter json;
  json.BeginObject();
  if (!channel.empty()) {
    json.Key("channel").String(channel);
    std::string token;
    std::ifstream in(options_.slack_token_file);
    in >> token;
    request.headers.emplace_back("Authorization", "Bearer " + token);
  }
  json.Key("text").String(text);
  json.EndObject();
  request.body = json.Take();
  parts_.client->Fetch(std::move(request), [](const FetchResult& answer) {
    if (answer.code / 100 == 2) return;
    Log(LogLevel::kWarn, "a channel is not told of a call", {{"code", answer.code}});
  });
}

void ServeAlerts::Reload() {
  const Status status = service_->Reload();
  if (status.ok()) return;
  Log(LogLevel::kError, "the routes of alerts stay as they were", {{"errors", Message(status)}});
}

void ServeAlerts::Stop(Duration deadline) {
  if (pager_) pager_->Stop();
  if (service_) service_->Stop(deadline);
}

void ServeAlerts::StopPhone() {
  desk_.reset();
  if (receivers_) receivers_->Stop();
}

}  // namespace kizashi
