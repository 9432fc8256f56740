#include "wire/yaml_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/json_writer.h"

namespace kizashi {
namespace {

constexpr std::string_view kIndicators = "-?:,[]{}#&*!|>'\"%@` \t";

bool IsJsonNumber(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value) &&
         text[0] != '.' && text.back() != '.' && text.find_first_of("xX") == std::string_view::npos;
}

/// Words that a reader of YAML 1.1 or 1.2 takes for something else than text.
bool LooksLikeValue(std::string_view text) {
  static constexpr std::string_view kWords[] = {"null", "true", "false", "yes", "no",
                                                "on",   "off",  "y",     "n",   "nan"};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (std::find(std::begin(kWords), std::end(kWords), lower) != std::end(kWords)) return true;
  // Numbers, dates, times: anything that begins as one is quoted.
  return text[0] == '.' || text[0] == '+' || text[0] == '~' || text[0] == '=' || text[0] == '<' ||
         (text[0] >= '0' && text[0] <= '9');
}

/// Line ends of Unicode, which a reader may take for its own.
bool HasSeparators(std::string_view text) {
  for (const std::string_view one : {"\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"}) {
    if (text.find(one) != std::string_view::npos) return true;
  }
  return false;
}

bool NeedsQuotes(const YamlNode& scalar) {
  const std::string& text = scalar.scalar;
  if (text.empty()) return true;
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
  if (!std::all_of(text.begin(), text.end(), is_plain)) return true;
  if (kIndicators.find(text[0]) != std::string_view::npos || text.back() == ' ' ||
      text.back() == ':' || text.find(": ") != std::string::npos ||
      text.find(" #") != std::string::npos || HasSeparators(text)) {
    return true;
  }
  return scalar.was_quoted && LooksLikeValue(text);
}

/// In double quotes; a text with those but without backslashes and apostrophes in single ones.
std::string QuoteYaml(std::string_view text) {
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
  if (printable && !HasSeparators(text) && text.find_first_of("\"\\") != std::string_view::npos &&
      text.find('\'') == std::string_view::npos) {
    return fmt::format("'{}'", text);
  }
  std::string out;
  AppendJsonString(text, &out);  // YAML's double quotes know every escape of JSON
  for (const auto& [from, to] : {std::pair{"\xc2\x85", "\\N"},
                                 {"\xe2\x80\xa8", "\\L"},
                                 {"\xe2\x80\xa9", "\\P"},
                                 {"\x7f", "\\x7f"}}) {
    for (size_t at = out.find(from); at != std::string::npos; at = out.find(from, at + 2)) {
      out.replace(at, std::string_view(from).size(), to);
    }
  }
  return out;
}

std::string KeyText(std::string_view key) {
  const YamlNode node = YamlText(key);
  return NeedsQuotes(node) ? QuoteYaml(key) : std::string(key);
}

bool IsLeaf(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kNull || node.kind == YamlNode::Kind::kScalar ||
         node.children.empty();
}

/// A text of several lines that a block can hold as it is.
bool IsBlock(const YamlNode& node) {
  const std::string& text = node.scalar;
  return node.kind == YamlNode::Kind::kScalar && text.find('\n') != std::string::npos &&
         text[0] != ' ' && text[0] != '\n' && text.find(" \n") == std::string::npos &&
         text.find("\n\n\n") == std::string::npos && text.back() != ' ' &&
         !text.ends_with("\n\n") && !HasSeparators(text) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\n';
         });
}

std::string LeafText(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull: return "null";
    case YamlNode::Kind::kScalar: return NeedsQuotes(node) ? QuoteYaml(node.scalar) : node.scalar;
    case YamlNode::Kind::kSequence: return "[]";
    case YamlNode::Kind::kMapping: return "{}";
  }
  return "";
}

void AppendBlock(const YamlNode& node, size_t indent, std::string* out) {
  *out += node.scalar.ends_with('\n') ? "|\n" : "|-\n";
  std::string_view rest = node.scalar;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) *out += std::string(indent, ' ') + std::string(rest.substr(0, end));
    *out += '\n';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

/// `first`: the first line stands behind something already.
void Append(const YamlNode& node, size_t indent, bool first, std::string* out) {
  const bool mapping = node.kind == YamlNode::Kind::kMapping;
  for (size_t i = 0; i < node.children.size(); ++i) {
    const YamlNode& child = node.children[i];
    if (!first || i > 0) *out += std::string(indent, ' ');
    *out += mapping ? KeyText(node.keys[i].name) + ":" : "-";
    if (IsBlock(child)) {
      *out += ' ';
      AppendBlock(child, indent + 2, out);
    } else if (IsLeaf(child)) {
      *out += ' ' + LeafText(child) + '\n';
    } else if (mapping) {
      *out += '\n';
      Append(child, indent + 2, false, out);
    } else {
      *out += ' ';
      Append(child, indent + 2, true, out);
    }
  }
}

void AppendJson(const YamlNode& node, JsonWriter* json) {
  switch (node.kind) {
    case YamlNode::Kind::kNull: json->Null(); return;
    case YamlNode::Kind::kScalar:
      if (!node.was_quoted && (node.scalar == "true" || node.scalar == "false" ||
                               (!node.scalar.empty() && IsJsonNumber(node.scalar)))) {
        json->Raw(node.scalar);
      } else {
        json->String(node.scalar);
      }
      return;
    case YamlNode::Kind::kSequence:
      json->BeginArray();
      for (const YamlNode& child : node.children) AppendJson(child, json);
      json->EndArray();
      return;
    case YamlNode::Kind::kMapping:
      json->BeginObject();
      for (size_t i = 0; i < node.children.size(); ++i) {
        json->Key(node.keys[i].name);
        AppendJson(node.children[i], json);
      }
      json->EndObject();
      return;
  }
}

}  // namespace

YamlNode YamlText(std::string_view text) {
  YamlNode node = YamlPlain(text);
  node.was_quoted = true;
  return node;
}

YamlNode YamlPlain(std::string_view text) {
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.scalar = std::string(text);
  return node;
}

YamlNode YamlNumber(double value) { return YamlPlain(fmt::format("{}", value)); }

YamlNode YamlBool(bool value) { return YamlPlain(value ? "true" : "false"); }

YamlNode YamlList(std::vector<YamlNode> items) {
  YamlNode node;
  node.kind = YamlNode::Kind::kSequence;
  node.children = std::move(items);
  return node;
}

YamlMapping& YamlMapping::Add(std::string_view key, YamlNode value) {
  node_.keys.push_back({std::string(key), 0, 0});
  node_.children.push_back(std::move(value));
  return *this;
}

YamlMapping& YamlMapping::AddIfAny(std::string_view key, std::string_view text) {
  if (!text.empty()) Add(key, text);
  return *this;
}

std::string WriteYaml(const YamlNode& node) {
  if (IsLeaf(node)) return LeafText(node) + '\n';
  std::string out;
  Append(node, 0, true, &out);
  return out;
}

std::string WriteYamlAsJson(const YamlNode& node) {
  JsonWriter json;
  AppendJson(node, &json);
  return json.Take();
}

}  // namespace kizashi
