// A group of alerts as a Slack message: Block Kit inside an attachment, for its colour, with the
// buttons acknowledge, escalate and resolve.
//
// Pure; any thread. Source: docs.slack.dev, "Block Kit" and "chat.postMessage"; a message with more
// than about 13,000 characters is refused by Slack, so texts are cut before that.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "act/alert/notification.h"
#include "act/alert/receiver_config.h"
#include "act/texts.h"
#include "base/clock.h"
#include "query/rules/template.h"

namespace kizashi::alerts {

/// What buttons are called in what Slack sends; their value is the group's id in hexadecimal.
inline constexpr std::string_view kSlackAcknowledge = "kizashi_acknowledge";
inline constexpr std::string_view kSlackEscalate = "kizashi_escalate";
inline constexpr std::string_view kSlackResolve = "kizashi_resolve";

/// The texts of a SlackConfig for one notification, templates expanded.
struct SlackTexts {
  SlackConfig of;       // its texts are expanded, the rest is as it was
  std::string problem;  // of a template, for the reader
};
SlackTexts ExpandSlackTexts(const SlackConfig& config, const Notification& notification,
                            const std::string& external_url,
                            const std::shared_ptr<const rules::TemplateSet>& templates);

/// Where a message stands at Slack, kept as the receipt of its destination.
struct SlackPlace {
  std::string channel;  // the id that Slack gave
  std::string ts;
  uint64_t page = 0;     // Notification::page that it told
  bool fires = false;    // what it told last
  uint64_t content = 0;  // SlackContent of that
  bool is_there() const { return !ts.empty(); }
};
std::string WriteSlackPlace(const SlackPlace& place);
/// Total: nothing is there of bytes that are none.
SlackPlace ReadSlackPlace(std::string_view receipt);

/// Stands for what a message shows, so that one that would say the same is known.
uint64_t SlackContent(const Notification& notification);

/// The body of chat.postMessage and, with `place`, of chat.update. `brief` has the title alone, for
/// Slack to take in any case. Buttons are shown while it fires.
std::string SlackBody(const SlackTexts& texts, const Notification& notification,
                      const SlackPlace* place, bool has_buttons, bool brief);
/// An answer in the message's thread that the channel sees: what an update tells nobody.
std::string SlackReply(const SlackTexts& texts, const Notification& notification,
                       const SlackPlace& place);

}  // namespace kizashi::alerts
