// phone.yml: how telephone calls are made, and the callers that it makes.
//
// Secrets stand in files of their own or in the environment, never in phone.yml; no error shows
// them. `docs/use/phone.md` has every key.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "act/notify/phone/phone.h"
#include "act/notify/phone/sip_route.h"
#include "act/notify/phone/speech.h"
#include "act/notify/phone/twilio_caller.h"
#include "base/metrics.h"

namespace kizashi::phone {

/// Where a secret is. Read anew for each caller.
struct SecretSource {
  std::string file;         // its text without blanks at the end
  std::string environment;  // a variable's name
  bool empty() const { return file.empty() && environment.empty(); }
};
/// Empty for no source; NotFound when the file or variable is not there or empty.
StatusOr<std::string> ReadSecret(const SecretSource& source);

/// One of `sip` and `twilio`. Their secrets are empty: PhoneSetup reads them.
struct PhoneConfig {
  std::optional<SipOptions> sip;
  std::optional<TwilioOptions> twilio;
  SecretSource secret;
  PhoneLimits limits;
};

struct PhoneConfigResult {
  std::optional<PhoneConfig> config;  // none when there are errors
  std::vector<std::string> errors;    // all of them, "file:line:column: what"
};

/// Relative files are relative to that of the configuration.
PhoneConfigResult ReadPhoneConfig(std::string_view text, const std::string& file);
PhoneConfigResult LoadPhoneConfig(const std::string& file);

/// A caller of `config` with what it needs. `fetch`, used for Twilio alone, `clock` and `registry`,
/// which may be null, outlive it.
struct PhoneSetup {
  std::unique_ptr<Speaker> speaker;
  std::unique_ptr<PhoneCaller> caller;  // never null
  TwilioCaller* twilio = nullptr;       // the caller, when it takes callbacks
};
StatusOr<PhoneSetup> MakePhone(const PhoneConfig& config, Fetch fetch, const Clock* clock,
                               Registry* registry);

}  // namespace kizashi::phone
