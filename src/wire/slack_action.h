// What Slack sends when somebody presses a button of a message, gives a slash command or writes a
// message, and the proof that Slack sent it.
//
// Pure and total; any thread. Sources: docs.slack.dev, "Verifying requests from Slack" and
// "block_actions payload", "Implementing slash commands",
// "Events API".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"

namespace kizashi {

inline constexpr size_t kSlackBodyBytesMax = 1 << 20;
inline constexpr Duration kSlackWindow{5 * 60'000};  // how old a request may be

/// Checks `signature` (header X-Slack-Signature, "v0=" and hexadecimal digits) of a body that was
/// sent at `timestamp` (X-Slack-Request-Timestamp, seconds since 1970): HMAC-SHA256 with the app's
/// signing secret over "v0:timestamp:body". PermissionDenied says what is wrong: no such headers,
/// older or newer than kSlackWindow, or another secret or body.
Status CheckSlackSignature(std::string_view secret, std::string_view timestamp,
                           std::string_view body, std::string_view signature, Time now);

struct SlackAction {
  std::string action_id;  // the button's
  std::string value;      // what it stands for
  std::string user;       // whose name is known by Slack, else its id
  std::string user_id;
  std::string channel_id;
  std::string message_ts;
  std::string response_url;  // takes answers for half an hour; only of https
};

/// A slash command, such as "/tel hanako the shop is down".
struct SlackCommand {
  std::string command;  // "/tel"
  std::string text;     // what follows, without blanks around it
  std::string user;     // whose name is known by Slack, else its id
  std::string user_id;
  std::string channel_id;
  std::string response_url;  // as of SlackAction
};

/// InvalidArgument when the form has no command or nobody who gave it.
StatusOr<SlackCommand> ReadSlackCommand(std::string_view body);

/// A message of a person in a channel.
struct SlackMessageEvent {
  std::string channel;
  std::string thread_ts;  // of the message that it stands below; "" when it stands alone
  std::string user;       // a member's id
  std::string text;       // cut at kSlackTextBytesMax
};
inline constexpr size_t kSlackTextBytesMax = 2000;

/// What the Events API sends.
struct SlackEvent {
  std::string challenge;                     // of url_verification: to be sent back
  std::string id;                            // else the event's, the same when it is sent again
  std::optional<SlackMessageEvent> message;  // none: another event, or the message of an app
};

/// InvalidArgument when it is neither a url_verification nor an event_callback with an id.
StatusOr<SlackEvent> ReadSlackEvent(std::string_view body);

/// Reads the form that has `payload`. InvalidArgument when it is no block_actions with a button.
StatusOr<SlackAction> ReadSlackAction(std::string_view body);

}  // namespace kizashi
