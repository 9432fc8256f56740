// Writes a YamlNode as YAML in block style, or as JSON.
//
// What ReadYaml reads of the YAML is the same tree but for places. A scalar with `was_quoted` is
// text for certain and is put in quotes where a reader could take it for something else. Any
// thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/yaml.h"

namespace kizashi {

/// Text, whatever it looks like.
YamlNode YamlText(std::string_view text);
/// A number, a truth value or a word that needs no quotes, as it is.
YamlNode YamlPlain(std::string_view text);
YamlNode YamlNumber(double value);
YamlNode YamlBool(bool value);
YamlNode YamlList(std::vector<YamlNode> items);

/// Builds a mapping in the order of the calls.
class YamlMapping {
 public:
  YamlMapping() { node_.kind = YamlNode::Kind::kMapping; }
  YamlMapping& Add(std::string_view key, YamlNode value);
  YamlMapping& Add(std::string_view key, std::string_view text) { return Add(key, YamlText(text)); }
  /// Nothing when `text` is empty.
  YamlMapping& AddIfAny(std::string_view key, std::string_view text);
  bool empty() const { return node_.keys.empty(); }
  YamlNode Take() { return std::move(node_); }

 private:
  YamlNode node_;
};

/// The text of one document, without a line of `---`, ending in a line feed.
std::string WriteYaml(const YamlNode& node);
/// Plain scalars that are JSON numbers or true, false become those, others strings.
std::string WriteYamlAsJson(const YamlNode& node);

}  // namespace kizashi
