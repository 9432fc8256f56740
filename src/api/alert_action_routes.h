// What people do about groups of alerts: over our API, by Slack's buttons, in PagerDuty.
//
//   GET  /kizashi/v1/alerts/groups                    those that fire: who was told, who is next
//   POST /kizashi/v1/alerts/groups/{id}/{action}      acknowledge, escalate, resolve
//   POST /kizashi/v1/slack/actions                    signed by Slack
//   POST /kizashi/v1/pagerduty/webhook                signed by PagerDuty (webhooks version 3)
//
// A signed request is taken once: its signature, or the event's id, is remembered. Any thread; an
// action is answered when it is on disk.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "act/alert/alert_service.h"
#include "act/alert/http_sender.h"
#include "api/slack_door.h"
#include "base/json_writer.h"
#include "net/http.h"
#include "wire/signature.h"

namespace kizashi {

class AlertActionRoutes {
 public:
  /// All outlive this.
  struct Parts {
    alerts::AlertService* service = nullptr;
    /// Of the Slack app and of PagerDuty's subscriptions; several while one is being replaced.
    /// Empty: what is signed is refused.
    std::vector<std::string> slack_secrets;
    std::vector<std::string> pagerduty_secrets;
    /// Tells whoever pressed a button what came of it; may be empty.
    alerts::FetchFunction fetch;
  };
  explicit AlertActionRoutes(Parts parts)
      : parts_(std::move(parts)), slack_(parts_.slack_secrets) {}

  static bool IsMine(std::string_view path);
  /// Paths that need no token, as what comes there is signed.
  static bool IsSigned(std::string_view path);
  /// Requires IsMine. `actor` is who the token belongs to, "" when nobody is told apart.
  HttpResponse Handle(const HttpRequest& request, std::string_view actor);

 private:
  HttpResponse List() const;
  HttpResponse Act(const HttpRequest& request, std::string_view rest, std::string_view actor);
  HttpResponse Slack(const HttpRequest& request);
  HttpResponse PagerDuty(const HttpRequest& request);

  const Parts parts_;
  SlackDoor slack_;
  SeenOnce pagerduty_seen_{Duration(48 * 3'600'000)};  // as long as PagerDuty tries
};

/// An open group as the API shows it.
void WriteOpenGroup(const alerts::OpenGroup& group, JsonWriter* json);

/// One secret a line; blank lines and those that begin with '#' are passed over. "" gives none.
/// NotFound for a file that cannot be read, InvalidArgument for one without a secret.
StatusOr<std::vector<std::string>> ReadSecrets(std::string_view flag, const std::string& file);

}  // namespace kizashi
