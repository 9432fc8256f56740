// `/tel NAME`: rings somebody now, says why and by whom, and tells the channel what came of it.
//
//   POST /kizashi/v1/tel            {"name": "hanako", "reason": "...", "by": "..."}: 202 {"call"}
//   GET  /kizashi/v1/tel/{call}     how far it is
//   POST /kizashi/v1/slack/commands signed by Slack: a slash command with "NAME why" behind it
//   POST of the provider's callback path (act/notify/phone/twilio_caller.h), signed by it
//
// NAME is a person of the catalog, who is on call of a schedule, or a Slack mention. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "act/alert/http_sender.h"
#include "act/notify/phone/phone_desk.h"
#include "act/oncall/holder.h"
#include "api/slack_door.h"
#include "base/clock.h"
#include "net/http.h"

namespace kizashi {

class TelRoutes {
 public:
  /// All outlive this.
  struct Parts {
    phone::PhoneDesk* desk = nullptr;  // none: calls are refused, with what to give the server
    oncall::OnCallHolder* holder = nullptr;
    const Clock* clock = nullptr;
    std::vector<std::string> slack_secrets;
    alerts::FetchFunction fetch;
    /// Tells the channel of the person's team; may be empty.
    std::function<void(const std::string& person, const std::string& text)> announce;
  };
  explicit TelRoutes(Parts parts) : parts_(std::move(parts)), door_(parts_.slack_secrets) {}

  bool IsMine(std::string_view path) const;
  /// Paths that need no token, as what comes there is signed.
  bool IsSigned(std::string_view path) const;
  /// Requires IsMine. `actor` is who the token belongs to, "" when nobody is told apart.
  HttpResponse Handle(const HttpRequest& request, std::string_view actor);

 private:
  /// Fills in who is meant by `request->person` and how they are called; NotFound says what lacks.
  Status Find(phone::TelRequest* request) const;
  using TellChannel = std::function<void(const std::string& person, const std::string& text)>;
  /// Rings. `tell` hears that it begins and how it ends; the call's id.
  StatusOr<std::string> Ring(phone::TelRequest request, const TellChannel& tell);
  HttpResponse Post(const HttpRequest& request, std::string_view actor);
  HttpResponse Get(std::string_view call) const;
  HttpResponse Slash(const HttpRequest& request);

  const Parts parts_;
  SlackDoor door_;
};

}  // namespace kizashi
