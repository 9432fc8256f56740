#include <fmt/core.h>

#include <charconv>
#include <optional>
#include <utility>

#include "query/promql/go_text.h"
#include "query/rules/template.h"
#include "query/rules/template_ast.h"
#include "query/rules/template_functions.h"
#include "query/rules/template_tokens.h"

namespace kizashi::rules {
namespace {

using Type = TemplateToken::Type;

// The words that end a list of nodes.
enum class Ending { kText, kElse, kEnd };

class Parser {
 public:
  Parser(std::string_view text, TemplateDefinitions* definitions)
      : tokens_(text), definitions_(definitions) {
    if (definitions_ == nullptr) {
      for (const char* name : {"$labels", "$externalLabels", "$externalURL", "$value"}) {
        variables_.emplace_back(name);
      }
    }
  }

  StatusOr<TemplateNodes> Parse() {
    TemplateNodes nodes;
    const Ending ending = List(&nodes, 0);
    if (status_.ok() && ending != Ending::kText) Fail("unexpected {{end}} or {{else}}");
    if (!status_.ok()) return status_;
    return nodes;
  }

 private:
  template <typename... Args>
  bool Fail(std::string_view format, Args&&... args) {
    if (status_.ok()) {
      status_ = InvalidArgument("{}: {}", tokens_.line(),
                                fmt::vformat(format, fmt::make_format_args(args...)));
    }
    return false;
  }
  bool Fail(std::string_view text) {
    if (status_.ok()) status_ = InvalidArgument("{}: {}", tokens_.line(), text);
    return false;
  }

  bool Next(TemplateToken* token) {
    if (!status_.ok()) return false;
    *token = tokens_.Next();
    if (token->type != Type::kError) return true;
    return Fail(std::string_view(token->text));
  }

  Ending List(TemplateNodes* nodes, int depth) {
    if (depth > kTemplateDepthMax) {
      Fail("more than {} blocks inside each other", kTemplateDepthMax);
      return Ending::kText;
    }
    while (status_.ok()) {
      TemplateNode node;
      if (tokens_.Text(&node.text)) {
        node.line = tokens_.line();
        if (!node.text.empty()) nodes->push_back(std::move(node));
        if (tokens_.AtEnd()) return Ending::kText;
      }
      TemplateToken token;
      if (!Next(&token)) break;
      if (token.type == Type::kComment) continue;
      if (token.type == Type::kWord && token.text == "end") {
        Close("end");
        return Ending::kEnd;
      }
      if (token.type == Type::kWord && token.text == "else") return Ending::kElse;
      if (token.type == Type::kWord && token.text == "define" && definitions_ != nullptr) {
        Define(depth);
        continue;
      }
      node = TemplateNode();
      node.line = tokens_.line();
      if (Action(token, &node, depth)) nodes->push_back(std::move(node));
    }
    return Ending::kText;
  }

  bool Close(std::string_view what) {
    const TemplateToken token = NextWord();
    if (!status_.ok() || token.type == Type::kRightDelimiter) return status_.ok();
    return Fail("unexpected {} in {}", token.Describe(), what);
  }

  bool Action(const TemplateToken& token, TemplateNode* node, int depth) {
    if (token.type == Type::kWord) {
      if (token.text == "if") return Block(TemplateNode::Kind::kIf, node, depth);
      if (token.text == "with") return Block(TemplateNode::Kind::kWith, node, depth);
      if (token.text == "range") return Block(TemplateNode::Kind::kRange, node, depth);
      if (token.text == "break" || token.text == "continue") {
        if (ranges_ == 0) return Fail("{{{{{}}}}} outside {{{{range}}}}", token.text);
        node->kind =
            token.text == "break" ? TemplateNode::Kind::kBreak : TemplateNode::Kind::kContinue;
        return Close(token.text);
      }
      const bool is_block = token.text == "block";
      if (is_block || token.text == "define" || token.text == "template") {
        if (definitions_ == nullptr) return Fail("{} is not supported", token.text);
        return CallTemplate(is_block, node, depth);
      }
    }
    node->kind = TemplateNode::Kind::kAction;
    return ReadPipeline(token, &node->pipeline, Type::kRightDelimiter, "command", depth);
  }

  bool Name(std::string* name, std::string_view where) {
    const TemplateToken token = NextWord();
    const auto* text = token.value.As<std::string>();
    if (!status_.ok()) return false;
    if (token.type != Type::kLiteral || text == nullptr) {
      return Fail("unexpected {} in {}", token.Describe(), where);
    }
    *name = *text;
    return true;
  }

