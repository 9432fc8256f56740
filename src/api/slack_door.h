// Requests that Slack signs, taken once each, and what it is told back.
//
// Any thread. Source: docs.slack.dev, "Verifying requests from Slack" and "Handling user
// interaction".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "act/alert/http_sender.h"
#include "net/http.h"
#include "wire/signature.h"

namespace kizashi {

class SlackDoor {
 public:
  /// The signing secrets of the app, several while one is being replaced. None: all is refused.
  explicit SlackDoor(std::vector<std::string> secrets) : secrets_(std::move(secrets)) {}

  /// The answer to a request that Slack did not sign or that was taken before: 401, 409.
  std::optional<HttpResponse> Refuse(const HttpRequest& request, Time now);

 private:
  const std::vector<std::string> secrets_;
  SeenOnce seen_{Duration(11 * 60'000)};
};

/// The JSON of an answer: `type` is "ephemeral", for whoever asked, or "in_channel".
std::string SlackAnswer(std::string_view type, std::string_view text);
/// Posts it to where Slack wants it; nothing without URL or `fetch`. What comes of it is not looked
/// at.
void TellSlackBack(const alerts::FetchFunction& fetch, const std::string& response_url,
                   std::string_view type, std::string_view text);

}  // namespace kizashi
