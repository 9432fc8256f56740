#include "query/rules/template_functions.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "net/http.h"
#include "query/promql/duration.h"
#include "query/promql/go_text.h"
#include "query/rules/go_printf.h"
#include "query/rules/humanize.h"

namespace kizashi::rules {
namespace {

using promql::QuoteGo;
using Result = StatusOr<TemplateValue>;

constexpr size_t kAnyMax = 100;  // arguments of a variadic function

Status WrongType(std::string_view expected, const TemplateValue& value) {
  return InvalidArgument("wrong type for value; expected {}; got {}", expected, GoTypeName(value));
}

StatusOr<std::string> TextOf(const TemplateValue& value) {
  const auto* text = value.As<std::string>();
  if (text == nullptr) return WrongType("string", value);
  return *text;
}

StatusOr<SampleListPtr> ListOf(const TemplateValue& value) {
  const auto* list = value.As<SampleListPtr>();
  if (list == nullptr) return WrongType("template.queryResult", value);
  return *list;
}

StatusOr<SamplePtr> SampleOf(const TemplateValue& value) {
  const auto* sample = value.As<SamplePtr>();
  if (sample == nullptr) return WrongType("*template.sample", value);
  return *sample;
}

StatusOr<double> NumberOf(const TemplateValue& value) {
  if (const auto* number = value.As<double>()) return *number;
  if (const auto* number = value.As<int64_t>()) return static_cast<double>(*number);
  if (const auto* text = value.As<std::string>()) {
    bool out_of_range = false;
    const auto number = promql::ParseGoFloat(*text, &out_of_range);
    if (number) return *number;
    return InvalidArgument("strconv.ParseFloat: parsing {}: {}", QuoteGo(*text),
                           out_of_range ? "value out of range" : "invalid syntax");
  }
  return InvalidArgument("can't convert {} to float", GoTypeName(value));
}

template <std::string (*Function)(double)>
Result OfNumber(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const double number, NumberOf(call.arguments[0]));
  return TemplateValue{Function(number)};
}

Result Timestamp(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const double number, NumberOf(call.arguments[0]));
  KZ_ASSIGN_OR_RETURN(std::string text, HumanizeTimestamp(number));
  return TemplateValue{std::move(text)};
}

Result ToTime(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const double number, NumberOf(call.arguments[0]));
  if (!std::isfinite(number)) return InvalidArgument("the timestamp is NaN or infinite");
  return Timestamp(call);
}

// ASCII letters; others stay.
template <int (*Convert)(int)>
Result ToCase(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(std::string text, TextOf(call.arguments[0]));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x80) c = static_cast<char>(Convert(c));
  }
  return TemplateValue{std::move(text)};
}

Result Title(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(std::string text, TextOf(call.arguments[0]));
  bool begins = true;
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (begins && byte < 0x80) c = static_cast<char>(std::toupper(byte));
    begins = byte < 0x80 && std::isalnum(byte) == 0 && c != '_';
  }
  return TemplateValue{std::move(text)};
}

Result ParseDurationText(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const std::string text, TextOf(call.arguments[0]));
  int64_t ms = 0;
  const std::string wrong = promql::ParseModelDuration(text, &ms);
  if (!wrong.empty()) return InvalidArgument("{}", wrong);
  return TemplateValue{static_cast<double>(ms) / 1000};
}

StatusOr<std::unique_ptr<RE2>> Compile(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto regex = std::make_unique<RE2>(pattern, options);
  if (!regex->ok()) return InvalidArgument("error parsing regexp: {}", regex->error());
  return regex;
}

Result Match(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const std::string pattern, TextOf(call.arguments[0]));
  KZ_ASSIGN_OR_RETURN(const std::string text, TextOf(call.arguments[1]));
  KZ_ASSIGN_OR_RETURN(const auto regex, Compile(pattern));
  return TemplateValue{RE2::PartialMatch(text, *regex)};
}

