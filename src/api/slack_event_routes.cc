#include "api/slack_event_routes.h"

#include <utility>

#include "act/alert/slack_message.h"
#include "api/request.h"
#include "wire/slack_action.h"

namespace kizashi {
namespace {

constexpr std::string_view kPath = "/kizashi/v1/slack/events";
constexpr std::string_view kSlackKind = "/slack/";

// The open group that has this message at Slack; null when none has.
const alerts::OpenGroup* FindByMessage(const std::vector<alerts::OpenGroup>& groups,
                                       const SlackMessageEvent& message) {
  for (const alerts::OpenGroup& group : groups) {
    for (const auto& [destination, receipt] : group.receipts) {
      if (destination.find(kSlackKind) == destination.npos) continue;
      const alerts::SlackPlace place = alerts::ReadSlackPlace(receipt);
      if (place.is_there() && place.channel == message.channel && place.ts == message.thread_ts) {
        return &group;
      }
    }
  }
  return nullptr;
}

}  // namespace

bool SlackEventRoutes::IsMine(std::string_view path) { return path == kPath; }

HttpResponse SlackEventRoutes::Handle(const HttpRequest& request) {
  if (request.method != "POST") return ErrorResponse(405, "this path takes POST", request.path);
  const Time now = parts_.clock->Now();
  if (auto refused = door_.Refuse(request, now)) return *std::move(refused);
  const auto event = ReadSlackEvent(request.body);
  if (!event.ok()) return ErrorResponse(400, Message(event.status()));
  if (!event->challenge.empty()) return TextResponse(200, event->challenge);
  if (!event->message || event->message->thread_ts.empty()) return TextResponse(200, "");
  const SlackMessageEvent& message = *event->message;
  const std::vector<alerts::OpenGroup> groups = parts_.open_groups();
  const alerts::OpenGroup* const group = FindByMessage(groups, message);
  if (group == nullptr) return TextResponse(200, "");
  ChatMessage chat{event->id, message.user, message.text, now};
  const std::shared_ptr<const Catalog> catalog = parts_.catalog();
  for (const Person& person : catalog->people()) {
    if (person.slack == message.user) chat.by = person.name;
  }
  parts_.on_message(*group, chat);
  return TextResponse(200, "");
}

}  // namespace kizashi
