// The parsed form of a template.
//
// Immutable once parsed; depth is bounded by kTemplateDepthMax, so recursion over it is safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "query/rules/template_value.h"

namespace kizashi::rules {

struct Pipeline;

/// One word of a command.
struct Operand {
  enum class Kind { kDot, kVariable, kLiteral, kFunction, kPipeline };
  Kind kind = Kind::kDot;
  std::string name;                        // of a variable, with its `$`; of a function
  TemplateValue literal;                   // nil is NoValue
  std::vector<std::string> fields;         // `.a.b` behind it
  std::shared_ptr<const Pipeline> nested;  // in parentheses
  std::string source;                      // as written, for messages
};

struct Pipeline {
  std::vector<std::string> variables;  // that it sets; of a range two may stand
  bool declares = false;               // `:=`, else `=`
  std::vector<std::vector<Operand>> commands;
};

struct TemplateNode;
using TemplateNodes = std::vector<TemplateNode>;

struct TemplateNode {
  enum class Kind { kText, kAction, kIf, kWith, kRange, kBreak, kContinue, kTemplate };
  Kind kind = Kind::kText;
  std::string text;  // of a template that is called: its name
  int line = 1;
  Pipeline pipeline;
  TemplateNodes body;
  TemplateNodes otherwise;
};

/// What `define` and `block` made, by name.
using TemplateDefinitions = std::map<std::string, TemplateNodes, std::less<>>;

/// Reads a template. The error names the line. With `definitions` (else null) it is one of
/// notifications: define, template and block are known, and `$labels` and its like are not.
StatusOr<TemplateNodes> ParseTemplate(std::string_view text, TemplateDefinitions* definitions);

}  // namespace kizashi::rules
