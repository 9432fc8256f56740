#include "query/rules/go_printf.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "query/promql/go_text.h"

namespace kizashi::rules {
namespace {

using promql::FloatStyle;

struct Verb {
  bool minus = false;
  bool plus = false;
  bool sharp = false;
  bool space = false;
  bool zero = false;
  int width = -1;
  int precision = -1;
  char name = 0;
};

// %v and %g: the shortest digits that read back the same, with an exponent below -4 and from 6 on.
std::string Shortest(double value) {
  constexpr int kExponentMax = 6;
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value == 0) return std::signbit(value) ? "-0" : "0";
  std::array<char, 64> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  std::string scientific(text.data(), end.ptr);
  const int exponent = std::atoi(scientific.c_str() + scientific.find('e') + 1);
  if (exponent < -4 || exponent >= kExponentMax) return scientific;
  return promql::FormatFloat(value, FloatStyle::kFixed);
}

std::string PrintMap(const TextMap& map) {
  std::string out = "map[";
  for (const auto& [name, text] : map) {
    if (out.size() > 4) out += ' ';
    out += name + ":" + text;
  }
  return out + "]";
}

std::string PrintSample(const TemplateSample& sample) {
  return fmt::format("{{{} {}}}", PrintMap(sample.labels), Shortest(sample.value));
}

// Go writes at least two digits of an exponent, and so does fmt; infinities have a sign.
std::string FormatNumber(double value, char verb, int precision) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  switch (verb) {
    case 'f':
    case 'F': return fmt::format("{:.{}f}", value, precision < 0 ? 6 : precision);
    case 'e': return fmt::format("{:.{}e}", value, precision < 0 ? 6 : precision);
    case 'E': return fmt::format("{:.{}E}", value, precision < 0 ? 6 : precision);
    default: break;
  }
  std::string text = precision < 0 ? Shortest(value) : fmt::format("{:.{}g}", value, precision);
  if (verb == 'G') std::replace(text.begin(), text.end(), 'e', 'E');
  return text;
}

std::string Signed(std::string number, const Verb& verb) {
  if (number.starts_with('-') || number.starts_with('+')) {
    if (!verb.plus && number == "+Inf") return verb.space ? " Inf" : number;
    return number;
  }
  if (verb.plus) return "+" + number;
  return verb.space ? " " + number : number;
}

std::string Padded(std::string text, const Verb& verb, bool number) {
  size_t runes = 0;
  for (std::string_view rest = text; !rest.empty(); ++runes) {
    rest.remove_prefix(promql::FirstRunes(rest, 1).size());
  }
  const auto width = static_cast<size_t>(std::max(verb.width, 0));
  if (runes >= width) return text;
  const size_t missing = width - runes;
  if (verb.minus) return text + std::string(missing, ' ');
  if (!verb.zero || !number) return std::string(missing, verb.zero ? '0' : ' ') + text;
  const size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  return text.substr(0, sign) + std::string(missing, '0') + text.substr(sign);
}

std::string Bad(char verb, const TemplateValue& value) {
  if (value.As<NoValue>() != nullptr) return fmt::format("%!{}(<nil>)", verb);
  return fmt::format("%!{}({}={})", verb, GoTypeName(value), PrintValue(value));
}

std::string Hexadecimal(std::string_view bytes, bool upper) {
  std::string out;
  for (const char c : bytes) {
    out += upper ? fmt::format("{:02X}", static_cast<uint8_t>(c))
                 : fmt::format("{:02x}", static_cast<uint8_t>(c));
  }
  return out;
}

std::string FormatText(const std::string& text, const Verb& verb) {
  const std::string_view cut =
      verb.precision >= 0 ? promql::FirstRunes(text, static_cast<size_t>(verb.precision)) : text;
  switch (verb.name) {
    case 'v':
    case 's': return Padded(std::string(cut), verb, false);
    case 'q': return Padded(promql::QuoteGo(cut), verb, false);
    case 'x':
    case 'X': return Padded(Hexadecimal(cut, verb.name == 'X'), verb, false);
    default: return Bad(verb.name, {text});
  }
}

