#include "act/notify/phone/digits.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace kizashi::phone {
namespace {

constexpr std::string_view kKeys = "0123456789*#ABCD";  // by RFC 4733's event number

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool EqualsAnyCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

std::optional<char> KeyOfText(std::string_view text) {
  text = Trim(text);
  if (text == "10") return '*';
  if (text == "11") return '#';
  if (text.size() != 1) return std::nullopt;
  const auto key = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return kKeys.find(key) == kKeys.npos ? std::nullopt : std::optional(key);
}

}  // namespace

std::optional<char> TelephoneEvents::Take(uint32_t timestamp, std::string_view payload) {
  if (payload.size() < 4 || told_ == timestamp) return std::nullopt;
  const auto event = static_cast<unsigned char>(payload[0]);
  if (event >= kKeys.size()) return std::nullopt;
  told_ = timestamp;
  return kKeys[event];
}

std::optional<char> DigitOfInfo(std::string_view content_type, std::string_view body) {
  content_type = Trim(content_type.substr(0, content_type.find(';')));
  if (EqualsAnyCase(content_type, "application/dtmf")) return KeyOfText(body);
  if (!EqualsAnyCase(content_type, "application/dtmf-relay")) return std::nullopt;
  while (!body.empty()) {
    const size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    const size_t equals = line.find('=');
    if (equals == line.npos || !EqualsAnyCase(Trim(line.substr(0, equals)), "signal")) continue;
    return KeyOfText(line.substr(equals + 1));
  }
  return std::nullopt;
}

}  // namespace kizashi::phone
