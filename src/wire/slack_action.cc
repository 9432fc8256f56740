#include "wire/slack_action.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "net/http.h"
#include "wire/signature.h"

namespace kizashi {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kNameBytesMax = 512;
constexpr size_t kUrlBytesMax = 2048;
constexpr size_t kCommandBytesMax = 4096;
constexpr size_t kDepthMax = 64;

std::string TextAt(const dom::element& root, std::initializer_list<std::string_view> path,
                   size_t most = kNameBytesMax) {
  dom::element at = root;
  for (const std::string_view name : path) {
    if (at[name].get(at) != simdjson::SUCCESS) return {};
  }
  std::string_view text;
  if (at.get(text) != simdjson::SUCCESS || text.size() > most) return {};
  return std::string(text);
}

template <typename... Args>
Status Denied(fmt::format_string<Args...> format, Args&&... args) {
  return Errorf(absl::StatusCode::kPermissionDenied, format, std::forward<Args>(args)...);
}

// `text`, which is UTF-8, cut between characters.
std::string CutBytes(std::string text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  text.resize(most);
  return text;
}

// The decoded value of a field of a form.
std::string FormField(std::string_view form, std::string_view name) {
  while (!form.empty()) {
    const size_t end = std::min(form.find('&'), form.size());
    const std::string_view pair = form.substr(0, end);
    const size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) == name && equals < pair.size()) {
      return PercentDecode(pair.substr(equals + 1), true);
    }
    form.remove_prefix(std::min(end + 1, form.size()));
  }
  return {};
}

}  // namespace

Status CheckSlackSignature(std::string_view secret, std::string_view timestamp,
                           std::string_view body, std::string_view signature, Time now) {
  int64_t seconds = 0;
  const char* end = timestamp.data() + timestamp.size();
  const auto [stop, error] = std::from_chars(timestamp.data(), end, seconds);
  if (timestamp.empty() || stop != end || error != std::errc() || seconds < 0 ||
      seconds > 1LL << 40) {
    return Denied("X-Slack-Request-Timestamp is not there, or no number of seconds");
  }
  const Duration age = now - TimeFromMs(seconds * 1000);
  if (age > kSlackWindow || age < -kSlackWindow) {
    return Denied("the request is {} s old, at most {} are allowed", age.count() / 1000,
                  kSlackWindow.count() / 1000);
  }
  const std::string base = fmt::format("v0:{}:{}", timestamp, body);
  if (!SameSecret("v0=" + HmacSha256Hex(secret, base), signature)) {
    return Denied("X-Slack-Signature is not that of this request");
  }
  return OkStatus();
}

StatusOr<SlackEvent> ReadSlackEvent(std::string_view body) {
  if (body.size() > kSlackBodyBytesMax) {
    return InvalidArgument("more than {} bytes", kSlackBodyBytesMax);
  }
  dom::parser parser(kSlackBodyBytesMax);
  dom::element root;
  if (parser.allocate(kSlackBodyBytesMax, kDepthMax) != simdjson::SUCCESS ||
      parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) {
    return InvalidArgument("the body is no JSON");
  }
  SlackEvent event;
  const std::string type = TextAt(root, {"type"});
  if (type == "url_verification") {
    event.challenge = TextAt(root, {"challenge"});
    if (event.challenge.empty()) return InvalidArgument("challenge: missing");
    return event;
  }
  if (type != "event_callback") {
    return InvalidArgument("type: expected url_verification or event_callback");
  }
  event.id = TextAt(root, {"event_id"});
  if (event.id.empty()) return InvalidArgument("event_id: missing");
  dom::element subtype;
  const bool is_plain = root["event"]["subtype"].get(subtype) != simdjson::SUCCESS &&
                        root["event"]["bot_id"].get(subtype) != simdjson::SUCCESS;
  if (TextAt(root, {"event", "type"}) != "message" || !is_plain) return event;
  SlackMessageEvent message;
  message.channel = TextAt(root, {"event", "channel"});
  message.thread_ts = TextAt(root, {"event", "thread_ts"});
  message.user = TextAt(root, {"event", "user"});
  message.text = CutBytes(TextAt(root, {"event", "text"}, kSlackBodyBytesMax), kSlackTextBytesMax);
  if (message.channel.empty() || message.user.empty() || message.text.empty()) return event;
  event.message = std::move(message);
  return event;
}

StatusOr<SlackCommand> ReadSlackCommand(std::string_view body) {
  if (body.size() > kSlackBodyBytesMax) {
    return InvalidArgument("more than {} bytes", kSlackBodyBytesMax);
  }
  SlackCommand command;
  const auto field = [body](std::string_view name, size_t most) {
    std::string text = FormField(body, name);
    return text.size() > most ? std::string() : text;
  };
  command.command = field("command", kNameBytesMax);
  if (!command.command.starts_with('/'))
    return InvalidArgument("command: expected a slash command");
  command.text = field("text", kCommandBytesMax);
  constexpr std::string_view kBlanks = " \t\r\n";
  command.text.erase(0, std::min(command.text.find_first_not_of(kBlanks), command.text.size()));
  command.text.resize(command.text.find_last_not_of(kBlanks) + 1);
  command.user_id = field("user_id", kNameBytesMax);
  command.user = field("user_name", kNameBytesMax);
  if (command.user.empty()) command.user = command.user_id;
  if (command.user.empty()) return InvalidArgument("user_id: missing");
  command.channel_id = field("channel_id", kNameBytesMax);
  command.response_url = field("response_url", kUrlBytesMax);
  if (!command.response_url.starts_with("https://")) command.response_url.clear();
  return command;
}

StatusOr<SlackAction> ReadSlackAction(std::string_view body) {
  if (body.size() > kSlackBodyBytesMax) {
    return InvalidArgument("more than {} bytes", kSlackBodyBytesMax);
  }
  const std::string payload = FormField(body, "payload");
  if (payload.empty()) return InvalidArgument("a form with a field \"payload\" is expected");
  dom::parser parser(kSlackBodyBytesMax);
  dom::element root;
  if (parser.allocate(kSlackBodyBytesMax, kDepthMax) != simdjson::SUCCESS ||
      parser.parse(payload).get(root) != simdjson::SUCCESS) {
    return InvalidArgument("payload is no JSON");
  }
  if (TextAt(root, {"type"}) != "block_actions") {
    return InvalidArgument("payload.type: expected block_actions");
  }
  dom::array actions;
  if (root["actions"].get(actions) != simdjson::SUCCESS || actions.size() == 0) {
    return InvalidArgument("payload.actions: expected one");
  }
  const dom::element button = *actions.begin();
  SlackAction action;
  action.action_id = TextAt(button, {"action_id"});
  action.value = TextAt(button, {"value"});
  if (action.action_id.empty()) return InvalidArgument("payload.actions[0].action_id: missing");
  action.user_id = TextAt(root, {"user", "id"});
  action.user = TextAt(root, {"user", "username"});
  if (action.user.empty()) action.user = TextAt(root, {"user", "name"});
  if (action.user.empty()) action.user = action.user_id;
  if (action.user.empty()) return InvalidArgument("payload.user: missing");
  action.channel_id = TextAt(root, {"channel", "id"});
  action.message_ts = TextAt(root, {"container", "message_ts"});
  action.response_url = TextAt(root, {"response_url"}, kUrlBytesMax);
  if (!action.response_url.starts_with("https://")) action.response_url.clear();
  return action;
}

}  // namespace kizashi
