#include "query/rules/template.h"

#include <fmt/core.h>

#include <utility>

#include "query/rules/go_printf.h"
#include "query/rules/template_functions.h"

namespace kizashi::rules {
namespace {

constexpr size_t kTextPerStep = 256;

enum class Flow { kNext, kBreak, kContinue, kFailed };

class Expansion {
 public:
  Expansion(const TemplateData& data, const TemplateQuery& query)
      : data_(data), query_([this, &query](const std::string& text) { return Ask(query, text); }) {
    variables_ = {{"$", {&data_}},
                  {"$labels", {std::make_shared<const TextMap>(data.labels)}},
                  {"$externalLabels", {std::make_shared<const TextMap>(data.external_labels)}},
                  {"$externalURL", {data.external_url}},
                  {"$value", {data.value}}};
  }

  // Of a notification: `root` is its dot, `definitions` is what it may call.
  Expansion(const TemplateValue& root, const TemplateData& data, const TemplateQuery& query,
            const TemplateDefinitions& definitions)
      : data_(data), query_(query), root_(root), definitions_(&definitions) {
    variables_ = {{"$", root}};
  }

  StatusOr<std::string> Run(const TemplateNodes& nodes) {
    Walk(nodes, definitions_ == nullptr ? TemplateValue{&data_} : root_);
    if (!status_.ok()) return status_;
    return std::move(out_);
  }

 private:
  StatusOr<std::vector<TemplateSample>> Ask(const TemplateQuery& query, const std::string& text) {
    if (++queries_ > kTemplateQueriesMax) {
      return ResourceExhausted("more than {} queries", kTemplateQueriesMax);
    }
    return query(text);
  }

  Flow Fail(const Status& status) {
    if (status_.ok()) status_ = InvalidArgument("{}: {}", line_, Message(status));
    return Flow::kFailed;
  }
  bool Spend() {
    if (++steps_ <= kTemplateStepsMax) return true;
    Fail(ResourceExhausted("more than {} steps", kTemplateStepsMax));
    return false;
  }
  bool Write(std::string_view text) {
    if (out_.size() + text.size() > kExpandedBytesMax) {
      Fail(ResourceExhausted("the text has more than {} bytes", kExpandedBytesMax));
      return false;
    }
    out_ += text;
    return true;
  }

  Flow Walk(const TemplateNodes& nodes, const TemplateValue& dot) {
    for (const TemplateNode& node : nodes) {
      const Flow flow = Visit(node, dot);
      if (flow != Flow::kNext) return flow;
    }
    return Flow::kNext;
  }

  Flow Visit(const TemplateNode& node, const TemplateValue& dot) {
    line_ = node.line;
    if (!Spend()) return Flow::kFailed;
    switch (node.kind) {
      case TemplateNode::Kind::kText: return Write(node.text) ? Flow::kNext : Flow::kFailed;
      case TemplateNode::Kind::kBreak: return Flow::kBreak;
      case TemplateNode::Kind::kContinue: return Flow::kContinue;
      case TemplateNode::Kind::kAction: {
        const auto value = Evaluate(node.pipeline, dot);
        if (!value.ok()) return Fail(value.status());
        Set(node.pipeline, *value);
        if (!node.pipeline.variables.empty()) return Flow::kNext;
        return Write(PrintValue(*value)) ? Flow::kNext : Flow::kFailed;
      }
      case TemplateNode::Kind::kTemplate: return CallTemplate(node, dot);
      default: break;
    }
    const size_t variables = variables_.size();
    const Flow flow = Block(node, dot);
    variables_.resize(variables);
    return flow;
  }

  Flow CallTemplate(const TemplateNode& node, const TemplateValue& dot) {
    const auto found = definitions_->find(node.text);
    if (found == definitions_->end()) {
      return Fail(InvalidArgument("template \"{}\" not defined", node.text));
    }
    if (depth_ == kTemplateDepthMax) {
      return Fail(ResourceExhausted("more than {} templates call each other", kTemplateDepthMax));
    }
    TemplateValue value;
    if (!node.pipeline.commands.empty()) {
      auto evaluated = Evaluate(node.pipeline, dot);
      if (!evaluated.ok()) return Fail(evaluated.status());
      value = *std::move(evaluated);
    }
    std::vector<std::pair<std::string, TemplateValue>> inner = {{"$", value}};
    std::swap(variables_, inner);
    ++depth_;
    const Flow flow = Walk(found->second, value);
    --depth_;
    std::swap(variables_, inner);
    return flow;
  }