std::string FormatInt(int64_t value, const Verb& verb) {
  const bool is_rune = value >= 0 && value <= 0x10ffff;
  switch (verb.name) {
    case 'v':
    case 'd': return Padded(Signed(fmt::format("{}", value), verb), verb, true);
    case 'x': return Padded(Signed(fmt::format("{:x}", value), verb), verb, true);
    case 'X': return Padded(Signed(fmt::format("{:X}", value), verb), verb, true);
    case 'o': return Padded(Signed(fmt::format("{:o}", value), verb), verb, true);
    case 'b': return Padded(Signed(fmt::format("{:b}", value), verb), verb, true);
    case 'c':
    case 'U': {
      const char32_t rune = is_rune ? static_cast<char32_t>(value) : promql::kRuneError;
      std::string text = fmt::format("U+{:04X}", static_cast<uint64_t>(value));
      if (verb.name == 'c') {
        text = promql::QuoteRune(rune);
        text = text.substr(1, text.size() - 2);
      }
      return Padded(std::move(text), verb, false);
    }
    case 'q':
      return Padded(promql::QuoteRune(is_rune ? static_cast<char32_t>(value) : promql::kRuneError),
                    verb, false);
    default: return Bad(verb.name, {value});
  }
}

std::string FormatArgument(const TemplateValue& value, const Verb& verb) {
  if (const auto* text = value.As<std::string>()) return FormatText(*text, verb);
  if (const auto* number = value.As<int64_t>()) return FormatInt(*number, verb);
  if (const auto* number = value.As<double>()) {
    if (std::string_view("vfFeEgG").find(verb.name) == std::string_view::npos) {
      return Bad(verb.name, value);
    }
    Verb padded = verb;
    padded.zero = verb.zero && std::isfinite(*number);
    if (verb.name == 'v') padded.plus = false;
    return Padded(Signed(FormatNumber(*number, verb.name, verb.precision), padded), padded, true);
  }
  if (value.As<bool>() != nullptr) {
    if (verb.name != 'v' && verb.name != 't') return Bad(verb.name, value);
    return Padded(PrintValue(value), verb, false);
  }
  if (value.As<NoValue>() != nullptr) {
    return verb.name == 'v' ? Padded("<nil>", verb, false) : Bad(verb.name, value);
  }
  if (verb.name != 'v' && verb.name != 's') return Bad(verb.name, value);
  return Padded(PrintValue(value), verb, false);
}

int ReadNumber(std::string_view text, size_t* at) {
  int number = 0;
  while (*at < text.size() && text[*at] >= '0' && text[*at] <= '9') {
    number = std::min(number * 10 + (text[*at] - '0'), kPrintfWidthMax);
    ++*at;
  }
  return number;
}

// `*at` stands behind the percent sign; afterwards at the verb's name.
Verb ReadVerb(std::string_view format, size_t* at) {
  Verb verb;
  for (; *at < format.size(); ++*at) {
    const char c = format[*at];
    if (c == '-') {
      verb.minus = true;
      verb.zero = false;
    } else if (c == '+') {
      verb.plus = true;
    } else if (c == '#') {
      verb.sharp = true;
    } else if (c == ' ') {
      verb.space = true;
    } else if (c == '0') {
      verb.zero = !verb.minus;
    } else {
      break;
    }
  }
  if (*at < format.size() && format[*at] >= '1' && format[*at] <= '9') {
    verb.width = ReadNumber(format, at);
  }
  if (*at < format.size() && format[*at] == '.') {
    ++*at;
    verb.precision = ReadNumber(format, at);
  }
  if (*at < format.size()) verb.name = format[*at];
  return verb;
}

}  // namespace

std::string FormatDigits(double value, int precision) {
  return FormatNumber(value, 'g', precision);
}

std::string FormatScientific(double value) {
  if (!std::isfinite(value)) return FormatNumber(value, 'e', 0);
  std::array<char, 64> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  return std::string(text.data(), end.ptr);
}

