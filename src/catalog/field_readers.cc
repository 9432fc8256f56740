#include <absl/strings/string_view.h>
#include <absl/time/time.h>

#include <algorithm>
#include <charconv>

#include "catalog/field.h"
#include "catalog/selector_parser.h"
#include "catalog/suggest.h"

namespace kizashi {
namespace {

constexpr size_t kNameBytesMax = 128;
constexpr size_t kUrlBytesMax = 2048;
constexpr double kShareMin = 1e-9;

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax && IsAlphanumeric(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsAlphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

/// The scalar of a present field; nullptr, with an error, when it is none or empty.
const std::string* Scalar(const Field& field, std::string_view expected) {
  if (field.node().kind == YamlNode::Kind::kScalar && !field.node().scalar.empty()) {
    return &field.node().scalar;
  }
  field.Wrong(std::string(expected));
  return nullptr;
}

/// "12.5" without sign or exponent, moved two places to the right of the point: exactly the double
/// that is nearest to the share.
std::optional<double> ParseShare(std::string_view percent) {
  if (percent.ends_with('%')) percent.remove_suffix(1);
  while (percent.ends_with(' ')) percent.remove_suffix(1);
  const bool digits = percent.find_first_not_of("0123456789.") == std::string_view::npos;
  if (!digits || percent.empty() || percent.size() > 32) return std::nullopt;
  const std::string moved = std::string(percent) + "e-2";
  double share = 0;
  const auto [end, error] = std::from_chars(moved.data(), moved.data() + moved.size(), share);
  if (error != std::errc() || end != moved.data() + moved.size()) return std::nullopt;
  return share;
}

/// The part of a URL that is no secret: scheme and host.
std::string RedactedUrl(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return "a text without a scheme";
  const std::string_view rest = url.substr(scheme + 3);
  std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  if (const size_t at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  return Quoted(fmt::format("{}://{}/...", url.substr(0, scheme), host));
}

bool IsUrl(std::string_view url) {
  if (url.size() > kUrlBytesMax) return false;
  if (url.starts_with("https://")) {
    url.remove_prefix(8);
  } else if (url.starts_with("http://")) {
    url.remove_prefix(7);
  } else {
    return false;
  }
  const auto is_graph = [](char c) { return c > ' ' && c < 0x7f; };
  if (!std::all_of(url.begin(), url.end(), is_graph)) return false;
  std::string_view host = url.substr(0, url.find_first_of("/?#"));
  if (const size_t at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  if (const size_t colon = host.rfind(':');
      colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    const std::string_view port = host.substr(colon + 1);
    int number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc() || end != port.data() + port.size() || number < 1 || number > 65535) {
      return false;
    }
    host = host.substr(0, colon);
  }
  if (host.starts_with('[')) return host.ends_with(']') && host.size() > 3;  // IPv6
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return IsAlphanumeric(c) || c == '.' || c == '-' || c == '_';
  });
}

}  // namespace

std::optional<std::string> ReadText(const Field& field) {
  if (!field.present()) return std::nullopt;
  constexpr std::string_view kExpected = "text in one line";
  const std::string* text = Scalar(field, kExpected);
  if (text == nullptr) return std::nullopt;
  // A block (`|`) ends in a line feed that nobody means.
  std::string_view line = *text;
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.remove_suffix(1);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (!line.empty() && std::none_of(line.begin(), line.end(), is_control)) return std::string(line);
  field.Wrong(std::string(kExpected));
  return std::nullopt;
}

std::optional<std::string> ReadProse(const Field& field) {
  if (!field.present()) return std::nullopt;
  if (field.node().kind == YamlNode::Kind::kScalar) {
    std::string_view text = field.node().scalar;
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    return std::string(text);
  }
  field.Wrong("text");
  return std::nullopt;
}

std::optional<double> ReadNumber(const Field& field, double min, double max) {
  if (!field.present()) return std::nullopt;
  if (field.node().kind == YamlNode::Kind::kScalar) {
    const std::string& text = field.node().scalar;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && value >= min && value <= max) {
      return value;
    }
  }
  field.Wrong(fmt::format("a number from {} to {}", min, max));
  return std::nullopt;
}

