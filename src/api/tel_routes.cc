#include "api/tel_routes.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <utility>

#include "api/request.h"
#include "base/json_writer.h"
#include "wire/slack_action.h"

namespace kizashi {
namespace {

constexpr std::string_view kTel = "/kizashi/v1/tel";
constexpr std::string_view kSlash = "/kizashi/v1/slack/commands";
constexpr size_t kBodyBytesMax = 16 << 10;
constexpr size_t kReasonBytesMax = 1000;

Status ReadBody(const std::string& body, phone::TelRequest* request) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (body.size() > kBodyBytesMax) return InvalidArgument("at most {} bytes", kBodyBytesMax);
  if (parser.parse(body).get(root) != simdjson::SUCCESS || !root.is_object()) {
    return InvalidArgument("the body is no JSON object");
  }
  for (const auto& [name, into] :
       {std::pair("name", &request->person), std::pair("reason", &request->reason),
        std::pair("by", &request->by)}) {
    simdjson::dom::element member;
    if (root[name].get(member) != simdjson::SUCCESS) continue;
    std::string_view text;
    if (member.get(text) != simdjson::SUCCESS || text.size() > kReasonBytesMax) {
      return InvalidArgument("{}: expected a text of at most {} bytes", name, kReasonBytesMax);
    }
    *into = text;
  }
  return OkStatus();
}

// The member of "<@U0G9QF9C6|hanako>"; "" when it is none.
std::string_view MentionOf(std::string_view text) {
  if (!text.starts_with("<@") || !text.ends_with('>')) return {};
  text = text.substr(2, text.size() - 3);
  return text.substr(0, text.find('|'));
}

const Person* FindBySlack(const Catalog& catalog, std::string_view member) {
  for (const Person& person : catalog.people()) {
    if (!member.empty() && person.slack == member) return &person;
  }
  return nullptr;
}

}  // namespace

bool TelRoutes::IsSigned(std::string_view path) const {
  if (path == kSlash) return true;
  return parts_.desk != nullptr && !parts_.desk->callback_path().empty() &&
         path == parts_.desk->callback_path();
}

bool TelRoutes::IsMine(std::string_view path) const {
  return IsSigned(path) || path == kTel ||
         (path.starts_with(kTel) && path.substr(kTel.size()).starts_with('/'));
}

HttpResponse TelRoutes::Handle(const HttpRequest& request, std::string_view actor) {
  const std::string_view path = request.path;
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (path.size() > kTel.size() && path.starts_with(kTel)) {
    if (!is_get) return ErrorResponse(405, "this path is read with GET", path);
    return Get(path.substr(kTel.size() + 1));
  }
  if (request.method != "POST") return ErrorResponse(405, "this path takes POST", path);
  if (path == kTel) return Post(request, actor);
  return path == kSlash ? Slash(request) : parts_.desk->HandleCallback(request);
}

Status TelRoutes::Find(phone::TelRequest* request) const {
  if (parts_.desk == nullptr) {
    return Unavailable("this server calls nobody: give --phone-config FILE");
  }
  const oncall::OnCallHolder::State state = parts_.holder->Current();
  const Person* person = state.catalog->FindPerson(request->person);
  if (person == nullptr) person = FindBySlack(*state.catalog, MentionOf(request->person));
  if (person == nullptr) {
    const auto duty = state.oncall->At(request->person, parts_.clock->Now());
    if (duty) person = state.catalog->FindPerson(duty->person);
  }
  if (person == nullptr) {
    return NotFound("nobody is called '{}', and it is no schedule that somebody is on call of",
                    request->person);
  }
  if (person->phone.empty()) return NotFound("{} has no phone in the catalog", person->name);
  request->person = person->name;
  request->to = person->phone;
  request->language = LanguageFromCode(person->language);
  return OkStatus();
}

