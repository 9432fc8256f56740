// What people write below a message of ours in Slack becomes a line of the incident's timeline.
//
//   POST /kizashi/v1/slack/events   signed by Slack (Events API): url_verification, and messages
//
// A message counts when it is in the thread of a group's message while the group fires; those of
// apps do not. Any thread; answers at once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "act/alert/engine.h"
#include "api/slack_door.h"
#include "base/clock.h"
#include "catalog/catalog.h"
#include "net/http.h"

namespace kizashi {

/// A person's message below one of ours.
struct ChatMessage {
  std::string id;  // Slack's, the same when it is sent again
  std::string by;  // a person's name in the catalog, else Slack's id
  std::string text;
  Time at{};
};

class SlackEventRoutes {
 public:
  /// All outlive this.
  struct Parts {
    std::vector<std::string> secrets;
    const Clock* clock = nullptr;
    std::function<std::vector<alerts::OpenGroup>()> open_groups;
    std::function<std::shared_ptr<const Catalog>()> catalog;
    std::function<void(const alerts::OpenGroup& group, const ChatMessage& message)> on_message;
  };
  explicit SlackEventRoutes(Parts parts) : parts_(std::move(parts)), door_(parts_.secrets) {}

  /// Needs no token, as what comes there is signed.
  static bool IsMine(std::string_view path);
  /// Requires IsMine.
  HttpResponse Handle(const HttpRequest& request);

 private:
  const Parts parts_;
  SlackDoor door_;
};

}  // namespace kizashi
