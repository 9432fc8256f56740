// Any bytes as a sound file, a form, a callback, keys of a telephone, an address, a phone.yml.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "act/notify/phone/digits.h"
#include "act/notify/phone/phone_config.h"
#include "act/notify/phone/speech.h"
#include "act/notify/phone/twilio_signature.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kizashi::phone;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0: {
      const auto samples = ReadWave(text);
      KZ_CHECK(!samples.ok() || samples->size() <= text.size(), "more sound than there was");
      break;
    }
    case 1: {
      const auto fields = ParseForm(text);
      if (fields.ok()) KZ_CHECK(*ParseForm(WriteForm(*fields)) == *fields || text.empty(), "form");
      break;
    }
    case 2: {
      TelephoneEvents events;
      (void)events.Take(1, text);
      KZ_CHECK(!events.Take(1, text), "a key twice");
      const size_t split = text.find('\n');
      (void)DigitOfInfo(text.substr(0, split), text.substr(split == text.npos ? 0 : split));
      (void)DigitOfInfo("application/dtmf-relay", text);
      break;
    }
    case 3: {
      PhoneCall call{"id", std::string(text), "text"};
      SipOptions options;
      options.trunk = std::string(text.substr(0, text.size() / 2));
      const bool options_fit = CheckSipOptions(options).ok();
      if (CheckPhoneCall(&call).ok() && options_fit) {
        const auto route = MakeSipRoute(options, call.to, "127.0.0.1");
        KZ_CHECK(!route.ok() || route->to.find_first_of("\r\n<> ") == std::string::npos, "header");
      }
      (void)SpeechMarkup(text, kizashi::Language::kJapanese);
      break;
    }
    default: {
      const auto read = ReadPhoneConfig(text, "p.yml");
      KZ_CHECK(read.config.has_value() == read.errors.empty(), "errors");
    }
  }
  return 0;
}