  Flow Block(const TemplateNode& node, const TemplateValue& dot) {
    const auto value = Evaluate(node.pipeline, dot);
    if (!value.ok()) return Fail(value.status());
    if (node.kind == TemplateNode::Kind::kRange) return Range(node, *value, dot);
    Set(node.pipeline, *value);
    if (!IsTrue(*value)) return Walk(node.otherwise, dot);
    return Walk(node.body, node.kind == TemplateNode::Kind::kWith ? *value : dot);
  }

  Flow Range(const TemplateNode& node, const TemplateValue& value, const TemplateValue& dot) {
    std::vector<std::pair<TemplateValue, TemplateValue>> items;  // keys or places, and elements
    if (const auto* list = value.As<SampleListPtr>()) {
      for (const SamplePtr& sample : **list) {
        items.push_back({{static_cast<int64_t>(items.size())}, {sample}});
      }
    } else if (const auto* values = value.As<ValueListPtr>()) {
      for (const TemplateValue& item : (*values)->items) {
        items.push_back({{static_cast<int64_t>(items.size())}, item});
      }
    } else if (const auto* texts = value.As<TextMapPtr>()) {
      for (const auto& [name, text] : **texts) items.push_back({{name}, {text}});
    } else if (const auto* map = value.As<ValueMapPtr>()) {
      for (const auto& [name, member] : **map) items.push_back({{name}, member});
    } else if (value.As<NoValue>() == nullptr) {
      return Fail(InvalidArgument("range can't iterate over {}", PrintValue(value)));
    }
    if (items.empty()) return Walk(node.otherwise, dot);
    const size_t variables = variables_.size();
    for (const auto& [key, element] : items) {
      if (!Spend()) return Flow::kFailed;
      const auto& names = node.pipeline.variables;
      if (names.size() == 2) SetOne(names[0], key, node.pipeline.declares);
      if (!names.empty()) SetOne(names.back(), element, node.pipeline.declares);
      const Flow flow = Walk(node.body, element);
      variables_.resize(variables);
      if (flow == Flow::kFailed) return flow;
      if (flow == Flow::kBreak) break;
    }
    return Flow::kNext;
  }

  void Set(const Pipeline& pipeline, const TemplateValue& value) {
    for (const std::string& name : pipeline.variables) SetOne(name, value, pipeline.declares);
  }
  void SetOne(const std::string& name, const TemplateValue& value, bool declares) {
    if (declares) {
      variables_.emplace_back(name, value);
    } else if (TemplateValue* variable = Find(name)) {
      *variable = value;
    }
  }
  TemplateValue* Find(std::string_view name) {
    for (auto i = variables_.rbegin(); i != variables_.rend(); ++i) {
      if (i->first == name) return &i->second;
    }
    return nullptr;
  }

  StatusOr<TemplateValue> Evaluate(const Pipeline& pipeline, const TemplateValue& dot) {
    TemplateValue value;
    for (size_t i = 0; i < pipeline.commands.size(); ++i) {
      KZ_ASSIGN_OR_RETURN(value, Run(pipeline.commands[i], i == 0 ? nullptr : &value, dot));
    }
    return value;
  }

  // `last` is what the command before gave, the last argument.
  StatusOr<TemplateValue> Run(const std::vector<Operand>& command, const TemplateValue* last,
                              const TemplateValue& dot) {
    const Operand& head = command[0];
    if (head.kind == Operand::Kind::kFunction && head.fields.empty()) {
      return Call(command, last, dot);
    }
    if (definitions_ != nullptr && !head.fields.empty() && head.fields.back() == "Remove" &&
        command.size() + (last != nullptr ? 1 : 0) == 2) {
      TemplateValue names;
      if (last != nullptr) {
        names = *last;
      } else {
        KZ_ASSIGN_OR_RETURN(names, Value(command[1], dot));
      }
      Operand map = head;
      map.fields.pop_back();
      KZ_ASSIGN_OR_RETURN(const TemplateValue from, Value(map, dot));
      return Remove(from, names);
    }
    if (command.size() > 1 || last != nullptr) {
      return InvalidArgument("can't give argument to non-function {}", head.source);
    }
    if (head.kind == Operand::Kind::kLiteral && head.literal.As<NoValue>() != nullptr) {
      return InvalidArgument("nil is not a command");
    }
    return Value(head, dot);
  }

