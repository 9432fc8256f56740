#include "api/alert_action_routes.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include "act/alert/pagerduty_receiver.h"
#include "act/alert/slack_message.h"
#include "base/hash.h"
#include "wire/pagerduty_webhook.h"
#include "wire/slack_action.h"

namespace kizashi {
namespace {

using alerts::GroupAction;

constexpr std::string_view kGroups = "/kizashi/v1/alerts/groups";
constexpr std::string_view kSlack = "/kizashi/v1/slack/actions";
constexpr std::string_view kPagerDuty = "/kizashi/v1/pagerduty/webhook";
constexpr size_t kTextBytesMax = 4096;

std::optional<uint64_t> IdOf(std::string_view text) {
  uint64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id, 16);
  if (text.size() != 16 || read.ptr != text.data() + text.size()) return std::nullopt;
  return id;
}

std::optional<GroupAction::Kind> ActionOf(std::string_view name) {
  using Kind = GroupAction::Kind;
  if (name == "acknowledge" || name == alerts::kSlackAcknowledge) return Kind::kAcknowledge;
  if (name == "escalate" || name == alerts::kSlackEscalate) return Kind::kEscalate;
  if (name == "resolve" || name == alerts::kSlackResolve) return Kind::kResolve;
  return std::nullopt;
}

int CodeOf(const Status& status) {
  return status.code() == absl::StatusCode::kNotFound ? 404 : 503;
}

// Of {"by": ..., "comment": ...}, which may be absent.
Status ReadBody(const std::string& body, GroupAction* action) {
  if (body.empty()) return OkStatus();
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(body).get(root) != simdjson::SUCCESS || !root.is_object()) {
    return InvalidArgument("the body is no JSON object");
  }
  for (const auto& [name, into] :
       {std::pair("by", &action->by), std::pair("comment", &action->detail)}) {
    simdjson::dom::element member;
    if (root[name].get(member) != simdjson::SUCCESS) continue;
    std::string_view text;
    if (member.get(text) != simdjson::SUCCESS || text.size() > kTextBytesMax) {
      return InvalidArgument("{}: expected a text of at most {} bytes", name, kTextBytesMax);
    }
    *into = text;
  }
  return OkStatus();
}

void WriteLabels(const Labels& labels, JsonWriter* json) {
  json->BeginObject();
  for (const auto& [name, value] : labels) json->Key(name).String(value);
  json->EndObject();
}

}  // namespace

void WriteOpenGroup(const alerts::OpenGroup& group, JsonWriter* json) {
  const alerts::GroupState& state = group.state;
  json->BeginObject();
  json->Key("group").String(HexId(state.id()));
  json->Key("key").String(state.key);
  json->Key("receiver").String(group.receiver);
  json->Key("labels");
  WriteLabels(group.labels, json);
  json->Key("opened_at").String(FormatTime(state.opened_at));
  json->Key("episode").Int(static_cast<int64_t>(state.episode));
  json->Key("level").Int(state.level);
  if (state.is_acknowledged()) {
    json->Key("acknowledged").BeginObject();
    json->Key("by").String(state.acknowledged_by);
    json->Key("via").String(state.acknowledged_via);
    json->Key("at").String(FormatTime(state.acknowledged_at));
    json->EndObject();
  }
  json->Key("alerts").BeginArray();
  for (const alerts::ToldAlert& told : group.alerts) {
    json->BeginObject();
    json->Key("fingerprint").String(HexId(told.alert->fingerprint));
    json->Key("status").String(told.firing ? "firing" : "resolved");
    json->Key("labels");
    WriteLabels(told.alert->labels, json);
    json->Key("annotations");
    WriteLabels(told.alert->annotations, json);
    json->EndObject();
  }
  json->EndArray();
  json->Key("destinations").BeginArray();
  for (const std::string& destination : group.destinations) json->String(destination);
  json->EndArray();
  json->Key("next").BeginArray();
  for (const alerts::OpenGroup::Step& step : group.next) {
    json->BeginObject();
    json->Key("receiver").String(step.receiver);
    json->Key("at").String(FormatTime(step.at));
    json->EndObject();
  }
  json->EndArray();
  json->EndObject();
}

StatusOr<std::vector<std::string>> ReadSecrets(std::string_view flag, const std::string& file) {
  std::vector<std::string> secrets;
  if (file.empty()) return secrets;
  std::ifstream in(file);
  if (!in) return NotFound("{} {}: {}", flag, file, std::strerror(errno));
  for (std::string line; std::getline(in, line);) {
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
    if (!line.empty() && line[0] != '#') secrets.push_back(line);
  }
  if (secrets.empty()) return InvalidArgument("{} {} holds no secret", flag, file);
  return secrets;
}

bool AlertActionRoutes::IsMine(std::string_view path) {
  return IsSigned(path) || path == kGroups ||
         (path.starts_with(kGroups) && path.substr(kGroups.size()).starts_with('/'));
}

bool AlertActionRoutes::IsSigned(std::string_view path) {
  return path == kSlack || path == kPagerDuty;
}

