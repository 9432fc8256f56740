#include "api/alertmanager_routes.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "act/alert/notification.h"
#include "act/alert/shown_config.h"
#include "api/alert_action_routes.h"
#include "api/alertmanager_json.h"
#include "base/hash.h"
#include "base/json_writer.h"
#include "catalog/regex.h"

namespace kizashi {
namespace {

// The Alertmanager whose API this is. amtool warns when it is not of the same version.
constexpr std::string_view kSpoken = "0.25.0";
constexpr std::string_view kApi = "/api/v2/";
constexpr std::string_view kOurs = "/kizashi/v1/alerts/";

// Alertmanager's own errors are a JSON string; those of its framework an object.
HttpResponse TextError(int status, std::string_view message) {
  std::string body;
  AppendJsonString(message, &body);
  return JsonResponse(status, body);
}
HttpResponse FrameworkError(int status, int code, std::string_view message) {
  JsonWriter json;
  json.BeginObject().Key("code").Int(code).Key("message").String(message).EndObject();
  return JsonResponse(status, json.Take());
}
HttpResponse NotAllowed(std::string_view method) {
  return FrameworkError(405, 405, fmt::format("method {} is not allowed", method));
}

int CodeOf(const Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound: return 404;
    case absl::StatusCode::kInvalidArgument: return 400;
    case absl::StatusCode::kResourceExhausted: return 429;
    default: return 503;
  }
}

std::vector<std::string> QueryAll(const HttpRequest& request, std::string_view name) {
  std::vector<std::string> values;
  std::string_view rest = request.query;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const size_t equals = std::min(pair.find('='), pair.size());
    if (PercentDecode(pair.substr(0, equals), true) == name) {
      values.push_back(PercentDecode(pair.substr(std::min(equals + 1, pair.size())), true));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return values;
}

// What of the alerts is asked for.
struct Filter {
  alerts::Matchers matchers;
  std::optional<Regex> receiver;
  bool active = true;
  bool silenced = true;
  bool inhibited = true;

  static StatusOr<Filter> Read(const HttpRequest& request) {
    Filter filter;
    for (const std::string& text : QueryAll(request, "filter")) {
      KZ_ASSIGN_OR_RETURN(alerts::Matcher matcher, alerts::ParseMatcher(text));
      filter.matchers.push_back(std::move(matcher));
    }
    for (const auto& [name, flag] :
         {std::pair("active", &filter.active), std::pair("silenced", &filter.silenced),
          std::pair("inhibited", &filter.inhibited)}) {
      const auto value = request.Query(name);
      if (!value) continue;
      if (*value != "true" && *value != "false") {
        return InvalidArgument("{} is \"{}\", expected true or false", name, *value);
      }
      *flag = *value == "true";
    }
    const auto receiver = request.Query("receiver");
    if (receiver && !receiver->empty()) {
      auto regex = Regex::Compile(*receiver);
      if (!regex.ok()) {
        return InvalidArgument("failed to parse receiver param: {}", Message(regex.status()));
      }
      filter.receiver = *std::move(regex);
    }
    return filter;
  }

  bool TakesReceiver(const std::string& name) const { return !receiver || receiver->Matches(name); }
  bool Takes(const alerts::ListedAlert& listed) const {
    if (!active && !listed.suppressed()) return false;
    if (!silenced && !listed.silenced_by.empty()) return false;
    if (!inhibited && !listed.inhibited_by.empty()) return false;
    return std::all_of(matchers.begin(), matchers.end(), [&](const alerts::Matcher& matcher) {
      const Labels& labels = listed.alert->labels;
      const bool has = labels.Has(matcher.name());
      // As Alertmanager reads `a=""` and `a!=""`: whether there is such a label.
      if (matcher.value().empty() && matcher.is_equal() != has) return true;
      return matcher.Matches(labels.Get(matcher.name()));
    });
  }
};

}  // namespace

AlertmanagerRoutes::AlertmanagerRoutes(Parts parts)
    : parts_(std::move(parts)),
      start_(parts_.service->Now()),
      members_(std::make_unique<AlertMembersCache>()),
      actions_(std::make_unique<AlertActionRoutes>(AlertActionRoutes::Parts{
          parts_.service, parts_.slack_secrets, parts_.pagerduty_secrets, parts_.fetch})) {}

AlertmanagerRoutes::~AlertmanagerRoutes() = default;

bool AlertmanagerRoutes::Has(std::string_view path) {
  return path.starts_with(kApi) || path.starts_with(kOurs) || AlertActionRoutes::IsMine(path);
}

void AlertmanagerRoutes::Handle(const HttpRequest& request, Responder respond,
                                std::string_view actor) const {
  if (AlertActionRoutes::IsMine(request.path)) return respond(actions_->Handle(request, actor));
  if (request.path == "/api/v2/alerts" && request.method == "POST") {
    return PostAlerts(request, respond);
  }
  respond(Answer(request));
}

void AlertmanagerRoutes::HandleServer(const HttpRequest& request, Responder respond) const {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (Has(request.path)) return Handle(request, std::move(respond));
  if (request.path == "/-/reload") {
    if (request.method != "POST" && request.method != "PUT")
      return respond(NotAllowed(request.method));
    const kizashi::Status status = parts_.service->Reload();
    if (status.ok()) return respond(TextResponse(200, ""));
    return respond(
        TextResponse(500, fmt::format("failed to reload config: {}\n", Message(status))));
  }
  if (!reads) return respond(NotAllowed(request.method));
  if (request.path == "/-/healthy") return respond(TextResponse(200, "OK"));
  if (request.path == "/-/ready") {
    const bool ready = !parts_.ready || parts_.ready();
    return respond(TextResponse(ready ? 200 : 503, ready ? "OK" : "waiting for peers"));
  }
  if (request.path == "/metrics") {
    return respond(TextResponse(200, parts_.registry->Write(), "text/plain; version=0.0.4"));
  }
  if (request.path == "/") return respond(Page());
  respond(FrameworkError(404, 404, fmt::format("path {} was not found", request.path)));
}

HttpResponse AlertmanagerRoutes::Answer(const HttpRequest& request) const {
  const std::string_view path = request.path;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (path == "/api/v2/silences" && request.method == "POST") return PostSilence(request);
  constexpr std::string_view kSilence = "/api/v2/silence/";
  if (path.starts_with(kSilence)) {
    const std::string_view id = path.substr(kSilence.size());
    if (request.method == "DELETE") {
      const kizashi::Status status = parts_.service->ExpireSilence(id);
      return status.ok() ? JsonResponse(200, "") : TextError(CodeOf(status), Message(status));
    }
    if (!reads) return NotAllowed(request.method);
    for (const alerts::Silence& silence : parts_.service->ListSilences()) {
      if (silence.id != id) continue;
      JsonWriter json;
      WriteSilenceJson(silence, parts_.service->Now(), &json);
      return JsonResponse(200, json.Take());
    }
    return TextError(404, "silence not found");
  }
  if (path.starts_with(kOurs)) {
    if (!reads) return NotAllowed(request.method);
    const std::string_view rest = path.substr(kOurs.size());
    if (rest == "queues") return Queues();
    if (rest.ends_with("/told")) return Told(rest.substr(0, rest.size() - 5));
  }
  if (!reads) return NotAllowed(request.method);
  if (path == "/api/v2/status") return Status();
  if (path == "/api/v2/alerts") return Alerts(request);
  if (path == "/api/v2/alerts/groups") return Groups(request);
  if (path == "/api/v2/silences") return Silences(request);
  if (path == "/api/v2/receivers") {
    JsonWriter json;
    json.BeginArray();
    for (const alerts::ReceiverConfig& receiver : parts_.service->config()->receivers) {
      json.BeginObject().Key("name").String(receiver.name).EndObject();
    }
    json.EndArray();
    return JsonResponse(200, json.Take());
  }
  return FrameworkError(404, 404, fmt::format("path {} was not found", path));
}

void AlertmanagerRoutes::PostAlerts(const HttpRequest& request, const Responder& respond) const {
  auto posted = ReadPostedAlerts(request.body);
  if (!posted.ok()) return respond(FrameworkError(400, 400, Message(posted.status())));
  parts_.service->Post(*std::move(posted), [respond](alerts::AlertService::PostResult result) {
    if (!result.status.ok()) {
      HttpResponse refused = TextError(CodeOf(result.status), Message(result.status));
      refused.headers.emplace_back("Retry-After", "1");
      return respond(std::move(refused));
    }
    if (!result.refused.empty()) {
      return respond(TextError(400, fmt::format("{}", fmt::join(result.refused, "; "))));
    }
    respond(JsonResponse(200, ""));
  });
}

HttpResponse AlertmanagerRoutes::PostSilence(const HttpRequest& request) const {
  auto silence = ReadPostedSilence(request.body);
  if (!silence.ok()) {
    const bool is_missing = Message(silence.status()).ends_with("is required");
    return FrameworkError(is_missing ? 422 : 400, is_missing ? 602 : 400,
                          Message(silence.status()));
  }
  if (silence->starts_at >= silence->ends_at) {
    return TextError(400, "Failed to create silence: start time must be before end time");
  }
  if (silence->ends_at < parts_.service->Now()) {
    return TextError(400, "Failed to create silence: end time can't be in the past");
  }
  const auto id = parts_.service->SetSilence(*std::move(silence));
  if (!id.ok()) return TextError(CodeOf(id.status()), Message(id.status()));
  JsonWriter json;
  json.BeginObject().Key("silenceID").String(*id).EndObject();
  return JsonResponse(200, json.Take());
}

HttpResponse AlertmanagerRoutes::Status() const {
  const ClusterView cluster = parts_.cluster ? parts_.cluster() : ClusterView();
  JsonWriter json;
  json.BeginObject();
  json.Key("cluster").BeginObject();
  if (!cluster.name.empty()) json.Key("name").String(cluster.name);
  json.Key("peers").BeginArray();
  for (const Peer& peer : cluster.peers) {
    json.BeginObject();
    json.Key("address").String(peer.address);
    json.Key("name").String(peer.name);
    json.EndObject();
  }
  json.EndArray();
  json.Key("status").String(cluster.status);
  json.EndObject();
  json.Key("config").BeginObject();
  json.Key("original").String(parts_.service->config()->shown);
  json.EndObject();
  json.Key("uptime").String(FormatTime(start_));
  json.Key("versionInfo").BeginObject();
  json.Key("branch").String("");
  json.Key("buildDate").String("");
  json.Key("buildUser").String("");
  json.Key("goVersion").String("");
  json.Key("revision").String("kizashi " + parts_.version);
  json.Key("version").String(kSpoken);
  json.EndObject();
  json.EndObject();
  return JsonResponse(200, json.Take());
}

HttpResponse AlertmanagerRoutes::Alerts(const HttpRequest& request) const {
  const auto filter = Filter::Read(request);
  if (!filter.ok()) return TextError(400, Message(filter.status()));
  return JsonResponse(
      200, members_->ListJson(parts_.service->List(), [&](const alerts::ListedAlert& listed) {
        const bool is_for =
            std::any_of(listed.receivers.begin(), listed.receivers.end(),
                        [&](const auto& name) { return filter->TakesReceiver(name); });
        return is_for && filter->Takes(listed);
      }));
}

HttpResponse AlertmanagerRoutes::Groups(const HttpRequest& request) const {
  const auto filter = Filter::Read(request);
  if (!filter.ok()) return TextError(400, Message(filter.status()));
  std::map<uint64_t, alerts::ListedAlert> by_fingerprint;
  for (alerts::ListedAlert& listed : parts_.service->List()) {
    const uint64_t fingerprint = listed.alert->fingerprint;
    by_fingerprint.emplace(fingerprint, std::move(listed));
  }
  JsonWriter json;
  json.BeginArray();
  for (const alerts::ListedGroup& group : parts_.service->Groups()) {
    if (!filter->TakesReceiver(group.receiver)) continue;
    std::vector<const alerts::ListedAlert*> shown;
    for (const alerts::AlertPtr& alert : group.alerts) {
      const auto found = by_fingerprint.find(alert->fingerprint);
      if (found != by_fingerprint.end() && filter->Takes(found->second)) {
        shown.push_back(&found->second);
      }
    }
    if (shown.empty()) continue;
    json.BeginObject();
    json.Key("alerts").BeginArray();
    for (const alerts::ListedAlert* listed : shown) {
      std::string text;
      WriteListedAlert(*listed, AlertMembers(*listed->alert), &text);
      json.Raw(text);
    }
    json.EndArray();
    json.Key("labels");
    WriteLabelsJson(group.labels, &json);
    json.Key("receiver").BeginObject().Key("name").String(group.receiver).EndObject();
    json.EndObject();
  }
  json.EndArray();
  return JsonResponse(200, json.Take());
}

HttpResponse AlertmanagerRoutes::Silences(const HttpRequest& request) const {
  alerts::Matchers matchers;
  for (const std::string& text : QueryAll(request, "filter")) {
    auto matcher = alerts::ParseMatcher(text);
    if (!matcher.ok()) return TextError(400, Message(matcher.status()));
    matchers.push_back(*std::move(matcher));
  }
  const Time now = parts_.service->Now();
  std::vector<alerts::Silence> silences = parts_.service->ListSilences();
  SortSilences(&silences, now);
  JsonWriter json;
  json.BeginArray();
  for (const alerts::Silence& silence : silences) {
    const bool fits = std::all_of(matchers.begin(), matchers.end(), [&](const auto& matcher) {
      return std::find(silence.matchers.begin(), silence.matchers.end(), matcher) !=
             silence.matchers.end();
    });
    if (fits) WriteSilenceJson(silence, now, &json);
  }
  json.EndArray();
  return JsonResponse(200, json.Take());
}

HttpResponse AlertmanagerRoutes::Told(std::string_view text) const {
  uint64_t fingerprint = 0;
  const auto id = std::from_chars(text.data(), text.data() + text.size(), fingerprint, 16);
  if (text.size() != 16 || id.ptr != text.data() + text.size()) {
    return ErrorResponse(400, "a fingerprint has 16 hexadecimal digits", text);
  }
  const auto told = parts_.service->WhoWasTold(fingerprint);
  if (!told.ok()) return ErrorResponse(404, Message(told.status()), text);
  JsonWriter json;
  json.BeginObject();
  json.Key("fingerprint").String(text);
  json.Key("groups").BeginArray();
  for (const alerts::OpenGroup& group : told->groups) WriteOpenGroup(group, &json);
  json.EndArray();
  json.Key("told").BeginArray();
  for (const alerts::Told& one : told->told) {
    const bool firing = std::binary_search(one.firing.begin(), one.firing.end(), fingerprint);
    json.BeginObject();
    json.Key("destination").String(one.destination);
    json.Key("group").String(one.group_key);
    json.Key("status").String(firing ? "firing" : "resolved");
    json.Key("at").String(FormatTime(one.at));
    json.EndObject();
  }
  json.EndArray();
  json.Key("waiting").BeginArray();
  for (const alerts::Notification& one : told->waiting) {
    json.BeginObject();
    json.Key("destination").String(one.destination);
    json.Key("group").String(one.group_key);
    json.Key("since").String(FormatTime(one.created_at));
    if (const auto tried = parts_.service->Attempts(one.destination, one.number)) {
      json.Key("attempts").Int(tried->first);
      if (tried->first > 0) json.Key("next_attempt").String(FormatTime(tried->second));
    }
    json.EndObject();
  }
  json.EndArray();
  json.Key("next").BeginArray();
  for (const alerts::ToldOf::Next& one : told->next) {
    json.BeginObject();
    json.Key("receiver").String(one.receiver);
    json.Key("group").String(one.group_key);
    json.Key("at").String(FormatTime(one.at));
    json.Key("muted").Bool(one.muted);
    json.Key("destinations").BeginArray();
    for (const std::string& destination : one.destinations) json.String(destination);
    json.EndArray();
    json.Key("cannot_be_sent").BeginArray();
    for (const std::string& destination : one.not_sent) json.String(destination);
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return JsonResponse(200, json.Take());
}

// "RECEIVER/KIND/INDEX" as a destination is named; the receiver's name may have slashes.
void WriteDestination(std::string_view destination, JsonWriter* json) {
  const size_t index = destination.rfind('/');
  const size_t kind = destination.rfind('/', index - 1);
  json->Key("destination").String(destination);
  json->Key("receiver").String(destination.substr(0, kind));
  json->Key("kind").String(destination.substr(kind + 1, index - kind - 1));
}

HttpResponse AlertmanagerRoutes::Queues() const {
  std::map<std::string, std::string> hosts;  // of those that are configured
  const alerts::AlertConfigPtr config = parts_.service->config();
  for (const alerts::ReceiverConfig& receiver : config->receivers) {
    for (const alerts::Integration& to : receiver.integrations) {
      hosts[alerts::DestinationKey(receiver.name, to.kind, to.index)] = alerts::HostOf(to);
    }
  }
  JsonWriter json;
  json.BeginObject().Key("queues").BeginArray();
  for (const alerts::QueueStatus& queue : parts_.service->Queues()) {
    json.BeginObject();
    WriteDestination(queue.destination, &json);
    const auto host = hosts.find(queue.destination);
    if (host != hosts.end()) json.Key("host").String(host->second);
    json.Key("waiting").Int(static_cast<int64_t>(queue.waiting));
    if (queue.oldest) json.Key("oldest").String(FormatTime(*queue.oldest));
    json.Key("sending").Bool(queue.sending);
    json.Key("delivered").Int(static_cast<int64_t>(queue.delivered));
    json.Key("failed").Int(static_cast<int64_t>(queue.failed));
    json.Key("given_up").Int(static_cast<int64_t>(queue.given_up));
    if (queue.delivered > 0) json.Key("last_delivered").String(FormatTime(queue.last_delivered));
    if (!queue.last_error.empty()) {
      json.Key("last_error").String(queue.last_error);
      json.Key("last_error_at").String(FormatTime(queue.last_error_at));
    }
    if (queue.held_until) json.Key("held_until").String(FormatTime(*queue.held_until));
    if (queue.next_attempt) json.Key("next_attempt").String(FormatTime(*queue.next_attempt));
    if (queue.limit.messages > 0) {
      json.Key("limit").BeginObject();
      json.Key("messages").Int(static_cast<int64_t>(queue.limit.messages));
      json.Key("window_ms").Int(queue.limit.window.count());
      json.EndObject();
    }
    json.EndObject();
  }
  json.EndArray().EndObject();
  return JsonResponse(200, json.Take());
}

HttpResponse AlertmanagerRoutes::Page() const {
  return TextResponse(200,
                      "<!doctype html><html lang=\"en\"><title>Kizashi alerts</title>"
                      "<h1>Kizashi alerts</h1><ul><li><a href=\"api/v2/alerts\">Alerts</a>"
                      "<li><a href=\"api/v2/alerts/groups\">Groups</a>"
                      "<li><a href=\"api/v2/silences\">Silences</a>"
                      "<li><a href=\"api/v2/status\">Status and configuration</a>"
                      "<li><a href=\"kizashi/v1/alerts/queues\">Destinations and their queues</a>"
                      "<li><a href=\"metrics\">Metrics</a></ul></html>",
                      "text/html; charset=utf-8");
}

}  // namespace kizashi