// `$1`, `${name}`, `$$` of a replacement, as Go's regexp expands them.
void Expand(const RE2& regex, const std::vector<re2::StringPiece>& groups, std::string_view with,
            std::string* out) {
  while (!with.empty()) {
    const size_t dollar = std::min(with.find('$'), with.size());
    *out += with.substr(0, dollar);
    with.remove_prefix(dollar);
    if (with.size() < 2) {
      *out += with;
      return;
    }
    with.remove_prefix(1);
    if (with[0] == '$') {
      *out += '$';
      with.remove_prefix(1);
      continue;
    }
    const bool braces = with[0] == '{';
    size_t length = braces ? 1 : 0;
    while (length < with.size() &&
           (std::isalnum(static_cast<unsigned char>(with[length])) != 0 || with[length] == '_')) {
      ++length;
    }
    const std::string name(with.substr(braces ? 1 : 0, length - (braces ? 1 : 0)));
    if (name.empty() || (braces && (length >= with.size() || with[length] != '}'))) {
      *out += '$';
      continue;
    }
    with.remove_prefix(length + (braces ? 1 : 0));
    size_t number = groups.size();
    if (name.size() < 6 && name.find_first_not_of("0123456789") == std::string::npos) {
      number = std::stoul(name);
    } else if (const auto named = regex.NamedCapturingGroups().find(name);
               named != regex.NamedCapturingGroups().end()) {
      number = static_cast<size_t>(named->second);
    }
    if (number < groups.size()) out->append(groups[number].data(), groups[number].size());
  }
}

Result ReplaceAll(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const std::string pattern, TextOf(call.arguments[0]));
  KZ_ASSIGN_OR_RETURN(const std::string with, TextOf(call.arguments[1]));
  KZ_ASSIGN_OR_RETURN(const std::string text, TextOf(call.arguments[2]));
  KZ_ASSIGN_OR_RETURN(const auto regex, Compile(pattern));
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex->NumberOfCapturingGroups()) + 1);
  std::string out;
  size_t at = 0;
  size_t last_end = std::string::npos;  // of the match before
  while (at <= text.size() && out.size() <= kExpandedBytesMax) {
    const bool found = regex->Match(text, at, text.size(), RE2::UNANCHORED, groups.data(),
                                    static_cast<int>(groups.size()));
    if (!found) break;
    const auto begin = static_cast<size_t>(groups[0].data() - text.data());
    out.append(text, at, begin - at);
    const size_t end = begin + groups[0].size();
    // An empty match right behind another one does not count.
    if (end > begin || begin != last_end) Expand(*regex, groups, with, &out);
    last_end = end;
    at = end;
    if (end == begin) {
      const std::string_view rune = promql::FirstRunes(std::string_view(text).substr(at), 1);
      out += rune;
      at += std::max<size_t>(rune.size(), 1);
    }
  }
  if (at < text.size()) out.append(text, at);
  return TemplateValue{std::move(out)};
}

Result Query(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const std::string text, TextOf(call.arguments[0]));
  KZ_ASSIGN_OR_RETURN(std::vector<TemplateSample> samples, call.query(text));
  auto list = std::make_shared<SampleList>();
  for (TemplateSample& sample : samples) {
    list->push_back(std::make_shared<const TemplateSample>(std::move(sample)));
  }
  return TemplateValue{SampleListPtr(std::move(list))};
}

Result First(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const SampleListPtr list, ListOf(call.arguments[0]));
  if (list->empty()) return InvalidArgument("first() called on vector with no elements");
  return TemplateValue{list->front()};
}

std::string LabelOf(const TemplateSample& sample, const std::string& name) {
  const auto found = sample.labels.find(name);
  return found == sample.labels.end() ? "" : found->second;
}

Result SampleLabel(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const std::string name, TextOf(call.arguments[0]));
  KZ_ASSIGN_OR_RETURN(const SamplePtr sample, SampleOf(call.arguments[1]));
  return TemplateValue{LabelOf(*sample, name)};
}

Result SampleValue(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const SamplePtr sample, SampleOf(call.arguments[0]));
  return TemplateValue{sample->value};
}

Result SampleText(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const SamplePtr sample, SampleOf(call.arguments[0]));
  return TemplateValue{LabelOf(*sample, "__value__")};
}

Result SortByLabel(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const std::string name, TextOf(call.arguments[0]));
  KZ_ASSIGN_OR_RETURN(const SampleListPtr list, ListOf(call.arguments[1]));
  auto sorted = std::make_shared<SampleList>(*list);
  std::stable_sort(sorted->begin(), sorted->end(), [&](const auto& a, const auto& b) {
    return LabelOf(*a, name) < LabelOf(*b, name);
  });
  return TemplateValue{SampleListPtr(std::move(sorted))};
}

Result Args(const TemplateCall& call) {
  auto map = std::make_shared<ValueMap>();
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    // Nothing that grows without end.
    if (call.arguments[i].As<ValueMapPtr>() != nullptr) {
      return InvalidArgument("what args gave cannot be its argument");
    }
    (*map)[fmt::format("arg{}", i)] = call.arguments[i];
  }
  return TemplateValue{ValueMapPtr(std::move(map))};
}