HttpResponse AlertActionRoutes::Handle(const HttpRequest& request, std::string_view actor) {
  const std::string_view path = request.path;
  if (path == kGroups) {
    if (request.method == "GET" || request.method == "HEAD") return List();
    return ErrorResponse(405, "this path is read with GET", path);
  }
  if (request.method != "POST") return ErrorResponse(405, "this path takes POST", path);
  if (path == kSlack) return Slack(request);
  if (path == kPagerDuty) return PagerDuty(request);
  return Act(request, path.substr(kGroups.size() + 1), actor);
}

HttpResponse AlertActionRoutes::List() const {
  JsonWriter json;
  json.BeginObject().Key("groups").BeginArray();
  for (const alerts::OpenGroup& group : parts_.service->OpenGroups()) {
    WriteOpenGroup(group, &json);
  }
  json.EndArray().EndObject();
  return JsonResponse(200, json.Take());
}

HttpResponse AlertActionRoutes::Act(const HttpRequest& request, std::string_view rest,
                                    std::string_view actor) {
  const size_t slash = std::min(rest.find('/'), rest.size());
  const auto id = IdOf(rest.substr(0, slash));
  if (!id) return ErrorResponse(400, "a group has 16 hexadecimal digits", rest.substr(0, slash));
  const std::string_view name = rest.substr(std::min(slash + 1, rest.size()));
  const auto kind = name.starts_with("kizashi_") ? std::nullopt : ActionOf(name);
  if (!kind) return ErrorResponse(404, "expected acknowledge, escalate or resolve", name);
  GroupAction action{*kind, "", "api", ""};
  if (const Status status = ReadBody(request.body, &action); !status.ok()) {
    return ErrorResponse(400, Message(status));
  }
  // Who has a token of his own is that one.
  if (!actor.empty()) action.by = actor;
  if (action.by.empty()) action.by = "api";
  const Status status = parts_.service->Act(*id, action);
  if (!status.ok()) return ErrorResponse(CodeOf(status), Message(status), rest.substr(0, slash));
  for (const alerts::OpenGroup& group : parts_.service->OpenGroups()) {
    if (group.state.id() != *id) continue;
    JsonWriter json;
    WriteOpenGroup(group, &json);
    return JsonResponse(200, json.Take());
  }
  return JsonResponse(200, "{}");
}

HttpResponse AlertActionRoutes::Slack(const HttpRequest& request) {
  if (auto refused = slack_.Refuse(request, parts_.service->Now())) return *std::move(refused);
  const auto pressed = ReadSlackAction(request.body);
  if (!pressed.ok()) return ErrorResponse(400, Message(pressed.status()));
  const auto kind = ActionOf(pressed->action_id);
  if (!kind) return TextResponse(200, "");  // a link's button
  const auto id = IdOf(pressed->value);
  if (!id) return ErrorResponse(400, "a button's value is a group", pressed->value);
  const auto tell_back = [&](const std::string& text) {
    TellSlackBack(parts_.fetch, pressed->response_url, "ephemeral", text);
  };
  const Status status = parts_.service->Act(*id, {*kind, pressed->user, "slack", ""});
  if (status.code() == absl::StatusCode::kNotFound) {
    tell_back("It is over already: nothing was done.");
    return TextResponse(200, "");
  }
  if (!status.ok()) {
    tell_back(fmt::format("It could not be kept: {}", Message(status)));
    return ErrorResponse(503, Message(status));
  }
  return TextResponse(200, "");
}

HttpResponse AlertActionRoutes::PagerDuty(const HttpRequest& request) {
  const Time now = parts_.service->Now();
  Status checked = Errorf(absl::StatusCode::kPermissionDenied,
                          "no secret is configured: --pagerduty-webhook-secret-file");
  for (const std::string& secret : parts_.pagerduty_secrets) {
    checked =
        CheckPagerDutySignature(secret, request.body, request.Header("X-PagerDuty-Signature"));
    if (checked.ok()) break;
  }
  if (!checked.ok()) return ErrorResponse(401, Message(checked));
  const auto event = ReadPagerDutyEvent(request.body);
  if (!event.ok()) return ErrorResponse(400, Message(event.status()));
  std::optional<GroupAction::Kind> kind;
  if (event->type == "incident.acknowledged") kind = GroupAction::Kind::kAcknowledge;
  if (event->type == "incident.resolved") kind = GroupAction::Kind::kResolve;
  const auto id = alerts::GroupOfPagerDutyKey(event->incident_key);
  // What nobody did there is what we did ourselves.
  if (!kind || !id || event->by.empty()) return TextResponse(200, "");
  const auto open = parts_.service->OpenGroups();
  const bool is_of_now = std::any_of(open.begin(), open.end(), [&](const auto& group) {
    return group.state.id() == *id && event->at >= group.state.opened_at;
  });
  if (!is_of_now) return TextResponse(200, "");
  if (!pagerduty_seen_.Add(event->id, now)) return TextResponse(200, "");
  const Status status =
      parts_.service->Act(*id, {*kind, event->by, "pagerduty", event->incident_url});
  if (status.ok() || status.code() == absl::StatusCode::kNotFound) return TextResponse(200, "");
  return ErrorResponse(503, Message(status));
}

}  // namespace kizashi