  // The body of a definition knows no variable but its own.
  bool Body(std::string name, int depth) {
    const std::vector<std::string> outer = std::exchange(variables_, {"$"});
    const int ranges = std::exchange(ranges_, 0);
    TemplateNodes body;
    const Ending ending = List(&body, depth + 1);
    variables_ = outer;
    ranges_ = ranges;
    if (!status_.ok()) return false;
    if (ending != Ending::kEnd) return Fail("unexpected EOF or {{else}} in define");
    (*definitions_)[std::move(name)] = std::move(body);
    return true;
  }

  bool Define(int depth) {
    if (depth > 0) return Fail("unexpected {{define}}");
    std::string name;
    return Name(&name, "define clause") && Close("define clause") && Body(std::move(name), depth);
  }

  // {{template "name"}}, {{template "name" pipeline}}, {{block "name" pipeline}}body{{end}}
  bool CallTemplate(bool is_block, TemplateNode* node, int depth) {
    node->kind = TemplateNode::Kind::kTemplate;
    if (!Name(&node->text, "template clause")) return false;
    const TemplateToken token = NextWord();
    if (!status_.ok()) return false;
    if (token.type != Type::kRightDelimiter || is_block) {
      if (!ReadPipeline(token, &node->pipeline, Type::kRightDelimiter, "template clause", depth)) {
        return false;
      }
    }
    return !is_block || Body(node->text, depth);
  }

  bool Block(TemplateNode::Kind kind, TemplateNode* node, int depth) {
    const bool range = kind == TemplateNode::Kind::kRange;
    const std::string_view name = range                               ? "range"
                                  : kind == TemplateNode::Kind::kWith ? "with"
                                                                      : "if";
    node->kind = kind;
    const size_t variables = variables_.size();
    const TemplateToken token = NextWord();
    if (!status_.ok() ||
        !ReadPipeline(token, &node->pipeline, Type::kRightDelimiter, name, depth)) {
      return false;
    }
    ranges_ += range ? 1 : 0;
    const Ending ending = List(&node->body, depth + 1);
    ranges_ -= range ? 1 : 0;
    if (status_.ok() && ending == Ending::kText) return Fail("unexpected EOF");
    if (status_.ok() && ending == Ending::kElse) Else(kind, node, depth);
    variables_.resize(variables);
    return status_.ok();
  }

  bool Else(TemplateNode::Kind kind, TemplateNode* node, int depth) {
    const TemplateToken token = NextWord();
    if (!status_.ok()) return false;
    if (token.type == Type::kWord && token.text == "if" && kind == TemplateNode::Kind::kIf) {
      if (depth >= kTemplateDepthMax) return Fail("too many {{{{else if}}}}");
      TemplateNode inner;
      inner.line = tokens_.line();
      // Its {{end}} ends both.
      if (!Block(TemplateNode::Kind::kIf, &inner, depth + 1)) return false;
      node->otherwise.push_back(std::move(inner));
      return true;
    }
    if (token.type != Type::kRightDelimiter) return Fail("unexpected {} in else", token.Describe());
    const Ending ending = List(&node->otherwise, depth + 1);
    if (!status_.ok() || ending == Ending::kEnd) return status_.ok();
    return Fail(ending == Ending::kElse ? "expected end; found {{else}}" : "unexpected EOF");
  }

  // `first` is its first token; reads on until `end`.
  bool ReadPipeline(TemplateToken first, Pipeline* pipeline, Type end, std::string_view where,
                    int depth) {
    if (depth > kTemplateDepthMax) return Fail("too many parentheses inside each other");
    if (first.type == Type::kVariable && !Declaration(&first, pipeline, where)) return false;
    TemplateToken token = std::move(first);
    std::vector<Operand> command;
    while (true) {
      if (token.type == end || token.type == Type::kPipe) {
        if (command.empty()) {
          return pipeline->commands.empty() ? Fail("missing value for {}", where)
                                            : Fail("missing command in {}", where);
        }
        pipeline->commands.push_back(std::move(command));
        command.clear();
        if (token.type == end) break;
      } else if (token.type != Type::kSpace) {
        command.emplace_back();
        if (!ReadOperand(token, &command.back(), where, depth)) return false;
      }
      if (!Next(&token)) return false;
    }
    if (pipeline->declares) {
      for (const std::string& name : pipeline->variables) variables_.push_back(name);
    }
    return CheckCommands(*pipeline);
  }

  // Only the first word of a later command may be what takes arguments.
  bool CheckCommands(const Pipeline& pipeline) {
    for (size_t i = 1; i < pipeline.commands.size(); ++i) {
      const Operand& head = pipeline.commands[i][0];
      if (head.kind == Operand::Kind::kLiteral || head.kind == Operand::Kind::kDot) {
        if (!head.fields.empty()) continue;
        return Fail("non executable command in pipeline stage {}", i + 1);
      }
    }
    return true;
  }