std::optional<bool> ReadTruth(const Field& field) {
  if (!field.present()) return std::nullopt;
  if (field.node().kind == YamlNode::Kind::kScalar && !field.node().was_quoted) {
    if (field.node().scalar == "true") return true;
    if (field.node().scalar == "false") return false;
  }
  field.Wrong("true or false");
  return std::nullopt;
}

std::optional<Time> ReadTime(const Field& field) {
  if (!field.present()) return std::nullopt;
  constexpr std::string_view kExpected = "a time such as 2026-01-31T22:00:00Z or ...+09:00";
  const std::string* text = Scalar(field, kExpected);
  if (text == nullptr) return std::nullopt;
  if (const auto time = ParseTime(*text); time.ok()) return *time;
  field.Wrong(std::string(kExpected));
  return std::nullopt;
}

std::optional<std::string> ReadExpression(const Field& field) {
  if (!field.present()) return std::nullopt;
  const std::string* text = Scalar(field, "a PromQL expression");
  if (text == nullptr) return std::nullopt;
  std::string_view trimmed = *text;
  while (!trimmed.empty() && (trimmed.back() == '\n' || trimmed.back() == ' ')) {
    trimmed.remove_suffix(1);
  }
  if (trimmed.empty()) {
    field.Wrong("a PromQL expression");
    return std::nullopt;
  }
  if (field.check() == nullptr) return std::string(trimmed);
  const auto error = (*field.check())(trimmed);
  if (!error) return std::string(trimmed);
  Place at = field.place();
  if (field.node().text_column > 0 && error->column > 0) {
    at.column = field.node().text_column + error->column - 1;
  }
  field.Error(at, Quoted(trimmed), fmt::format("PromQL that can be read: {}", error->message));
  return std::nullopt;
}

std::optional<std::string> ReadName(const Field& field) {
  if (field.present() && field.node().kind == YamlNode::Kind::kScalar &&
      IsName(field.node().scalar)) {
    return field.node().scalar;
  }
  field.Wrong(fmt::format("a name of at most {} letters (a-z, A-Z), digits, '.', '_' and '-'",
                          kNameBytesMax));
  return std::nullopt;
}

std::vector<Field> ReadList(const Field& field, std::string_view of_what) {
  if (!field.present()) return {};
  if (field.node().kind == YamlNode::Kind::kSequence) return field.Items();
  field.Wrong(fmt::format("a list of {}", of_what));
  return {};
}

std::optional<int> ReadWholeNumber(const Field& field, int min, int max) {
  if (!field.present()) return std::nullopt;
  const YamlNode& node = field.node();
  int value = 0;
  const char* end = node.scalar.data() + node.scalar.size();
  const auto [stop, error] = std::from_chars(node.scalar.data(), end, value);
  if (node.kind == YamlNode::Kind::kScalar && !node.was_quoted && error == std::errc() &&
      stop == end && value >= min && value <= max) {
    return value;
  }
  field.Wrong(fmt::format("a whole number from {} to {}{}", min, max,
                          node.was_quoted ? ", without quotes" : ""));
  return std::nullopt;
}

std::optional<double> ReadPercent(const Field& field, bool whole) {
  if (!field.present()) return std::nullopt;
  if (field.node().kind == YamlNode::Kind::kScalar) {
    const auto share = ParseShare(field.node().scalar);
    if (share && *share >= kShareMin && (*share < 1 || (whole && *share == 1))) return share;
  }
  field.Wrong(whole ? "a number above 0 and up to 100" : "a number between 0 and 100");
  return std::nullopt;
}

