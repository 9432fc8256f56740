// Slack: one message for each group, updated in place when something about it changes.
//
// With a token chat.postMessage and chat.update are used, and the place of the message is the
// destination's receipt. What an update would tell nobody (a graver member, a reminder) is said in
// the message's thread besides, for the channel to see. An incoming webhook takes new messages
// only. At most one message a second goes to a channel; 429 holds it for Retry-After.
#pragma once

#include <memory>

#include "act/alert/http_sender.h"
#include "act/alert/receiver.h"

namespace kizashi::alerts {

/// `clock` outlives what is under way.
std::shared_ptr<Receiver> MakeSlackReceiver(const AlertConfig& config,
                                            const Integration& integration, ReceiverOptions options,
                                            FetchFunction fetch, const Clock& clock);

}  // namespace kizashi::alerts
