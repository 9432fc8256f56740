// TwiML, what Twilio's telephone does: as XML. Pure.
#pragma once

#include <string>

#include "act/notify/phone/phone.h"

namespace kizashi::phone {

/// Says the call's text `repeats` times and sends the first key that is pressed to `action`.
std::string AskTwiml(const PhoneCall& call, int repeats, const std::string& action);
/// Says what the key did, and hangs up.
std::string FarewellTwiml(char digit, Language language);
/// Does nothing.
std::string EmptyTwiml();

}  // namespace kizashi::phone
