#include "api/slack_door.h"

#include <utility>

#include "api/request.h"
#include "base/json_writer.h"
#include "wire/slack_action.h"

namespace kizashi {

std::optional<HttpResponse> SlackDoor::Refuse(const HttpRequest& request, Time now) {
  const std::string_view signature = request.Header("X-Slack-Signature");
  Status checked = Errorf(absl::StatusCode::kPermissionDenied,
                          "no signing secret is configured: --slack-signing-secret-file");
  for (const std::string& secret : secrets_) {
    checked = CheckSlackSignature(secret, request.Header("X-Slack-Request-Timestamp"), request.body,
                                  signature, now);
    if (checked.ok()) break;
  }
  if (!checked.ok()) return ErrorResponse(401, Message(checked));
  if (!seen_.Add(signature, now)) {
    return ErrorResponse(409, "this request was taken already: a replay");
  }
  return std::nullopt;
}

std::string SlackAnswer(std::string_view type, std::string_view text) {
  JsonWriter json;
  json.BeginObject();
  json.Key("response_type").String(type);
  json.Key("replace_original").Bool(false);
  json.Key("text").String(text);
  json.EndObject();
  return json.Take();
}

void TellSlackBack(const alerts::FetchFunction& fetch, const std::string& response_url,
                   std::string_view type, std::string_view text) {
  if (!fetch || response_url.empty()) return;
  FetchRequest request;
  request.method = "POST";
  request.url = response_url;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = SlackAnswer(type, text);
  fetch(std::move(request), [](const FetchResult&) {});
}

}  // namespace kizashi