  // `$x :=`, `$i, $x :=` of a range, `$x =`; afterwards *token is the first of the pipeline.
  bool Declaration(TemplateToken* token, Pipeline* pipeline, std::string_view where) {
    const size_t back = tokens_.position();
    TemplateToken next = NextWord();
    if (!status_.ok()) return false;
    if (next.type == Type::kComma && where == "range") {
      const TemplateToken second = NextWord();
      if (second.type != Type::kVariable) return Fail("range can only initialize variables");
      next = NextWord();
      if (next.type != Type::kDeclare && next.type != Type::kAssign) {
        return Fail("expected := or = in range");
      }
      pipeline->variables = {token->text, second.text};
    } else if (next.type == Type::kDeclare || next.type == Type::kAssign) {
      pipeline->variables = {token->text};
    } else {
      tokens_.Rewind(back);
      return true;
    }
    pipeline->declares = next.type == Type::kDeclare;
    if (!pipeline->declares) {
      for (const std::string& name : pipeline->variables) {
        if (!IsKnown(name)) return Fail("undefined variable \"{}\"", name);
      }
    }
    return Next(token);
  }

  TemplateToken NextWord() {
    TemplateToken token;
    while (Next(&token) && token.type == Type::kSpace) {
    }
    return token;
  }

  bool IsKnown(std::string_view name) const {
    for (const std::string& variable : variables_) {
      if (variable == name) return true;
    }
    return false;
  }

  bool IsFunction(std::string_view name) const {
    const TemplateFunction* function = FindTemplateFunction(name);
    return function != nullptr && (definitions_ != nullptr || !function->of_notifications);
  }

  bool ReadOperand(const TemplateToken& token, Operand* operand, std::string_view where,
                   int depth) {
    operand->source = token.text;
    switch (token.type) {
      case Type::kDot: break;
      case Type::kField: operand->fields.push_back(token.text.substr(1)); break;
      case Type::kVariable:
        if (!IsKnown(token.text)) return Fail("undefined variable \"{}\"", token.text);
        operand->kind = Operand::Kind::kVariable;
        operand->name = token.text;
        break;
      case Type::kLiteral:
        operand->kind = Operand::Kind::kLiteral;
        operand->literal = token.value;
        break;
      case Type::kWord:
        if (!IsFunction(token.text)) return Fail("function \"{}\" not defined", token.text);
        operand->kind = Operand::Kind::kFunction;
        operand->name = token.text;
        break;
      case Type::kLeftParenthesis: {
        TemplateToken first = NextWord();
        auto nested = std::make_shared<Pipeline>();
        if (!status_.ok() || !ReadPipeline(first, nested.get(), Type::kRightParenthesis,
                                           "parenthesized pipeline", depth + 1)) {
          return false;
        }
        operand->kind = Operand::Kind::kPipeline;
        operand->nested = std::move(nested);
        operand->source = "(...)";
        break;
      }
      default: return Fail("unexpected {} in {}", token.Describe(), where);
    }
    return Fields(operand, where);
  }

  // `.a.b` right behind an operand; something must separate it from the next.
  bool Fields(Operand* operand, std::string_view where) {
    while (true) {
      const size_t back = tokens_.position();
      TemplateToken token;
      if (!Next(&token)) return false;
      if (token.type != Type::kField) {
        tokens_.Rewind(back);
        if (token.type == Type::kSpace || token.type == Type::kPipe ||
            token.type == Type::kRightDelimiter || token.type == Type::kRightParenthesis) {
          return true;
        }
        return Fail("unexpected {} in {}", token.Describe(), where);
      }
      if (operand->kind == Operand::Kind::kLiteral) {
        return Fail("unexpected . after term {}", promql::QuoteGo(operand->source));
      }
      operand->fields.push_back(token.text.substr(1));
      operand->source += token.text;
    }
  }

  TemplateTokens tokens_;
  Status status_;
  int ranges_ = 0;
  TemplateDefinitions* const definitions_;  // null: of a rule
  std::vector<std::string> variables_ = {"$"};
};

}  // namespace

StatusOr<TemplateNodes> ParseTemplate(std::string_view text, TemplateDefinitions* definitions) {
  if (text.size() > kTemplateBytesMax) {
    return InvalidArgument("a template has {} bytes, the most are {}", text.size(),
                           kTemplateBytesMax);
  }
  return Parser(text, definitions).Parse();
}

}  // namespace kizashi::rules
