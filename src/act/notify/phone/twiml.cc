#include "act/notify/phone/twiml.h"

#include "act/format.h"

namespace kizashi::phone {
namespace {

constexpr std::string_view kBegin = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>";
constexpr std::string_view kEnd = "</Response>";

std::string SayTwiml(std::string_view text, Language language, int times) {
  return fmt::format("<Say language=\"{}\" loop=\"{}\">{}</Say>",
                     language == Language::kJapanese ? "ja-JP" : "en-US", times, EscapeXml(text));
}

}  // namespace

std::string AskTwiml(const PhoneCall& call, int repeats, const std::string& action) {
  return fmt::format(
      "{}<Gather input=\"dtmf\" numDigits=\"1\" timeout=\"10\" method=\"POST\" action=\"{}\">{}"
      "</Gather>{}",
      kBegin, EscapeXml(action), SayTwiml(SpokenText(call), call.language, repeats), kEnd);
}

std::string FarewellTwiml(char digit, Language language) {
  return fmt::format("{}{}<Hangup/>{}", kBegin,
                     SayTwiml(SpokenFarewell(digit, language), language, 1), kEnd);
}

std::string EmptyTwiml() { return fmt::format("{}{}", kBegin, kEnd); }

}  // namespace kizashi::phone
