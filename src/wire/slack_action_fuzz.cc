// Any bytes as what Slack and PagerDuty send: a value with what it must have, or an error.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/pagerduty_webhook.h"
#include "wire/slack_action.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (const auto action = ReadSlackAction(body); action.ok()) {
    KZ_CHECK(!action->action_id.empty() && !action->user.empty());
    KZ_CHECK(action->response_url.empty() || action->response_url.starts_with("https://"));
  }
  if (const auto command = ReadSlackCommand(body); command.ok()) {
    KZ_CHECK(command->command.starts_with('/') && !command->user.empty());
    KZ_CHECK(command->text.empty() ||
             (command->text.front() != ' ' && command->text.back() != ' '));
  }
  if (const auto event = ReadSlackEvent(body); event.ok()) {
    KZ_CHECK(event->challenge.empty() != event->id.empty());
    KZ_CHECK(!event->message ||
             (!event->message->user.empty() && event->message->text.size() <= kSlackTextBytesMax));
  }
  if (const auto event = ReadPagerDutyEvent(body); event.ok()) {
    KZ_CHECK(!event->id.empty() && !event->type.empty());
  }
  const Time now = TimeFromMs(1'531'420'618'000);
  const size_t cut = size / 2;
  KZ_CHECK(!CheckSlackSignature("s", body.substr(0, cut), body, body.substr(cut), now).ok());
  KZ_CHECK(!CheckPagerDutySignature("s", body.substr(0, cut), body.substr(cut)).ok());
  return 0;
}