// Go's net.SplitHostPort; false when there is no port or the host is malformed.
bool SplitHostPort(std::string_view text, std::string* host, std::string* port) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view name = text.substr(0, colon);
  if (name.starts_with('[')) {
    if (name.size() < 2 || name.find(']') != name.size() - 1) return false;
    name = name.substr(1, name.size() - 2);
  } else if (name.find(':') != std::string_view::npos) {
    return false;
  }
  if (name.find_first_of("[]") != std::string_view::npos) return false;
  *host = name;
  *port = text.substr(colon + 1);
  return port->find_first_of("[]") == std::string::npos;
}

Result StripPort(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const std::string text, TextOf(call.arguments[0]));
  std::string host;
  std::string port;
  return TemplateValue{SplitHostPort(text, &host, &port) ? host : text};
}

Result StripDomain(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const std::string text, TextOf(call.arguments[0]));
  std::string host;
  std::string port;
  const bool has_port = SplitHostPort(text, &host, &port);
  if (!has_port) host = text;
  in6_addr address;
  if (inet_pton(AF_INET, host.c_str(), &address) == 1 ||
      inet_pton(AF_INET6, host.c_str(), &address) == 1) {
    return TemplateValue{text};
  }
  host = host.substr(0, host.find('.'));
  return TemplateValue{has_port && !port.empty() ? host + ":" + port : host};
}

// Go's url.QueryEscape.
std::string QueryEscape(std::string_view text) {
  std::string out = PercentEncode(text);
  for (size_t at = out.find("%20"); at != std::string::npos; at = out.find("%20", at)) {
    out.replace(at, 3, "+");
  }
  return out;
}

Result GraphLink(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const std::string text, TextOf(call.arguments[0]));
  return TemplateValue{fmt::format("/graph?g0.expr={}&g0.tab=0", QueryEscape(text))};
}
Result TableLink(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const std::string text, TextOf(call.arguments[0]));
  return TemplateValue{fmt::format("/graph?g0.expr={}&g0.tab=1", QueryEscape(text))};
}
Result UrlQuery(const TemplateCall& call) {
  return TemplateValue{QueryEscape(PrintValues(call.arguments, false))};
}
Result ExternalUrl(const TemplateCall& call) { return TemplateValue{call.data.external_url}; }
Result PathPrefix(const TemplateCall& call) {
  const std::string& url = call.data.external_url;
  const size_t scheme = url.find("://");
  const size_t path = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  return TemplateValue{path == std::string::npos ? std::string() : url.substr(path)};
}

Result SafeHtml(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(std::string text, TextOf(call.arguments[0]));
  return TemplateValue{std::move(text)};
}

Result Html(const TemplateCall& call) {
  std::string out;
  for (const char c : PrintValues(call.arguments, false)) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&#34;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return TemplateValue{std::move(out)};
}

Result Print(const TemplateCall& call) { return TemplateValue{PrintValues(call.arguments, false)}; }

Result PrintLine(const TemplateCall& call) {
  std::string out = PrintValues(call.arguments, true);
  return TemplateValue{std::move(out)};
}

Result Printf(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const std::string format, TextOf(call.arguments[0]));
  return TemplateValue{GoPrintf(format, call.arguments.subspan(1))};
}

Result Not(const TemplateCall& call) { return TemplateValue{!IsTrue(call.arguments[0])}; }

Result Length(const TemplateCall& call) {
  const TemplateValue& value = call.arguments[0];
  size_t size = 0;
  if (const auto* text = value.As<std::string>()) {
    size = text->size();
  } else if (const auto* list = value.As<SampleListPtr>()) {
    size = (*list)->size();
  } else if (const auto* values = value.As<ValueListPtr>()) {
    size = (*values)->items.size();
  } else if (const auto* texts = value.As<TextMapPtr>()) {
    size = (*texts)->size();
  } else if (const auto* map = value.As<ValueMapPtr>()) {
    size = (*map)->size();
  } else {
    return InvalidArgument("len of type {}", GoTypeName(value));
  }
  return TemplateValue{static_cast<int64_t>(size)};
}

