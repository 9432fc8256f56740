#include "api/openapi_check.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace kizashi {
namespace {

// Walks a value and its schema together.
class Walk {
 public:
  explicit Walk(const YamlNode& root) : schemas_(*root.Find("components")->Find("schemas")) {}

  using Element = simdjson::dom::element;
  using Problems = std::vector<std::string>;

  void Check(const YamlNode& schema, Element value, const std::string& at, Problems* out) const {
    const auto wrong = [&](std::string_view what) {
      out->push_back(fmt::format("{}: {}, found {}", at, what, simdjson::minify(value)));
    };
    const YamlNode* nullable = schema.Find("nullable");
    if (value.is_null()) {
      if (nullable == nullptr || nullable->scalar != "true") wrong("must not be null");
      return;
    }
    if (const YamlNode* ref = schema.Find("$ref")) {
      const YamlNode* target = schemas_.Find(ref->scalar.substr(ref->scalar.rfind('/') + 1));
      if (target == nullptr) return wrong("refers to nothing: " + ref->scalar);
      return Check(*target, value, at, out);
    }
    if (const YamlNode* all = schema.Find("allOf")) {
      for (const YamlNode& part : all->children) Check(part, value, at, out);
    }
    if (const YamlNode* one = schema.Find("oneOf")) {
      const auto fits = std::count_if(one->children.begin(), one->children.end(), [&](auto& part) {
        Problems found;
        Check(part, value, at, &found);
        return found.empty();
      });
      if (fits != 1) wrong("must be one of its kinds");
    }
    if (const YamlNode* of = schema.Find("enum")) {
      const bool known = std::any_of(of->children.begin(), of->children.end(), [&](auto& choice) {
        return value.is_string() && std::string_view(value) == choice.scalar;
      });
      if (!known) wrong("is no value of the enumeration");
    }
    if (const YamlNode* type = schema.Find("type")) CheckType(type->scalar, schema, value, at, out);
  }

 private:
  void CheckType(std::string_view type, const YamlNode& schema, Element value,
                 const std::string& at, Problems* out) const {
    const bool fits = type == "object"    ? value.is_object()
                      : type == "array"   ? value.is_array()
                      : type == "string"  ? value.is_string()
                      : type == "boolean" ? value.is_bool()
                      : type == "integer" ? value.is_int64() || value.is_uint64()
                                          : type == "number" && value.is_number();
    if (!fits) {
      out->push_back(fmt::format("{}: must be {}, found {}", at, type, simdjson::minify(value)));
      return;
    }
    if (value.is_object()) CheckObject(schema, value, at, out);
    if (value.is_array()) CheckArray(schema, value, at, out);
  }

  void CheckObject(const YamlNode& schema, Element value, const std::string& at,
                   Problems* out) const {
    if (const YamlNode* required = schema.Find("required")) {
      for (const YamlNode& name : required->children) {
        if (value[name.scalar].error() != simdjson::SUCCESS) {
          out->push_back(fmt::format("{}: {} is missing", at, name.scalar));
        }
      }
    }
    const YamlNode* properties = schema.Find("properties");
    const YamlNode* others = schema.Find("additionalProperties");
    for (const auto& [key, member] : simdjson::dom::object(value)) {
      const YamlNode* of = properties == nullptr ? nullptr : properties->Find(key);
      if (of == nullptr) of = others;
      if (of == nullptr) {
        out->push_back(fmt::format("{}: {} is not in the schema", at, key));
      } else {
        Check(*of, member, fmt::format("{}.{}", at, key), out);
      }
    }
  }

  void CheckArray(const YamlNode& schema, Element value, const std::string& at,
                  Problems* out) const {
    const simdjson::dom::array array(value);
    const YamlNode* low = schema.Find("minItems");
    const YamlNode* high = schema.Find("maxItems");
    if ((low != nullptr && array.size() < std::stoul(low->scalar)) ||
        (high != nullptr && array.size() > std::stoul(high->scalar))) {
      out->push_back(fmt::format("{}: has {} items", at, array.size()));
    }
    size_t index = 0;
    for (const Element item : array) {
      Check(*schema.Find("items"), item, fmt::format("{}[{}]", at, index++), out);
    }
  }

  const YamlNode& schemas_;
};

}  // namespace

OpenApi::OpenApi() {
  std::ifstream file("src/api/openapi.yaml");
  std::ostringstream text;
  text << file.rdbuf();
  yaml_ = ReadYaml(text.str());
  EXPECT_TRUE(yaml_.errors.empty() && yaml_.documents.size() == 1) << "src/api/openapi.yaml";
}

std::vector<std::string> OpenApi::Operations() const {
  std::vector<std::string> operations;
  const YamlNode& paths = *root().Find("paths");
  for (size_t i = 0; i < paths.keys.size(); ++i) {
    for (const YamlKey& method : paths.children[i].keys) {
      operations.push_back(method.name + " " + paths.keys[i].name);
    }
  }
  return operations;
}

std::vector<std::string> OpenApi::Problems(const std::string& operation, int status,
                                           std::string_view json) const {
  const size_t space = operation.find(' ');
  const YamlNode* node = root().Find("paths");
  for (const std::string& key :
       {operation.substr(space + 1), operation.substr(0, space), std::string("responses"),
        std::to_string(status), std::string("content"), std::string("application/json"),
        std::string("schema")}) {
    node = node == nullptr ? nullptr : node->Find(key);
    if (node == nullptr) return {fmt::format("{} {}: there is no {}", operation, status, key)};
  }
  return ProblemsOf(*node, json);
}

std::vector<std::string> OpenApi::ProblemsOf(std::string_view schema, std::string_view json) const {
  return ProblemsOf(*root().Find("components")->Find("schemas")->Find(schema), json);
}

std::vector<std::string> OpenApi::ProblemsOf(const YamlNode& schema, std::string_view json) const {
  simdjson::dom::parser parser;
  simdjson::dom::element value;
  if (parser.parse(json.data(), json.size()).get(value) != simdjson::SUCCESS) {
    return {fmt::format("no JSON: {}", json)};
  }
  std::vector<std::string> problems;
  Walk(root()).Check(schema, value, "", &problems);
  return problems;
}

namespace {

TEST(OpenApiTest, TheCheckItselfFindsWhatIsWrong) {
  const OpenApi openapi;
  const auto problems = [&](std::string_view schema, std::string_view json) {
    return openapi.ProblemsOf(schema, json).size();
  };
  EXPECT_EQ(problems("Redundancy", R"({"need":1,"of":2,"by":"x"})"), 0u);
  EXPECT_EQ(problems("Redundancy", R"({"need":1.5,"of":2})"), 2u);
  EXPECT_EQ(problems("Redundancy", R"({"need":1,"of":2,"by":null,"also":1})"), 2u);
  EXPECT_EQ(problems("Fields", R"({"a":"text","b":1,"c":true})"), 1u);
  EXPECT_EQ(problems("ServiceState", R"("fine")"), 1u);
  EXPECT_EQ(problems("AlertList", R"({"alerts":[{}]})"), 10u);
  EXPECT_EQ(problems("Error", "{"), 1u);
}

}  // namespace
}  // namespace kizashi
