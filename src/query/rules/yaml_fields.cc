#include "query/rules/yaml_fields.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "query/promql/duration.h"
#include "query/promql/go_text.h"

namespace kizashi::rules {

std::optional<YamlNode> YamlFields::Read(std::string_view text) {
  YamlFile file = ReadYaml(text);
  for (const YamlError& error : file.errors) {
    Error(error.line, error.column,
          error.found.empty() ? fmt::format("expected {}", error.expected)
                              : fmt::format("found {}, expected {}", error.found, error.expected));
  }
  if (file.documents.empty()) return std::nullopt;
  return std::move(file.documents[0]);
}

void YamlFields::Error(int line, int column, std::string_view message) {
  errors_.push_back(fmt::format("{}:{}:{}: {}", file_, line, column, message));
}

bool YamlFields::Mapping(const YamlNode& node, std::string_view what,
                         const std::vector<std::string_view>& known) {
  if (node.kind == YamlNode::Kind::kNull) return true;
  if (node.kind != YamlNode::Kind::kMapping) {
    Error(node, fmt::format("{} is not a mapping", what));
    return false;
  }
  for (const YamlKey& key : node.keys) {
    if (std::find(known.begin(), known.end(), key.name) != known.end()) continue;
    Error(key.line, key.column,
          fmt::format("unknown field {} in {}, expected one of {}", promql::QuoteGo(key.name), what,
                      fmt::join(known, ", ")));
  }
  return true;
}

const std::vector<YamlNode>& YamlFields::List(const YamlNode* node, std::string_view what) {
  static const std::vector<YamlNode> kNone;
  if (node == nullptr || node->kind == YamlNode::Kind::kNull) return kNone;
  if (node->kind == YamlNode::Kind::kSequence) return node->children;
  Error(*node, fmt::format("{} is not a list", what));
  return kNone;
}

std::string YamlFields::Text(const YamlNode* node, std::string_view what) {
  if (node == nullptr || node->kind == YamlNode::Kind::kNull) return "";
  if (node->kind == YamlNode::Kind::kScalar) return node->scalar;
  Error(*node, fmt::format("{} is not a text", what));
  return "";
}

Duration YamlFields::Time(const YamlNode* node, std::string_view what) {
  if (node == nullptr || node->kind == YamlNode::Kind::kNull) return Duration(0);
  const std::string text = Text(node, what);
  int64_t ms = 0;
  if (node->kind != YamlNode::Kind::kScalar) return Duration(0);
  if (const std::string wrong = promql::ParseModelDuration(text, &ms); !wrong.empty()) {
    Error(*node, fmt::format("{}: {}", what, wrong));
    return Duration(0);
  }
  return Duration(ms);
}

std::optional<double> YamlFields::Number(const YamlNode* node, std::string_view what) {
  if (node == nullptr || node->kind == YamlNode::Kind::kNull) return std::nullopt;
  std::string text = Text(node, what);
  // YAML's names of these begin with a dot; Go's alone are texts.
  const bool is_word =
      text.find_first_of("nN") != std::string::npos && text.find('.') != 0 && text.find('.') != 1;
  if (text == ".nan" || text == ".NaN" || text == ".NAN") text = "NaN";
  if (text.ends_with(".inf") || text.ends_with(".Inf")) text.erase(text.size() - 4, 1);
  bool out_of_range = false;
  const auto number = promql::ParseGoFloat(text, &out_of_range);
  if (!number || is_word || node->was_quoted) {
    if (node->kind == YamlNode::Kind::kScalar) {
      Error(*node, fmt::format("{} is {}, expected a number", what, promql::QuoteGo(text)));
    }
    return std::nullopt;
  }
  return number;
}

TextMap YamlFields::Texts(const YamlNode* node, std::string_view what) {
  TextMap texts;
  if (node == nullptr || node->kind == YamlNode::Kind::kNull) return texts;
  if (node->kind != YamlNode::Kind::kMapping) {
    Error(*node, fmt::format("{} is not a mapping", what));
    return texts;
  }
  for (size_t i = 0; i < node->children.size(); ++i) {
    texts[node->keys[i].name] = Text(&node->children[i], node->keys[i].name);
  }
  return texts;
}

}  // namespace kizashi::rules
