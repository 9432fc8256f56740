// `kizashi tel`: calls somebody now and prints what happens.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "act/notify/phone/phone_config.h"

namespace kizashi::phone {

struct TelOptions {
  PhoneConfig config;
  std::string to;
  std::string text;
  Language language = Language::kEnglish;
  // Where callbacks of Twilio are taken.
  std::string listen_host = "127.0.0.1";
  uint16_t listen_port = 0;
};

/// Prints one line an event to `out`, errors to standard error. SIGINT and SIGTERM hang up. 0 when
/// it was acknowledged or escalated, 1 when it ended otherwise, 2 wrong arguments, 3 nobody could
/// be called.
int TelCommand(const TelOptions& options, std::FILE* out);

}  // namespace kizashi::phone
