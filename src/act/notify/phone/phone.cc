#include "act/notify/phone/phone.h"

#include <algorithm>
#include <cctype>

#include "act/format.h"

namespace kizashi::phone {
namespace {

constexpr size_t kAddressBytesMax = 256;
constexpr size_t kNumberDigitsMin = 2;   // extensions of a PBX
constexpr size_t kNumberDigitsMax = 20;  // E.164 has 15, and prefixes for outside lines

bool IsIdChar(unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; }

bool IsSipUri(std::string_view to) { return to.starts_with("sip:") || to.starts_with("sips:"); }

// What may stand in a SIP URI (RFC 3261, 25.1): nothing that ends a header or an address.
Status CheckUri(std::string_view uri) {
  const auto fits = [](unsigned char c) {
    return c > ' ' && c < 0x7f &&
           std::string_view("<>\"\\^`{|}").find(static_cast<char>(c)) == std::string_view::npos;
  };
  const size_t colon = uri.find(':');
  if (!std::all_of(uri.begin(), uri.end(), fits) || colon + 1 == uri.size() ||
      uri.find('@') == colon + 1 || uri.ends_with('@')) {
    return InvalidArgument("'{}' is no SIP URI; write sip:USER@HOST",
                           OneLine(uri.substr(0, kAddressBytesMax)));
  }
  return OkStatus();
}

StatusOr<std::string> ShortNumber(std::string_view to) {
  std::string number;
  for (const char c : to) {
    if (c == ' ' || c == '.' || c == '-' || c == '(' || c == ')') continue;
    number += c;
  }
  const std::string_view digits = std::string_view(number).substr(number.starts_with('+') ? 1 : 0);
  const bool fits = digits.size() >= kNumberDigitsMin && digits.size() <= kNumberDigitsMax &&
                    digits.find_first_not_of("0123456789*#") == digits.npos;
  if (!fits) {
    return InvalidArgument("'{}' is neither a telephone number such as +81312345678 nor a SIP URI",
                           OneLine(to.substr(0, kAddressBytesMax)));
  }
  return number;
}

TextId EndText(PhoneEnd end) {
  switch (end) {
    case PhoneEnd::kAcknowledged: return TextId::kPhoneEndAcknowledged;
    case PhoneEnd::kEscalated: return TextId::kPhoneEndEscalated;
    case PhoneEnd::kNoDigit: return TextId::kPhoneEndNoDigit;
    case PhoneEnd::kBusy: return TextId::kPhoneEndBusy;
    case PhoneEnd::kNoAnswer: return TextId::kPhoneEndNoAnswer;
    case PhoneEnd::kDeclined: return TextId::kPhoneEndDeclined;
    case PhoneEnd::kNotFound: return TextId::kPhoneEndNotFound;
    case PhoneEnd::kUnreachable: return TextId::kPhoneEndUnreachable;
    case PhoneEnd::kRefused: return TextId::kPhoneEndRefused;
    case PhoneEnd::kStopped: return TextId::kPhoneEndStopped;
    case PhoneEnd::kNone:
    case PhoneEnd::kFailed: break;
  }
  return TextId::kPhoneEndFailed;
}

std::string DescribeDigit(const PhoneEvent& event, Language language) {
  const std::string digit(1, event.digit);
  if (!event.acknowledges() && !event.escalates()) {
    return FillText(TextId::kPhonePressedOther, language, {{"digit", digit}});
  }
  const TextId meaning =
      event.acknowledges() ? TextId::kPhoneEndAcknowledged : TextId::kPhoneEndEscalated;
  return FillText(TextId::kPhonePressed, language,
                  {{"digit", digit}, {"meaning", std::string(Text(meaning, language))}});
}

}  // namespace

std::string_view PhoneEventName(PhoneEventKind kind) {
  switch (kind) {
    case PhoneEventKind::kRinging: return "ringing";
    case PhoneEventKind::kAnswered: return "answered";
    case PhoneEventKind::kDigit: return "digit";
    case PhoneEventKind::kEnded: break;
  }
  return "ended";
}

std::string_view PhoneEndName(PhoneEnd end) {
  switch (end) {
    case PhoneEnd::kNone: return "none";
    case PhoneEnd::kAcknowledged: return "acknowledged";
    case PhoneEnd::kEscalated: return "escalated";
    case PhoneEnd::kNoDigit: return "no_digit";
    case PhoneEnd::kBusy: return "busy";
    case PhoneEnd::kNoAnswer: return "no_answer";
    case PhoneEnd::kDeclined: return "declined";
    case PhoneEnd::kNotFound: return "not_found";
    case PhoneEnd::kUnreachable: return "unreachable";
    case PhoneEnd::kRefused: return "refused";
    case PhoneEnd::kFailed: return "failed";
    case PhoneEnd::kStopped: break;
  }
  return "stopped";
}

std::string DescribePhoneEvent(const PhoneEvent& event, Language language) {
  const std::string span = FormatSpan(event.since_call, language);
  switch (event.kind) {
    case PhoneEventKind::kRinging: return FillText(TextId::kPhoneRang, language, {{"span", span}});
    case PhoneEventKind::kAnswered:
      return FillText(TextId::kPhoneAnswered, language, {{"span", span}});
    case PhoneEventKind::kDigit: return DescribeDigit(event, language);
    case PhoneEventKind::kEnded: break;
  }
  std::string reason(Text(EndText(event.end), language));
  if (!event.detail.empty()) reason += " (" + event.detail + ")";
  return FillText(TextId::kPhoneEnded, language, {{"reason", reason}});
}

Status CheckPhoneCall(PhoneCall* call) {
  if (call->id.empty() || call->id.size() > PhoneCall::kIdBytesMax ||
      !std::all_of(call->id.begin(), call->id.end(), IsIdChar)) {
    return InvalidArgument("the id of a call has 1 to {} letters, digits, '-' or '_'",
                           PhoneCall::kIdBytesMax);
  }
  if (call->text.empty() || call->text.size() > PhoneCall::kTextBytesMax) {
    return InvalidArgument("the text of a call has 1 to {} bytes, not {}", PhoneCall::kTextBytesMax,
                           call->text.size());
  }
  if (call->to.size() > kAddressBytesMax) {
    return InvalidArgument("the number of a call has at most {} bytes", kAddressBytesMax);
  }
  if (IsSipUri(call->to)) return CheckUri(call->to);
  KZ_ASSIGN_OR_RETURN(call->to, ShortNumber(call->to));
  return OkStatus();
}

std::string SpokenText(const PhoneCall& call) {
  std::string text(Text(TextId::kPhoneOpening, call.language));
  text += ' ' + OneLine(call.text);
  text += call.language == Language::kJapanese ? "。 " : ". ";
  return text + FillText(TextId::kPhoneKeys, call.language,
                         {{"acknowledge", std::string(1, kAcknowledgeDigit)},
                          {"escalate", std::string(1, kEscalateDigit)}});
}

std::string SpokenFarewell(char digit, Language language) {
  return std::string(Text(
      digit == kEscalateDigit ? TextId::kPhoneEscalated : TextId::kPhoneAcknowledged, language));
}

}  // namespace kizashi::phone