std::string_view GoTypeName(const TemplateValue& value) {
  struct Names {
    std::string_view operator()(const NoValue&) const { return "<nil>"; }
    std::string_view operator()(bool) const { return "bool"; }
    std::string_view operator()(int64_t) const { return "int"; }
    std::string_view operator()(double) const { return "float64"; }
    std::string_view operator()(const std::string&) const { return "string"; }
    std::string_view operator()(const TextMapPtr&) const { return "map[string]string"; }
    std::string_view operator()(const SamplePtr&) const { return "*template.sample"; }
    std::string_view operator()(const SampleListPtr&) const { return "template.queryResult"; }
    std::string_view operator()(const ValueMapPtr&) const { return "map[string]interface {}"; }
    std::string_view operator()(const ValueListPtr&) const { return "[]interface {}"; }
    std::string_view operator()(const TemplateData*) const { return "template.alertTemplateData"; }
  };
  return std::visit(Names(), value.what);
}

std::string PrintValue(const TemplateValue& value) {
  if (const auto* text = value.As<std::string>()) return *text;
  if (const auto* number = value.As<double>()) {
    return Shortest(*number);
  }
  if (const auto* number = value.As<int64_t>()) return fmt::format("{}", *number);
  if (const auto* truth = value.As<bool>()) return *truth ? "true" : "false";
  if (const auto* map = value.As<TextMapPtr>()) return PrintMap(**map);
  if (const auto* sample = value.As<SamplePtr>()) return "&" + PrintSample(**sample);
  std::string out;
  if (const auto* list = value.As<SampleListPtr>()) {
    for (const SamplePtr& sample : **list) out += (out.empty() ? "" : " ") + PrintSample(*sample);
    return "[" + out + "]";
  }
  if (const auto* map = value.As<ValueMapPtr>()) {
    for (const auto& [name, member] : **map) {
      out += (out.empty() ? "" : " ") + name + ":" + PrintValue(member);
    }
    return "map[" + out + "]";
  }
  if (const auto* list = value.As<ValueListPtr>()) {
    for (const TemplateValue& item : (*list)->items) {
      out += (out.empty() ? "" : " ") + PrintValue(item);
    }
    return "[" + out + "]";
  }
  if (const auto* data = value.As<const TemplateData*>()) {
    return fmt::format("{{{} {} {} {}}}", PrintMap((*data)->labels),
                       PrintMap((*data)->external_labels), (*data)->external_url,
                       Shortest((*data)->value));
  }
  return "<no value>";
}

std::string PrintValues(std::span<const TemplateValue> values, bool line) {
  std::string out;
  bool last_was_text = true;
  for (size_t i = 0; i < values.size(); ++i) {
    const bool is_text = values[i].As<std::string>() != nullptr;
    if (i > 0 && (line || (!is_text && !last_was_text))) out += ' ';
    last_was_text = is_text;
    out += values[i].As<NoValue>() != nullptr ? "<nil>" : PrintValue(values[i]);
  }
  return line ? out + "\n" : out;
}

std::string GoPrintf(std::string_view format, std::span<const TemplateValue> arguments) {
  std::string out;
  size_t used = 0;
  for (size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%') {
      out += format[at];
      continue;
    }
    ++at;
    const Verb verb = ReadVerb(format, &at);
    if (verb.name == 0) {
      out += "%!(NOVERB)";
    } else if (verb.name == '%') {
      out += '%';
    } else if (used >= arguments.size()) {
      out += fmt::format("%!{}(MISSING)", verb.name);
    } else {
      out += FormatArgument(arguments[used++], verb);
    }
  }
  if (used == arguments.size()) return out;
  std::string extra;
  for (; used < arguments.size(); ++used) {
    if (!extra.empty()) extra += ", ";
    extra += arguments[used].As<NoValue>() != nullptr
                 ? "<nil>"
                 : fmt::format("{}={}", GoTypeName(arguments[used]), PrintValue(arguments[used]));
  }
  return fmt::format("{}%!(EXTRA {})", out, extra);
}

}  // namespace kizashi::rules
