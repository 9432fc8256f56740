// Reads the fields of a YAML file and collects all that is wrong with it.
//
// Errors read "FILE:LINE:COLUMN: MESSAGE". One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "query/rules/template_value.h"
#include "wire/yaml.h"

namespace kizashi::rules {

class YamlFields {
 public:
  explicit YamlFields(std::string file) : file_(std::move(file)) {}

  /// Nullopt when the text is no YAML or empty, as Prometheus takes the first document alone.
  std::optional<YamlNode> Read(std::string_view text);

  void Error(int line, int column, std::string_view message);
  void Error(const YamlNode& node, std::string_view message) {
    Error(node.line, node.column, message);
  }

  /// Whether `node` is a mapping; keys that are not in `known` are errors that name `what`. A null
  /// is an empty one.
  bool Mapping(const YamlNode& node, std::string_view what,
               const std::vector<std::string_view>& known);
  /// The elements of a list; none of null or of what is no list, which is an error.
  const std::vector<YamlNode>& List(const YamlNode* node, std::string_view what);
  std::string Text(const YamlNode* node, std::string_view what);
  /// Prometheus' durations; zero when absent.
  Duration Time(const YamlNode* node, std::string_view what);
  std::optional<double> Number(const YamlNode* node, std::string_view what);
  TextMap Texts(const YamlNode* node, std::string_view what);

  std::vector<std::string> TakeErrors() { return std::move(errors_); }
  bool ok() const { return errors_.empty(); }

 private:
  const std::string file_;
  std::vector<std::string> errors_;
};

}  // namespace kizashi::rules