  // Alertmanager's KV.Remove.
  static StatusOr<TemplateValue> Remove(const TemplateValue& from, const TemplateValue& names) {
    const auto* texts = from.As<TextMapPtr>();
    const auto* list = names.As<ValueListPtr>();
    if (texts == nullptr || list == nullptr) {
      return InvalidArgument("Remove takes names from a map of texts");
    }
    TextMap kept = **texts;
    for (const TemplateValue& item : (*list)->items) {
      if (const auto* name = item.As<std::string>()) kept.erase(*name);
    }
    return TemplateValue{std::make_shared<const TextMap>(std::move(kept))};
  }

  // Alertmanager's KV.SortedPairs, Names and Values: alertname first, then by name.
  static TemplateValue PairsOf(const TextMap& texts, std::string_view method) {
    auto pairs = std::make_shared<ValueList>();
    auto names = std::make_shared<ValueList>();
    auto values = std::make_shared<ValueList>();
    const auto add = [&](const std::string& name, const std::string& text) {
      pairs->items.push_back({std::make_shared<const ValueMap>(
          ValueMap{{"Name", TemplateValue{name}}, {"Value", TemplateValue{text}}})});
      names->items.push_back({name});
      values->items.push_back({text});
    };
    const auto first = texts.find("alertname");
    if (first != texts.end()) add(first->first, first->second);
    for (const auto& [name, text] : texts) {
      if (name != "alertname") add(name, text);
    }
    if (method == "Names") return {ValueListPtr(std::move(names))};
    if (method == "Values") return {ValueListPtr(std::move(values))};
    pairs->members = {{"Names", {ValueListPtr(std::move(names))}},
                      {"Values", {ValueListPtr(std::move(values))}}};
    return {ValueListPtr(std::move(pairs))};
  }

  StatusOr<TemplateValue> Call(const std::vector<Operand>& command, const TemplateValue* last,
                               const TemplateValue& dot) {
    if (!Spend()) return status_;
    const TemplateFunction* function = FindTemplateFunction(command[0].name);
    if (function == nullptr) {
      return InvalidArgument("function \"{}\" not defined", command[0].name);
    }
    const size_t count = command.size() - 1 + (last != nullptr ? 1 : 0);
    if (count < function->arguments_min || count > function->arguments_max) {
      return InvalidArgument("wrong number of args for {}: want {}{} got {}", function->name,
                             function->arguments_min == function->arguments_max ? "" : "at least ",
                             function->arguments_min, count);
    }
    std::vector<TemplateValue> arguments;
    for (size_t i = 0; i < count; ++i) {
      if (i + 1 < command.size()) {
        KZ_ASSIGN_OR_RETURN(arguments.emplace_back(), Value(command[i + 1], dot));
      } else {
        arguments.push_back(*last);
      }
      // `and` ends at the first false, `or` at the first true.
      if (function->call == nullptr && IsTrue(arguments.back()) == (function->name == "or")) break;
    }
    if (function->call == nullptr) return arguments.back();
    for (const TemplateValue& argument : arguments) {
      if (const auto* text = argument.As<std::string>()) steps_ += text->size() / kTextPerStep;
      if (const auto* list = argument.As<SampleListPtr>()) steps_ += (*list)->size();
    }
    auto result = function->call({arguments, data_, query_});
    if (!result.ok()) {
      return InvalidArgument("error calling {}: {}", function->name, Message(result.status()));
    }
    if (const auto* text = result->As<std::string>();
        text != nullptr && text->size() > kExpandedBytesMax) {
      return ResourceExhausted("{} gives more than {} bytes", function->name, kExpandedBytesMax);
    }
    return result;
  }