Result Index(const TemplateCall& call) {
  TemplateValue value = call.arguments[0];
  for (const TemplateValue& key : call.arguments.subspan(1)) {
    if (const auto* list = value.As<SampleListPtr>()) {
      const auto* number = key.As<int64_t>();
      if (number == nullptr) {
        return InvalidArgument("cannot index slice/array with type {}", GoTypeName(key));
      }
      if (*number < 0 || static_cast<size_t>(*number) >= (*list)->size()) {
        return InvalidArgument("index out of range: {}", *number);
      }
      const SamplePtr sample = (**list)[static_cast<size_t>(*number)];
      value = {sample};
    } else if (const auto* values = value.As<ValueListPtr>()) {
      const auto* number = key.As<int64_t>();
      if (number == nullptr) {
        return InvalidArgument("cannot index slice/array with type {}", GoTypeName(key));
      }
      if (*number < 0 || static_cast<size_t>(*number) >= (*values)->items.size()) {
        return InvalidArgument("index out of range: {}", *number);
      }
      const TemplateValue item = (*values)->items[static_cast<size_t>(*number)];
      value = item;
    } else if (const auto* texts = value.As<TextMapPtr>()) {
      KZ_ASSIGN_OR_RETURN(const std::string name, TextOf(key));
      const auto found = (*texts)->find(name);
      const std::string text = found == (*texts)->end() ? "" : found->second;
      value = {text};
    } else if (const auto* map = value.As<ValueMapPtr>()) {
      KZ_ASSIGN_OR_RETURN(const std::string name, TextOf(key));
      const auto found = (*map)->find(name);
      const TemplateValue member = found == (*map)->end() ? TemplateValue() : found->second;
      value = member;
    } else {
      return InvalidArgument("can't index item of type {}", GoTypeName(value));
    }
  }
  return value;
}

struct Comparison {
  bool equal = false;
  bool less = false;
};

// Only values of one type; a whole number written in a template is no float.
StatusOr<Comparison> Compare(const TemplateValue& a, const TemplateValue& b, bool order) {
  if (a.what.index() != b.what.index()) {
    return InvalidArgument("incompatible types for comparison");
  }
  if (const auto* x = a.As<double>())
    return Comparison{*x == *b.As<double>(), *x < *b.As<double>()};
  if (const auto* x = a.As<int64_t>()) {
    return Comparison{*x == *b.As<int64_t>(), *x < *b.As<int64_t>()};
  }
  if (const auto* x = a.As<std::string>()) {
    return Comparison{*x == *b.As<std::string>(), *x < *b.As<std::string>()};
  }
  if (const auto* x = a.As<bool>(); x != nullptr && !order) {
    return Comparison{*x == *b.As<bool>(), false};
  }
  return InvalidArgument("invalid type for comparison");
}

Result Equal(const TemplateCall& call) {
  for (const TemplateValue& other : call.arguments.subspan(1)) {
    KZ_ASSIGN_OR_RETURN(const Comparison found, Compare(call.arguments[0], other, false));
    if (found.equal) return TemplateValue{true};
  }
  return TemplateValue{false};
}
Result NotEqual(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const Comparison found, Compare(call.arguments[0], call.arguments[1], false));
  return TemplateValue{!found.equal};
}
Result Less(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const Comparison found, Compare(call.arguments[0], call.arguments[1], true));
  return TemplateValue{found.less};
}
Result LessOrEqual(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const Comparison found, Compare(call.arguments[0], call.arguments[1], true));
  return TemplateValue{found.less || found.equal};
}
// As Go has it: not "less or equal", also for NaN.
Result Greater(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const Comparison found, Compare(call.arguments[0], call.arguments[1], true));
  return TemplateValue{!found.less && !found.equal};
}
Result GreaterOrEqual(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const Comparison found, Compare(call.arguments[0], call.arguments[1], true));
  return TemplateValue{!found.less};
}

Result Join(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(const std::string separator, TextOf(call.arguments[0]));
  const auto* list = call.arguments[1].As<ValueListPtr>();
  if (list == nullptr) return WrongType("[]string", call.arguments[1]);
  std::string out;
  for (const TemplateValue& item : (*list)->items) {
    KZ_ASSIGN_OR_RETURN(const std::string text, TextOf(item));
    if (&item != &(*list)->items.front()) out += separator;
    out += text;
    if (out.size() > kExpandedBytesMax) break;  // refused by who called
  }
  return TemplateValue{std::move(out)};
}

Result StringSlice(const TemplateCall& call) {
  auto list = std::make_shared<ValueList>();
  for (const TemplateValue& argument : call.arguments) {
    KZ_RETURN_IF_ERROR(TextOf(argument).status());
    list->items.push_back(argument);
  }
  return TemplateValue{ValueListPtr(std::move(list))};
}