StatusOr<std::string> TelRoutes::Ring(phone::TelRequest request, const TellChannel& tell) {
  KZ_RETURN_IF_ERROR(Find(&request));
  KZ_ASSIGN_OR_RETURN(std::string call,
                      parts_.desk->Tel(request, [tell](const phone::TelCall& end) {
                        tell(end.request.person, DescribeTel(end, end.request.language));
                      }));
  tell(request.person,
       FillText(TextId::kTelCalls, request.language,
                {{"by", request.by}, {"person", request.person}, {"reason", request.reason}}));
  return call;
}

HttpResponse TelRoutes::Post(const HttpRequest& request, std::string_view actor) {
  phone::TelRequest wanted;
  if (const Status status = ReadBody(request.body, &wanted); !status.ok()) {
    return ErrorResponse(400, Message(status));
  }
  if (wanted.person.empty()) return ErrorResponse(400, "name: who is to be called?");
  if (wanted.reason.empty()) return ErrorResponse(400, "reason: what is to be said?");
  // Who has a token of his own is that one.
  if (!actor.empty()) wanted.by = actor;
  if (wanted.by.empty()) wanted.by = "api";
  const auto call = Ring(wanted, [this](const std::string& person, const std::string& text) {
    if (parts_.announce) parts_.announce(person, text);
  });
  if (!call.ok()) return StatusResponse(call.status());
  JsonWriter json;
  json.BeginObject().Key("call").String(*call).EndObject();
  return JsonResponse(202, json.Take());
}

HttpResponse TelRoutes::Get(std::string_view id) const {
  if (parts_.desk == nullptr) return ErrorResponse(404, "this server calls nobody", id);
  const auto call = parts_.desk->FindTel(id);
  if (!call.ok()) return ErrorResponse(404, Message(call.status()), id);
  JsonWriter json;
  json.BeginObject();
  json.Key("call").String(call->id);
  json.Key("state").String(TelStateName(*call));
  const bool has_ended = call->is_told && call->last == phone::PhoneEventKind::kEnded;
  json.Key("outcome").String(has_ended ? PhoneEndName(call->end) : "");
  json.Key("detail").String(call->detail);
  json.Key("person").String(call->request.person);
  json.Key("by").String(call->request.by);
  json.Key("reason").String(call->request.reason);
  json.Key("asked").Int(ToMs(call->asked));
  json.Key("at").Int(ToMs(call->at));
  json.EndObject();
  return JsonResponse(200, json.Take());
}

// What is wrong is told whoever asked, with 200, as Slack shows no other answer.
HttpResponse TelRoutes::Slash(const HttpRequest& request) {
  if (auto refused = door_.Refuse(request, parts_.clock->Now())) return *std::move(refused);
  const auto command = ReadSlackCommand(request.body);
  if (!command.ok()) return ErrorResponse(400, Message(command.status()));
  const auto tell = [](std::string_view type, std::string_view text) {
    return JsonResponse(200, SlackAnswer(type, text));
  };
  const std::string_view text = command->text;
  const size_t space = std::min(text.find(' '), text.size());
  phone::TelRequest wanted;
  wanted.person = text.substr(0, space);
  wanted.reason = text.substr(std::min(space + 1, text.size()));
  if (wanted.person.starts_with('@')) wanted.person.erase(0, 1);
  if (wanted.person.empty() || wanted.reason.empty()) {
    return tell("ephemeral", command->command + " NAME WHY: who is to be called, and why?");
  }
  const auto catalog = parts_.holder->Current().catalog;
  const Person* by = FindBySlack(*catalog, command->user_id);
  wanted.by = by == nullptr ? command->user : by->name;
  const auto call = Ring(
      wanted, [this, url = command->response_url](const std::string&, const std::string& what) {
        TellSlackBack(parts_.fetch, url, "in_channel", what);
      });
  if (!call.ok()) return tell("ephemeral", Message(call.status()));
  return TextResponse(200, "");
}

}  // namespace kizashi