std::optional<Duration> ReadDuration(const Field& field, Duration min, Duration max) {
  if (!field.present()) return std::nullopt;
  if (field.node().kind == YamlNode::Kind::kScalar) {
    const auto duration = ParseDuration(field.node().scalar);
    if (duration.ok() && *duration >= min && *duration <= max) return *duration;
  }
  field.Wrong(fmt::format("a duration such as 30d, from {} to {}", FormatDuration(min),
                          FormatDuration(max)));
  return std::nullopt;
}

std::optional<Selector> ReadSelector(const Field& field) {
  if (!field.present()) return std::nullopt;
  const std::string* text = Scalar(field, "a selector such as {job=\"shop\"}, in quotes");
  if (text == nullptr) return std::nullopt;
  SelectorError error;
  auto selector = ParseSelector(*text, &error);
  if (selector) return selector;
  Place at = field.place();
  if (field.node().text_column > 0) at.column = field.node().text_column + error.column - 1;
  field.Error(at, error.found,
              fmt::format("{} (column {} of the selector)", error.expected, error.column));
  return std::nullopt;
}

std::optional<std::string> ReadUrl(const Field& field) {
  if (!field.present()) return std::nullopt;
  constexpr std::string_view kExpected = "a URL that begins with https:// or http:// and a host";
  const std::string* text = Scalar(field, kExpected);
  if (text == nullptr) return std::nullopt;
  if (IsUrl(*text)) return *text;
  field.Error(field.place(), RedactedUrl(*text), std::string(kExpected));
  return std::nullopt;
}

std::optional<std::string> ReadTimeZone(const Field& field) {
  if (!field.present()) return std::nullopt;
  constexpr std::string_view kExpected = "a time zone of the IANA database, such as Asia/Tokyo";
  const std::string* text = Scalar(field, kExpected);
  if (text == nullptr) return std::nullopt;
  // The library would open any path and take this machine's own zone; neither is a zone's name.
  const bool is_name = text->size() <= 64 && IsAlphanumeric(text->front()) &&
                       *text != "localtime" && std::all_of(text->begin(), text->end(), [](char c) {
                         return IsAlphanumeric(c) || c == '/' || c == '_' || c == '-' || c == '+';
                       });
  absl::TimeZone zone;
  if (is_name && absl::LoadTimeZone(absl::string_view(text->data(), text->size()), &zone)) {
    return *text;
  }
  field.Wrong(std::string(kExpected));
  return std::nullopt;
}

std::optional<std::string> ReadOneOf(const Field& field,
                                     const std::vector<std::string_view>& words) {
  if (!field.present()) return std::nullopt;
  const YamlNode& node = field.node();
  if (node.kind == YamlNode::Kind::kScalar &&
      std::find(words.begin(), words.end(), node.scalar) != words.end()) {
    return node.scalar;
  }
  std::string expected;
  for (const std::string_view word : words) {
    if (!expected.empty()) expected += word == words.back() ? " or " : ", ";
    expected += word;
  }
  field.Wrong(expected + DidYouMean(node.scalar, words));
  return std::nullopt;
}

std::optional<Duration> ReadTimeOfDay(const Field& field) {
  constexpr std::string_view kExpected = "a time of day such as \"06:00\"";
  const std::string text =
      field.present() && field.node().kind == YamlNode::Kind::kScalar ? field.node().scalar : "";
  const bool shaped = text.size() == 5 && text[2] == ':' &&
                      text.find_first_not_of("0123456789:") == std::string::npos &&
                      std::count(text.begin(), text.end(), ':') == 1;
  const int hour = shaped ? (text[0] - '0') * 10 + text[1] - '0' : 24;
  const int minute = shaped ? (text[3] - '0') * 10 + text[4] - '0' : 60;
  if (hour < 24 && minute < 60) {
    return std::chrono::hours(hour) + std::chrono::minutes(minute);
  }
  field.Wrong(std::string(kExpected));
  return std::nullopt;
}

}  // namespace kizashi