Result TrimSpace(const TemplateCall& call) {
  KZ_ASSIGN_OR_RETURN(std::string text, TextOf(call.arguments[0]));
  constexpr std::string_view kBlanks = " \t\n\v\f\r";
  text.erase(text.find_last_not_of(kBlanks) + 1);
  text.erase(0, text.find_first_not_of(kBlanks));
  return TemplateValue{std::move(text)};
}

constexpr std::array kFunctions = {
    TemplateFunction{"and", 1, kAnyMax, nullptr},
    TemplateFunction{"args", 0, kAnyMax, Args},
    TemplateFunction{"eq", 2, kAnyMax, Equal},
    TemplateFunction{"externalURL", 0, 0, ExternalUrl},
    TemplateFunction{"first", 1, 1, First},
    TemplateFunction{"ge", 2, 2, GreaterOrEqual},
    TemplateFunction{"graphLink", 1, 1, GraphLink},
    TemplateFunction{"gt", 2, 2, Greater},
    TemplateFunction{"html", 0, kAnyMax, Html},
    TemplateFunction{"humanize", 1, 1, OfNumber<Humanize>},
    TemplateFunction{"humanize1024", 1, 1, OfNumber<Humanize1024>},
    TemplateFunction{"humanizeDuration", 1, 1, OfNumber<HumanizeDuration>},
    TemplateFunction{"humanizePercentage", 1, 1, OfNumber<HumanizePercentage>},
    TemplateFunction{"humanizeTimestamp", 1, 1, Timestamp},
    TemplateFunction{"index", 1, kAnyMax, Index},
    TemplateFunction{"join", 2, 2, Join, true},
    TemplateFunction{"label", 2, 2, SampleLabel},
    TemplateFunction{"le", 2, 2, LessOrEqual},
    TemplateFunction{"len", 1, 1, Length},
    TemplateFunction{"lt", 2, 2, Less},
    TemplateFunction{"match", 2, 2, Match},
    TemplateFunction{"ne", 2, 2, NotEqual},
    TemplateFunction{"not", 1, 1, Not},
    TemplateFunction{"or", 1, kAnyMax, nullptr},
    TemplateFunction{"parseDuration", 1, 1, ParseDurationText},
    TemplateFunction{"pathPrefix", 0, 0, PathPrefix},
    TemplateFunction{"print", 0, kAnyMax, Print},
    TemplateFunction{"printf", 1, kAnyMax, Printf},
    TemplateFunction{"println", 0, kAnyMax, PrintLine},
    TemplateFunction{"query", 1, 1, Query},
    TemplateFunction{"reReplaceAll", 3, 3, ReplaceAll},
    TemplateFunction{"safeHtml", 1, 1, SafeHtml},
    TemplateFunction{"sortByLabel", 2, 2, SortByLabel},
    TemplateFunction{"stringSlice", 0, kAnyMax, StringSlice, true},
    TemplateFunction{"stripDomain", 1, 1, StripDomain},
    TemplateFunction{"stripPort", 1, 1, StripPort},
    TemplateFunction{"strvalue", 1, 1, SampleText},
    TemplateFunction{"tableLink", 1, 1, TableLink},
    TemplateFunction{"title", 1, 1, Title},
    TemplateFunction{"toLower", 1, 1, ToCase<std::tolower>},
    TemplateFunction{"toTime", 1, 1, ToTime},
    TemplateFunction{"toUpper", 1, 1, ToCase<std::toupper>},
    TemplateFunction{"trimSpace", 1, 1, TrimSpace, true},
    TemplateFunction{"urlquery", 0, kAnyMax, UrlQuery},
    TemplateFunction{"value", 1, 1, SampleValue},
};

}  // namespace

const TemplateFunction* FindTemplateFunction(std::string_view name) {
  for (const TemplateFunction& function : kFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

bool IsTrue(const TemplateValue& value) {
  if (const auto* truth = value.As<bool>()) return *truth;
  if (const auto* number = value.As<int64_t>()) return *number != 0;
  if (const auto* number = value.As<double>()) return *number != 0;
  if (const auto* text = value.As<std::string>()) return !text->empty();
  if (const auto* texts = value.As<TextMapPtr>()) return !(*texts)->empty();
  if (const auto* list = value.As<SampleListPtr>()) return !(*list)->empty();
  if (const auto* list = value.As<ValueListPtr>()) return !(*list)->items.empty();
  if (const auto* map = value.As<ValueMapPtr>()) return !(*map)->empty();
  return value.As<NoValue>() == nullptr;
}

}  // namespace kizashi::rules