  StatusOr<TemplateValue> Value(const Operand& operand, const TemplateValue& dot) {
    TemplateValue value = dot;
    switch (operand.kind) {
      case Operand::Kind::kDot: break;
      case Operand::Kind::kLiteral: value = operand.literal; break;
      case Operand::Kind::kVariable: {
        const TemplateValue* variable = Find(operand.name);
        if (variable == nullptr) return InvalidArgument("undefined variable: {}", operand.name);
        value = *variable;
        break;
      }
      case Operand::Kind::kFunction: {
        Operand alone = operand;
        alone.fields.clear();
        KZ_ASSIGN_OR_RETURN(value, Call({alone}, nullptr, dot));
        break;
      }
      case Operand::Kind::kPipeline: {
        const size_t variables = variables_.size();
        KZ_ASSIGN_OR_RETURN(value, Evaluate(*operand.nested, dot));
        Set(*operand.nested, value);
        if (!operand.nested->declares) variables_.resize(variables);
        break;
      }
    }
    for (const std::string& name : operand.fields) {
      KZ_ASSIGN_OR_RETURN(value, Field(value, name));
    }
    return value;
  }

  StatusOr<TemplateValue> Field(const TemplateValue& value, const std::string& name) const {
    if (const auto* list = value.As<ValueListPtr>()) {
      const auto found = (*list)->members.find(name);
      if (found != (*list)->members.end()) return found->second;
    }
    if (const auto* texts = value.As<TextMapPtr>()) {
      const bool is_method = name == "SortedPairs" || name == "Names" || name == "Values";
      if (definitions_ != nullptr && is_method) return PairsOf(**texts, name);
      const auto found = (*texts)->find(name);
      return TemplateValue{found == (*texts)->end() ? std::string() : found->second};
    }
    if (const auto* sample = value.As<SamplePtr>()) {
      if (name == "Value") return TemplateValue{(*sample)->value};
      if (name == "Labels")
        return TemplateValue{std::make_shared<const TextMap>((*sample)->labels)};
    }
    if (const auto* map = value.As<ValueMapPtr>()) {
      const auto found = (*map)->find(name);
      return found == (*map)->end() ? TemplateValue() : found->second;
    }
    if (const auto* data = value.As<const TemplateData*>()) {
      const auto share = [](const TextMap& map) {
        return TemplateValue{std::make_shared<const TextMap>(map)};
      };
      if (name == "Labels") return share((*data)->labels);
      if (name == "ExternalLabels") return share((*data)->external_labels);
      if (name == "ExternalURL") return TemplateValue{(*data)->external_url};
      if (name == "Value") return TemplateValue{(*data)->value};
    }
    if (value.As<NoValue>() != nullptr) {
      return InvalidArgument("nil data; no entry for key \"{}\"", name);
    }
    return InvalidArgument("can't evaluate field {} in type {}", name, GoTypeName(value));
  }

  const TemplateData& data_;
  const TemplateQuery query_;
  const TemplateValue root_;
  const TemplateDefinitions* const definitions_ = nullptr;  // null: of a rule
  int depth_ = 0;                                           // of templates that call each other
  Status status_;
  std::string out_;
  int line_ = 1;
  size_t steps_ = 0;
  size_t queries_ = 0;
  std::vector<std::pair<std::string, TemplateValue>> variables_;
};

}  // namespace

StatusOr<Template> Template::Parse(std::string_view text) {
  KZ_ASSIGN_OR_RETURN(TemplateNodes nodes, ParseTemplate(text, nullptr));
  Template parsed;
  parsed.nodes_ = std::make_shared<const TemplateNodes>(std::move(nodes));
  return parsed;
}

StatusOr<std::string> Template::Expand(const TemplateData& data, const TemplateQuery& query) const {
  return Expansion(data, query).Run(*nodes_);
}

Status TemplateSet::Add(std::string_view file) {
  return ParseTemplate(file, &definitions_).status();
}

StatusOr<std::string> TemplateSet::Expand(std::string_view text, const TemplateValue& data) const {
  TemplateDefinitions definitions = definitions_;
  KZ_ASSIGN_OR_RETURN(const TemplateNodes nodes, ParseTemplate(text, &definitions));
  const TemplateData none;
  const TemplateQuery no_query = [](const std::string&) -> StatusOr<std::vector<TemplateSample>> {
    return InvalidArgument("a notification has no queries");
  };
  return Expansion(data, none, no_query, definitions).Run(nodes);
}

}  // namespace kizashi::rules
