#include "catalog/log_patterns.h"

#include <map>

namespace kizashi {
namespace {

std::string ReadPatternName(const Field& field) {
  const std::string name = ReadText(field).value_or("");
  if (name.size() <= kLogPatternNameMax) return name;
  field.Error(field.place(), fmt::format("{} bytes", name.size()),
              fmt::format("at most {} bytes", kLogPatternNameMax));
  return "";
}

// The text as patterns are written; empty after an error.
std::string ReadPattern(const Field& field) {
  constexpr std::string_view kExpected = "a line's text with <*> for what varies";
  if (!field.present() || field.node().kind != YamlNode::Kind::kScalar) {
    field.Wrong(std::string(kExpected));
    return "";
  }
  std::string text = PatternTemplates::Normalize(field.node().scalar);
  const auto fault = PatternTemplates::FaultOf(text);
  if (!fault) return text;
  std::string expected(kExpected);
  if (text.size() > PatternTemplates::kTextBytesMax) {
    expected += fmt::format(", at most {} bytes", PatternTemplates::kTextBytesMax);
  }
  field.Error(field.place(), *fault, std::move(expected));
  return "";
}

}  // namespace

std::shared_ptr<const PatternTemplates> ReadLogPatterns(const Field& field) {
  std::vector<PatternTemplate> templates;
  std::map<std::string, int> lines;  // where each text was first
  for (const Field& item : ReadList(field, "patterns such as {name: Order placed, pattern: ...}")) {
    if (templates.size() == PatternTemplates::kTemplatesMax) {
      item.Error(item.place(), "one more pattern",
                 fmt::format("at most {} of a service", PatternTemplates::kTemplatesMax));
      break;
    }
    if (!CheckMapping(item, "a mapping such as {pattern: \"order <*> placed\"}")) continue;
    CheckKeys(item, {"name", "pattern"});
    const Field pattern = item.Key("pattern");
    std::string name = ReadPatternName(item.Key("name"));
    std::string text = ReadPattern(pattern);
    if (text.empty()) continue;
    const auto [first, added] = lines.try_emplace(text, pattern.place().line);
    if (added) {
      templates.push_back({0, std::move(text), std::move(name)});
    } else {
      pattern.Error(pattern.place(), fmt::format("the pattern of line {} again", first->second),
                    "each pattern once");
    }
  }
  if (templates.empty()) return nullptr;
  return std::make_shared<const PatternTemplates>(std::move(templates));
}

StatusOr<std::shared_ptr<const PatternTemplates>> LoadLogPatterns(const CatalogSource& source,
                                                                  const std::string& name) {
  ErrorList errors;
  const YamlFile yaml = ReadYaml(source.text);
  for (const YamlError& error : yaml.errors) {
    errors.Add({source.file, error.line, error.column, "", error.found, error.expected});
  }
  const FieldSource from{source.file, false, &errors};
  std::vector<std::shared_ptr<const PatternTemplates>> found;
  for (const YamlNode& document : yaml.documents) {
    const Field service = Field(&document, &from).Root("service");
    const Field list = service.Key("log_patterns");
    if (!list.present()) continue;
    const Field named = service.Key("name");
    if (!name.empty() && (!named.present() || named.node().scalar != name)) continue;
    if (auto templates = ReadLogPatterns(list)) found.push_back(std::move(templates));
  }
  if (!errors.empty()) {
    std::string text;
    for (const CatalogError& error : errors.Take()) {
      text += (text.empty() ? "" : "\n") + error.ToString();
    }
    return InvalidArgument("{}", text);
  }
  if (found.empty()) {
    return NotFound("{}: no log_patterns of {} are in it", source.file,
                    name.empty() ? "a service" : "service '" + name + "'");
  }
  if (found.size() > 1) {
    return InvalidArgument("{}: several services have log_patterns; --service NAME says whose",
                           source.file);
  }
  return found[0];
}

}  // namespace kizashi
